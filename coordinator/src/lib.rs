//! A small GitLab-style coordinator: `git push` in, pipelines out, runners served, pages for people.

pub mod access;
mod api;
pub mod error;
pub mod files;
#[cfg(any(test, feature = "fuzzing"))]
#[doc(hidden)]
pub mod fuzzing;
pub mod git;
pub mod kernel;
pub mod model;
pub mod pages;
pub mod runner_api;
pub mod serve;
pub mod settings;
mod store;

pub use serve::{Coordinator, Running, StartError, TlsError};
pub use settings::Settings;
