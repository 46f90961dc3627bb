//! Copies for jobs.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod kit;

use kit::{Kit, folders, git, look};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use worktree::{CopyError, Made, Method, Options, Place, Store, Submodules, sweep};

#[test]
fn a_copy_is_a_checkout_of_its_own() {
    let kit = Kit::new();
    kit.git(&["tag", "-a", "v1", "-m", "v1"]);
    kit.git(&["branch", "other"]);
    kit.git(&["remote", "add", "origin", "https://me:secret@example.com/a.git"]);
    let before = look(&kit.checkout);
    let tree = kit.copy(&kit.snapshot(), "job");
    assert_eq!(tree.made(), Made::Copied);
    assert_eq!(git(tree.path(), &["describe"]), "v1");
    assert_eq!(git(tree.path(), &["rev-parse", "origin/other"]), kit.git(&["rev-parse", "HEAD"]));
    assert_eq!(git(tree.path(), &["remote", "get-url", "origin"]), "https://example.com/a.git");
    std::fs::write(tree.path().join("a.txt"), "job").unwrap();
    git(tree.path(), &["commit", "-q", "-a", "-m", "by the job"]);
    git(tree.path(), &["fsck"]);
    assert_eq!(look(&kit.checkout), before);
    assert_eq!(kit.git(&["log", "--format=%s"]), "first");
    let path = tree.path().to_owned();
    tree.remove().unwrap();
    assert!(!path.exists());
}

#[test]
fn git_does_not_read_all_files_again() {
    let kit = Kit::new();
    for number in 0..200 {
        kit.write(&format!("f{number}"), "text");
    }
    kit.git(&["add", "."]);
    kit.commit("many");
    // Old enough to be beyond doubt.
    for number in 0..200 {
        let file = std::fs::File::open(kit.checkout.join(format!("f{number}"))).unwrap();
        file.set_modified(std::time::UNIX_EPOCH + std::time::Duration::from_secs(1_000_000_000)).unwrap();
    }
    kit.git(&["update-index", "-q", "--refresh"]);
    let tree = kit.copy(&kit.snapshot(), "job");
    // A file with another content, but the same size and time, is not noticed by who trusts the index.
    let file = tree.path().join("f7");
    let time = file.metadata().unwrap().modified().unwrap();
    std::fs::write(&file, "TEXT").unwrap();
    std::fs::File::open(&file).unwrap().set_modified(time).unwrap();
    assert_eq!(git(tree.path(), &["status", "--porcelain"]), "");
}

#[test]
fn a_recycled_tree_is_as_the_first_one_was() {
    let kit = Kit::new();
    for number in 0..30 {
        kit.write(&format!("many/{}/{number}", number % 3), "text");
    }
    symlink("a.txt", kit.checkout.join("link")).unwrap();
    let outside = kit.path("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("0"), "mine").unwrap();
    let snapshot = kit.snapshot();
    let expected = look(&kit.checkout);
    for round in 0..3 {
        let tree = kit.copy(&snapshot, &format!("job{round}"));
        assert_eq!(tree.made(), if round == 0 { Made::Copied } else { Made::Recycled });
        assert_eq!(look(tree.path()), expected, "round {round}");
        assert_eq!(folders(tree.path()), folders(&kit.checkout));
        assert_eq!(git(tree.path(), &["status", "--porcelain"]), kit.git(&["status", "--porcelain"]));
        assert!(!tree.path().join(".git/hooks").exists());
        spoil(tree.path(), &outside);
        tree.recycle().unwrap();
    }
    assert_eq!(std::fs::read_to_string(outside.join("0")).unwrap(), "mine");
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 1);
}

/// What jobs do.
fn spoil(tree: &Path, outside: &Path) {
    // The same size and the same time as before.
    let time = tree.join("a.txt").metadata().unwrap().modified().unwrap();
    std::fs::write(tree.join("a.txt"), "ONE").unwrap();
    std::fs::File::open(tree.join("a.txt")).unwrap().set_modified(time).unwrap();
    std::fs::remove_file(tree.join("dir/b.txt")).unwrap();
    std::fs::create_dir_all(tree.join("dir/b.txt/deep")).unwrap();
    std::fs::remove_dir_all(tree.join("many/0")).unwrap();
    symlink(outside, tree.join("many/0")).unwrap();
    std::fs::set_permissions(tree.join("many/1/1"), PermissionsExt::from_mode(0o777)).unwrap();
    std::fs::set_permissions(tree.join("many/1"), PermissionsExt::from_mode(0o500)).unwrap();
    std::fs::remove_dir_all(tree.join("many/2")).unwrap();
    std::fs::write(tree.join("many/2"), "a file").unwrap();
    std::fs::remove_file(tree.join("link")).unwrap();
    symlink(outside, tree.join("link")).unwrap();
    std::fs::create_dir_all(tree.join("target/debug")).unwrap();
    std::fs::write(tree.join("target/debug/new"), "new").unwrap();
    std::fs::create_dir_all(tree.join(".git/hooks")).unwrap();
    std::fs::write(tree.join(".git/hooks/post-checkout"), "#!/bin/sh").unwrap();
    std::fs::set_permissions(tree.join("target"), PermissionsExt::from_mode(0o500)).unwrap();
}

