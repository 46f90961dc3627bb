//! The places where jobs of a project work: few, and used again, so that paths stay short and the same.
//!
//! A job has the place that it had the last time, else the free one with the lowest number, as with a runner that takes
//! several jobs at once. What tools remember by path (objects of compilers, say) then fits the next job, too.

use super::homes::{self, make_private};
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// More jobs than this never run at once.
const MOST: u32 = 4096;

/// All places of a project, also those of other runs of it.
#[derive(Debug)]
pub(super) struct Slots {
    root: PathBuf,
}

/// A place; free again when it is dropped, or when its process dies.
#[derive(Debug)]
pub(super) struct Slot {
    /// Its number.
    pub(super) number: u32,
    /// Its folder, which need not exist.
    pub(super) folder: PathBuf,
    _lock: File,
}

impl Slots {
    /// Makes the folder that they are in.
    ///
    /// # Errors
    /// It cannot be made.
    pub(super) fn open(root: PathBuf) -> io::Result<Self> {
        make_private(&root)?;
        worktree::spread(&root);
        Ok(Self { root })
    }

    /// A free place: the one that a job of this name had before, or the one with the lowest number.
    ///
    /// # Errors
    /// Locks cannot be made.
    pub(super) fn take(&self, job: &str) -> io::Result<Slot> {
        let note = self.root.join(format!("{}.last", homes::short_hash(job.as_bytes())));
        let before = read_number(&note);
        if let Some(number) = before
            && let Some(slot) = self.numbered(number)?
        {
            return Ok(slot);
        }
        let slot = self.lowest()?;
        if slot.number != before.unwrap_or(0) {
            // Without the note the job may be elsewhere the next time, and no worse.
            let _ = open_note(&note).and_then(|mut file| write!(file, "{}", slot.number));
        }
        Ok(slot)
    }

    fn lowest(&self) -> io::Result<Slot> {
        for number in 0..MOST {
            if let Some(slot) = self.numbered(number)? {
                return Ok(slot);
            }
        }
        Err(io::Error::other("all places for jobs are taken"))
    }

    /// The place with a number, if it is free.
    fn numbered(&self, number: u32) -> io::Result<Option<Slot>> {
        let lock = open_lock(&self.root.join(format!("{number}.lock")))?;
        match lock.try_lock() {
            Ok(()) => Ok(Some(Slot { number, folder: self.root.join(number.to_string()), _lock: lock })),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(error)) => Err(error),
        }
    }
}

/// The place with this folder, if nobody works there. Whoever does has removed what a job before left.
pub(super) fn abandoned(folder: &Path) -> Option<Slot> {
    let number = folder.file_name()?.to_str()?.parse().ok()?;
    Slots { root: folder.parent()?.to_owned() }.numbered(number).ok()?
}

/// Which place a job had.
fn read_number(note: &Path) -> Option<u32> {
    let flags = nix::fcntl::OFlag::O_NOFOLLOW.bits();
    let file = OpenOptions::new().read(true).custom_flags(flags).open(note).ok()?;
    let mut text = String::new();
    file.take(16).read_to_string(&mut text).ok()?;
    text.parse().ok().filter(|number| *number < MOST)
}

fn open_note(path: &Path) -> io::Result<File> {
    let flags = nix::fcntl::OFlag::O_NOFOLLOW.bits();
    OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).custom_flags(flags).open(path)
}

fn open_lock(path: &Path) -> io::Result<File> {
    let flags = nix::fcntl::OFlag::O_NOFOLLOW.bits();
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).custom_flags(flags).open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_free_place_is_taken_whoever_holds_the_others() {
        let here = tempfile::tempdir().unwrap();
        let (one, other) =
            (Slots::open(here.path().join("b")).unwrap(), Slots::open(here.path().join("b")).unwrap());
        let (first, second, third) =
            (one.take("a").unwrap(), other.take("b").unwrap(), one.take("c").unwrap());
        assert_eq!((first.number, second.number, third.number), (0, 1, 2));
        assert_eq!(second.folder, here.path().join("b/1"));
        assert!(abandoned(&second.folder).is_none());
        drop(second);
        assert_eq!(abandoned(&here.path().join("b/1")).unwrap().number, 1);
        assert_eq!(one.take("d").unwrap().number, 1);
    }

    #[test]
    fn a_job_has_the_place_it_had_before_if_it_is_free() {
        let here = tempfile::tempdir().unwrap();
        let slots = Slots::open(here.path().join("b")).unwrap();
        let (a, b) = (slots.take("a").unwrap(), slots.take("b").unwrap());
        drop((a, b));
        let b = slots.take("b").unwrap();
        assert_eq!((b.number, slots.take("a").unwrap().number), (1, 0));
        assert_eq!(slots.take("b").unwrap().number, 0, "another is in its place");
        for nonsense in ["", "x", "-1", "99999999", "1\n"] {
            for note in fs::read_dir(here.path().join("b")).unwrap().flatten() {
                if note.path().extension().is_some_and(|end| end == "last") {
                    fs::write(note.path(), nonsense).unwrap();
                }
            }
            assert_eq!(slots.take("a").unwrap().number, 0, "{nonsense:?}");
        }
    }
}
