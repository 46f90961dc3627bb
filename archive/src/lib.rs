//! Selects, packs and unpacks the files of artifacts and caches.

mod entry;
mod format;
mod glob;
mod pack;
mod paths;
mod pool;
mod select;
#[cfg(test)]
mod testing;
mod tree;
mod unpack;
mod zip_format;

pub use entry::{Entry, Kind, changed_since, newest_change};
pub use format::{Format, Level};
pub use pack::{PackError, PackOptions, Packed, pack};
pub use select::{Note, NoteLevel, Request, SelectError, Selection, select};
pub use unpack::{Limits, UnpackError, UnpackOptions, Unpacked, unpack};
