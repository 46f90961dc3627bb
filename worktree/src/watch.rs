//! Says when a checkout changes in a way that a snapshot would show.

use crate::checkout::Checkout;
use crate::error::{SnapshotError, WatchError};
use crate::git::Call;
use crate::listing::Listing;
use crate::manifest::join;
use crate::snapshot::Submodules;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::io::Errno;
use std::collections::{BTreeSet, HashMap};
use std::ffi::OsStr;
use std::mem::MaybeUninit;
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// When nothing more changes for so long, whoever changes something has done so.
const QUIET: Duration = Duration::from_millis(100);
/// Something that never stops changing is told of after this long all the same.
const LONGEST: Duration = Duration::from_secs(2);

const EVENTS: WatchFlags = WatchFlags::CREATE
    .union(WatchFlags::DELETE)
    .union(WatchFlags::MODIFY)
    .union(WatchFlags::CLOSE_WRITE)
    .union(WatchFlags::ATTRIB)
    .union(WatchFlags::MOVED_FROM)
    .union(WatchFlags::MOVED_TO)
    .union(WatchFlags::DELETE_SELF)
    .union(WatchFlags::MOVE_SELF)
    .union(WatchFlags::ONLYDIR)
    .union(WatchFlags::DONT_FOLLOW);

/// What [`Watcher::wait`] saw.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Watched {
    /// These paths changed, relative to the checkout; none are named if there were too many.
    Changed(Vec<PathBuf>),
    /// The caller's descriptor became readable.
    Stopped,
}

/// Watches the folders of a checkout that have tracked files, or untracked ones that are not ignored.
#[derive(Debug)]
pub struct Watcher {
    checkout: Checkout,
    inotify: OwnedFd,
    folders: HashMap<i32, Vec<u8>>,
}

