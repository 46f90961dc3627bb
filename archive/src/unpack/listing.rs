//! What a zip file holds, and the content of single entries, without extracting anything.

use std::fs::File;
use std::sync::atomic::AtomicBool;

use super::content::Content;
use super::directory::{self, Item};
use super::{Budget, Limits, UnpackError};
use crate::entry::Kind;

/// The entries of a zip file, in its own order. Nothing of what they say was checked but that they do not overlap:
/// names may hold anything.
pub struct Listing {
    entries: Vec<ZipEntry>,
}

/// An entry as the file's directory describes it.
#[derive(Debug, Clone)]
pub struct ZipEntry(Item);

impl Listing {
    /// Reads the directory of a zip file.
    ///
    /// # Errors
    /// Where the file is no zip file, is damaged, or has more than `limits.entries` entries.
    pub fn read(archive: &File, limits: Limits) -> Result<Self, UnpackError> {
        let budget = Budget::new(limits, &NEVER);
        let items = directory::read(&budget, archive)?;
        Ok(Self { entries: items.into_iter().map(ZipEntry).collect() })
    }

    /// All entries.
    pub fn entries(&self) -> &[ZipEntry] {
        &self.entries
    }
}

/// Nobody gives up these calls: a caller that no longer wants content fails in its `sink`.
static NEVER: AtomicBool = AtomicBool::new(false);

impl ZipEntry {
    /// The name as stored; any bytes.
    pub fn name(&self) -> &[u8] {
        &self.0.name
    }

    /// What it is; nothing for devices and the like.
    pub fn kind(&self) -> Option<Kind> {
        self.0.kind
    }

    /// The size of its content in bytes, as the directory says; [`ZipEntry::content`] never gives more.
    pub fn size(&self) -> u64 {
        self.0.size
    }

    /// How many bytes it takes in the archive.
    pub fn packed(&self) -> u64 {
        self.0.packed
    }

    /// CRC-32 of its content, as the directory says.
    pub fn crc32(&self) -> u32 {
        self.0.crc
    }

    /// When it was changed, in seconds since 1970.
    pub fn seconds(&self) -> Option<i64> {
        self.0.restore.seconds
    }

    /// Its permission bits.
    pub fn mode(&self) -> Option<u32> {
        self.0.restore.mode
    }

    /// Gives its content to `sink`, piece by piece, at most `limits.bytes` of it. Size and checksum are known to be
    /// right only once this has returned.
    ///
    /// # Errors
    /// Where the content is damaged, encrypted, compressed in a way that is not known or larger than allowed; and what
    /// `sink` says.
    pub fn content(
        &self,
        archive: &File,
        limits: Limits,
        mut sink: impl FnMut(&[u8]) -> std::io::Result<()>,
    ) -> Result<(), UnpackError> {
        let budget = Budget::new(limits, &NEVER);
        let mut content = Content::new(&budget, archive);
        let data = content.data(&self.0)?;
        content.decode(&self.0, data, |bytes| sink(bytes).map_err(UnpackError::Read))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Format, Level, PackOptions, Request, pack, select};

    fn packed() -> File {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("out")).unwrap();
        std::fs::write(folder.path().join("out/a.txt"), "content ".repeat(1000)).unwrap();
        std::os::unix::fs::symlink("a.txt", folder.path().join("out/link")).unwrap();
        let cancel = AtomicBool::new(false);
        let paths = ["out/".to_owned()];
        let request =
            Request { project: folder.path(), paths: &paths, exclude: &[], untracked: None, cancel: &cancel };
        let selection = select(&request).unwrap();
        let mut file = tempfile::tempfile().unwrap();
        let options = PackOptions { format: Format::Zip, level: Level::Default, threads: 1, cancel: &cancel };
        pack(folder.path(), &selection.entries, &options, &mut file).unwrap();
        file
    }

    #[test]
    fn entries_are_told_and_read() {
        let file = packed();
        let listing = Listing::read(&file, Limits::default()).unwrap();
        let told: Vec<_> = listing
            .entries()
            .iter()
            .map(|entry| (String::from_utf8_lossy(entry.name()).into_owned(), entry.kind(), entry.size()))
            .collect();
        assert!(told.contains(&("out/".to_owned(), Some(Kind::Directory), 0)), "{told:?}");
        assert!(told.contains(&("out/a.txt".to_owned(), Some(Kind::File), 8000)), "{told:?}");
        assert!(told.contains(&("out/link".to_owned(), Some(Kind::Symlink), 5)), "{told:?}");
        let entry = listing.entries().iter().find(|entry| entry.name() == b"out/a.txt").unwrap();
        assert!(entry.packed() < entry.size());
        let mut content = Vec::new();
        entry
            .content(&file, Limits::default(), |bytes| {
                content.extend_from_slice(bytes);
                Ok(())
            })
            .unwrap();
        assert_eq!(content, "content ".repeat(1000).as_bytes());
    }

    #[test]
    fn limits_and_sinks_stop_it() {
        let file = packed();
        let few = Limits { entries: 1, ..Limits::default() };
        assert!(matches!(Listing::read(&file, few), Err(UnpackError::TooManyEntries { limit: 1 })));
        let listing = Listing::read(&file, Limits::default()).unwrap();
        let entry = listing.entries().iter().find(|entry| entry.name() == b"out/a.txt").unwrap();
        let small = Limits { bytes: 100, ..Limits::default() };
        assert!(matches!(entry.content(&file, small, |_| Ok(())), Err(UnpackError::TooLarge { limit: 100 })));
        let gone = entry.content(&file, Limits::default(), |_| Err(std::io::ErrorKind::BrokenPipe.into()));
        assert!(matches!(gone, Err(UnpackError::Read(_))));
        assert!(Listing::read(&tempfile::tempfile().unwrap(), Limits::default()).is_err());
    }
}
