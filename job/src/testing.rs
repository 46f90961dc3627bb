//! Means of the tests of this crate's own stages.

mod executors;
mod output;
mod server;

pub(crate) use executors::{GitOnly, Idle};
pub(crate) use output::{Kept, kept};
pub(crate) use server::{Reply, Server};
