//! From text to payloads: what jobs are handed, as GitLab's tables have it.

#![allow(clippy::unwrap_used, reason = "a test may fail so")]

mod bridges;
mod git;
mod parts;
mod properties;
mod snapshots;
mod specs;
mod support;
mod unsupported;
mod variables;
