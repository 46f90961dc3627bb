//! Caches: files of one job that a later job finds again.
//!
//! An archive lies in `<cache_dir>/<key>/cache.zip`, with `metadata.json` beside it. Neither stage fails a job
//! because of a cache; both say which key was tried and what came of it. There is no storage on the network, so
//! settings of requests (`CACHE_REQUEST_TIMEOUT`, `CACHE_CHUNK_SIZE`, …) have nothing to act on.

mod key;
mod listing;
mod plan;
mod restore;
mod save;
mod stage;
mod store;
mod travel;

pub use listing::{CacheArchive, archives};
pub(crate) use stage::{any_to_restore, any_to_save, check_to_restore, check_to_save, restore_all, save_all};
pub(crate) use store::{METADATA_LIMIT, Sharing, Slot};
pub(crate) use travel::{Returning, departing, landings};

#[cfg(test)]
mod tests;
