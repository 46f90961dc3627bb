//! What host and agent say to each other.
//!
//! Both ways a sequence of [`frame`]s. The agent's share the container's standard output with whatever else runs
//! there (an entrypoint, its background processes, a script that writes to `/proc/1/fd/1`), so that the host finds
//! them among other bytes; [`decoder`] tells the two apart.

mod decoder;
mod event;
mod failure;
mod fields;
mod frame;
mod hello;
mod request;

pub(crate) use decoder::{Decoder, Piece};
pub(crate) use event::Event;
pub(crate) use failure::Failure;
pub(crate) use frame::{ATOMIC, Direction, Frame, HEADER, Header};
pub use hello::Hello;
pub(crate) use hello::VERSION;
pub(crate) use request::{Request, RunRequest};

/// A command's input may be this large, in bytes.
pub(crate) const MOST_INPUT: usize = 1 << 30;

/// Bytes that are no message, though they are a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed message")]
pub(crate) struct Malformed;

#[cfg(test)]
mod tests;
