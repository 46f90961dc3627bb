//! A file that is kept whole or not at all.

use std::fs::{DirBuilder, File, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// Who may look at what is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Privacy {
    /// The user alone.
    Own,
    /// Whom the umask allows.
    Usual,
}

/// A file that is gone again unless it is kept; it has its name when it is whole.
pub(crate) struct Draft {
    file: NamedTempFile,
    folder: PathBuf,
    name: String,
}

impl Draft {
    /// An empty file. The folder is made if it is missing.
    pub(super) fn create(folder: &Path, name: &str, privacy: Privacy) -> io::Result<Self> {
        let (directory, file) = match privacy {
            Privacy::Own => (0o700, 0o600),
            Privacy::Usual => (0o777, 0o666),
        };
        DirBuilder::new().recursive(true).mode(directory).create(folder)?;
        let file = tempfile::Builder::new()
            .prefix(".part-")
            .permissions(Permissions::from_mode(file))
            .tempfile_in(folder)?;
        Ok(Self { file, folder: folder.to_owned(), name: name.to_owned() })
    }

    /// Appends bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.file.as_file_mut().write_all(bytes)
    }

    /// The file itself.
    pub(crate) fn file(&mut self) -> &mut File {
        self.file.as_file_mut()
    }

    /// Keeps the file under its name, which gets a number if it is taken; gives its path.
    pub(crate) fn keep(self) -> io::Result<PathBuf> {
        let Self { mut file, folder, name } = self;
        let mut number = 1;
        loop {
            let path = folder.join(if number == 1 { name.clone() } else { format!("{number}-{name}") });
            match file.persist_noclobber(&path) {
                Ok(_) => return Ok(path),
                Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {
                    file = error.file;
                    number += 1;
                }
                Err(error) => return Err(error.error),
            }
        }
    }
}