#[test]
fn a_recycled_tree_follows_the_checkout() {
    let kit = Kit::new();
    kit.copy(&kit.snapshot(), "job").recycle().unwrap();
    kit.write("a.txt", "two");
    kit.write("new/file", "x");
    std::fs::remove_file(kit.checkout.join("dir/b.txt")).unwrap();
    let tree = kit.copy(&kit.snapshot(), "job");
    assert_eq!(tree.made(), Made::Recycled);
    assert_eq!(look(tree.path()), look(&kit.checkout));
    assert_eq!(folders(tree.path()), [Path::new("new")]);
}

#[test]
fn unchanged_files_of_a_recycled_tree_are_not_copied() {
    let kit = Kit::new();
    let snapshot = kit.snapshot();
    let tree = kit.copy(&snapshot, "job");
    let inode = tree.path().join("a.txt").metadata().unwrap().ino();
    tree.recycle().unwrap();
    let tree = kit.copy(&snapshot, "other");
    assert_eq!(tree.path().join("a.txt").metadata().unwrap().ino(), inode);
}

#[test]
fn overlays() {
    let kit = Kit::new();
    let snapshot = kit.snapshot();
    let path = kit.path("job");
    let tree = snapshot.copy(&Place::new(&path)).unwrap();
    if tree.made() != Made::Overlay {
        eprintln!("skipped: overlays cannot be mounted here");
        return;
    }
    assert_eq!(look(&path), look(&kit.checkout));
    assert_eq!(git(&path, &["status", "--porcelain"]), "");
    std::fs::write(path.join("a.txt"), "job").unwrap();
    std::fs::rename(path.join("dir"), path.join("moved")).unwrap();
    // A generation below a mount does not change, even if its holder forgot it.
    let files = snapshot.files_dir();
    kit.write("a.txt", "later");
    let later = kit.snapshot();
    assert_ne!(later.files_dir(), files);
    assert_eq!(std::fs::read_to_string(files.join("a.txt")).unwrap(), "one");
    tree.remove().unwrap();
    assert!(!path.exists());
    let tree = snapshot.copy(&Place::new(&path)).unwrap();
    let busy = std::fs::File::open(path.join("a.txt")).unwrap();
    tree.remove_in_background().wait().unwrap();
    assert!(!path.exists());
    drop(busy);
}

#[test]
fn submodules_in_overlays_and_copies() {
    let (inner, kit) = (Kit::new(), Kit::new());
    kit.git(&["submodule", "add", "-q", inner.checkout.to_str().unwrap(), "sub"]);
    kit.commit("with a submodule");
    let options = Options { submodules: Submodules::Normal, ..Options::default() };
    let snapshot = kit.store.snapshot(&kit.find(), &options).unwrap();
    let tree = snapshot.copy(&Place::new(&kit.path("job"))).unwrap();
    assert_eq!(git(tree.path(), &["status", "--porcelain"]), "");
    assert_eq!(git(&tree.path().join("sub"), &["log", "--format=%s"]), "first");
}

