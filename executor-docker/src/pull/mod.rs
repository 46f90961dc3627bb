//! Images: looked up, pulled by policy, and described.
//!
//! ```text
//! Puller::obtain ─> policy::effective ─> each policy ─> look ─┬─> there: done
//!                                                             └─> turn ─> ask ─> progress ─> look
//! ```
//!
//! - [`look`]: what the engine knows of an image ([`ImageInfo`]).
//! - [`turn`]: jobs are processes of their own; one of them pulls an image, the others wait for it.
//! - [`ask`]: the request to pull, and how long it may come to nothing.
//! - [`progress`]: what the engine tells meanwhile, for the log.
//! - [`failure`]: what went wrong, whose fault it is, and what to do about it.

mod ask;
mod error;
mod failure;
mod hint;
mod image;
mod log;
mod look;
mod obtain;
mod progress;
mod tries;
mod turn;

pub use ask::Patience;
pub use error::PullError;
pub use failure::Class;
pub use image::{HealthCheck, ImageInfo};
pub use obtain::Puller;
