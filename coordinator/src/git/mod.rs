//! Repositories: bare ones in the data folder, served to git clients over HTTP and read for pipelines and pages.
//!
//! Everything that touches a repository is the program `git`, called without the settings of user and machine, without
//! hooks, in bounds of time. Who may do what is decided by a [`Gate`]; what a push leads to is told to a [`Pushed`].

mod folders;
mod gate;
mod http;
mod limits;
#[cfg(any(test, feature = "fuzzing"))]
mod made_up;
mod maintenance;
mod options;
mod pktline;
mod policy;
mod process;
mod reading;
mod receive;
mod sources;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod web;
mod words;

pub use folders::Git;
pub use gate::{Credentials, Denied, Entry, Gate, Knock, Outcome, Pushed, Update, Who};
pub use http::{GitHttp, Service, Target};
pub use limits::Limits;
#[cfg(any(test, feature = "fuzzing"))]
pub use made_up::of_anything;
pub use options::PushOptions;
pub use web::{AllowedWeb, Web};

/// The most branches and tags of one push that pipelines are made for.
pub const PIPELINES_OF_A_PUSH: usize = 4;
/// The id that stands for no object, of repositories with SHA-1.
pub const NO_SHA: &str = "0000000000000000000000000000000000000000";