#[test]
fn submodules_are_empty_in_copies_that_want_none() {
    let (deep, inner, kit) = (Kit::new(), Kit::new(), Kit::new());
    inner.git(&["submodule", "add", "-q", deep.checkout.to_str().unwrap(), "deep"]);
    inner.commit("with a submodule");
    kit.git(&["submodule", "add", "-q", inner.checkout.to_str().unwrap(), "libs/part"]);
    kit.git(&["submodule", "update", "-q", "--init", "--recursive"]);
    kit.commit("with a submodule");
    let options = Options { submodules: Submodules::Recursive, ..Options::default() };
    let snapshot = kit.store.snapshot(&kit.find(), &options).unwrap();
    for method in [Method::Auto, Method::Files] {
        // The second one of a kind is a tree of the first one made good again.
        for (submodules, part, deep) in [
            (Submodules::None, false, false),
            (Submodules::Recursive, true, true),
            (Submodules::Normal, true, false),
            (Submodules::None, false, false),
            (Submodules::Recursive, true, true),
        ] {
            let path = kit.path("job");
            let tree = snapshot.copy(&Place { method, submodules, ..Place::new(&path) }).unwrap();
            let count = |path: &str| std::fs::read_dir(tree.path().join(path)).map_or(0, Iterator::count);
            assert_eq!((count("libs/part") > 0, count("libs/part/deep") > 0), (part, deep), "{submodules:?}");
            assert!(tree.path().join("libs/part").is_dir() && tree.path().join("a.txt").exists());
            assert_eq!(git(tree.path(), &["status", "--porcelain"]), "", "{method:?} {submodules:?}");
            std::fs::write(tree.path().join("libs/part/by-the-job"), "x").unwrap();
            tree.recycle().unwrap();
        }
    }
    std::fs::remove_dir_all(kit.checkout.join("libs/part/deep")).unwrap();
    let snapshot = kit.store.snapshot(&kit.find(), &options).unwrap();
    assert_eq!(snapshot.missing(Submodules::Recursive), [Path::new("libs/part/deep")]);
    assert!(snapshot.missing(Submodules::Normal).is_empty() && snapshot.missing(Submodules::None).is_empty());
}

#[test]
fn removal_of_whatever_a_job_leaves() {
    let kit = Kit::new();
    let outside = kit.path("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("mine"), "mine").unwrap();
    let tree = kit.copy(&kit.snapshot(), "job");
    let path = tree.path().to_owned();
    symlink(&outside, path.join("link")).unwrap();
    let mut deep = path.clone();
    for _ in 0..150 {
        deep.push("a-folder-with-a-name");
        std::fs::create_dir(&deep).unwrap();
        std::fs::write(deep.join("file"), "x").unwrap();
    }
    for name in ["locked", "locked/inner", "locked/inner/more"] {
        std::fs::create_dir(path.join(name)).unwrap();
    }
    std::fs::write(path.join("locked/inner/file"), "x").unwrap();
    for name in ["locked/inner/more", "locked/inner", "locked"] {
        std::fs::set_permissions(path.join(name), PermissionsExt::from_mode(0o000)).unwrap();
    }
    std::fs::create_dir(path.join(".removed-0")).unwrap();
    std::fs::write(path.join(".removed-0/x"), "x").unwrap();
    tree.remove().unwrap();
    assert!(!path.exists());
    assert!(outside.join("mine").exists());
}

#[test]
fn empty_trees_and_places_that_are_taken() {
    let kit = Kit::new();
    let path = kit.path("deep/er/job");
    let tree = kit.store.empty(&path).unwrap();
    assert_eq!(std::fs::read_dir(&path).unwrap().count(), 0);
    std::fs::write(path.join("x"), "x").unwrap();
    assert!(matches!(kit.store.empty(&path), Err(CopyError::Exists { .. })));
    assert!(matches!(kit.snapshot().copy(&Place::new(&path)), Err(CopyError::Exists { .. })));
    drop(tree);
    assert!(!path.exists());
}

#[test]
fn nothing_stays_of_a_store_but_what_is_reused() {
    let kit = Kit::new();
    let root = kit.path("own store");
    let store = Store::open(&root).unwrap();
    assert_eq!(root.metadata().unwrap().mode() & 0o777, 0o700);
    let snapshot = store.snapshot(&kit.find(), &Options::default()).unwrap();
    let tree = snapshot.copy(&Place::new(&kit.path("job"))).unwrap();
    drop((store, snapshot));
    assert_eq!(look(tree.path()), look(&kit.checkout));
    drop(tree);
    assert_eq!(std::fs::read_dir(root.join("runs")).unwrap().count(), 0);
}

#[test]
fn what_a_killed_run_left_is_swept() {
    let kit = Kit::new();
    let root = kit.path("swept");
    let store = Store::open(&root).unwrap();
    let snapshot = store.snapshot(&kit.find(), &Options::default()).unwrap();
    let path = kit.path("job");
    let tree = snapshot.copy(&Place::new(&path)).unwrap();
    assert_eq!(sweep(&root).unwrap(), 0, "it lives");
    assert!(path.join("a.txt").exists());
    // As if the process were gone: its lock is free, and everything else as it was.
    let lock = store.folder().join("lock");
    std::fs::remove_file(lock).unwrap();
    assert_eq!(sweep(&root).unwrap(), 1);
    assert!(!path.exists());
    assert_eq!(std::fs::read_dir(root.join("runs")).unwrap().count(), 0);
    drop(tree);
}
