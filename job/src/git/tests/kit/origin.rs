//! Repositories that jobs fetch from.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A bare repository and a work tree to make its commits in.
pub(in super::super) struct Origin {
    pub(in super::super) bare: PathBuf,
    work: PathBuf,
    _own: Option<tempfile::TempDir>,
}

impl Origin {
    /// A repository in a directory of its own with one commit on `main`.
    pub(in super::super) fn new() -> Self {
        let own = tempfile::tempdir().unwrap();
        let mut origin = Self::at(&own.path().join("p.git"));
        origin._own = Some(own);
        origin
    }

    /// A repository at this path.
    pub(in super::super) fn at(bare: &Path) -> Self {
        Self::with_format(bare, "sha1")
    }

    pub(in super::super) fn with_format(bare: &Path, format: &str) -> Self {
        let work = bare.with_extension("work");
        for dir in [bare, &work] {
            std::fs::create_dir_all(dir).unwrap();
        }
        let origin = Self { bare: bare.to_owned(), work, _own: None };
        let format = format!("--object-format={format}");
        git(&origin.bare, &["init", "-q", "--bare", "-b", "main", &format]);
        git(&origin.bare, &["config", "uploadpack.allowAnySHA1InWant", "true"]);
        git(&origin.work, &["init", "-q", "-b", "main", &format]);
        git(&origin.work, &["remote", "add", "origin", origin.bare.to_str().unwrap()]);
        origin.commit("README.md", "hello\n");
        origin
    }

    pub(in super::super) fn file_url(&self) -> String {
        format!("file://{}", self.bare.display())
    }

    /// Commits a file and pushes; gives the commit.
    pub(in super::super) fn commit(&self, name: &str, content: &str) -> String {
        let path = self.work.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "-m", name]);
        self.git(&["push", "-q", "-f", "origin", "HEAD:main"]);
        self.head()
    }

    /// Runs git in the work tree.
    pub(in super::super) fn git(&self, args: &[&str]) -> String {
        git(&self.work, args)
    }

    /// The work tree.
    pub(in super::super) fn work(&self) -> &Path {
        &self.work
    }

    pub(in super::super) fn head(&self) -> String {
        git(&self.work, &["rev-parse", "HEAD"])
    }
}

pub(super) fn git(directory: &Path, args: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(directory)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", "/nonexistent")
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z")
        .env("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z")
        .args(["-c", "user.name=t", "-c", "user.email=t@t", "-c", "protocol.file.allow=always"])
        .args(args)
        .output()
        .unwrap();
    assert!(output.status.success(), "git {args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}
