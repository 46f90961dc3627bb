//! Which paths are there, and which were changed.

use super::{GitError, PATHS, Repository, paths};
use program::Call;
use std::collections::BTreeSet;

use super::program;

/// What it is for, in messages.
const CHANGED: &str = "the changed paths";
/// Paths only, each by itself, and no program of anybody's choice.
const DIFFERENCE: &[&str] = &[
    "diff",
    "--name-only",
    "-z",
    "--no-renames",
    "--no-ext-diff",
    "--no-textconv",
    "--ignore-submodules=dirty",
];

impl Repository {
    /// Paths that differ between the work tree and where its head left another commit: committed or not, and files
    /// that git does not know yet, but not ignored ones. Nothing where the two have no commit in common.
    pub fn changed_in_work_tree(&self, base: &str) -> Result<Option<Vec<String>>, GitError> {
        let what = "the new files";
        let others = self.call(what, ["ls-files", "--others", "--exclude-standard", "-z"]).start()?;
        let Some(mut all) = self.difference(&["--merge-base", base])? else { return Ok(None) };
        let answer = others.finish(PATHS)?;
        if answer.status != Some(0) {
            return Err(answer.failure(what));
        }
        all.extend(paths(&answer.out).map(str::to_owned));
        Ok(Some(all.into_iter().collect()))
    }

    /// Paths that differ between a commit and where it left another one.
    pub fn changed_in(&self, commit: &str, base: &str) -> Result<Option<Vec<String>>, GitError> {
        let found = self.difference(&["--merge-base", base, commit])?;
        Ok(found.map(|paths| paths.into_iter().collect()))
    }

    /// Paths that differ between two commits, whatever they have in common. Sorted. Nothing where one is not there.
    ///
    /// # Errors
    /// Where git fails.
    pub fn changed_between(&self, one: &str, other: &str) -> Result<Option<Vec<String>>, GitError> {
        for name in [one, other] {
            if self.objects.commit(name)?.is_none() {
                return Ok(None);
            }
        }
        // Commits are compared by their objects: no filter is run for that.
        let call = Call::new(&self.home, CHANGED, DIFFERENCE.iter().chain(&[one, other, "--"]));
        let out = call.output(PATHS)?;
        Ok(Some(paths(&out).map(str::to_owned).collect::<BTreeSet<_>>().into_iter().collect()))
    }

    fn difference(&self, between: &[&str]) -> Result<Option<BTreeSet<String>>, GitError> {
        let mut call = Call::new(&self.home, CHANGED, DIFFERENCE.iter().chain(between).chain(&["--"]));
        for filter in &self.settings()?.own_filters {
            // Looking at a changed file would run the filter.
            for program in ["clean", "process", "smudge"] {
                call = call.set(&format!("filter.{filter}.{program}"), "");
            }
            call = call.set(&format!("filter.{filter}.required"), "false");
        }
        let answer = call.run(PATHS)?;
        match answer.status {
            Some(0) => Ok(Some(paths(&answer.out).map(str::to_owned).collect())),
            _ if answer.complaints.contains("no merge base found") => Ok(None),
            _ => Err(answer.failure(CHANGED)),
        }
    }

    /// Files of the work tree: tracked ones that were not deleted, and new ones that are not ignored. Sorted.
    pub fn work_tree_paths(&self) -> Result<Vec<String>, GitError> {
        let arguments = ["ls-files", "-z", "-t", "--cached", "--others", "--deleted", "--exclude-standard"];
        let out = self.call("the files", arguments).output(PATHS)?;
        let mut found: BTreeSet<&str> = BTreeSet::new();
        let mut deleted: Vec<&str> = Vec::new();
        for line in paths(&out) {
            match line.split_once(' ') {
                Some(("R", path)) => deleted.push(path),
                Some((_, path)) => {
                    found.insert(path);
                }
                None => {}
            }
        }
        for path in deleted {
            found.remove(path);
        }
        Ok(found.into_iter().map(str::to_owned).collect())
    }

    /// Files of a commit. Sorted.
    pub fn paths_of(&self, commit: &str) -> Result<Vec<String>, GitError> {
        let arguments = ["ls-tree", "-r", "-z", "--name-only", "--full-tree", commit];
        let out = self.call("the files of a commit", arguments).output(PATHS)?;
        let mut found: Vec<String> = paths(&out).map(str::to_owned).collect();
        found.sort_unstable();
        Ok(found)
    }
}
