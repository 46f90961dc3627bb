//! Selects, packs and unpacks the files of artifacts and caches.

mod entry;
mod glob;
mod paths;
mod select;
mod tree;

pub use entry::{Entry, Kind, changed_since, newest_change};
pub use select::{Note, NoteLevel, Request, SelectError, Selection, select};
