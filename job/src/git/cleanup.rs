//! Between attempts, and at the end of a job.

use super::GitMeans;
use super::credential_helpers;
use super::credentials::Remotes;
use super::run::Git;
use super::submodules;
use super::tree::{confine, is_directory, remove_config, remove_file, remove_stale_locks, remove_tree};
use crate::variables::gitlab_env::Environment;
use crate::variables::{GitStrategy, JobView, SubmoduleStrategy, remove_secrets};
use crate::{StageError, notice};
use executor::{CancellationToken, Executor, Output};
use std::io;
use std::sync::Arc;

/// Names a file for executors with containers that says whom files belong to.
const OWNER_FILE: &str = ".gitlab-build-uid-gid";

/// The stage `clear_worktree`: removes all files of a work tree before sources are tried for again.
///
/// # Errors
/// [`StageError::Exit`] where git fails, as it does without a repository.
pub async fn clear_worktree<E: Executor>(
    view: JobView<'_>,
    executor: &mut E,
    output: Arc<dyn Output>,
    stop: &CancellationToken,
) -> Result<(), StageError> {
    let mut means = GitMeans::new(executor, output, stop);
    confine(view.workspace)?;
    let project = &view.workspace.project_dir;
    notice::notice(&*means.output, "Deleting tracked and untracked files...");
    if !is_directory(project) {
        return Ok(());
    }
    let mut git = Git::new(&mut means, "clear_worktree", Environment::new(), project);
    protect(view, &mut git);
    git.must(&["rm", "-rf", "--ignore-unmatch", "--quiet", "."]).await?;
    git.must(&["clean", "-ffdx", "-q"]).await
}

/// The stage `cleanup_file_variables`: removes secrets, and what else must not outlive the job. Everything is
/// tried, whatever fails. A copy of a work tree has no later job: whoever made it removes it.
///
/// # Errors
/// The first thing that failed.
pub async fn clean_up<E: Executor>(
    view: JobView<'_>,
    executor: &mut E,
    output: Arc<dyn Output>,
    stop: &CancellationToken,
) -> Result<(), StageError> {
    let mut means = GitMeans::new(executor, output, stop);
    if view.order.sources.are_ready() {
        return forget_secrets(view);
    }
    let rejected = reject_credentials(view, &mut means).await;
    let removed = forget_secrets(view);
    let restored = match confine(view.workspace) {
        Ok(()) => restore(view, &mut means).await,
        Err(error) => Err(error),
    };
    removed.and(restored).and(rejected)
}

fn forget_secrets(view: JobView<'_>) -> Result<(), StageError> {
    remove_secrets(view.variables, view.workspace)
        .map_err(|error| StageError::system(format!("cannot remove the job's secrets: {error}")))
}

/// What concerns the work tree.
async fn restore<E: Executor>(view: JobView<'_>, means: &mut GitMeans<'_, E>) -> Result<(), StageError> {
    let leave =
        if view.flags.is_on("FF_ENABLE_JOB_CLEANUP") { leave_clean(view, means).await } else { Ok(()) };
    let tidied = tidy(view).map_err(|error| StageError::system(format!("cannot tidy up: {error}")));
    leave.and(tidied)
}

fn tidy(view: JobView<'_>) -> io::Result<()> {
    let project = &view.workspace.project_dir;
    let with_submodules = view.options.git.submodules != SubmoduleStrategy::None;
    remove_stale_locks(project, with_submodules)?;
    if view.order.settings.clean_git_config && view.options.git.strategy != GitStrategy::None {
        remove_config(project, with_submodules)?;
    }
    remove_file(&view.workspace.builds_dir.join(OWNER_FILE))
}

/// `FF_ENABLE_JOB_CLEANUP`: the next job finds what a fresh checkout would leave, or nothing.
async fn leave_clean<E: Executor>(view: JobView<'_>, means: &mut GitMeans<'_, E>) -> Result<(), StageError> {
    let project = &view.workspace.project_dir;
    match view.options.git.strategy {
        GitStrategy::Clone | GitStrategy::Empty => remove_tree(project)
            .await
            .map_err(|error| StageError::system(format!("cannot remove {}: {error}", project.display()))),
        GitStrategy::None => {
            notice::notice(&*means.output, "Skipping build directory cleanup step");
            Ok(())
        }
        GitStrategy::Fetch if !is_directory(&project.join(".git")) => Ok(()),
        GitStrategy::Fetch => {
            let mut git = Git::new(means, "cleanup_file_variables", job_environment(view), project);
            protect(view, &mut git);
            let flags = &view.options.git.clean_flags;
            if !flags.is_empty() {
                git.must(&[&["clean".to_owned()], flags.as_slice()].concat()).await?;
            }
            git.must(&["reset", "--hard"]).await?;
            if view.options.git.submodules == SubmoduleStrategy::None {
                return Ok(());
            }
            submodules::restore(view, &mut git).await
        }
    }
}

/// Makes credential helpers forget the job's token. Helpers of the machine may keep what they were shown; where
/// there is none, there is nothing to forget.
async fn reject_credentials<E: Executor>(
    view: JobView<'_>,
    means: &mut GitMeans<'_, E>,
) -> Result<(), StageError> {
    let remotes = Remotes::of(view);
    let Some(server) = remotes.server.filter(|s| s.is_http() && view.options.git.strategy.uses_git()) else {
        return Ok(());
    };
    let environment = job_environment(view);
    let mut all = means.inherited.clone();
    all.extend(environment.clone());
    let directory = &view.workspace.temp_dir;
    if !credential_helpers::may_exist(&all) || !is_directory(directory) {
        return Ok(());
    }
    let mut git = Git::new(means, "cleanup_file_variables", environment, directory);
    protect(view, &mut git);
    let stdin = format!("url={}\nusername=gitlab-ci-token\n\n", server.text());
    // Whether a helper could do it is its own affair.
    git.quietly(&["credential", "reject"], stdin).await.map(|_| ())
}

/// The job's variables. A configuration that clean-up removes is not among them.
fn job_environment(view: JobView<'_>) -> Environment {
    let exports = view.variables.exports().into_iter().filter(|(key, _)| key != "GIT_CONFIG_GLOBAL");
    let mut environment: Environment = exports.map(|(key, value)| (key.into(), value.into())).collect();
    environment.insert("GIT_TERMINAL_PROMPT".into(), "0".into());
    environment.insert("GCM_INTERACTIVE".into(), "Never".into());
    environment
}

/// Keeps git to the project's own repository, and away from hooks that the job made.
fn protect<E: Executor>(view: JobView<'_>, git: &mut Git<'_, '_, E>) {
    git.set("core.hooksPath=/dev/null");
    git.set("core.fsmonitor=false");
    if let Some(parent) = view.workspace.project_dir.parent() {
        git.export("GIT_CEILING_DIRECTORIES", parent.as_os_str());
    }
}
