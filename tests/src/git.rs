//! Git repositories for tests: made from bundles or by hand, and served over HTTP by the coordinator.
//!
//! Below `/git/private/` a repository wants the user `gitlab-ci-token` and the token of a job that is not
//! over, as GitLab does; below `/git/public/` nothing.

pub(crate) mod http;
mod repository;

pub use repository::Repository;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// The folder that all repositories of one coordinator are in.
#[derive(Debug)]
pub struct GitRoot {
    dir: TempDir,
}

impl GitRoot {
    pub(crate) fn new() -> Self {
        let dir = tempfile::Builder::new().prefix("kit-git-").tempdir().expect("a temporary directory");
        Self { dir }
    }

    /// Where the bare repository of a path like `private/group/project` lies.
    pub fn bare(&self, path: &str) -> PathBuf {
        self.dir.path().join(format!("{path}.git"))
    }

    /// Serves a bundle as `/git/<path>.git`.
    ///
    /// # Panics
    /// When git cannot read it.
    pub fn add_bundle(&self, path: &str, bundle: &Path) {
        let bare = self.bare(path);
        run(self.dir.path(), &["clone", "--quiet", "--bare", &text(bundle), &text(&bare)]);
        allow_everything(&bare);
    }

    /// Makes an empty repository, served as `/git/<path>.git`.
    ///
    /// # Panics
    /// When git fails.
    pub fn create(&self, path: &str) -> Repository {
        let bare = self.bare(path);
        run(self.dir.path(), &["init", "--quiet", "--bare", "--initial-branch=main", &text(&bare)]);
        allow_everything(&bare);
        Repository::new(bare)
    }

    /// The root of what is served.
    pub(crate) fn path(&self) -> &Path {
        self.dir.path()
    }
}

/// GitLab lets any commit be fetched by its name, and parts of repositories.
fn allow_everything(bare: &Path) {
    run(bare, &["config", "uploadpack.allowAnySHA1InWant", "true"]);
    run(bare, &["config", "uploadpack.allowFilter", "true"]);
}

fn text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// A git command that nothing but its arguments decides.
fn command(dir: &Path) -> Command {
    let mut command = Command::new("git");
    command.current_dir(dir).env_clear().stdin(Stdio::null());
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
    for (key, value) in [
        ("HOME", "/nonexistent"),
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_AUTHOR_NAME", "kit"),
        ("GIT_AUTHOR_EMAIL", "kit@example.test"),
        ("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z"),
        ("GIT_COMMITTER_NAME", "kit"),
        ("GIT_COMMITTER_EMAIL", "kit@example.test"),
        ("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z"),
    ] {
        command.env(key, value);
    }
    command
}

/// Runs git and gives what it printed.
#[track_caller]
fn run(dir: &Path, arguments: &[&str]) -> String {
    let output = command(dir).args(arguments).output().expect("git is installed");
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "git {arguments:?}: {err}");
    out.trim_end().to_owned()
}
