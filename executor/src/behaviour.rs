//! The behaviour every executor shows, as a suite that the tests of each executor run.
//!
//! Behaviours are written for a POSIX shell with `setsid` at hand, on a machine where the executor's processes
//! can be seen in `/proc`. Each looks at one promise of [`Executor`] and says what it saw instead.

mod begins;
mod bench;
mod ends;
mod input;
mod leftovers;
mod output;
mod stops;

use crate::{Executor, Workspace};
pub use bench::{Fault, Job, Record, processes_tagged};
use std::time::{Duration, Instant};

/// How long one behaviour may take before it counts as hanging.
const PATIENCE: Duration = Duration::from_secs(120);

/// Makes executors to look at.
#[allow(async_fn_in_trait, reason = "a suite runs on one thread; its futures need not be Send")]
pub trait Subject {
    /// What is looked at.
    type Executor: Executor;

    /// A new executor for a job of its own, on which nothing was called yet.
    ///
    /// `grace` is what it gives commands between `SIGTERM` and `SIGKILL`.
    async fn executor(&self, grace: Duration) -> Self::Executor;

    /// The directories of each job. They need not differ between jobs, which come one after another.
    fn workspace(&self) -> Workspace;

    /// A directory that is there for commands, other than the one they start in.
    fn directory(&self) -> std::path::PathBuf {
        "/tmp".into()
    }

    /// Processes that are alive and have the tag in their arguments or their environment.
    async fn survivors(&self, tag: &str) -> Vec<String> {
        processes_tagged(tag)
    }
}

/// Looks at all behaviours, one after another.
///
/// # Panics
/// When one is not shown, after all were looked at; the message lists those.
pub async fn run<S: Subject>(subject: &S) {
    let mut faults = Vec::new();
    macro_rules! look {
        ($($module:ident: $($name:ident)*;)*) => {$($(
            let name = concat!(stringify!($module), "::", stringify!($name));
            look(name, $module::$name(subject), &mut faults).await;
        )*)*};
    }
    look! {
        begins: prepares many_commands_share_nothing nothing_to_clean_up missing_program missing_directory
            not_for_a_system dropped_command;
        ends: success failure every_kind_of_exit_code death_by_signal;
        input: script_of_any_size data_of_any_size unread_data no_data environment directory arguments;
        output: both_streams_in_order bytes_as_they_are last_words big_output_in_little_memory
            background_child_does_not_hold_up_the_end background_child_is_heard_until_cleanup;
        stops: before_the_start asked_first killed_when_deaf while_it_writes stopped_process next_command_runs
            children_go_with_it;
        leftovers: in_background in_a_session_of_its_own orphaned_twice without_environment deaf_to_hangup
            deaf_to_term stopped forking_on_and_on hopping_from_child_to_child left_by_a_stopped_command;
    }
    assert!(faults.is_empty(), "{} behaviours are not shown:\n{}", faults.len(), faults.join("\n"));
}

async fn look(name: &str, behaviour: impl Future<Output = Result<(), Fault>>, faults: &mut Vec<String>) {
    let start = Instant::now();
    let result = match tokio::time::timeout(PATIENCE, Box::pin(behaviour)).await {
        Ok(result) => result,
        Err(_) => Err(Fault::new(format!("still at it after {PATIENCE:?}"))),
    };
    let verdict = if result.is_ok() { "ok" } else { "FAILED" };
    eprintln!("behaviour {name}: {verdict} ({} ms)", start.elapsed().as_millis());
    if let Err(fault) = result {
        faults.push(format!("- {name}: {fault}"));
    }
}
