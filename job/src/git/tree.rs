//! What is done to a work tree's files without git.

use crate::StageError;
use executor::Workspace;
use std::fs::{self, DirEntry, FileType, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Lock files in `.git` that a killed git leaves behind, and the one hook that checking out would run.
const STALE: [&str; 5] = ["index.lock", "shallow.lock", "HEAD.lock", "hooks/post-checkout", "config.lock"];

/// Makes sure that the work tree is where it seems to be: a job may have left a symbolic link in its place.
///
/// # Errors
/// The project directory is, or lies below, a link that leads out of the builds directory.
pub(super) fn confine(workspace: &Workspace) -> Result<(), StageError> {
    fs::create_dir_all(&workspace.builds_dir).map_err(|error| {
        StageError::system(format!("cannot create {}: {error}", workspace.builds_dir.display()))
    })?;
    let inside = || -> io::Result<bool> {
        let root = workspace.builds_dir.canonicalize()?;
        Ok(existing(&workspace.project_dir)?.canonicalize()?.starts_with(root))
    };
    match inside() {
        Ok(true) => Ok(()),
        Ok(false) => Err(StageError::system(format!(
            "refusing to work in {}: a symbolic link leads out of {}",
            workspace.project_dir.display(),
            workspace.builds_dir.display()
        ))),
        Err(error) => {
            Err(StageError::system(format!("cannot examine {}: {error}", workspace.project_dir.display())))
        }
    }
}

/// The nearest path upwards that is there, be it a dangling link.
fn existing(path: &Path) -> io::Result<&Path> {
    for ancestor in path.ancestors() {
        match fs::symlink_metadata(ancestor) {
            Ok(_) => return Ok(ancestor),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorKind::NotFound.into())
}

/// Removes what an interrupted git left in a repository, and the hook that a checkout would run.
pub(super) fn remove_stale_locks(project: &Path, submodules: bool) -> io::Result<()> {
    let git = project.join(".git");
    if !is_directory(&git) {
        return Ok(());
    }
    for name in STALE {
        remove_file(&git.join(name))?;
    }
    let names: Vec<&str> = STALE.iter().map(|name| name.rsplit('/').next().unwrap_or(name)).collect();
    if submodules {
        walk(&git.join("modules"), 0, &mut |entry, kind| match kind.is_file() {
            true if names.iter().any(|name| entry.file_name() == *name) => remove_file(&entry.path()),
            _ => Ok(()),
        })?;
    }
    walk(&git.join("refs"), 0, &mut |entry, kind| match kind.is_file() {
        true if entry.file_name().as_encoded_bytes().ends_with(b".lock") => remove_file(&entry.path()),
        _ => Ok(()),
    })
}

/// Removes the repository's configuration and hooks, and those of its submodules.
pub(super) fn remove_config(project: &Path, submodules: bool) -> io::Result<()> {
    let git = project.join(".git");
    if !is_directory(&git) {
        return Ok(());
    }
    remove_file(&git.join("config"))?;
    remove_file(&git.join("config.worktree"))?;
    remove_tree_now(&git.join("hooks"))?;
    if submodules {
        remove_submodule_config(&git.join("modules"))?;
    }
    Ok(())
}

/// Removes every `config` and every `hooks` below a directory.
fn remove_submodule_config(modules: &Path) -> io::Result<()> {
    let mut found: Vec<PathBuf> = Vec::new();
    walk(modules, 0, &mut |entry, kind| {
        let name = entry.file_name();
        if (kind.is_file() && name == "config") || (kind.is_dir() && name == "hooks") {
            found.push(entry.path());
        }
        Ok(())
    })?;
    found
        .iter()
        .try_for_each(|path| if is_directory(path) { remove_tree_now(path) } else { remove_file(path) })
}

/// Deeper trees are left alone; git's own are shallower.
const MAX_DEPTH: usize = 64;

/// Visits all entries below a directory; links are visited, not followed. A missing directory is empty.
pub(super) fn walk(
    directory: &Path,
    depth: usize,
    visit: &mut dyn FnMut(&DirEntry, FileType) -> io::Result<()>,
) -> io::Result<()> {
    if depth > MAX_DEPTH || (depth == 0 && !is_directory(directory)) {
        return Ok(());
    }
    let entries = match fs::read_dir(directory) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let kind = entry.file_type()?;
        visit(&entry, kind)?;
        if kind.is_dir() {
            walk(&entry.path(), depth + 1, visit)?;
        }
    }
    Ok(())
}

/// Whether a path is a directory and no link to one.
pub(super) fn is_directory(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir())
}

