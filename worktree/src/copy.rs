//! Copies single files and links from folder to folder, as fast as the file system lets it.

use crate::error::CopyError;
use crate::stamp::{Stamp, timespec};
use rustix::fd::OwnedFd;
use rustix::fs::{
    AtFlags, FileType, Mode, OFlags, Stat, Timespec, Timestamps, copy_file_range, fchmod, fstat, futimens,
    ioctl_ficlone, linkat, openat, readlinkat, statat, symlinkat, unlinkat, utimensat,
};
use rustix::io::{Errno, read, write};
use std::sync::atomic::{AtomicBool, Ordering};

/// Smaller files are read and written at once; that is quicker than asking the file system for more.
const SMALL: usize = 64 * 1024;
/// A large file is copied in pieces of this size, between which progress is told.
pub(crate) const PIECE: usize = 16 << 20;
/// A file that changes while it is copied is copied again this often; it is racy then, and looked at next time.
const TRIES: usize = 3;

/// What is the same for all files of a copy.
pub(crate) struct Copier<'a> {
    umask: u32,
    /// Whether the file system may share blocks; it is asked until it says no.
    clones: AtomicBool,
    cancel: Option<&'a AtomicBool>,
    progress: Option<&'a (dyn Fn(u64) + Sync)>,
}

/// Both sides of a copy: stat data of the source when it was read, and of the copy when it was made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Copied {
    pub(crate) source: Stamp,
    pub(crate) copy: Stamp,
}

/// Why a file could not be copied.
#[derive(Debug)]
pub(crate) enum Failed {
    /// There is no such file, or it is neither file nor link.
    Gone,
    /// It cannot be read.
    Read(Errno),
    /// The copy cannot be written.
    Write(Errno),
    Canceled,
}

impl<'a> Copier<'a> {
    pub(crate) fn new(cancel: Option<&'a AtomicBool>, progress: Option<&'a (dyn Fn(u64) + Sync)>) -> Self {
        Self { umask: umask(), clones: AtomicBool::new(true), cancel, progress }
    }

    pub(crate) fn buffer() -> Vec<u8> {
        vec![0; SMALL + 1]
    }

    pub(crate) fn check(&self) -> Result<(), CopyError> {
        if self.is_canceled() { Err(CopyError::Canceled) } else { Ok(()) }
    }

    fn is_canceled(&self) -> bool {
        self.cancel.is_some_and(|cancel| cancel.load(Ordering::Relaxed))
    }

    /// Copies what has this name, under the same name. Nothing of that name is in `to`.
    pub(crate) fn copy(
        &self,
        from: &OwnedFd,
        to: &OwnedFd,
        name: &[u8],
        link: bool,
        buffer: &mut [u8],
    ) -> Result<Copied, Failed> {
        if self.is_canceled() {
            return Err(Failed::Canceled);
        }
        let copied = if link { copy_link(from, to, name) } else { self.copy_file(from, to, name, buffer) };
        if copied.is_err() {
            // What was begun would be taken for the file.
            let _ = unlinkat(to, name, AtFlags::empty());
        }
        copied
    }

