//! Selects, packs and unpacks the files of artifacts and caches.
//!
//! Everything is synchronous and starts threads of its own where that pays; async callers run it on a blocking thread.
//! Settings come as values, what there is to tell comes back as data ([`Note`], whose `Display` has GitLab Runner's
//! words), and every job's file is taken as hostile: no path leaves the project directory, on the way in or out.
//!
//! - [`select`]: patterns, exclude rules and untracked files to a sorted list of [`Entry`].
//! - [`changed_since`]: whether a cache made of such entries must be packed again.
//! - [`pack`]: entries to an archive in one of five [`Format`]s, written in order to any [`std::io::Write`]. Files are
//!   compressed on all cores, a large file in blocks at once; memory is a few MiB for each core.
//! - [`unpack`]: a zip or tar.zst file into a directory, within [`Limits`].
//! - [`Listing`]: what a zip file holds, and the content of single entries.
//!
//! The first ones stop soon after their `cancel` is set, and have ended their threads when they return.
//!
//! ```
//! use std::sync::atomic::AtomicBool;
//! use archive::{Format, Level, Limits, PackOptions, Request, UnpackOptions, pack, select, unpack};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let project = &folder.path().join("project");
//! # let other = &folder.path().join("other");
//! # std::fs::create_dir_all(project.join("out"))?;
//! # std::fs::create_dir(other)?;
//! # std::fs::write(project.join("out/a.txt"), "content")?;
//! let cancel = AtomicBool::new(false);
//! let paths = ["out/".to_owned()];
//! let request = Request { project, paths: &paths, exclude: &[], untracked: None, cancel: &cancel };
//! let selection = select(&request)?;
//! assert_eq!(selection.notes[0].to_string(), "out/: found 2 matching artifact files and directories");
//!
//! let mut file = tempfile::tempfile()?;
//! let options = PackOptions { format: Format::Zip, level: Level::Default, threads: 0, cancel: &cancel };
//! pack(project, &selection.entries, &options, &mut file)?;
//!
//! let options = UnpackOptions { threads: 0, limits: Limits::default(), cancel: &cancel };
//! unpack(&file, other, &options)?;
//! assert_eq!(std::fs::read_to_string(other.join("out/a.txt"))?, "content");
//! # Ok(())
//! # }
//! ```
//!
//! [`tar_header`] is for archives that other crates make of something else.
//!
//! Does not run git, speak HTTP or print: see the crates that use it.

mod entry;
mod format;
mod glob;
mod pack;
mod paths;
mod pool;
mod select;
mod tar_format;
#[cfg(test)]
mod testing;
mod tree;
mod unpack;
mod zip_format;

pub use entry::{Entry, Kind, changed_since, newest_change};
pub use format::{Format, Level};
pub use pack::{PackError, PackOptions, Packed, pack};
pub use select::{Note, NoteLevel, Request, SelectError, Selection, select};
pub use tar_format::{TarKind, tar_header};
pub use unpack::{Limits, Listing, UnpackError, UnpackOptions, Unpacked, ZipEntry, unpack};
