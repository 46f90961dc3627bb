//! From whatever is in the project directory to a repository with the job's commit in it.

use super::config_files::{ConfigFiles, FETCH_TOKEN};
use super::config_text::ConfigWriter;
use super::credentials::Remotes;
use super::repository::{
    Found, Repository, append_config, clean_submodule_config, has_hooks, strange_config,
};
use super::run::Git;
use super::sources::{not_removed, say_correlation_id, wants_submodules};
use super::tree::{is_directory, remove_config, remove_file, remove_stale_locks, remove_tree};
use super::{checkout, submodules};
use crate::variables::{GitStrategy, JobView};
use crate::{StageError, notice};
use executor::{Executor, Stream};
use std::io;
use std::path::Path;

/// The first git with `clone --revision`.
const NATIVE_CLONE: (u32, u32) = (2, 49);

/// Strategies `fetch` and `clone`: all that stands between the hooks.
pub(super) async fn with_git<E: Executor>(
    view: JobView<'_>,
    git: &mut Git<'_, '_, E>,
) -> Result<(), StageError> {
    let with_submodules = wants_submodules(view)?;
    check_payload(view)?;
    let project = &view.workspace.project_dir;
    let files = ConfigFiles::of(view);
    let remotes = Remotes::of(view);
    tidy(view, git, &files, with_submodules)?;
    if view.order.settings.safe_directory_checkout {
        trust_directory(git, project).await?;
    }
    say_correlation_id(view, git);
    files.write_for_fetching(view, &remotes, git.environment())?;
    git.export(FETCH_TOKEN, view.order.payload.token.expose());
    if view.options.git.strategy == GitStrategy::Clone {
        remove_tree(project).await.map_err(|error| not_removed(view, &error))?;
    }
    // Found out after the project was removed, which takes its hooks along.
    if has_hooks(project, with_submodules) {
        git.set("core.hooksPath=/dev/null");
    }
    if view.options.git.strategy == GitStrategy::Clone && wants_native_clone(view, git).await? {
        clone(view, git, &files, &remotes).await?;
    } else {
        fetch(view, git, &files, &remotes).await?;
    }
    checkout::checkout(view, git, &remotes).await?;
    if with_submodules {
        submodules::update(view, git, &files).await?;
    } else {
        notice::notice(git.output(), "Skipping Git submodules setup");
    }
    files.write_for_scripts(view, &remotes, git.environment())
}

/// Refuses what git would take for an option of its own.
fn check_payload(view: JobView<'_>) -> Result<(), StageError> {
    let info = &view.order.payload.git_info;
    let names = info.refspecs.iter().chain([&info.sha, &info.reference, &info.repo_object_format]);
    match names.into_iter().find(|name| name.starts_with('-')) {
        Some(name) => {
            Err(StageError::system(format!("the payload has an impossible git reference {name:?}")))
        }
        None => Ok(()),
    }
}

/// Removes what is stale or not to be trusted.
fn tidy<E: Executor>(
    view: JobView<'_>,
    git: &Git<'_, '_, E>,
    files: &ConfigFiles,
    submodules: bool,
) -> Result<(), StageError> {
    let project = &view.workspace.project_dir;
    let failed =
        |error: io::Error| StageError::system(format!("cannot tidy up {}: {error}", project.display()));
    std::fs::create_dir_all(project).map_err(failed)?;
    let repository = project.join(".git");
    if repository.symlink_metadata().is_ok() && !is_directory(&repository) {
        notice::warning(git.output(), "Removed .git, which is not a directory");
        remove_file(&repository).map_err(failed)?;
    }
    remove_stale_locks(project, submodules).map_err(failed)?;
    if view.order.settings.clean_git_config {
        remove_config(project, submodules).map_err(failed)?;
    }
    let ext = files.ext_text();
    let mut strange = strange_config(project, &ext);
    if !strange.is_empty() {
        remove_config(project, submodules).map_err(failed)?;
        remove_file(&repository.join("commondir")).map_err(failed)?;
    }
    if submodules {
        strange.extend(clean_submodule_config(project, &ext).map_err(failed)?);
    }
    if !strange.is_empty() {
        strange.sort_unstable();
        strange.dedup();
        let text = format!("Reset the Git configuration that an earlier job changed: {}", strange.join(", "));
        notice::warning(git.output(), &text);
    }
    Ok(())
}