    fn copy_file(
        &self,
        from: &OwnedFd,
        to: &OwnedFd,
        name: &[u8],
        buffer: &mut [u8],
    ) -> Result<Copied, Failed> {
        // A pipe that took the file's place must not be waited for.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let source = openat(from, name, flags, Mode::empty()).map_err(reading)?;
        let mut stat = fstat(&source).map_err(Failed::Read)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(Failed::Gone);
        }
        let mode = stat.st_mode & 0o777;
        let whole = read_whole(&source, &stat, buffer)?;
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let target = openat(to, name, flags, Mode::from_raw_mode(mode)).map_err(Failed::Write)?;
        match whole {
            Some(bytes) => {
                let bytes = buffer.get(..bytes).unwrap_or_default();
                write_all(&target, bytes).map_err(Failed::Write)?;
            }
            None => stat = self.in_pieces(&source, &target, stat, buffer)?,
        }
        let stamp = Stamp::of(&stat);
        if mode & self.umask != 0 {
            fchmod(&target, Mode::from_raw_mode(mode)).map_err(Failed::Write)?;
        }
        futimens(&target, &times(stamp.mtime)).map_err(Failed::Write)?;
        let copy = fstat(&target).map_err(Failed::Write)?;
        Ok(Copied { source: stamp, copy: Stamp::of(&copy) })
    }

    /// Copies a file from its beginning, again if it changes meanwhile. Gives its stat data of before it was read.
    fn in_pieces(
        &self,
        source: &OwnedFd,
        target: &OwnedFd,
        mut stat: Stat,
        buffer: &mut [u8],
    ) -> Result<Stat, Failed> {
        for _ in 0..TRIES {
            again(source, target).map_err(Failed::Write)?;
            self.content(source, target, &stat, buffer)?;
            let now = fstat(source).map_err(Failed::Read)?;
            if Stamp::of(&now) == Stamp::of(&stat) {
                break;
            }
            stat = now;
        }
        Ok(stat)
    }

    fn content(
        &self,
        source: &OwnedFd,
        target: &OwnedFd,
        stat: &Stat,
        buffer: &mut [u8],
    ) -> Result<(), Failed> {
        let size = u64::try_from(stat.st_size).unwrap_or(0);
        if size <= SMALL as u64 {
            return through(source, target, buffer, |_| Ok(()));
        }
        let told = |bytes: u64| {
            if let Some(progress) = self.progress {
                progress(bytes);
            }
            if self.is_canceled() { Err(Failed::Canceled) } else { Ok(()) }
        };
        if self.clones.load(Ordering::Relaxed) {
            match ioctl_ficlone(target, source) {
                Ok(()) => return told(size),
                // Another file system, or one that cannot: no other file can either.
                Err(Errno::OPNOTSUPP | Errno::XDEV | Errno::NOTTY | Errno::NOSYS) => {
                    self.clones.store(false, Ordering::Relaxed);
                }
                // The file has its own reasons: it is a swap file, or its size is odd.
                Err(_) => {}
            }
        }
        // Blocks are counted by 512 bytes, whatever their size is.
        let has_holes = u64::try_from(stat.st_blocks).unwrap_or(0).saturating_mul(512) < size;
        if has_holes && crate::sparse::copy(source, target, size, buffer, told)? {
            return Ok(());
        }
        let mut any = false;
        loop {
            match copy_file_range(source, None, target, None, PIECE) {
                Ok(0) if any => return Ok(()),
                Ok(0) | Err(Errno::XDEV | Errno::INVAL | Errno::OPNOTSUPP | Errno::NOSYS | Errno::PERM) => {
                    return through(source, target, buffer, told);
                }
                Ok(bytes) => {
                    any = true;
                    told(bytes as u64)?;
                }
                Err(Errno::INTR) => {}
                Err(error @ (Errno::NOSPC | Errno::DQUOT | Errno::FBIG)) => return Err(Failed::Write(error)),
                Err(error) => return Err(Failed::Read(error)),
            }
        }
    }
}

/// Reads a small file at once: how many bytes it has, if it has as many as it is said to. What is then in memory is the
/// file of one moment after its stat data was had, so a later change shows in that.
fn read_whole(source: &OwnedFd, stat: &Stat, buffer: &mut [u8]) -> Result<Option<usize>, Failed> {
    let Some(size) = usize::try_from(stat.st_size).ok().filter(|size| (1..=SMALL).contains(size)) else {
        return Ok(None);
    };
    loop {
        match read(source, &mut *buffer) {
            Ok(bytes) => return Ok((bytes == size).then_some(size)),
            Err(Errno::INTR) => {}
            Err(error) => return Err(Failed::Read(error)),
        }
    }
}

/// Both files from their beginning.
fn again(source: &OwnedFd, target: &OwnedFd) -> rustix::io::Result<()> {
    rustix::fs::seek(source, rustix::fs::SeekFrom::Start(0))?;
    rustix::fs::seek(target, rustix::fs::SeekFrom::Start(0))?;
    rustix::fs::ftruncate(target, 0)
}

