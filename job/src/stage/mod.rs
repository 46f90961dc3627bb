//! The parts of a job that work with its files: here, or where the files are.
//!
//! An executor on this machine shares its files with the engine, and a `Task` is a call. The files of a job in
//! containers are out of sight; then a *worker* does the same tasks beside them: the engine starts it as a
//! command of the executor and hands it a `Request` on standard input, and the worker
//! ([`serve`]) answers in frames on standard output. Both run the same code on the same facts, which
//! follow from the order alone. The trace stays with the engine, so masks, time stamps and sections do, too.
//!
//! Whatever comes from a worker may come from the job: it is bounded, and trusted with nothing but the job's own
//! trace, artifacts and end.

mod back;
mod bring;
mod cache_shelf;
mod decoder;
mod destination;
mod frame;
mod here;
mod intake;
mod link;
mod observed;
mod report;
mod request;
mod shelf;
mod task;
#[cfg(test)]
mod tests;
mod there;
mod told;
mod worker;

pub use back::Back;
use decoder::Violation;
pub(crate) use here::Means;
pub(crate) use report::Done;
pub(crate) use task::Task;
#[doc(hidden)]
pub use told::answer_told;
pub use worker::{ServeError, serve};

use crate::variables::JobView;
use crate::{Transfer, artifacts, cache};
use executor::{CancellationToken, Executor, Output};
use std::sync::Arc;

/// Name of the argument that makes the runner's program a worker.
pub const WORKER: &str = "stage";

/// What a stage is to do, one task after another until one fails.
pub(crate) struct Stage<'a> {
    /// Its name, for messages.
    pub(crate) name: &'a str,
    /// What is done.
    pub(crate) tasks: &'a [Task],
    /// The job.
    pub(crate) view: JobView<'a>,
    /// `CI_JOB_STATUS`, once it has changed.
    pub(crate) status: Option<&'a str>,
    /// Where artifacts go to and come from.
    pub(crate) transfer: &'a Transfer,
}

impl Stage<'_> {
    /// Does it where the job's files are.
    pub(crate) async fn run<E: Executor>(
        &self,
        executor: &mut E,
        output: Arc<dyn Output>,
        stop: &CancellationToken,
    ) -> Done {
        match executor.worker() {
            None => Box::pin(here::run(self, executor, output, stop)).await,
            Some(worker) => Box::pin(there::run(self, &worker, executor, output, stop)).await,
        }
    }
}

/// Whether a job's stages need more than the job's image has: git, for the sources, or a place for archives. Hooks
/// around the checkout need it no less, but they run only where git does.
pub fn needs_helper(view: JobView<'_>) -> bool {
    let payload = &view.order.payload;
    view.options.git.strategy.uses_git()
        || cache::any_to_restore(view)
        || artifacts::any_to_download(&payload.dependencies)
        || [true, false].into_iter().any(|success| artifacts::any_to_upload(view, success))
}
