//! Getting a job's sources, and tidying up after it.
//!
//! The work is done by the `git` program, run through the executor one command at a time; everything around it
//! (configuration, locks, what is already as it should be) is done by this code, so that a warm fetch costs
//! three processes: fetch, checkout, clean. Output, settings and their effects are those of gitlab-runner.
//!
//! Credentials are never in `.git` nor on a command line: they are in files of the job's temporary directory,
//! which clean-up removes.
//!
//! Where sources are ready ([`crate::Sources::Copy`]) git is not run: there are the hooks, and nothing is tidied up
//! afterwards in a tree that is thrown away.
//!
//! What an earlier job left in a repository is not trusted: hooks of the repository do not run, a configuration
//! that would run programs or talk to other servers is made anew, links out of the builds directory are
//! refused. Hooks and settings of the machine's own configuration stay in force.

mod brought;
mod checkout;
mod cleanup;
mod config_files;
mod config_text;
mod credential_helpers;
mod credentials;
mod fetch;
mod index;
mod lfs;
mod repository;
mod run;
mod sources;
mod submodules;
mod tree;
mod url;
mod workspace;

pub(crate) use brought::{landing, put_in_place};
pub use cleanup::{clean_up, clear_worktree};
pub use sources::{get_sources, get_sources_watched};
pub use workspace::plan_workspace;

use crate::script::Script;
use crate::variables::gitlab_env::Environment;
use executor::{CancellationToken, Executor, Output};
use std::sync::Arc;

/// Makes the output for a script of hooks, so that the echoes of its commands can be watched.
pub type ScriptOutput<'a> = &'a dyn Fn(&Script) -> Arc<dyn Output>;

/// What git's stages work with.
struct GitMeans<'a, E> {
    executor: &'a mut E,
    output: Arc<dyn Output>,
    /// What commands of the executor inherit.
    inherited: Environment,
    stop: &'a CancellationToken,
}

impl<'a, E: Executor> GitMeans<'a, E> {
    fn new(executor: &'a mut E, output: Arc<dyn Output>, stop: &'a CancellationToken) -> Self {
        let inherited = executor.helper_environment().into_iter().collect();
        Self { executor, output, inherited, stop }
    }
}

#[cfg(test)]
mod tests;