/// Copies through memory, up to the end of the source.
fn through(
    source: &OwnedFd,
    target: &OwnedFd,
    buffer: &mut [u8],
    told: impl Fn(u64) -> Result<(), Failed>,
) -> Result<(), Failed> {
    loop {
        let bytes = match read(source, &mut *buffer) {
            Ok(0) => return Ok(()),
            Ok(bytes) => bytes,
            Err(Errno::INTR) => continue,
            Err(error) => return Err(Failed::Read(error)),
        };
        let piece = buffer.get(..bytes).unwrap_or_default();
        write_all(target, piece).map_err(Failed::Write)?;
        told(bytes as u64)?;
    }
}

pub(crate) fn write_all(target: &OwnedFd, mut bytes: &[u8]) -> rustix::io::Result<()> {
    while !bytes.is_empty() {
        match write(target, bytes) {
            Ok(0) => return Err(Errno::NOSPC),
            Ok(written) => bytes = bytes.get(written..).unwrap_or_default(),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

fn copy_link(from: &OwnedFd, to: &OwnedFd, name: &[u8]) -> Result<Copied, Failed> {
    let stat = statat(from, name, AtFlags::SYMLINK_NOFOLLOW).map_err(reading)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::Symlink {
        return Err(Failed::Gone);
    }
    let target = readlinkat(from, name, Vec::new()).map_err(reading)?;
    symlinkat(target.as_c_str(), to, name).map_err(Failed::Write)?;
    let source = Stamp::of(&stat);
    utimensat(to, name, &times(source.mtime), AtFlags::SYMLINK_NOFOLLOW).map_err(Failed::Write)?;
    let copy = statat(to, name, AtFlags::SYMLINK_NOFOLLOW).map_err(Failed::Write)?;
    Ok(Copied { source, copy: Stamp::of(&copy) })
}

/// Gives a file that will never be written another name. Not every file system can.
pub(crate) fn hard_link(from: &OwnedFd, to: &OwnedFd, name: &[u8]) -> bool {
    linkat(from, name, to, name, AtFlags::empty()).is_ok()
}

/// Whether two files of one name, or links, are the same; anything that cannot be read is not.
pub(crate) fn same_content(one: &OwnedFd, other: &OwnedFd, name: &[u8], link: bool) -> bool {
    if link {
        let target = |folder| readlinkat(folder, name, Vec::new()).ok();
        return target(one).is_some_and(|target_of_one| target(other) == Some(target_of_one));
    }
    let open = |folder| {
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        openat(folder, name, flags, Mode::empty()).ok().map(std::fs::File::from)
    };
    let (Some(mut one), Some(mut other)) = (open(one), open(other)) else { return false };
    same_bytes(&mut one, &mut other).unwrap_or(false)
}

fn same_bytes(one: &mut std::fs::File, other: &mut std::fs::File) -> std::io::Result<bool> {
    use std::io::Read;
    if !one.metadata()?.is_file() || one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let (mut left, mut right) = (Vec::new(), Vec::new());
    loop {
        left.clear();
        right.clear();
        one.by_ref().take(SMALL as u64).read_to_end(&mut left)?;
        other.by_ref().take(SMALL as u64).read_to_end(&mut right)?;
        if left != right {
            return Ok(false);
        }
        if left.is_empty() {
            return Ok(true);
        }
    }
}

fn reading(error: Errno) -> Failed {
    // LOOP: a symbolic link took the file's place. NXIO: a socket did.
    if crate::folder::is_gone(error) || error == Errno::NXIO { Failed::Gone } else { Failed::Read(error) }
}

fn times(mtime: i64) -> Timestamps {
    let omit = Timespec { tv_sec: 0, tv_nsec: rustix::fs::UTIME_OMIT };
    Timestamps { last_access: omit, last_modification: timespec(mtime) }
}

/// The process's mask, without changing it for a moment as the system call would.
fn umask() -> u32 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("Umask:"));
    line.and_then(|mask| u32::from_str_radix(mask.trim(), 8).ok()).unwrap_or(0o777)
}
