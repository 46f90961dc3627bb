//! The worker's end: does tasks beside the job's files and answers in frames.

use super::frame::Frames;
use super::here;
use super::report::{Done, Report};
use super::request::{Damaged, Request};
use super::{Back, Means, Task};
use crate::cache::Sharing;
use crate::facts::Facts;
use crate::{StageError, Transfer, git};
use client::Proxies;
use executor::{CancellationToken, Executor, Output, Stream, Workspace};
use std::io::{self, Write};
use std::sync::Arc;

/// A worker that could not even answer.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The request is none.
    #[error(transparent)]
    Damaged(#[from] Damaged),
    /// Nobody takes the answer.
    #[error("the answer of a stage cannot be written: {source}")]
    Unanswered {
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// Does what a request asks for, with the files that this process sees, and answers on `out`. Commands run by
/// `executor`, which must be one of this machine, and nothing of theirs is left. When `stop` is cancelled the
/// stage ends soon, and the answer says so.
///
/// # Errors
/// [`ServeError`]; whatever becomes of the stage itself is part of the answer.
pub async fn serve<E: Executor>(
    request: &[u8],
    mut executor: E,
    out: impl Write + Send + 'static,
    stop: &CancellationToken,
) -> Result<(), ServeError> {
    let request = Request::from_bytes(request)?;
    let frames = Arc::new(Frames::to(out));
    let done = Box::pin(work(request, &mut executor, &frames, stop)).await;
    if let Err(error) = executor.cleanup().await {
        tracing::warn!(%error, "Something of a stage is left");
    }
    frames.finish(&Report::from(done)).map_err(|source| ServeError::Unanswered { source })
}

async fn work<E: Executor>(
    request: Request<'_>,
    executor: &mut E,
    frames: &Arc<Frames>,
    stop: &CancellationToken,
) -> Done {
    let Request { order, tasks, status, destination } = request;
    let mut facts = Facts::of(&order);
    let workspace: Workspace = match facts.workspace.clone() {
        Ok(workspace) => workspace,
        Err(error) => return Done::plain(Err(error)),
    };
    if let Some(status) = status {
        facts.variables.set_job_status(&status);
    }
    if let Err(error) = executor.prepare(&workspace, Arc::new(Nowhere)).await {
        return Done::plain(Err(error.into()));
    }
    let transfer: Result<Transfer, StageError> = destination.transfer(proxies(&facts, executor), frames);
    let transfer = match transfer {
        Ok(transfer) => transfer,
        Err(error) => return Done::plain(Err(error)),
    };
    let view = facts.view(&order, &facts.variables, &workspace);
    if tasks.contains(&Task::GetSources)
        && order.sources.are_ready()
        && view.options.git.strategy.uses_git()
        && let Err(error) = git::put_in_place(&workspace).await
    {
        return Done::plain(Err(error));
    }
    let back = order.settings.cache_folder.is_some().then(|| Back::through(Arc::clone(frames)));
    let means = Means { transfer: &transfer, sharing: Sharing::Anyone, caches: back.as_ref() };
    let output = Arc::clone(frames) as Arc<dyn Output>;
    here::tasks(&tasks, view, executor, means, &output, stop).await
}

/// Proxies as gitlab-runner's helper commands find them: the job's variables, else the worker's environment.
fn proxies<E: Executor>(facts: &Facts, executor: &E) -> Proxies {
    let (exports, inherited) = (facts.variables.exports(), executor.helper_environment());
    Proxies::from_env(|name| {
        let of_job = exports.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        let own = || inherited.iter().rev().find(|(key, _)| key == name);
        of_job.or_else(|| own().map(|(_, value)| value.to_string_lossy().into_owned()))
    })
}

/// For lines of an executor that is nobody's but the worker's.
struct Nowhere;

impl Output for Nowhere {
    fn write(&self, _: Stream, _: &[u8]) {}
}
