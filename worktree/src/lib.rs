//! Copies of a git work tree for jobs: one snapshot of what a push would bring, and of it as many copies as there are
//! jobs, so that jobs see neither each other nor the checkout.
//!
//! - [`Store`]: a folder of the user's cache. What was copied of a checkout once is not copied again.
//! - [`Snapshot`]: tracked files as they are on the disk, and untracked ones that are not ignored.
//! - [`Tree`]: a copy with a `.git` of its own, whose objects are the checkout's.
//! - [`Watcher`]: says when a checkout changes.
//! - [`sweep`]: removes what a run left that was killed.
//!
//! Everything is synchronous; async callers run it on a blocking thread. Nothing outside of the checkout is followed,
//! and no program but git is run.

mod apply;
mod archive;
mod checkout;
mod compare;
mod copy;
mod error;
mod folder;
mod generation;
mod git;
mod history;
mod home;
mod index;
mod listing;
mod look;
mod manifest;
mod mounts;
mod objects;
mod parallel;
mod pool;
mod refs;
mod removal;
mod restore;
mod settings;
mod snapshot;
mod sparse;
mod stamp;
mod store;
mod sweep;
mod template;
mod tree;
mod watch;

pub use archive::ArchiveOptions;
pub use checkout::Checkout;
pub use error::{ArchiveError, CopyError, SnapshotError, WatchError};
pub use folder::spread;
pub use snapshot::{Finding, LARGE, Options, Snapshot, Submodules};
pub use store::Store;
pub use sweep::sweep;
pub use tree::{Made, Method, Place, Removal, Tree};
pub use watch::{Watched, Watcher};
