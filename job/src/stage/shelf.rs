//! Where archives of a worker are kept on the engine's machine.

use super::Violation;
use super::intake::Intake;
use crate::files::system_text;
use crate::notice::{self, Level};
use crate::store::{Draft, Keep, Kind};
use executor::Output;
use std::io;

/// Most bytes of all archives of one stage together.
const LARGEST: u64 = 64 << 30;

/// Keeps archives as they come.
pub(super) struct Shelf {
    keep: Keep,
    /// Types of what may come.
    kinds: Vec<Kind>,
    /// The type of what comes, and its file.
    draft: Option<(Kind, Draft)>,
    room: u64,
    /// An archive came, or comes, that could not be kept; it was said why.
    failed: bool,
    /// An archive has begun and not ended.
    open: bool,
}

impl Shelf {
    /// For archives without a type, and those of `kinds`.
    pub(super) fn new(keep: Keep, mut kinds: Vec<Kind>) -> Self {
        kinds.push(Kind::archive());
        Self { keep, kinds, draft: None, room: LARGEST, failed: false, open: false }
    }

    fn fail(&mut self, error: &io::Error, output: &dyn Output) {
        self.failed = true;
        let text = format!("cannot leave artifacts: {}", system_text(error));
        notice::helper(output, Level::Fatal, &text, &[]);
    }
}

impl Intake for Shelf {
    fn has_failed(&self) -> bool {
        self.failed
    }

    fn begin(&mut self, name: Vec<u8>, output: &dyn Output) -> Result<(), Violation> {
        if self.open {
            return Err(Violation::Archive);
        }
        let (kind, name) = typed_name(name).ok_or(Violation::Name)?;
        if !self.kinds.contains(&kind) {
            return Err(Violation::Name);
        }
        self.open = true;
        let created = self.keep.draft(&kind, &name);
        self.draft = created.inspect_err(|error| self.fail(error, output)).ok().map(|draft| (kind, draft));
        Ok(())
    }

    fn store(&mut self, bytes: &[u8], output: &dyn Output) -> Result<(), Violation> {
        if !self.open {
            return Err(Violation::Archive);
        }
        let Some((_, draft)) = &mut self.draft else { return Ok(()) };
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

    fn end(&mut self, output: &dyn Output) -> Result<(), Violation> {
        if !std::mem::take(&mut self.open) {
            return Err(Violation::Archive);
        }
        if let Some((kind, draft)) = self.draft.take() {
            match draft.keep() {
                Ok(path) => notice::helper(output, Level::Info, &self.keep.said(&kind, &path), &[]),
                Err(error) => self.fail(&error, output),
            }
        }
        Ok(())
    }
}

/// The type and the name of a file: `NAME` or `TYPE/NAME`, which names a file in a folder and nothing else.
fn typed_name(bytes: Vec<u8>) -> Option<(Kind, String)> {
    let text = String::from_utf8(bytes).ok()?;
    let (kind, name) = match text.split_once('/') {
        Some(("", _)) => return None,
        Some((kind, name)) => (Kind::named(kind)?, name.to_owned()),
        None => (Kind::archive(), text),
    };
    let proper = !name.is_empty() && name != "." && name != ".." && !name.contains(['/', '\0']);
    proper.then_some((kind, name))
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
        let mut shelf = Shelf::new(Keep::Folder(folder.clone()), Vec::new());
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
        let mut shelf = Shelf::new(Keep::Folder(folder.path().to_owned()), Vec::new());
        shelf.begin(b"a.zip".to_vec(), &kept).unwrap();
        shelf.store(b"con", &kept).unwrap();
        drop(shelf);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_cannot_be_kept_is_said_once() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::default();
        let mut shelf = Shelf { room: 4, ..Shelf::new(Keep::Folder(folder.path().to_owned()), Vec::new()) };
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
