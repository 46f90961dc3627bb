//! The shell executor on this machine.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod company;
mod converse;
mod dormant;
mod hiding;
mod kit;
mod options;
mod shells;
mod suite;
mod trail;
