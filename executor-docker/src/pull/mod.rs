//! Images: looked up, pulled by policy, and described.
//!
//! ```text
//! Puller::obtain ─> policy::effective ─> errand: each policy ─> look ─┬─> there: done
//!                                                   ┌──────────────────┘
//!                                                   └─> fetch: credentials ─> turn ─> ask ─> look
//! ```
//!
//! - `errand`, `fetch`: the order of things.
//! - `look`: what the engine knows of an image ([`ImageInfo`]).
//! - `turn`: jobs are processes of their own; one of them pulls an image, the others wait for it.
//! - `ask`: the request to pull, and how long it may come to nothing.
//! - `progress`: what the engine tells meanwhile, for the log.
//! - `failure`, `hint`: what went wrong, whose fault it is, and what to do about it.

mod ask;
mod errand;
mod error;
mod failure;
mod fetch;
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
