//! Removes what jobs have made, however they made it.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// What a folder needs so that its entries can be removed.
const OPEN: u32 = 0o700;

/// Removes a folder or file with all below it; nothing there is as good. Links are removed and not followed. Folders
/// that their owner may not write to, as package managers make them, are no obstacle.
///
/// # Errors
/// Something stays.
pub(super) fn remove_all(path: &Path) -> io::Result<()> {
    match attempt(path) {
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            open_folders(path);
            attempt(path)
        }
        result => result,
    }
}

fn attempt(path: &Path) -> io::Result<()> {
    let removed = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(error) => Err(error),
    };
    match removed {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        result => result,
    }
}

/// Opens all folders below one, and itself. What cannot be opened is told of when it cannot be removed.
fn open_folders(root: &Path) {
    let mut next: Vec<PathBuf> = vec![root.to_owned()];
    while let Some(folder) = next.pop() {
        let Ok(found) = fs::symlink_metadata(&folder) else { continue };
        if !found.is_dir() {
            continue;
        }
        if found.mode() & OPEN != OPEN {
            let _ = fs::set_permissions(&folder, Permissions::from_mode(found.mode() & 0o777 | OPEN));
        }
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        let folders = entries.flatten().filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
        next.extend(folders.map(|entry| entry.path()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn closed_folders_are_opened_and_links_are_not_followed() {
        let here = tempfile::tempdir().unwrap();
        let (root, elsewhere) = (here.path().join("root"), here.path().join("elsewhere"));
        fs::create_dir_all(root.join("a/b")).unwrap();
        fs::create_dir(&elsewhere).unwrap();
        fs::write(root.join("a/b/file"), "").unwrap();
        fs::write(elsewhere.join("file"), "").unwrap();
        std::os::unix::fs::symlink(&elsewhere, root.join("a/link")).unwrap();
        for folder in [root.join("a/b"), root.join("a"), elsewhere.clone()] {
            fs::set_permissions(folder, Permissions::from_mode(0o500)).unwrap();
        }
        // Root needs no permission; what it does is the same.
        open_folders(&root);
        assert_eq!(fs::metadata(root.join("a/b")).unwrap().mode() & 0o777, 0o700);
        remove_all(&root).unwrap();
        assert!(!root.exists() && elsewhere.join("file").exists());
        assert_eq!(fs::metadata(&elsewhere).unwrap().mode() & 0o777, 0o500);
        remove_all(&root).unwrap();
        std::os::unix::fs::symlink(&elsewhere, &root).unwrap();
        remove_all(&root).unwrap();
        assert!(elsewhere.join("file").exists());
        fs::set_permissions(&elsewhere, Permissions::from_mode(0o700)).unwrap();
    }
}
