//! The shell executor on this machine.

mod kit;
mod suite;
