use super::own;
use crate::agent::ownership::{Extent, OwnDir};
use rustix::fs::{Mode, OFlags, RenameFlags, renameat_with};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

const UID: u32 = 4321;
const GID: u32 = 8765;

/// Only root can give files away.
fn is_root() -> bool {
    let is_root = rustix::process::geteuid().is_root();
    if !is_root {
        eprintln!("skipped: only root can change owners");
    }
    is_root
}

/// A directory on the file system of `/`, whose links are trusted, if `/tmp` is there.
fn directory() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// A directory on another file system, as a volume is.
fn volume() -> Option<tempfile::TempDir> {
    let volume = tempfile::tempdir_in("/dev/shm").ok()?;
    let differs = fs::metadata(volume.path()).unwrap().dev() != fs::metadata("/").unwrap().dev();
    if !differs {
        eprintln!("skipped: no other file system to be had");
    }
    differs.then_some(volume)
}

fn give(path: &Path, extent: Extent) -> Result<(), String> {
    own(&[OwnDir { path: path.to_owned(), extent }], UID, GID).map_err(|error| error.to_string())
}

fn owner(path: &Path) -> (u32, u32) {
    let metadata = fs::symlink_metadata(path).unwrap();
    (metadata.uid(), metadata.gid())
}

fn mode(path: &Path) -> u32 {
    fs::symlink_metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_tree_of_somebody_else_is_told_by_its_root() {
    if !is_root() {
        return;
    }
    let directory = directory();
    fs::write(directory.path().join("file"), "").unwrap();
    give(directory.path(), Extent::TreeOfOther).unwrap();
    assert_eq!(owner(&directory.path().join("file")), (UID, GID));
    fs::write(directory.path().join("new"), "").unwrap();
    give(directory.path(), Extent::TreeOfOther).unwrap();
    assert_eq!(owner(&directory.path().join("new")), (0, 0), "the tree is not looked through again");
}

#[test]
fn what_is_missing_is_made_and_belongs_to_the_user() {
    if !is_root() {
        return;
    }
    let root = directory();
    let path = root.path().join("group/project");
    give(&path, Extent::Alone).unwrap();
    assert_eq!(owner(root.path()), (0, 0), "what was there stays whose it is");
    for path in [root.path().join("group"), path] {
        assert_eq!((owner(&path), mode(&path)), ((UID, GID), 0o755));
    }
}

#[test]
fn a_tree_belongs_to_the_user_and_nothing_that_it_points_to() {
    if !is_root() {
        return;
    }
    let root = directory();
    let outside = directory();
    fs::write(outside.path().join("file"), "").unwrap();
    let tree = root.path().join("tree");
    fs::create_dir_all(tree.join("a/b")).unwrap();
    fs::write(tree.join("a/b/file"), "").unwrap();
    fs::set_permissions(tree.join("a/b/file"), fs::Permissions::from_mode(0o640)).unwrap();
    symlink(outside.path(), tree.join("a/link")).unwrap();
    symlink("/no/such/thing", tree.join("dangling")).unwrap();
    give(&tree, Extent::Tree).unwrap();
    for path in ["", "a", "a/b", "a/b/file", "a/link", "dangling"] {
        assert_eq!(owner(&tree.join(path)), (UID, GID), "{path}");
    }
    assert_eq!(mode(&tree.join("a/b/file")), 0o640);
    assert_eq!(owner(outside.path()), (0, 0));
    assert_eq!(owner(&outside.path().join("file")), (0, 0));
}

/// Otherwise every job would write every inode of its work tree.
#[test]
fn what_belongs_to_the_user_is_not_touched() {
    if !is_root() {
        return;
    }
    let root = directory();
    let file = root.path().join("tree/file");
    fs::create_dir(root.path().join("tree")).unwrap();
    fs::write(&file, "").unwrap();
    give(&root.path().join("tree"), Extent::Tree).unwrap();
    let changed = |path: &Path| {
        let metadata = fs::metadata(path).unwrap();
        (metadata.ctime(), metadata.ctime_nsec())
    };
    let before = (changed(&file), changed(file.parent().unwrap()));
    give(&root.path().join("tree"), Extent::Tree).unwrap();
    assert_eq!((changed(&file), changed(file.parent().unwrap())), before);
}

#[test]
fn everybody_may_replace_what_is_in_shared_directories() {
    if !is_root() {
        return;
    }
    let root = directory();
    let cache = root.path().join("cache");
    fs::create_dir_all(cache.join("key")).unwrap();
    fs::write(cache.join("key/cache.zip"), "").unwrap();
    fs::set_permissions(cache.join("key/cache.zip"), fs::Permissions::from_mode(0o600)).unwrap();
    give(&cache, Extent::Shared).unwrap();
    for path in ["", "key"] {
        assert_eq!((owner(&cache.join(path)), mode(&cache.join(path))), ((0, 0), 0o777), "{path}");
    }
    let file = cache.join("key/cache.zip");
    assert_eq!((owner(&file), mode(&file)), ((0, 0), 0o600));
    give(&root.path().join("new/cache"), Extent::Shared).unwrap();
    assert_eq!(mode(&root.path().join("new/cache")), 0o777);
    assert_eq!(mode(&root.path().join("new")), 0o755);
}

#[test]
fn an_open_directory_is_open_alone() {
    if !is_root() {
        return;
    }
    let root = tempfile::tempdir().unwrap();
    let volume = root.path().join("volume");
    fs::create_dir_all(volume.join("private")).unwrap();
    fs::set_permissions(volume.join("private"), fs::Permissions::from_mode(0o700)).unwrap();
    give(&volume, Extent::Open).unwrap();
    assert_eq!((owner(&volume), mode(&volume)), ((0, 0), 0o777));
    assert_eq!(mode(&volume.join("private")), 0o700);
}

/// A job could have put it there, to be given what it points to.
#[test]
fn a_link_in_a_volume_is_not_followed() {
    if !is_root() {
        return;
    }
    let Some(volume) = volume() else { return };
    let outside = directory();
    symlink(outside.path(), volume.path().join("group")).unwrap();
    let error = give(&volume.path().join("group/project"), Extent::Tree).unwrap_err();
    let path = volume.path().join("group");
    let reason = std::io::Error::from(rustix::io::Errno::LOOP);
    assert_eq!(error, format!("cannot make directory {}: {reason}", path.display()));
    assert!(!outside.path().join("project").exists());
    assert!(give(&path, Extent::Tree).is_err());
    assert_eq!(owner(outside.path()), (0, 0));
}

/// `/var/run` in most images.
#[test]
fn a_link_of_the_image_is_followed() {
    if !is_root() {
        return;
    }
    let root = directory();
    if fs::metadata(root.path()).unwrap().dev() != fs::metadata("/").unwrap().dev() {
        eprintln!("skipped: files for tests are not on the file system of /");
        return;
    }
    fs::create_dir_all(root.path().join("real/deep")).unwrap();
    symlink("../real", root.path().join("real/relative")).unwrap();
    symlink(root.path().join("real"), root.path().join("absolute")).unwrap();
    symlink("loop", root.path().join("loop")).unwrap();
    give(&root.path().join("absolute/relative/deep/new"), Extent::Alone).unwrap();
    assert_eq!(owner(&root.path().join("real/deep/new")), (UID, GID));
    assert!(give(&root.path().join("loop/new"), Extent::Alone).is_err());
}

#[test]
fn what_cannot_be_done_is_told_and_the_rest_is_done() {
    if !is_root() {
        return;
    }
    let root = directory();
    fs::write(root.path().join("file"), "").unwrap();
    let wish = |path: PathBuf| OwnDir { path, extent: Extent::Alone };
    let wishes = [
        wish(root.path().join("file/directory")),
        wish("relative".into()),
        wish("/".into()),
        wish(root.path().join("good")),
    ];
    let error = own(&wishes, UID, GID).unwrap_err().to_string();
    let file = root.path().join("file");
    assert_eq!(
        error,
        format!("cannot make directory {}: Not a directory (os error 20) (and 2 more)", file.display())
    );
    assert_eq!(owner(&root.path().join("good")), (UID, GID));
    assert_eq!(owner(Path::new("/")), (0, 0));
}

/// Deeper than a path may be long, and than there may be open files.
#[test]
fn a_deep_tree_is_no_trouble() {
    if !is_root() {
        return;
    }
    const DEPTH: usize = 3000;
    let root = directory();
    let flags = OFlags::RDONLY | OFlags::DIRECTORY;
    let mut here = rustix::fs::open(root.path(), flags, Mode::empty()).unwrap();
    for _ in 0..DEPTH {
        rustix::fs::mkdirat(&here, c"down", Mode::RWXU).unwrap();
        here = rustix::fs::openat(&here, c"down", flags, Mode::empty()).unwrap();
    }
    give(&root.path().join("down"), Extent::Tree).unwrap();
    assert_eq!(rustix::fs::fstat(&here).unwrap().st_uid, UID);
    // The library would open every level at once.
    let removed = std::process::Command::new("rm").arg("-rf").arg(root.path()).status().unwrap();
    assert!(removed.success());
}

/// A process of the job that swaps a directory for a link at any moment gains nothing.
#[test]
fn a_directory_that_becomes_a_link_meanwhile_leads_nowhere() {
    if !is_root() {
        return;
    }
    let root = directory();
    let outside = directory();
    fs::create_dir(outside.path().join("below")).unwrap();
    fs::write(outside.path().join("below/file"), "").unwrap();
    let tree = root.path().join("tree");
    for number in 0..20 {
        fs::create_dir_all(tree.join(format!("{number}/below"))).unwrap();
        fs::write(tree.join(format!("{number}/below/file")), "").unwrap();
        symlink(outside.path(), tree.join(format!("link{number}"))).unwrap();
    }
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            let here = rustix::fs::open(&tree, OFlags::RDONLY, Mode::empty()).unwrap();
            while !is_over.load(Ordering::Relaxed) {
                for number in 0..20 {
                    let (a, b) = (format!("{number}"), format!("link{number}"));
                    renameat_with(&here, &a, &here, &b, RenameFlags::EXCHANGE).unwrap();
                }
            }
        });
        for round in 0..60 {
            // It may fail; what is outside stays.
            let _ = own(&[OwnDir { path: tree.clone(), extent: Extent::Tree }], UID + round, GID);
            let _ = own(&[OwnDir { path: tree.clone(), extent: Extent::Shared }], UID + round, GID);
        }
        is_over.store(true, Ordering::Relaxed);
    });
    for path in ["", "below", "below/file"] {
        assert_eq!(owner(&outside.path().join(path)), (0, 0), "{path}");
    }
    assert_ne!(mode(&outside.path().join("below")), 0o777);
}

/// The way back up from a directory that was moved away is not the way that led down.
#[test]
fn a_directory_that_is_moved_away_meanwhile_leads_nowhere() {
    if !is_root() {
        return;
    }
    let root = directory();
    let (tree, outside) = (root.path().join("tree/down"), root.path().join("outside"));
    for number in 0..10 {
        fs::create_dir_all(outside.join(format!("same{number}"))).unwrap();
        fs::create_dir_all(tree.join(format!("same{number}"))).unwrap();
        for below in 0..20 {
            fs::create_dir_all(tree.join(format!("moves{number}/{below}"))).unwrap();
        }
    }
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !is_over.load(Ordering::Relaxed) {
                for number in 0..10 {
                    let (here, there) =
                        (tree.join(format!("moves{number}")), outside.join(format!("moves{number}")));
                    fs::rename(&here, &there).unwrap();
                    fs::rename(&there, &here).unwrap();
                }
            }
        });
        for round in 0..60 {
            let _ = own(&[OwnDir { path: root.path().join("tree"), extent: Extent::Tree }], UID + round, GID);
        }
        is_over.store(true, Ordering::Relaxed);
    });
    for number in 0..10 {
        assert_eq!(owner(&outside.join(format!("same{number}"))), (0, 0));
    }
}
