//! The runner's tools in an engine.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod anywhere;
mod helper_image;
mod inside;
mod rig;
mod volume;
