//! The scripts that run a job's own commands.
//!
//! Only what a user wrote is run by a shell: steps, `after_script`, and hooks around the checkout. One script is
//! one stage: it exports the job's variables, goes to the project directory, and runs command after command in
//! one subshell, echoing each before it runs it. What it does is what gitlab-runner's generated scripts do;
//! how it is written is not.
//!
//! Generation is pure. File variables and `GITLAB_ENV` have to be in place before a script runs: see
//! [`crate::variables::prepare_stage`].

mod body;
mod dialect;
mod echo_watch;
mod policy;
mod quote;
mod stages;

pub use dialect::Dialect;
pub(crate) use echo_watch::EchoWatch;
pub use policy::policy_lines;
pub use stages::{after_script, user_step};
pub(crate) use stages::{has_source_hooks, post_get_sources, pre_get_sources};

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A script, and what can be read off its output.
#[derive(Clone)]
pub struct Script {
    /// What the shell reads from standard input.
    pub bytes: Bytes,
    /// The echoes of its commands in the order in which they come. Commands of nothing but blanks have none.
    pub echoes: Vec<Echo>,
}

/// Shows the size: the text holds every variable of the job.
impl std::fmt::Debug for Script {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Script")
            .field("length", &self.bytes.len())
            .field("commands", &self.echoes.len())
            .finish_non_exhaustive()
    }
}

/// The echo of one command on the script's standard output. What is said of it can be sent; the line itself
/// matters only where the output is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Echo {
    /// The end of the line that the echo is, without newline. Output of the command before that did not end in
    /// a newline, or a section marker, may stand before it. With `FF_SCRIPT_SECTIONS` more lines may follow.
    #[serde(skip)]
    pub line: Vec<u8>,
    /// The command as that line shows it.
    pub command: String,
    /// Its place among the commands of where it comes from, from 1; those without an echo count.
    pub number: usize,
    /// How many commands there are where it comes from.
    pub of: usize,
    /// The hook it belongs to; nothing for a command of the step itself.
    pub origin: Option<Cow<'static, str>>,
}

#[cfg(test)]
mod tests;
