//! Stages whose files this process sees.

use super::report::Done;
use super::{Back, Stage, Task};
use crate::Transfer;
use crate::cache::Sharing;
use crate::variables::JobView;
use executor::{CancellationToken, Executor, Output};
use std::sync::Arc;

/// What tasks work with besides the job.
#[derive(Clone, Copy)]
pub(crate) struct Means<'a> {
    /// Where artifacts go to and come from.
    pub(crate) transfer: &'a Transfer,
    /// For whom caches are.
    pub(crate) sharing: Sharing,
    /// Takes new archives of caches, where they are not kept beside the job.
    pub(crate) caches: Option<&'a Back>,
}

/// Does a stage by calls.
pub(super) async fn run<E: Executor>(
    stage: &Stage<'_>,
    executor: &mut E,
    output: Arc<dyn Output>,
    stop: &CancellationToken,
) -> Done {
    let means = Means { transfer: stage.transfer, sharing: Sharing::Own, caches: None };
    tasks(stage.tasks, stage.view, executor, means, &output, stop).await
}

/// Does tasks until one fails.
pub(super) async fn tasks<E: Executor>(
    tasks: &[Task],
    view: JobView<'_>,
    executor: &mut E,
    means: Means<'_>,
    output: &Arc<dyn Output>,
    stop: &CancellationToken,
) -> Done {
    for task in tasks {
        let done = Box::pin(task.perform(view, executor, means, Arc::clone(output), stop)).await;
        if done.result.is_err() {
            return done;
        }
    }
    Done::plain(Ok(()))
}
