//! Opens the files to pack, confined to the project directory.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use nix::errno::Errno;
use nix::fcntl::{OFlag, openat, readlinkat};
use nix::sys::stat::{Mode, fstat};

use crate::entry::{Attributes, Entry, Kind, kind_of};
use crate::paths::shown;
use crate::select::Note;
use crate::tree::{Missing, Tree, TreeError, Walker};

/// Opens entries, quickest in their sorted order.
pub(super) struct Source<'t>(Walker<'t>);

impl<'t> Source<'t> {
    pub(super) fn new(tree: &'t Tree) -> Self {
        Self(tree.walker())
    }

    /// Opens a regular file and tells what it is now; the note says why not.
    pub(super) fn open(&mut self, entry: &Entry) -> Result<(File, Attributes), Note> {
        self.try_open(entry).map_err(|error| left_out(entry, error))
    }

    /// The target of a symbolic link; the note says why not.
    pub(super) fn target(&mut self, entry: &Entry) -> Result<Vec<u8>, Note> {
        use std::os::unix::ffi::OsStringExt;
        let read = |walker: &mut Walker<'_>| -> Result<_, TreeError> {
            let (directory, name) = walker.parent(&entry.path, Missing::Fail)?;
            Ok(readlinkat(directory, name)?)
        };
        read(&mut self.0).map(OsStringExt::into_vec).map_err(|error| left_out(entry, error))
    }

    fn try_open(&mut self, entry: &Entry) -> Result<(File, Attributes), TreeError> {
        let (directory, name) = self.0.parent(&entry.path, Missing::Fail)?;
        // Never wait for a FIFO that has taken the file's place.
        let flags = OFlag::O_RDONLY | OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let file = openat(directory, name, flags, Mode::empty())?;
        let stat = fstat(&file)?;
        if kind_of(&stat) != Some(Kind::File) {
            return Err(Errno::ENOENT.into());
        }
        Ok((File::from(file), Attributes::new(&stat)))
    }
}

fn left_out(entry: &Entry, error: TreeError) -> Note {
    let path = shown(&entry.path);
    match error {
        TreeError::Outside => Note::LinkOutside { path },
        // Not a link, or not a file, any more.
        TreeError::System(Errno::ENOENT | Errno::ENOTDIR | Errno::ELOOP | Errno::EINVAL | Errno::ENXIO) => {
            Note::Vanished { path }
        }
        TreeError::System(error) => Note::Unreadable { path, reason: error.desc().to_owned() },
    }
}

/// Fills `buffer` from `offset` on and tells how much of it; less than all only at the end of the file.
pub(super) fn fill_at(file: &File, offset: u64, buffer: &mut [u8]) -> io::Result<usize> {
    let mut filled = 0;
    while filled < buffer.len() {
        match file.read_at(&mut buffer[filled..], offset + filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    Ok(filled)
}

/// Replaces `buffer` with up to `length` bytes from `offset` on; fewer only at the end of the file.
pub(super) fn read_at(file: &File, offset: u64, length: usize, buffer: &mut Vec<u8>) -> io::Result<()> {
    buffer.resize(length, 0);
    let filled = fill_at(file, offset, buffer)?;
    buffer.truncate(filled);
    Ok(())
}
