//! The kit of the end-to-end tests: what a runner talks to, and the runner itself as a process.
//!
//! - [`coordinator`]: a stand-in for GitLab that speaks the runner API over real HTTP, checks every request
//!   as GitLab does, keeps what it is sent, and can misbehave on purpose;
//! - [`browser`]: a real browser without a window, and what it says of a page;
//! - [`docker`]: a real Docker engine, registries, and what is left behind in an engine;
//! - [`git`]: real repositories, served over HTTP with a password by the same server;
//! - [`payload`]: job payloads with sensible defaults; [`pipeline`]: those of a `.gitlab-ci.yml`;
//! - [`runner`]: the built binary, started as a process in a directory of its own;
//! - [`trace_text`]: a trace split into the lines of its sections;
//! - [`zip`]: listings of uploaded archives;
//! - [`random`]: reproducible chance.
//!
//! Everything but the browser is synchronous for the test: the servers run on threads of their own, and a wait is a wait for
//! an event with a deadline, never a sleep. Values are checked with panics, since a kit's only reader is a
//! failing test.

pub mod browser;
pub mod coordinator;
pub mod docker;
pub mod git;
pub mod payload;
pub mod pipeline;
mod program;
pub mod random;
pub mod runner;
pub mod trace_text;
pub mod zip;
