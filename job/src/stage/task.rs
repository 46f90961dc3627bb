//! What stages do with files.

use super::Means;
use super::observed::Observed;
use super::report::Done;
use crate::script::{EchoWatch, Script};
use crate::variables::{JobView, forget_earlier_job, prepare_stage};
use crate::{StageError, artifacts, cache, git};
use executor::{CancellationToken, Executor, Output};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::sync::Arc;

/// One thing that is done with a job's files, wherever they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Task {
    /// Removes what an earlier job left for scripts.
    Forget,
    /// Gets the sources, with the hooks around it.
    GetSources,
    /// Removes the files of a work tree before sources are tried for again.
    ClearWorktree,
    /// Restores caches.
    RestoreCache,
    /// Downloads artifacts of other jobs.
    DownloadArtifacts,
    /// Writes what scripts find beside the work tree.
    FileVariables,
    /// Saves caches.
    SaveCaches {
        /// Whether the job succeeded.
        success: bool,
    },
    /// Uploads artifacts.
    UploadArtifacts {
        /// Whether the job succeeded.
        success: bool,
    },
    /// Removes what must not outlive the job.
    CleanUp,
}

impl Task {
    /// Whether artifacts are transferred.
    pub(super) fn needs_transfer(self) -> bool {
        matches!(self, Self::DownloadArtifacts | Self::UploadArtifacts { .. })
    }

    /// Does it with the files that this process sees.
    pub(super) async fn perform<E: Executor>(
        self,
        view: JobView<'_>,
        executor: &mut E,
        means: Means<'_>,
        output: Arc<dyn Output>,
        stop: &CancellationToken,
    ) -> Done {
        let transfer = means.transfer;
        Done::plain(match self {
            Self::GetSources => return get_sources(view, executor, output, stop).await,
            Self::Forget => forget_earlier_job(view.workspace)
                .map_err(|error| StageError::system(format!("prepare environment: {error}"))),
            Self::ClearWorktree => git::clear_worktree(view, executor, output, stop).await,
            Self::RestoreCache => cache::restore_all(view, executor, output, stop).await,
            Self::DownloadArtifacts => artifacts::download_all(view, executor, transfer, output, stop).await,
            Self::FileVariables => prepare_stage(view.variables, view.workspace)
                .map_err(|error| StageError::system(format!("cannot write file variables: {error}"))),
            Self::SaveCaches { success } => {
                cache::save_all(view, executor, output, stop, success, means).await
            }
            Self::UploadArtifacts { success } => {
                artifacts::upload_all(view, executor, transfer, output, stop, success).await
            }
            Self::CleanUp => git::clean_up(view, executor, output, stop).await,
        })
    }
}

/// Gets sources, and finds out which command failed if it was one of a hook.
async fn get_sources<E: Executor>(
    view: JobView<'_>,
    executor: &mut E,
    output: Arc<dyn Output>,
    stop: &CancellationToken,
) -> Done {
    let watch = RefCell::new(None);
    let sink = Arc::clone(&output);
    let script_output = |script: &Script| -> Arc<dyn Output> {
        let new = EchoWatch::new(Arc::clone(&sink), script.echoes.clone());
        *watch.borrow_mut() = Some(Arc::clone(&new));
        new
    };
    let mut executor = Observed::new(executor);
    let result = git::get_sources_watched(view, &mut executor, output, stop, &script_output).await;
    // What failed, if anything, may have been no command of a hook.
    let echo = if executor.ended_with_script() { watch.take().and_then(|watch| watch.last()) } else { None };
    Done { result, echo }
}
