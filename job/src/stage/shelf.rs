//! Where archives of a worker are kept on the engine's machine.

use super::decoder::Violation;
use crate::artifacts::Draft;
use crate::files::system_text;
use crate::notice::{self, Level};
use executor::Output;
use std::io;
use std::path::{Path, PathBuf};

/// Most bytes of all archives of one stage together.
const LARGEST: u64 = 64 << 30;

/// Keeps archives in a folder as they come.
pub(super) struct Shelf {
    folder: PathBuf,
    draft: Option<Draft>,
    room: u64,
    /// An archive came, or comes, that could not be kept; it was said why.
    failed: bool,
    /// An archive has begun and not ended.
    open: bool,
}

impl Shelf {
    pub(super) fn in_folder(folder: &Path) -> Self {
        Self { folder: folder.to_owned(), draft: None, room: LARGEST, failed: false, open: false }
    }

    /// Whether an archive could not be kept.
    pub(super) fn has_failed(&self) -> bool {
        self.failed
    }

    /// An archive begins.
    pub(super) fn begin(&mut self, name: Vec<u8>, output: &dyn Output) -> Result<(), Violation> {
        if self.open {
            return Err(Violation::Archive);
        }
        let name = file_name(name).ok_or(Violation::Name)?;
        self.open = true;
        let created = Draft::create(&self.folder, &name);
        self.draft = created.inspect_err(|error| self.fail(error, output)).ok();
        Ok(())
    }

    /// It goes on.
    pub(super) fn store(&mut self, bytes: &[u8], output: &dyn Output) -> Result<(), Violation> {
        if !self.open {
            return Err(Violation::Archive);
        }
        let Some(draft) = &mut self.draft else { return Ok(()) };
        let room = self.room.checked_sub(bytes.len() as u64).ok_or(io::ErrorKind::FileTooLarge);
        let stored = room.map_err(io::Error::from).and_then(|room| draft.write(bytes).map(|()| room));
        match stored {
            Ok(room) => self.room = room,
            Err(error) => {
                self.draft = None;
                self.fail(&error, output);
            }
        }
        Ok(())
    }

    /// It ends.
    pub(super) fn end(&mut self, output: &dyn Output) -> Result<(), Violation> {
        if !std::mem::take(&mut self.open) {
            return Err(Violation::Archive);
        }
        if let Some(draft) = self.draft.take() {
            let text = format!("Left artifacts in {}", draft.keep().display());
            notice::helper(output, Level::Info, &text, &[]);
        }
        Ok(())
    }

    fn fail(&mut self, error: &io::Error, output: &dyn Output) {
        self.failed = true;
        let text = format!("cannot leave artifacts: {}", system_text(error));
        notice::helper(output, Level::Fatal, &text, &[]);
    }
}

/// A text that names a file in a folder and nothing else.
fn file_name(bytes: Vec<u8>) -> Option<String> {
    let name = String::from_utf8(bytes).ok()?;
    let proper = !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\0']);
    proper.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Kept;

    #[test]
    fn archives_lie_in_the_folder_and_nowhere_else() {
        let root = tempfile::tempdir().unwrap();
        let folder = root.path().join("folder");
        let kept = Kept::default();
        let mut shelf = Shelf::in_folder(&folder);
        for name in ["", ".", "..", "../x", "/etc/x", "a/b", "a\0b"] {
            assert_eq!(shelf.begin(name.into(), &kept), Err(Violation::Name), "{name:?}");
        }
        assert_eq!(shelf.store(b"x", &kept), Err(Violation::Archive));
        assert_eq!(shelf.end(&kept), Err(Violation::Archive));
        for _ in 0..2 {
            shelf.begin(b"a.zip".to_vec(), &kept).unwrap();
            assert_eq!(shelf.begin(b"b.zip".to_vec(), &kept), Err(Violation::Archive));
            shelf.store(b"con", &kept).unwrap();
            shelf.store(b"tent", &kept).unwrap();
            shelf.end(&kept).unwrap();
        }
        assert_eq!(std::fs::read_to_string(folder.join("a.zip")).unwrap(), "content");
        assert_eq!(std::fs::read_to_string(folder.join("2-a.zip")).unwrap(), "content");
        assert!(kept.text().contains(&format!("Left artifacts in {}", folder.join("a.zip").display())));
        assert!(!shelf.has_failed());
    }

    #[test]
    fn nothing_is_left_of_what_does_not_end() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::default();
        let mut shelf = Shelf::in_folder(folder.path());
        shelf.begin(b"a.zip".to_vec(), &kept).unwrap();
        shelf.store(b"con", &kept).unwrap();
        drop(shelf);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_cannot_be_kept_is_said_once() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::default();
        let mut shelf = Shelf { room: 4, ..Shelf::in_folder(folder.path()) };
        shelf.begin(b"a.zip".to_vec(), &kept).unwrap();
        for _ in 0..3 {
            shelf.store(b"con", &kept).unwrap();
        }
        shelf.end(&kept).unwrap();
        assert!(shelf.has_failed());
        assert_eq!(kept.text().matches("FATAL: cannot leave artifacts: file too large").count(), 1);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
