//! What a worker needs and only the engine has: it is brought to where the files are.

use super::{Stage, Task};
use crate::{Sources, StageError, Store, Transfer, artifacts, cache, git};
use executor::{CancellationToken, Executor, Parcel, ParcelFile};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Where archives are brought to: in the place of helpers, out of sight of the job's own commands.
pub(super) const INBOX: &str = "/var/lib/runner-brought";

/// Archives of other jobs.
pub(super) fn artifacts_inbox() -> PathBuf {
    Path::new(INBOX).join("artifacts")
}

/// The root of all caches of a job that does not keep them itself.
pub(super) fn caches_inbox() -> PathBuf {
    Path::new(INBOX).join("caches")
}

/// Brings what the tasks of a stage need.
///
/// # Errors
/// It is not there, or cannot be brought.
pub(super) async fn provide<E: Executor>(
    stage: &Stage<'_>,
    executor: &mut E,
    stop: &CancellationToken,
) -> Result<(), StageError> {
    for task in stage.tasks {
        let (parcel, into) = match task {
            Task::GetSources => match tree(stage)? {
                Some(archive) => (Parcel::Tree(Arc::new(archive)), git::landing(stage.view.workspace)),
                None => continue,
            },
            Task::RestoreCache => match &stage.view.order.settings.cache_folder {
                Some(folder) => (Parcel::Files(cache::departing(stage.view, folder)), caches_inbox()),
                None => continue,
            },
            Task::DownloadArtifacts => match stage.transfer {
                Transfer::Store(store) => (Parcel::Files(archives(stage, store)?), artifacts_inbox()),
                Transfer::Coordinator(_) | Transfer::Folder(_) | Transfer::Back(_) => continue,
            },
            Task::Forget
            | Task::ClearWorktree
            | Task::FileVariables
            | Task::SaveCaches { .. }
            | Task::UploadArtifacts { .. }
            | Task::CleanUp => continue,
        };
        executor.bring(parcel, &into, stop).await?;
    }
    Ok(())
}

/// The archive of the work tree, if it is not fetched by git.
fn tree(stage: &Stage<'_>) -> Result<Option<File>, StageError> {
    let Sources::Copy { archive, .. } = &stage.view.order.sources else { return Ok(None) };
    if !stage.view.options.git.strategy.uses_git() {
        return Ok(None);
    }
    let Some(path) = archive else {
        return Err(StageError::system("there is no archive of the work tree"));
    };
    let opened = File::open(path).map_err(|error| {
        StageError::system(format!("cannot open the archive of the work tree {}: {error}", path.display()))
    });
    opened.map(Some)
}

/// Archives of the jobs that this one depends on. Those that are not there the worker will miss.
fn archives(stage: &Stage<'_>, store: &Store) -> Result<Vec<ParcelFile>, StageError> {
    let mut files = Vec::new();
    for dependency in artifacts::with_artifacts(&stage.view.order.payload.dependencies) {
        let found = store.archives(dependency.id).map_err(|error| {
            StageError::system(format!("cannot open the artifacts of job {}: {error}", dependency.id))
        })?;
        files.extend(found.into_iter().map(|(name, content)| ParcelFile {
            path: Store::place(dependency.id, &name),
            content: Arc::new(content),
        }));
    }
    Ok(files)
}
