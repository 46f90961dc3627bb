//! The stage `get_sources`.

use super::config_files::{ConfigFiles, correlation_id};
use super::credentials::Remotes;
use super::run::Git;
use super::tree::{confine, remove_tree};
use super::{GitMeans, ScriptOutput, brought, fetch};
use crate::script::{Script, post_get_sources, pre_get_sources};
use crate::variables::gitlab_env::Environment;
use crate::variables::{
    GitStrategy, JobView, PrivateDir, SubmoduleStrategy, gitlab_env, is_read_only, is_shell_name,
    prepare_stage,
};
use crate::{Sources, StageError, notice};
use executor::{CancellationToken, Command, Executor, Output, Stream};
use nix::sys::stat::Mode;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::sync::Arc;

const STAGE: &str = "get_sources";
/// Where hooks before the checkout leave their environment.
const HOOK_ENVIRONMENT: &str = "get_sources.env";
/// As much of it as is read.
const MAX_ENVIRONMENT: u64 = 4 * 1024 * 1024;
/// Variables that belong to a shell and not to what it leaves.
const SHELL_STATE: [&str; 4] = ["_", "SHLVL", "PWD", "OLDPWD"];

/// Brings the work tree to the job's commit, by the job's strategy, with hooks before and after. A copy that is ready
/// stays as it is.
///
/// One call is one attempt; see [`super::clear_worktree`] for what comes between two.
///
/// # Errors
/// [`StageError::Exit`] with the exit of the git command or hook that failed; others for what is no command's.
pub async fn get_sources<E: Executor>(
    view: JobView<'_>,
    executor: &mut E,
    output: Arc<dyn Output>,
    stop: &CancellationToken,
) -> Result<(), StageError> {
    let script_output = |_: &Script| Arc::clone(&output);
    get_sources_watched(view, executor, Arc::clone(&output), stop, &script_output).await
}

/// As [`get_sources`], with an output of its own for each script of hooks.
///
/// # Errors
/// As [`get_sources`].
pub async fn get_sources_watched<E: Executor>(
    view: JobView<'_>,
    executor: &mut E,
    output: Arc<dyn Output>,
    stop: &CancellationToken,
    script_output: ScriptOutput<'_>,
) -> Result<(), StageError> {
    let mut means = GitMeans::new(executor, output, stop);
    confine(view.workspace)?;
    prepare_stage(view.variables, view.workspace)
        .map_err(|error| StageError::system(format!("cannot write file variables: {error}")))?;
    let environment = environment(view, &means)?;
    let strategy = view.options.git.strategy;
    if !strategy.uses_git() {
        return without_git(view, &means, &environment, strategy).await;
    }
    let environment = before(view, &mut means, script_output, environment).await?;
    match &view.order.sources {
        Sources::Repository => {
            let mut git = Git::new(&mut means, STAGE, environment.clone(), &view.workspace.temp_dir);
            fetch::with_git(view, &mut git).await?;
        }
        Sources::Copy { summary, .. } => {
            brought::check(view.workspace)?;
            ConfigFiles::of(view).write_plain(view, &environment)?;
            notice::notice(&*means.output, summary);
        }
    }
    after(view, &mut means, script_output, &environment).await
}

/// The environment of the stage's commands: the job's variables, what scripts left in `GITLAB_ENV`, and what
/// only this stage exports. `HOME` is in it even if inherited: git's configuration is looked for there.
fn environment<E>(view: JobView<'_>, means: &GitMeans<'_, E>) -> Result<Environment, StageError> {
    let own: Environment =
        view.variables.exports().into_iter().map(|(key, value)| (key.into(), value.into())).collect();
    // What is inherited comes first: a line such as `PATH+=:/opt` adds to it.
    let mut environment = means.inherited.clone();
    environment.extend(own.clone());
    gitlab_env::apply(view.workspace, &mut environment).map_err(|error| {
        means.output.write(Stream::Stderr, format!("{error}\n").as_bytes());
        StageError::helper()
    })?;
    environment.retain(|key, value| {
        own.contains_key(key) || key == "HOME" || means.inherited.get(key) != Some(&*value)
    });
    for (key, value) in stage_variables(view) {
        environment.insert(key.into(), value.into());
    }
    Ok(environment)
}

