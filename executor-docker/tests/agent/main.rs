//! The agent and its client, as two processes with pipes between them, which is how a container connects them.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod containers;
mod conversation;
mod ends;
mod entrypoint;
mod input;
mod kit;
mod suite;