impl Watcher {
    /// Begins to watch: whatever changes from now on is told of.
    ///
    /// # Errors
    ///
    /// When git fails, or the kernel does not watch that many folders.
    pub fn new(checkout: &Checkout) -> Result<Self, WatchError> {
        let inotify = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK);
        let inotify = inotify.map_err(|error| WatchError::Io(error.into()))?;
        let mut watcher = Self { checkout: checkout.clone(), inotify, folders: HashMap::new() };
        watcher.add_all()?;
        Ok(watcher)
    }

    /// Waits until something changed and it is quiet again. Blocks. `stop` ends it when it becomes readable.
    ///
    /// # Errors
    ///
    /// When git or a system call fails.
    pub fn wait(&mut self, stop: Option<BorrowedFd<'_>>) -> Result<Watched, WatchError> {
        loop {
            let (mut changed, mut too_many) = (BTreeSet::new(), false);
            if !self.ready(stop, None)? {
                return Ok(Watched::Stopped);
            }
            let begin = Instant::now();
            loop {
                too_many |= self.read(&mut changed)?;
                if begin.elapsed() > LONGEST {
                    break;
                }
                match self.ready(stop, Some(QUIET)) {
                    Ok(true) => {}
                    Ok(false) if self.is_stopped(stop) => return Ok(Watched::Stopped),
                    Ok(false) => break,
                    Err(error) => return Err(error),
                }
            }
            // Folders that are new are watched from now on, and what is in them already is part of this change.
            self.add_all()?;
            let changed = if too_many { Vec::new() } else { self.not_ignored(&changed)? };
            if too_many || !changed.is_empty() {
                return Ok(Watched::Changed(changed));
            }
        }
    }

    /// Waits for events; `false` if the time passed, or the caller's descriptor is readable.
    fn ready(&self, stop: Option<BorrowedFd<'_>>, limit: Option<Duration>) -> Result<bool, WatchError> {
        let limit = limit.and_then(|limit| Timespec::try_from(limit).ok());
        loop {
            let mut fds = vec![PollFd::new(&self.inotify, PollFlags::IN)];
            fds.extend(stop.as_ref().map(|stop| PollFd::new(stop, PollFlags::IN)));
            match poll(&mut fds, limit.as_ref()) {
                Ok(_) => {
                    let is_ready = |number: usize| fds.get(number).is_some_and(|fd| !fd.revents().is_empty());
                    return Ok(is_ready(0) && !is_ready(1));
                }
                Err(Errno::INTR) => {}
                Err(error) => return Err(WatchError::Io(error.into())),
            }
        }
    }

    fn is_stopped(&self, stop: Option<BorrowedFd<'_>>) -> bool {
        stop.is_some_and(|stop| {
            let mut fds = [PollFd::new(&stop, PollFlags::IN)];
            poll(&mut fds, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|ready| ready > 0)
        })
    }

    /// Reads what happened. Gives whether the kernel lost some of it.
    fn read(&mut self, changed: &mut BTreeSet<Vec<u8>>) -> Result<bool, WatchError> {
        let mut buffer = [MaybeUninit::uninit(); 16 * 1024];
        let mut reader = Reader::new(&self.inotify, &mut buffer);
        let mut lost = false;
        loop {
            let event = match reader.next() {
                Ok(event) => event,
                Err(Errno::AGAIN) => return Ok(lost),
                Err(Errno::INTR) => continue,
                Err(error) => return Err(WatchError::Io(error.into())),
            };
            lost |= event.events().contains(ReadFlags::QUEUE_OVERFLOW);
            if event.events().contains(ReadFlags::IGNORED) {
                self.folders.remove(&event.wd());
                continue;
            }
            let Some(folder) = self.folders.get(&event.wd()) else { continue };
            match event.file_name().map(std::ffi::CStr::to_bytes) {
                // Git's own doings, and those of folders, whose parents tell of them.
                Some(b".git") | None => {}
                Some(name) => {
                    changed.insert(join(folder, name));
                }
            }
        }
    }

    /// Watches all folders that files are in. Those that are watched already stay so.
    fn add_all(&mut self) -> Result<(), WatchError> {
        let (manifest, ..) = Listing::of(&self.checkout, Submodules::None)?.into_manifest();
        for path in manifest.folder_paths() {
            let full = self.checkout.root.join(OsStr::from_bytes(path));
            match inotify::add_watch(self.inotify.as_fd(), &full, EVENTS) {
                Ok(number) => {
                    self.folders.insert(number, path.to_vec());
                }
                Err(Errno::NOENT | Errno::NOTDIR | Errno::LOOP | Errno::ACCESS) => {}
                Err(Errno::NOSPC) => return Err(WatchError::TooMany),
                Err(error) => return Err(WatchError::Io(error.into())),
            }
        }
        Ok(())
    }

    /// Leaves out what git ignores.
    fn not_ignored(&self, changed: &BTreeSet<Vec<u8>>) -> Result<Vec<PathBuf>, WatchError> {
        let mut input = Vec::new();
        for path in changed {
            // A path that begins with a colon would mean something else.
            input.extend_from_slice(b"./");
            input.extend_from_slice(path);
            input.push(0);
        }
        let call = Call::new(&self.checkout.root, "check-ignore").args(["-z", "--stdin"]);
        let ignored = match call.output_of(&input) {
            Ok(ignored) => ignored,
            // Its status says that nothing is ignored, or that a path cannot be judged, such as one beyond a link.
            Err(SnapshotError::Git { .. }) => Vec::new(),
            Err(error) => return Err(error.into()),
        };
        let ignored: BTreeSet<&[u8]> = ignored.split(|&byte| byte == 0).collect();
        let is_ignored = |path: &Vec<u8>| ignored.contains([b"./", path.as_slice()].concat().as_slice());
        let rest = changed.iter().filter(|path| !is_ignored(path));
        Ok(rest.map(|path| PathBuf::from(OsStr::from_bytes(path))).collect())
    }
}