/// Git must not ask anybody anything. Large files come in one go after the checkout, not one by one in it.
fn stage_variables(view: JobView<'_>) -> Vec<(String, String)> {
    let mut variables = vec![("GIT_TERMINAL_PROMPT", "0"), ("GCM_INTERACTIVE", "Never")];
    if !view.options.git.lfs_skip_smudge {
        variables.push(("GIT_LFS_SKIP_SMUDGE", "1"));
    }
    let ext = ConfigFiles::of(view).ext_text();
    variables.push(("GLR_EXT_GIT_CONFIG_PATH", &ext));
    variables.into_iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// Hooks before the checkout. What they export reaches git and the hooks after it, as if one shell ran all.
async fn before<E: Executor>(
    view: JobView<'_>,
    means: &mut GitMeans<'_, E>,
    script_output: ScriptOutput<'_>,
    environment: Environment,
) -> Result<Environment, StageError> {
    let file = view.workspace.temp_dir.join(HOOK_ENVIRONMENT);
    let Some(script) = pre_get_sources(view, &stage_variables(view), &file)? else { return Ok(environment) };
    let lost = |error| StageError::system(format!("cannot keep the environment of hooks: {error}"));
    let dir = PrivateDir::open(&view.workspace.temp_dir).map_err(lost)?;
    dir.write(HOOK_ENVIRONMENT, b"", Mode::S_IRUSR | Mode::S_IWUSR).map_err(lost)?;
    let ran = run_script(means, script_output, &script).await;
    let kept = dir.read(HOOK_ENVIRONMENT, MAX_ENVIRONMENT);
    dir.remove(HOOK_ENVIRONMENT).map_err(lost)?;
    ran?;
    let mut environment = environment;
    environment.extend(parse_environment(&kept.map_err(lost)?.unwrap_or_default()));
    Ok(environment)
}

/// `NAME=value` items, each followed by NUL.
fn parse_environment(content: &[u8]) -> impl Iterator<Item = (OsString, OsString)> {
    content.split(|&b| b == 0).filter_map(|item| {
        let equals = memchr::memchr(b'=', item)?;
        let name = std::str::from_utf8(&item[..equals]).ok()?;
        let wanted = is_shell_name(name) && !is_read_only(name) && !SHELL_STATE.contains(&name);
        wanted.then(|| (name.into(), OsString::from_vec(item[equals + 1..].to_vec())))
    })
}

async fn after<E: Executor>(
    view: JobView<'_>,
    means: &mut GitMeans<'_, E>,
    script_output: ScriptOutput<'_>,
    environment: &Environment,
) -> Result<(), StageError> {
    let exports: Vec<(Vec<u8>, Vec<u8>)> =
        environment.iter().map(|(key, value)| (key.as_bytes().to_vec(), value.as_bytes().to_vec())).collect();
    match post_get_sources(view, &exports, &view.workspace.project_dir)? {
        Some(script) => run_script(means, script_output, &script).await,
        None => Ok(()),
    }
}

async fn run_script<E: Executor>(
    means: &mut GitMeans<'_, E>,
    script_output: ScriptOutput<'_>,
    script: &Script,
) -> Result<(), StageError> {
    let output = script_output(script);
    let command = Command { place: executor::Place::Helper, ..Command::script(STAGE, script.bytes.clone()) };
    let exit = Box::pin(means.executor.run(command, output, means.stop)).await?;
    match exit {
        _ if means.stop.is_cancelled() => Err(StageError::Stopped),
        exit if exit.is_success() => Ok(()),
        exit => Err(StageError::Exit(exit)),
    }
}

async fn without_git<E>(
    view: JobView<'_>,
    means: &GitMeans<'_, E>,
    environment: &Environment,
    strategy: GitStrategy,
) -> Result<(), StageError> {
    let output = &*means.output;
    let project = &view.workspace.project_dir;
    ConfigFiles::of(view).write_helper_only(view, &Remotes::of(view), environment)?;
    if strategy == GitStrategy::Empty {
        notice::notice(output, "Skipping Git repository setup and creating an empty build directory");
        remove_tree(project).await.map_err(|error| not_removed(view, &error))?;
    } else {
        notice::notice(output, "Skipping Git repository setup");
    }
    std::fs::create_dir_all(project)
        .map_err(|error| StageError::system(format!("cannot create {}: {error}", project.display())))?;
    notice::notice(output, "Skipping Git checkout");
    notice::notice(output, "Skipping Git submodules setup");
    Ok(())
}

/// A work tree that cannot be removed, of which root-owned files are the usual reason.
pub(super) fn not_removed(view: JobView<'_>, error: &std::io::Error) -> StageError {
    StageError::system(format!("cannot remove {}: {error}", view.workspace.project_dir.display()))
}

/// The id that is said first where git is used.
pub(super) fn say_correlation_id<E: Executor>(view: JobView<'_>, git: &Git<'_, '_, E>) {
    if let Some(id) = correlation_id(view) {
        notice::notice(git.output(), &format!("Gitaly correlation ID: {id}"));
    }
}

/// Whether submodules are to be set up; a word that is no strategy fails the stage.
pub(super) fn wants_submodules(view: JobView<'_>) -> Result<bool, StageError> {
    match view.options.git.submodules {
        SubmoduleStrategy::None => Ok(false),
        SubmoduleStrategy::Normal | SubmoduleStrategy::Recursive => Ok(true),
        SubmoduleStrategy::Invalid => Err(StageError::system("unknown GIT_SUBMODULE_STRATEGY")),
    }
}
