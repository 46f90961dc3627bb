//! Files from the web that are kept on disk.

use std::fs::{self, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

/// The folder of kept files.
#[derive(Clone, Debug)]
pub(crate) struct Cache {
    root: PathBuf,
}

/// A file that is kept.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kept {
    /// Its content.
    pub(super) bytes: Vec<u8>,
    /// How long ago it was fetched.
    pub(super) age: Duration,
}

impl Cache {
    pub(crate) fn new(root: PathBuf) -> Self {
        Self { root }
    }

    /// Where a file is or would be kept. The name is made by us, or was checked.
    pub(super) fn place(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// A file, if it is kept and not larger than this.
    pub(super) fn get(&self, name: &str, limit: u64) -> Option<Kept> {
        let flags = nix::fcntl::OFlag::O_NONBLOCK.bits();
        let file = OpenOptions::new().read(true).custom_flags(flags).open(self.place(name)).ok()?;
        let data = file.metadata().ok().filter(|data| data.is_file() && data.len() <= limit)?;
        let age = data.modified().ok().and_then(|time| SystemTime::now().duration_since(time).ok());
        let mut bytes = Vec::new();
        file.take(limit).read_to_end(&mut bytes).ok()?;
        Some(Kept { bytes, age: age.unwrap_or_default() })
    }

    /// Keeps a file. Who reads at the same time sees the former one or this one, never a part.
    pub(super) fn put(&self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let place = self.place(name);
        let folder = place.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(folder)?;
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        file.write_all(bytes)?;
        file.persist(&place).map_err(|error| error.error)?;
        Ok(())
    }
}
