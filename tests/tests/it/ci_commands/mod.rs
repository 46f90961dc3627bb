//! The `ci` commands as people call them, in git repositories made for the purpose.

mod expand_graph;
mod hostile;
mod includes;
mod lint;
mod plan;
mod wrong_calls;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A configuration whose jobs depend on event, changes and ref.
const PIPELINE: &str = "\
stages: [build, test, deploy]
compile:
  stage: build
  script: make
  image: rust:1.80
test:
  needs: [compile]
  script: make test
docs:
  script: make docs
  rules:
    - changes: [docs/*]
release:
  stage: deploy
  script: make release
  rules:
    - if: $CI_COMMIT_TAG =~ /^v/
    - if: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH && $CI_PIPELINE_SOURCE != \"schedule\"
      when: manual
";

/// A repository of its own, and a home without settings.
struct Repository {
    folder: TempDir,
}

/// What a call came to.
#[derive(Debug)]
struct Said {
    code: Option<i32>,
    out: String,
    err: String,
}

impl Repository {
    /// A repository with this configuration and one commit, `main` checked out.
    fn with(configuration: &str) -> Self {
        let repository = Self { folder: tempfile::tempdir().expect("a folder") };
        fs::create_dir(repository.root()).expect("a folder");
        repository.git(&["init", "--quiet", "--initial-branch=main"]);
        repository.write(".gitlab-ci.yml", configuration);
        repository.commit("the first commit");
        repository
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("repository")
    }

    fn write(&self, path: &str, text: &str) {
        write(&self.root(), path, text);
    }

    fn git(&self, arguments: &[&str]) -> String {
        git(&self.root(), arguments)
    }

    fn commit(&self, message: &str) {
        commit(&self.root(), message);
    }

    /// `runner ci …` in the repository.
    fn ci(&self, arguments: &[&str]) -> Said {
        self.ci_in(&self.root(), arguments)
    }

    fn ci_in(&self, folder: &Path, arguments: &[&str]) -> Said {
        let output = Command::new(kit::runner::binary())
            .arg("ci")
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.folder.path())
            .output()
            .expect("the program runs");
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

impl Said {
    /// What was printed, if it is as expected in every respect.
    #[track_caller]
    fn fine(self) -> String {
        assert_eq!((self.code, self.err.as_str()), (Some(0), ""), "{}", self.out);
        assert!(!self.out.contains('\u{1b}'), "there is no terminal: {:?}", self.out);
        for line in self.out.lines() {
            assert!(line.chars().count() <= 80, "wider than 80 columns: {line}");
        }
        self.out
    }

    #[track_caller]
    fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("no JSON ({error}): {self:?}"))
    }

    #[track_caller]
    fn has(&self, parts: &[&str]) -> &Self {
        for part in parts {
            assert!(
                self.out.contains(part) || self.err.contains(part),
                "no {part:?} in {}{}",
                self.out,
                self.err
            );
        }
        self
    }
}

fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(path, text).expect("a file");
}

fn git(root: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .args(["-c", "user.name=Ann", "-c", "user.email=ann@example.com"])
        .args(arguments)
        .current_dir(root)
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .env("GIT_AUTHOR_DATE", "2026-01-01T00:00:00Z")
        .env("GIT_COMMITTER_DATE", "2026-01-01T00:00:00Z")
        .output()
        .expect("git runs");
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

fn commit(root: &Path, message: &str) {
    git(root, &["add", "--all"]);
    git(root, &["commit", "--quiet", "--message", message]);
}

/// The names in a list of jobs.
fn names(jobs: &serde_json::Value) -> Vec<&str> {
    jobs.as_array().into_iter().flatten().filter_map(|job| job["name"].as_str()).collect()
}
