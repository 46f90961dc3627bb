//! One pull of an image at a time, across the jobs of this machine.
//!
//! Who pulls holds a lock on a file that is named after the image. The kernel gives it up with the process, so a
//! job that died is in nobody's way. Whoever is done writes into the file what came of it, *removes* it, and lets
//! go: those who waited still have it open and read it, those who come later find no file and make a new one. So
//! what is read was finished while its reader waited, and nothing stays behind.
//!
//! A waiting job is woken by the kernel. It looks at the file now and then only to tell its log how far the other
//! one is.

use super::progress::Report;
use rustix::fs::{FlockOperation, OFlags, flock};
use rustix::io::{Errno, retry_on_intr};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{DirBuilder, File, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use tokio::sync::oneshot;

/// Most bytes of a file that are read.
const LIMIT: usize = 4096;

/// What the one who pulls tells the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Note {
    /// How far it is.
    Progress(Report),
    /// The end.
    Fate(Fate),
}

/// What came of somebody else's pull.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Fate {
    /// The image is here.
    Pulled {
        /// Fingerprint of the credentials that it took.
        with: [u8; 32],
        /// When the registry was asked.
        asked: SystemTime,
    },
    /// The registry cannot be reached or does not answer. Nobody waits in a row to learn that.
    OutOfReach,
}

/// What to do.
#[derive(Debug)]
pub(super) enum Turn {
    /// Pull; the others wait.
    Mine {
        hold: Hold,
        /// Whether somebody else held it before, and died or failed.
        waited: bool,
    },
    /// Somebody else has pulled.
    Over(Fate),
}

/// The right to pull an image. Dropped without [`Hold::end`], the next in line has it.
#[derive(Debug)]
pub(super) struct Hold {
    file: File,
    path: PathBuf,
}

/// Where jobs take turns.
#[derive(Clone, Debug)]
pub(super) struct Turns {
    /// The folder of the lock files.
    pub(super) folder: PathBuf,
    /// How often a waiting job looks how far the pull is.
    pub(super) glance: Duration,
}

impl Turns {
    /// Waits for one's turn. `told` hears once that it has to wait, and then how far the other one is.
    pub(super) async fn take(&self, what: &str, mut told: impl FnMut(Option<Report>)) -> io::Result<Turn> {
        let path = self.path(what)?;
        let mut waited = false;
        loop {
            let file = open(&path)?;
            let file = match flock(&file, FlockOperation::NonBlockingLockExclusive) {
                Ok(()) => file,
                Err(Errno::WOULDBLOCK) => {
                    if !std::mem::replace(&mut waited, true) {
                        told(None);
                    }
                    wait(file, self.glance, |report| told(Some(report))).await?
                }
                Err(error) => return Err(error.into()),
            };
            if is_at(&file, &path)? {
                file.set_len(0)?;
                return Ok(Turn::Mine { hold: Hold { file, path }, waited });
            }
            if let Some(Note::Fate(fate)) = read(&file) {
                return Ok(Turn::Over(fate));
            }
        }
    }

    /// The file of an image. Its name says nothing of what may be in an image's.
    fn path(&self, what: &str) -> io::Result<PathBuf> {
        DirBuilder::new().recursive(true).mode(0o700).create(&self.folder)?;
        let hash = Sha256::digest(what);
        let hash: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Ok(self.folder.join(format!("image-{hash}")))
    }
}

impl Hold {
    /// Tells the others how far the pull is.
    pub(super) fn tell(&self, report: Report) {
        self.write(&Note::Progress(report));
    }

    /// Tells them that it is over.
    pub(super) fn end(self, fate: Fate) {
        self.write(&Note::Fate(fate));
    }

    fn write(&self, note: &Note) {
        // Others then know less than they might: no reason to fail a job.
        let written = serde_json::to_vec(note).map_err(io::Error::from).and_then(|bytes| {
            self.file.set_len(0)?;
            self.file.write_all_at(&bytes, 0)
        });
        if let Err(error) = written {
            tracing::debug!(%error, path = %self.path.display(), "Cannot tell other jobs of a pull");
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        // The file is still the one at its path: only who holds the lock takes it away.
        let _ = std::fs::remove_file(&self.path);
    }
}

fn open(path: &Path) -> io::Result<File> {
    let flags = i32::try_from(OFlags::NOFOLLOW.bits()).unwrap_or_default();
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(flags)
        .open(path)
}

/// Whether a file is the one that others find at a path.
fn is_at(file: &File, path: &Path) -> io::Result<bool> {
    let own = file.metadata()?;
    match path.symlink_metadata() {
        Ok(found) => Ok((found.dev(), found.ino()) == (own.dev(), own.ino())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(error),
    }
}

fn read(file: &File) -> Option<Note> {
    let mut bytes = [0; LIMIT];
    let length = file.read_at(&mut bytes, 0).ok()?;
    serde_json::from_slice(bytes.get(..length)?).ok()
}

/// Waits for the lock of a file, which no other call of the kernel tells of. It is a thread of its own that waits:
/// one that nobody joins, for it cannot be called back. If nobody wants the lock any more when it comes, it goes
/// again at once.
async fn wait(file: File, glance: Duration, mut told: impl FnMut(Report)) -> io::Result<File> {
    let note = file.try_clone()?;
    let (sender, mut locked) = oneshot::channel();
    std::thread::Builder::new().name("image-turn".to_owned()).stack_size(128 << 10).spawn(move || {
        let got = retry_on_intr(|| flock(&file, FlockOperation::LockExclusive));
        let _ = sender.send(got.map(|()| file));
    })?;
    loop {
        tokio::select! {
            biased;
            got = &mut locked => {
                return match got {
                    Ok(file) => Ok(file?),
                    Err(_) => Err(io::Error::other("the thread that waited for a lock is gone")),
                };
            }
            () = tokio::time::sleep(glance) => {
                if let Some(Note::Progress(report)) = read(&note) {
                    told(report);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests;
