//! Reading the files, each with as much trust as it deserves.

use crate::error::CliError;
use nix::unistd::geteuid;
use std::fs::{File, Metadata, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

/// Most bytes of a file with variables, and of a file that is a variable's value.
pub(super) const LARGEST: u64 = 1 << 20;

/// A file of the repository, if it is there: a regular one that is not elsewhere, since whoever wrote the repository
/// wrote its links too.
pub(super) fn of_repository(root: &Path, name: &str) -> Result<Option<String>, CliError> {
    let path = root.join(name);
    let found = match confined(root, &path) {
        Err(error) if is_missing(&error) => return Ok(None),
        found => found.and_then(|path| regular(&path)).and_then(|(file, _)| text(file)),
    };
    found.map(Some).map_err(|error| cannot_read(name, &error).hint("--no-variables-files leaves it out"))
}

/// The user's file, if it is there: nobody else may read it.
pub(super) fn of_user(path: &Path) -> Result<Option<String>, CliError> {
    let shown = path.display().to_string();
    let (file, metadata) = match regular(path) {
        Err(error) if is_missing(&error) => return Ok(None),
        found => found.map_err(|error| cannot_read(&shown, &error))?,
    };
    if metadata.uid() != geteuid().as_raw() {
        return Err(CliError::usage(format!("{shown} belongs to somebody else: it is for secrets"))
            .hint(format!("make it yours: chown \"$(id -u)\" '{shown}'")));
    }
    if metadata.mode() & 0o077 != 0 {
        let mode = metadata.mode() & 0o777;
        return Err(CliError::usage(format!(
            "{shown} has mode {mode:04o}: it is for secrets, and others may reach it"
        ))
        .hint(format!("chmod 600 '{shown}'")));
    }
    text(file).map(Some).map_err(|error| cannot_read(&shown, &error))
}

/// A file that the command line names; a pipe will do.
pub(super) fn given(path: &Path) -> Result<String, CliError> {
    File::open(path).and_then(text).map_err(|error| {
        CliError::usage(format!("--variables-file: cannot read {}", path.display())).caused_by(&error)
    })
}

/// The content of a file that is a variable's value.
pub(super) fn content(path: &Path, within: Option<&Path>) -> io::Result<String> {
    let path = match within {
        Some(root) => confined(root, path)?,
        None => path.to_owned(),
    };
    regular(&path).and_then(|(file, _)| text(file))
}

fn cannot_read(shown: &str, error: &io::Error) -> CliError {
    CliError::usage(format!("cannot read {shown}")).caused_by(error)
}

fn is_missing(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Where a path leads to, if that is below a folder.
fn confined(root: &Path, path: &Path) -> io::Result<PathBuf> {
    let path = path.canonicalize()?;
    if path.starts_with(root.canonicalize()?) {
        return Ok(path);
    }
    Err(io::Error::other("it leads out of the repository"))
}

/// Opens a file without waiting for the other end of what turns out to be a pipe.
fn regular(path: &Path) -> io::Result<(File, Metadata)> {
    let file = OpenOptions::new().read(true).custom_flags(nix::libc::O_NONBLOCK).open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::Error::other("it is no regular file"));
    }
    Ok((file, metadata))
}

fn text(file: File) -> io::Result<String> {
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > LARGEST {
        return Err(io::Error::other(format!("it has more than {LARGEST} bytes")));
    }
    String::from_utf8(bytes).map_err(|_| io::Error::other("it is not UTF-8"))
}