/// Removes a file or link if it is there.
pub(super) fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if !matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Removes a directory with all that is in it, or a file, if it is there. Large trees take their time, so this
/// happens beside the job's own thread.
pub(super) async fn remove_tree(path: &Path) -> io::Result<()> {
    let path = path.to_owned();
    tokio::task::spawn_blocking(move || remove_tree_now(&path))
        .await
        .unwrap_or_else(|error| Err(io::Error::other(error)))
}

fn remove_tree_now(path: &Path) -> io::Result<()> {
    let remove = || match fs::symlink_metadata(path) {
        Ok(metadata) if metadata.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    let result = match remove() {
        Err(error) if error.kind() == ErrorKind::PermissionDenied => {
            make_removable(path);
            remove()
        }
        result => result,
    };
    match result {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// Lets the owner into every directory of a tree: a job may have taken its own right to write away. What cannot
/// be changed is found out when it is removed.
fn make_removable(path: &Path) {
    let _ = fs::set_permissions(path, Permissions::from_mode(0o700));
    let Ok(entries) = fs::read_dir(path) else { return };
    for entry in entries.flatten() {
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            make_removable(&entry.path());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variables::testing::workspace;
    use std::os::unix::fs::symlink;

    #[test]
    fn a_link_out_of_the_builds_directory_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let mut workspace = workspace(root.path());
        confine(&workspace).unwrap();
        fs::create_dir(&workspace.project_dir).unwrap();
        confine(&workspace).unwrap();

        fs::create_dir(root.path().join("outside")).unwrap();
        for target in [root.path().join("outside"), "/".into()] {
            remove_tree_now(&workspace.project_dir).unwrap();
            symlink(target, &workspace.project_dir).unwrap();
            let text = confine(&workspace).unwrap_err().to_string();
            assert!(text.contains("a symbolic link leads out of"), "{text}");
        }
        remove_file(&workspace.project_dir).unwrap();
        symlink(root.path().join("not there"), &workspace.project_dir).unwrap();
        assert!(confine(&workspace).is_err(), "a dangling link would be made to be somewhere");

        remove_file(&workspace.project_dir).unwrap();
        symlink(root.path().join("outside"), root.path().join("builds/group")).unwrap();
        workspace.project_dir = root.path().join("builds/group/p/q");
        assert!(confine(&workspace).is_err(), "parents count, too");

        symlink(root.path().join("builds"), root.path().join("alias")).unwrap();
        workspace.builds_dir = root.path().join("alias");
        workspace.project_dir = root.path().join("alias/p");
        confine(&workspace).unwrap();
    }

    #[test]
    fn stale_files_go_and_others_stay() {
        let root = tempfile::tempdir().unwrap();
        let git = root.path().join(".git");
        let stale = [
            "index.lock",
            "shallow.lock",
            "HEAD.lock",
            "config.lock",
            "hooks/post-checkout",
            "refs/heads/a/b.lock",
            "modules/m/index.lock",
            "modules/m/modules/n/hooks/post-checkout",
        ];
        let kept = ["index", "hooks/pre-push", "refs/heads/lock", "objects/x.lock", "modules/m/config"];
        for name in stale.iter().chain(&kept) {
            fs::create_dir_all(git.join(name).parent().unwrap()).unwrap();
            fs::write(git.join(name), "").unwrap();
        }
        remove_stale_locks(root.path(), true).unwrap();
        let there = |name: &&str| git.join(name).exists();
        assert_eq!(stale.iter().filter(|n| there(n)).count(), 0);
        assert_eq!(kept.iter().filter(|n| there(n)).count(), kept.len());

        remove_config(root.path(), true).unwrap();
        assert!(!git.join("hooks").exists() && !git.join("modules/m/config").exists());
        remove_stale_locks(&root.path().join("none"), true).unwrap();
    }

    #[test]
    fn trees_without_write_permission_can_be_removed() {
        let root = tempfile::tempdir().unwrap();
        let tree = root.path().join("tree");
        fs::create_dir_all(tree.join("a/b")).unwrap();
        fs::write(tree.join("a/b/f"), "").unwrap();
        symlink("/", tree.join("a/link")).unwrap();
        for dir in ["a/b", "a"] {
            fs::set_permissions(tree.join(dir), Permissions::from_mode(0o000)).unwrap();
        }
        remove_tree_now(&tree).unwrap();
        assert!(!tree.exists());
        remove_tree_now(&tree).unwrap();
    }
}
