//! Images from registries, by a real engine.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod image;
mod policies;
mod real;
mod requests;
mod scripted;
mod server;
mod site;
mod turns;
