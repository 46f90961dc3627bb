//! Submodules.

use super::config_files::ConfigFiles;
use super::lfs;
use super::run::Git;
use crate::variables::go::quote;
use crate::variables::{JobView, SubmoduleStrategy};
use crate::{StageError, notice};
use executor::{Executor, Exit};

/// Brings submodules to the commits that the work tree names.
pub(super) async fn update<E: Executor>(
    view: JobView<'_>,
    git: &mut Git<'_, '_, E>,
    files: &ConfigFiles,
) -> Result<(), StageError> {
    let plan = Plan::of(view, files)?;
    notice::notice(git.output(), &plan.heading);
    git.must(&["submodule", "init"]).await?;
    git.must(&plan.sync).await?;
    plan.each(git, &plan.clean).await?;
    plan.each(git, &["reset", "--hard"]).await?;
    if git.run(&plan.update).await?.is_success() {
        notice::notice(git.output(), "Updated submodules");
        git.must(&plan.sync).await?;
    } else {
        notice::warning(git.output(), "Updating submodules failed. Retrying...");
        if plan.follows_remote {
            plan.each(git, &["fetch", "origin", "+refs/heads/*:refs/remotes/origin/*"]).await?;
        }
        git.must(&plan.sync).await?;
        git.must(&plan.update).await?;
        plan.each(git, &["reset", "--hard"]).await?;
    }
    plan.each(git, &plan.clean).await?;
    notice::notice(git.output(), "Configuring submodules to use parent git credentials...");
    let include = ["config", "--replace-all", "include.path", &files.ext_text()];
    succeed(for_each(git, true, &include).await?)?;
    if lfs::is_wanted(view, git) {
        notice::notice(git.output(), "Pulling LFS files...");
        plan.each(git, &["lfs", "pull"]).await?;
    }
    Ok(())
}

/// Cleans and resets submodules at the end of a job.
pub(super) async fn restore<E: Executor>(
    view: JobView<'_>,
    git: &mut Git<'_, '_, E>,
) -> Result<(), StageError> {
    let recursive = view.options.git.submodules == SubmoduleStrategy::Recursive;
    let clean: Vec<&str> = clean_command(view);
    succeed(for_each(git, recursive, &clean).await?)?;
    succeed(for_each(git, recursive, &["reset", "--hard"]).await?)
}

/// The commands for a job's settings.
struct Plan<'a> {
    heading: String,
    recursive: bool,
    sync: Vec<String>,
    update: Vec<String>,
    clean: Vec<&'a str>,
    follows_remote: bool,
}

impl<'a> Plan<'a> {
    fn of(view: JobView<'a>, files: &ConfigFiles) -> Result<Self, StageError> {
        let options = &view.options.git;
        if options.submodule_paths.iter().any(|path| path == ":(exclude)") {
            let paths: Vec<String> = options.submodule_paths.iter().map(|path| quote(path)).collect();
            let text = format!("GIT_SUBMODULE_PATHS: invalid submodule pathspec [{}]", paths.join(" "));
            return Err(StageError::system(text));
        }
        let recursive = options.submodules == SubmoduleStrategy::Recursive;
        let depth = Some(options.submodule_depth).filter(|depth| *depth > 0);
        let heading = format!(
            "Updating/initializing submodules{}{}...",
            if recursive { " recursively" } else { "" },
            depth.map_or_else(String::new, |depth| format!(" with git depth set to {depth}"))
        );
        let recursion: &[&str] = if recursive { &["--recursive"] } else { &[] };
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<String>>();
        let mut sync = words(&["submodule", "sync"]);
        sync.extend(words(recursion));
        let include = format!("include.path={}", files.ext_text());
        let mut update = words(&["-c", &include, "submodule", "update", "--init"]);
        update.extend(words(recursion));
        if let Some(depth) = depth {
            update.extend(["--depth".to_owned(), depth.to_string()]);
        }
        update.extend(options.submodule_update_flags.iter().cloned());
        if !options.submodule_paths.is_empty() {
            for args in [&mut sync, &mut update] {
                args.push("--".to_owned());
                args.extend(options.submodule_paths.iter().cloned());
            }
        }
        let follows_remote = options.submodule_update_flags.iter().any(|flag| flag == "--remote");
        Ok(Self { heading, recursive, sync, update, clean: clean_command(view), follows_remote })
    }

    async fn each<E: Executor>(&self, git: &mut Git<'_, '_, E>, command: &[&str]) -> Result<(), StageError> {
        succeed(for_each(git, self.recursive, command).await?)
    }
}

/// `git clean` for submodules: there, `none` means the default.
fn clean_command(view: JobView<'_>) -> Vec<&str> {
    let flags = &view.options.git.clean_flags;
    let flags = if flags.is_empty() { vec!["-ffdx"] } else { flags.iter().map(String::as_str).collect() };
    [vec!["clean"], flags].concat()
}

/// Runs a git command in every submodule. Its words are handed over as words, so no shell looks into them.
async fn for_each<E: Executor>(
    git: &mut Git<'_, '_, E>,
    recursive: bool,
    command: &[&str],
) -> Result<Exit, StageError> {
    let mut args = vec!["submodule", "foreach"];
    if recursive {
        args.push("--recursive");
    }
    args.push("git");
    args.extend(command);
    git.run(&args).await
}

fn succeed(exit: Exit) -> Result<(), StageError> {
    if exit.is_success() { Ok(()) } else { Err(StageError::Exit(exit)) }
}
