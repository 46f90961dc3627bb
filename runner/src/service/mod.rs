//! `run`: takes jobs for all sections and starts a process for each.

mod ids;
mod launch;
mod schedule;
mod state;
mod stopping;
mod watch;
