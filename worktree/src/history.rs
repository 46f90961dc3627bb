//! The objects and references of an archive: a part of the history, fetched by git into a folder for the time being.

use crate::error::{CopyError, SnapshotError};
use crate::git::Call;
use crate::template::{Copyable, make_git_folders};
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Where the commit is in the temporary repository.
const HEAD: &str = "refs/runner/head";
/// A submodule is at a commit that need not be any branch's.
const SERVER: &str = "--upload-pack=git -c uploadpack.allowAnySHA1InWant=true upload-pack";

/// A temporary repository, removed with this.
pub(crate) struct History {
    folder: PathBuf,
}

impl History {
    /// Fetches the commit with so many before it (0: all, and all branches and tags), and what is staged.
    pub(crate) fn fetch(
        folder: PathBuf,
        template: &Path,
        repository: &Copyable,
        depth: u32,
    ) -> Result<Self, SnapshotError> {
        make_git_folders(&folder)?;
        let history = Self { folder };
        history.write("HEAD", b"ref: refs/heads/none\n")?;
        history.write("config", repository.settings.text().as_bytes())?;
        if let Some(commit) = &repository.commit {
            history.fetch_commit(repository, commit, depth)?;
        }
        history.add_staged(repository)?;
        history.write_refs(template, repository, depth)?;
        Ok(history)
    }

    /// What of it belongs into a `.git`: names there, and where the files are.
    pub(crate) fn files(&self) -> Result<Vec<(String, PathBuf)>, CopyError> {
        let mut files = Vec::new();
        for name in ["packed-refs", "shallow"] {
            let path = self.folder.join(name);
            if path.exists() {
                files.push((name.to_owned(), path));
            }
        }
        let packs = self.folder.join("objects/pack");
        for entry in std::fs::read_dir(&packs).map_err(|error| CopyError::at(&packs, error))?.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            // What follows from these, git makes itself; what it keeps for the time being is left out.
            if name.ends_with(".pack") || name.ends_with(".idx") {
                files.push((format!("objects/pack/{name}"), entry.path()));
            }
        }
        files.sort();
        Ok(files)
    }

    fn fetch_commit(&self, repository: &Copyable, commit: &str, depth: u32) -> Result<(), SnapshotError> {
        let mut args: Vec<OsString> =
            ["--quiet", "--no-write-fetch-head", "--update-shallow", "--no-auto-maintenance", SERVER]
                .map(OsString::from)
                .to_vec();
        if depth > 0 {
            args.push(format!("--depth={depth}").into());
        }
        args.push(repository.checkout.common_dir.clone().into_os_string());
        args.push(format!("{commit}:{HEAD}").into());
        if depth == 0 {
            args.extend(
                ["+refs/heads/*:refs/remotes/origin/*", "+refs/tags/*:refs/tags/*"].map(OsString::from),
            );
        }
        self.call("fetch").args(args).output().map(drop)
    }

    /// Adds files that are in the index and in no commit: the index names them.
    fn add_staged(&self, repository: &Copyable) -> Result<(), SnapshotError> {
        let root = &repository.checkout.root;
        let staged = match &repository.commit {
            Some(commit) => {
                let args =
                    ["--cached", "--raw", "-z", "--no-renames", "--no-abbrev", "--ignore-submodules", commit];
                let output = Call::new(root, "diff-index").args(args).output()?;
                staged(&output, b":", 1, 3)
            }
            None => staged(&Call::new(root, "ls-files").args(["-z", "-s"]).output()?, b"", 0, 1),
        };
        if staged.is_empty() {
            return Ok(());
        }
        let mut input = String::new();
        for object in staged {
            input.push_str(&object);
            input.push('\n');
        }
        let base = self.folder.join("objects/pack/pack").into_os_string();
        let args = ["-q".into(), "--missing=allow-any".into(), base];
        Call::new(root, "pack-objects").args(args).output_of(input.as_bytes()).map(drop)
    }

    fn write_refs(&self, template: &Path, repository: &Copyable, depth: u32) -> Result<(), SnapshotError> {
        let Some(commit) = &repository.commit else { return Ok(()) };
        let output = self.call("for-each-ref").args(["--format=%(objectname) %(refname)"]).output()?;
        let mut lines = BTreeSet::new();
        for line in String::from_utf8_lossy(&output).lines() {
            if let Some((object, name)) = line.split_once(' ').filter(|(_, name)| *name != HEAD) {
                lines.insert((name.to_owned(), object.to_owned()));
            }
        }
        if depth > 0 {
            // Only names of this very commit: what they would stand for otherwise is not there.
            let packed = std::fs::read_to_string(template.join("packed-refs")).unwrap_or_default();
            for line in packed.lines() {
                if let Some((object, name)) = line.split_once(' ').filter(|(object, _)| object == commit) {
                    lines.insert((name.to_owned(), object.to_owned()));
                }
            }
        }
        let mut text = String::from("# pack-refs with: sorted \n");
        for (name, object) in lines {
            text.push_str(&object);
            text.push(' ');
            text.push_str(&name);
            text.push('\n');
        }
        // Loose ones of the same names are not part of the archive.
        Ok(self.write("packed-refs", text.as_bytes())?)
    }

    fn call(&self, name: &'static str) -> Call {
        Call::with(
            &self.folder,
            name,
            &["fetch.unpackLimit=1", "protocol.file.allow=always", "core.bare=true"],
        )
        .env("GIT_DIR", &self.folder)
    }

    fn write(&self, name: &str, content: &[u8]) -> Result<(), CopyError> {
        let path = self.folder.join(name);
        std::fs::write(&path, content).map_err(|error| CopyError::at(&path, error))
    }
}

impl Drop for History {
    fn drop(&mut self) {
        let _ = crate::removal::remove(&self.folder);
    }
}

/// Names of the objects in a list of git's: the words with these numbers are the mode and the name.
fn staged(output: &[u8], prefix: &[u8], mode: usize, object: usize) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for item in output.split(|&byte| byte == 0) {
        let Some(item) = item.strip_prefix(prefix) else { continue };
        let words: Vec<_> = item.split(|&byte| byte == b' ' || byte == b'\t').take(object + 1).collect();
        let (Some(&mode), Some(&object)) = (words.get(mode), words.get(object)) else { continue };
        let is_name = matches!(object.len(), 40 | 64) && object.iter().all(u8::is_ascii_hexdigit);
        // Submodules have commits elsewhere; what is removed or only meant to be added has no object.
        if is_name && mode != b"160000" && object.iter().any(|&digit| digit != b'0') {
            found.insert(String::from_utf8_lossy(object).into_owned());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_of_lists() {
        let (one, none) = ("1".repeat(40), "0".repeat(40));
        let raw = format!(
            ":100644 100755 {none} {one} M\0:a\0:100644 000000 {one} {none} D\0b\0:000000 160000 {none} {one} A\0c\0"
        );
        assert_eq!(staged(raw.as_bytes(), b":", 1, 3), BTreeSet::from([one.clone()]));
        let list = format!("100644 {one} 0\ta b\0");
        assert_eq!(staged(list.as_bytes(), b"", 0, 1), BTreeSet::from([one]));
    }
}
