//! Commits made by hand.

use super::{command, run, text};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use tempfile::TempDir;

/// A bare repository that commits can be added to.
#[derive(Debug)]
pub struct Repository {
    bare: PathBuf,
    work: TempDir,
}

impl Repository {
    pub(super) fn new(bare: PathBuf) -> Self {
        let work = tempfile::Builder::new().prefix("kit-work-").tempdir().expect("a temporary directory");
        run(work.path(), &["init", "--quiet", "--initial-branch=main"]);
        run(work.path(), &["remote", "add", "origin", &text(&bare)]);
        Self { bare, work }
    }

    /// Where the bare repository lies.
    pub fn path(&self) -> &Path {
        &self.bare
    }

    /// Commits files (name, content) onto the current branch and gives the commit's name.
    ///
    /// # Panics
    /// When git or the file system fails.
    pub fn commit(&self, message: &str, files: &[(&str, &str)]) -> String {
        for (name, content) in files {
            let path = self.work.path().join(name);
            if let Some(parent) = path.parent() {
                std::fs::create_dir_all(parent).expect("a directory in the work tree");
            }
            std::fs::write(&path, content).expect("a file in the work tree");
        }
        run(self.work.path(), &["add", "--all"]);
        self.commit_index(message)
    }

    /// Commits a folder with all that is in it, modes included.
    ///
    /// # Panics
    /// When git or the file system fails.
    pub fn commit_folder(&self, message: &str, folder: &Path) -> String {
        let copied =
            Command::new("cp").args(["-R", "-p"]).arg(folder.join(".")).arg(self.work.path()).status();
        assert!(copied.is_ok_and(|status| status.success()), "{} cannot be copied", folder.display());
        run(self.work.path(), &["add", "--all"]);
        self.commit_index(message)
    }

    /// The work tree that commits are made in.
    pub fn work(&self) -> &Path {
        self.work.path()
    }

    /// Adds a submodule at `path` whose address is `url` and whose commit is `commit`.
    ///
    /// # Panics
    /// When git or the file system fails.
    pub fn submodule(&self, path: &str, url: &str, commit: &str) -> String {
        let modules = self.work.path().join(".gitmodules");
        let mut file =
            std::fs::OpenOptions::new().create(true).append(true).open(modules).expect(".gitmodules");
        writeln!(file, "[submodule \"{path}\"]\n\tpath = {path}\n\turl = {url}").expect(".gitmodules");
        run(self.work.path(), &["add", ".gitmodules"]);
        run(self.work.path(), &["update-index", "--add", "--cacheinfo", &format!("160000,{commit},{path}")]);
        self.commit_index(&format!("submodule {path}"))
    }

    /// Goes to another branch, which begins here if it is new.
    ///
    /// # Panics
    /// When git fails.
    pub fn branch(&self, name: &str) {
        let known = command(self.work.path())
            .args(["rev-parse", "--verify", "--quiet", name])
            .stdout(Stdio::null())
            .status()
            .expect("git is installed");
        if known.success() {
            run(self.work.path(), &["checkout", "--quiet", name]);
        } else {
            run(self.work.path(), &["checkout", "--quiet", "-b", name]);
        }
    }

    /// Names the current commit by a tag.
    ///
    /// # Panics
    /// When git fails.
    pub fn tag(&self, name: &str) {
        run(self.work.path(), &["tag", name]);
        run(self.work.path(), &["push", "--quiet", "origin", name]);
    }

    fn commit_index(&self, message: &str) -> String {
        run(self.work.path(), &["commit", "--quiet", "--allow-empty", "-m", message]);
        run(self.work.path(), &["push", "--quiet", "--force", "origin", "HEAD"]);
        run(self.work.path(), &["rev-parse", "HEAD"])
    }
}
