//! A small GitLab-style coordinator: `git push` in, pipelines out, runners served, pages for people.

pub mod error;
pub mod files;
pub mod git;
pub mod kernel;
pub mod model;
pub mod pages;
mod store;
