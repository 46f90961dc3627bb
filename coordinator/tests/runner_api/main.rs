//! The API for runners, over HTTP: what a real gitlab-runner sent, our own client, and clients that mean no good.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod addresses;
mod artifacts;
mod calls;
mod http;
mod polling;
mod recorded;
mod rig;
mod traces;
mod with_client;
