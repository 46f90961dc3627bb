//! End-to-end tests: the real binary against the coordinator stand-in. Build the binary first
//! (`cargo build -p runner`); `RUNNER_BINARY` names another one.

mod bad_input;
mod browser;
mod cancel;
mod ci_commands;
mod ci_conformance;
mod conformance;
mod demo;
mod docker;
mod examples;
mod faults;
mod git_sources;
mod kills;
mod local;
mod own_coordinator;
mod polling;
mod readme;
mod record;
mod replay;
mod requests;
mod shells;
mod signals;
mod support;
mod upkeep;
mod user;
