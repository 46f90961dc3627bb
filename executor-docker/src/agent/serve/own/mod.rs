//! Makes directories and gives them to a user, as root, in file systems that the job's processes can change meanwhile.
//!
//! Everything is done relative to open directories, and no symbolic link is followed but those of the image itself.

mod entry;
mod place;
mod walk;

use crate::agent::ownership::{Extent, OwnDir};
use entry::Owner;
use rustix::fd::AsFd;
use rustix::io::Errno;
use std::path::{Path, PathBuf};
use walk::Work;

/// What could not be made or given away.
#[derive(Debug, thiserror::Error)]
#[error("cannot {what} {}: {}{}", .path.display(), source_text(.source), more(.others))]
pub(super) struct OwnError {
    what: &'static str,
    path: PathBuf,
    source: Errno,
    /// How many more there were.
    others: usize,
}

fn source_text(source: &Errno) -> std::io::Error {
    (*source).into()
}

fn more(others: &usize) -> String {
    if *others == 0 { String::new() } else { format!(" (and {others} more)") }
}

/// Collects what went wrong, of which the first is told.
#[derive(Default)]
struct Troubles(Option<OwnError>);

impl Troubles {
    fn add(&mut self, what: &'static str, path: &Path, source: Errno) {
        match &mut self.0 {
            Some(first) => first.others += 1,
            None => self.0 = Some(OwnError { what, path: path.to_owned(), source, others: 0 }),
        }
    }
}

/// Makes directories and gives them to a user. Goes on after what cannot be done.
pub(super) fn own(directories: &[OwnDir], uid: u32, gid: u32) -> Result<(), OwnError> {
    let owner = Owner { uid, gid };
    let mut troubles = Troubles::default();
    for OwnDir { path, extent } in directories {
        let opened = match place::open(path, owner) {
            Ok(opened) => opened,
            Err((at, source)) => {
                troubles.add("make directory", &at, source);
                continue;
            }
        };
        let work = match extent {
            Extent::Alone => {
                if let Err(source) = owner.take(opened.as_fd()) {
                    troubles.add("change the owner of", path, source);
                }
                continue;
            }
            Extent::Open => {
                if let Err(source) = entry::share(opened.as_fd()) {
                    troubles.add("change the mode of", path, source);
                }
                continue;
            }
            Extent::TreeOfOther if owner.is_of(opened.as_fd()) => continue,
            Extent::Tree | Extent::TreeOfOther => Work::Own(owner),
            Extent::Shared => Work::Share,
        };
        walk::walk(opened, path, &work, &mut troubles);
    }
    troubles.0.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests;