/// Says in the user's configuration that the work tree may belong to somebody else.
async fn trust_directory<E: Executor>(git: &mut Git<'_, '_, E>, project: &Path) -> Result<(), StageError> {
    let path = project.to_string_lossy();
    let pattern = format!("^{}$", regex_escaped(&path));
    git.must(&["config", "--global", "--replace-all", "safe.directory", &path, &pattern]).await
}

/// A text as an extended regular expression that matches nothing else.
pub(super) fn regex_escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        if "\\.+*?()|[]{}^$".contains(c) {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

/// The usual way: `git init` where needed, `origin`, `git fetch`.
async fn fetch<E: Executor>(
    view: JobView<'_>,
    git: &mut Git<'_, '_, E>,
    files: &ConfigFiles,
    remotes: &Remotes,
) -> Result<(), StageError> {
    let depth = view.order.payload.git_info.depth;
    let text = match depth {
        1.. => format!("Fetching changes with git depth set to {depth}..."),
        _ => "Fetching changes...".to_owned(),
    };
    notice::notice(git.output(), &text);
    initialise(view, git, files).await?;
    git.enter(&view.workspace.project_dir);
    connect(view, git, files, remotes).await?;
    let mut args = vec!["-c".to_owned(), user_agent(view)];
    args.extend(proactive_auth(view, remotes));
    args.extend(["fetch", "origin", "--no-recurse-submodules"].map(str::to_owned));
    args.extend(view.order.payload.git_info.refspecs.iter().cloned());
    if depth > 0 {
        args.extend(["--depth".to_owned(), depth.to_string()]);
    }
    args.extend(view.options.git.fetch_flags.iter().cloned());
    if depth <= 0 && view.workspace.project_dir.join(".git/shallow").exists() {
        args.push("--unshallow".to_owned());
    }
    git.must(&args).await
}

/// Runs `git init`, or says what it would say where it would change nothing.
async fn initialise<E: Executor>(
    view: JobView<'_>,
    git: &mut Git<'_, '_, E>,
    files: &ConfigFiles,
) -> Result<(), StageError> {
    let project = &view.workspace.project_dir;
    let format = &view.order.payload.git_info.repo_object_format;
    if Repository::inspect(project).is_initialised(format)
        && let Ok(real) = project.canonicalize()
    {
        let text = format!("Reinitialized existing Git repository in {}/.git/\n", real.display());
        git.output().write(Stream::Stdout, text.as_bytes());
        return Ok(());
    }
    let mut args = vec!["init".into(), project.as_os_str().to_owned()];
    args.extend(["--template".into(), files.template.as_os_str().to_owned()]);
    if !format.is_empty() && format != "sha1" {
        args.extend(["--object-format".into(), format.into()]);
    }
    git.must(&args).await
}

/// Points `origin` at the address, and the repository at the job's configuration.
async fn connect<E: Executor>(
    view: JobView<'_>,
    git: &mut Git<'_, '_, E>,
    files: &ConfigFiles,
    remotes: &Remotes,
) -> Result<(), StageError> {
    let project = &view.workspace.project_dir;
    let ext = files.ext_text();
    let repository = Repository::inspect(project);
    let origin = repository.origin(&remotes.origin);
    let include = repository.include(&ext);
    let mut lines = ConfigWriter::default();
    let unwritable = |error| StageError::system(format!("cannot set the repository's address: {error}"));
    if origin == Found::Missing {
        let settings = [("url", remotes.origin.as_str()), ("fetch", "+refs/heads/*:refs/remotes/origin/*")];
        lines.section("remote", Some("origin"), &settings).map_err(unwritable)?;
    }
    if include == Found::Missing {
        lines.section("include", None, &[("path", &ext)]).map_err(unwritable)?;
    }
    let lines = lines.into_text();
    if !lines.is_empty() {
        append_config(project, &lines)
            .map_err(|error| StageError::system(format!("cannot write .git/config: {error}")))?;
    }
    if origin == Found::Missing {
        notice::notice(git.output(), "Created fresh repository.");
    }
    if origin == Found::Other {
        git.must(&["remote", "set-url", "origin", &remotes.origin]).await?;
    }
    if include == Found::Other {
        let pattern = r"\.gitlab-runner\.ext\.conf$";
        let args = ["config", "--file", ".git/config", "--replace-all", "include.path", &ext, pattern];
        git.must(&args).await?;
    }
    Ok(())
}

/// Whether `git clone` is asked for, and there is a git that can do it.
async fn wants_native_clone<E: Executor>(
    view: JobView<'_>,
    git: &mut Git<'_, '_, E>,
) -> Result<bool, StageError> {
    if !view.flags.is_on("FF_USE_GIT_NATIVE_CLONE") {
        return Ok(false);
    }
    let (exit, text) = git.quietly(&["version"], String::new()).await?;
    Ok(exit.is_success() && version(&text).is_some_and(|version| version >= NATIVE_CLONE))
}

/// The first two numbers of `git version 2.49.0.windows.1`.
fn version(text: &[u8]) -> Option<(u32, u32)> {
    let text = std::str::from_utf8(text).ok()?.strip_prefix("git version ")?;
    let mut numbers = text.split(|c: char| !c.is_ascii_digit());
    Some((numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?))
}

async fn clone<E: Executor>(
    view: JobView<'_>,
    git: &mut Git<'_, '_, E>,
    files: &ConfigFiles,
    remotes: &Remotes,
) -> Result<(), StageError> {
    let info = &view.order.payload.git_info;
    let text = match (info.reference.as_str(), info.depth) {
        ("", _) => "Cloning repository...".to_owned(),
        (reference, 1..) => {
            format!("Cloning repository for {reference} with git depth set to {}...", info.depth)
        }
        (reference, _) => format!("Cloning repository for {reference}..."),
    };
    notice::notice(git.output(), &text);
    let project = &view.workspace.project_dir;
    let mut args: Vec<std::ffi::OsString> = vec!["-c".into(), user_agent(view).into()];
    args.extend(proactive_auth(view, remotes).into_iter().map(Into::into));
    args.extend(["clone".into(), "--no-checkout".into(), remotes.origin.clone().into(), project.into()]);
    args.extend(["--template".into(), files.template.clone().into()]);
    if info.depth > 0 {
        args.extend(["--depth".into(), info.depth.to_string().into()]);
    }
    if info.reference.starts_with("refs/") {
        args.extend(["--revision".into(), info.reference.clone().into()]);
    } else if !info.reference.is_empty() {
        args.extend(["--branch".into(), info.reference.clone().into()]);
    }
    args.extend(view.options.git.clone_flags.iter().map(Into::into));
    git.must(&args).await?;
    git.enter(project);
    Ok(())
}

/// What servers see: the program that really runs.
fn user_agent(view: JobView<'_>) -> String {
    let info = &view.order.info;
    let (name, version) = (&info.name, &info.revision);
    format!("http.userAgent={name} {version} {}/{}", info.platform, info.architecture)
}

/// Credentials are sent unasked where the flag says so.
pub(super) fn proactive_auth(view: JobView<'_>, remotes: &Remotes) -> Vec<String> {
    match remotes.server.as_ref().filter(|server| server.is_http()) {
        Some(server) if view.flags.is_on("FF_USE_GIT_PROACTIVE_AUTH") => {
            vec!["-c".to_owned(), format!("http.{}.proactiveAuth=basic", server.text())]
        }
        Some(_) | None => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::{regex_escaped, version};

    #[test]
    fn versions() {
        assert_eq!(version(b"git version 2.39.5\n"), Some((2, 39)));
        assert_eq!(version(b"git version 2.50.1 (Apple Git-155)\n"), Some((2, 50)));
        assert_eq!(version(b"git version 3\n"), None);
        assert_eq!(version(b"hg 1.2"), None);
    }

    #[test]
    fn expressions() {
        assert_eq!(regex_escaped("/a.b+c (d)"), r"/a\.b\+c \(d\)");
    }
}
