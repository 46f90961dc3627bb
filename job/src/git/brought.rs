//! Sources that git has not to fetch.

use super::tree::{confine, is_directory, remove_tree};
use crate::StageError;
use executor::Workspace;
use std::ffi::OsString;
use std::path::PathBuf;

/// Where a copy of the work tree is brought to, beside its place.
pub(crate) fn landing(workspace: &Workspace) -> PathBuf {
    let mut path = OsString::from(&workspace.project_dir);
    path.push(".brought");
    path.into()
}

/// Puts a copy that was brought to its place; what an earlier job has left there goes.
///
/// # Errors
/// One cannot be removed, or the other not be moved.
pub(crate) async fn put_in_place(workspace: &Workspace) -> Result<(), StageError> {
    confine(workspace)?;
    let project = &workspace.project_dir;
    let moved = async {
        remove_tree(project).await?;
        std::fs::rename(landing(workspace), project)
    };
    moved.await.map_err(|error| {
        let place = project.display();
        StageError::system(format!("cannot put the copy of the work tree in place at {place}: {error}"))
    })
}

/// Makes sure that there is a copy.
pub(super) fn check(workspace: &Workspace) -> Result<(), StageError> {
    let project = &workspace.project_dir;
    if is_directory(project) {
        return Ok(());
    }
    Err(StageError::system(format!("there is no copy of the work tree at {}", project.display())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variables::testing::workspace;

    #[tokio::test]
    async fn the_copy_takes_the_place_of_what_was_there() {
        let root = tempfile::tempdir().unwrap();
        let workspace = workspace(root.path());
        std::fs::create_dir_all(workspace.project_dir.join("old")).unwrap();
        std::fs::create_dir_all(landing(&workspace).join("new")).unwrap();
        put_in_place(&workspace).await.unwrap();
        assert!(workspace.project_dir.join("new").exists() && !workspace.project_dir.join("old").exists());
        assert!(!landing(&workspace).exists());
        let error = put_in_place(&workspace).await.unwrap_err().to_string();
        assert!(error.contains("cannot put the copy of the work tree in place at "), "{error}");
        assert!(check(&workspace).is_err());
    }
}
