//! Archives, watching, full disks, and trees of any shape.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod kit;

use kit::{Kit, git, look};
use proptest::prelude::*;
use std::fs::File;
use std::os::fd::AsFd;
use std::os::unix::fs::{FileExt, MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;
use worktree::{
    ArchiveOptions, CopyError, Method, Options, Place, SnapshotError, Store, Submodules, Watched, Watcher,
};

fn unpacked(kit: &Kit, depth: u32, include_git: bool) -> PathBuf {
    let (path, folder) = (kit.path("archive.tar"), kit.path(&format!("unpacked-{depth}-{include_git}")));
    let mut file = File::create(&path).unwrap();
    kit.snapshot()
        .archive(&mut file, &ArchiveOptions { depth, include_git, submodules: Submodules::Recursive })
        .unwrap();
    std::fs::create_dir(&folder).unwrap();
    let status = Command::new("tar").arg("-xpf").arg(&path).arg("-C").arg(&folder).status().unwrap();
    assert!(status.success());
    folder
}

fn rich() -> Kit {
    let kit = Kit::new();
    kit.git(&["tag", "-a", "v1", "-m", "v1"]);
    for message in ["second", "third"] {
        kit.write("a.txt", message);
        kit.git(&["commit", "-q", "-a", "-m", message]);
    }
    kit.git(&["branch", "other"]);
    kit.write("staged", "staged");
    kit.git(&["add", "staged"]);
    kit.write("run.sh", "x");
    std::fs::set_permissions(kit.checkout.join("run.sh"), PermissionsExt::from_mode(0o755)).unwrap();
    symlink("/nowhere", kit.checkout.join("link")).unwrap();
    kit.write(&format!("{}/{}", "d".repeat(120), "f".repeat(120)), "long");
    kit
}

#[test]
fn an_archive_needs_nothing_of_the_checkout() {
    let kit = rich();
    let expected = look(&kit.checkout);
    let status = kit.git(&["status", "--porcelain"]);
    let (shallow, full) = (unpacked(&kit, 2, true), unpacked(&kit, 0, true));
    std::fs::rename(&kit.checkout, kit.path("away")).unwrap();
    for folder in [&shallow, &full] {
        assert_eq!(look(folder), expected);
        assert_eq!(git(folder, &["status", "--porcelain"]), status);
        assert_eq!(git(folder, &["show", ":staged"]), "staged");
        assert!(!git(folder, &["diff", "--cached"]).is_empty());
        git(folder, &["rev-parse", "--verify", "origin/other"]);
        git(folder, &["fsck", "--connectivity-only"]);
    }
    assert_eq!(git(&shallow, &["log", "--format=%s"]), "third\nsecond");
    assert_eq!(git(&full, &["log", "--format=%s"]), "third\nsecond\nfirst");
    assert!(git(&full, &["describe"]).starts_with("v1-2-"));
}

#[test]
fn an_archive_without_git_and_one_without_commits() {
    let kit = Kit::empty();
    kit.write("a", "x");
    kit.git(&["add", "a"]);
    let folder = unpacked(&kit, 1, false);
    assert!(!folder.join(".git").exists());
    let folder = unpacked(&kit, 1, true);
    assert_eq!(git(&folder, &["status", "--porcelain"]), "A  a");
}

#[test]
fn an_archive_of_a_shallow_clone() {
    let kit = rich();
    let clone = kit.path("clone");
    let url = format!("file://{}", kit.checkout.display());
    git(&kit.path(""), &["clone", "-q", "--depth=2", &url, clone.to_str().unwrap()]);
    let checkout = worktree::Checkout::find(&clone).unwrap();
    let snapshot = kit.store.snapshot(&checkout, &Options::default()).unwrap();
    let tree = kit.copy(&snapshot, "job");
    assert_eq!(git(tree.path(), &["log", "--format=%s"]), "third\nsecond");
    let mut file = tempfile::tempfile().unwrap();
    snapshot
        .archive(
            &mut file,
            &ArchiveOptions { depth: 0, include_git: true, submodules: Submodules::Recursive },
        )
        .unwrap();
}

#[test]
fn holes_take_no_room_in_an_archive() {
    const SIZE: u64 = 200 << 20;
    let kit = Kit::new();
    let file = File::create(kit.checkout.join("disk")).unwrap();
    file.set_len(SIZE).unwrap();
    file.write_all_at(b"in the middle", SIZE / 2 - 5).unwrap();
    kit.write("after", "it");
    let folder = unpacked(&kit, 1, true);
    let archive = std::fs::metadata(kit.path("archive.tar")).unwrap();
    assert!(archive.len() > SIZE && archive.blocks() * 512 < SIZE / 8, "{} blocks", archive.blocks());
    let same = Command::new("cmp").arg(kit.checkout.join("disk")).arg(folder.join("disk")).status().unwrap();
    assert!(same.success());
    assert_eq!(std::fs::read(folder.join("after")).unwrap(), b"it");
}

#[test]
fn an_archive_without_submodules() {
    let (deep, inner, kit) = (Kit::new(), Kit::new(), Kit::new());
    inner.git(&["submodule", "add", "-q", deep.checkout.to_str().unwrap(), "deep"]);
    inner.commit("with a submodule");
    kit.git(&["submodule", "add", "-q", inner.checkout.to_str().unwrap(), "part"]);
    kit.git(&["submodule", "update", "-q", "--init", "--recursive"]);
    kit.commit("with a submodule");
    let options = Options { submodules: Submodules::Recursive, ..Options::default() };
    let snapshot = kit.store.snapshot(&kit.find(), &options).unwrap();
    for (submodules, expected) in [
        (Submodules::None, [false, false, false]),
        (Submodules::Normal, [true, true, false]),
        (Submodules::Recursive, [true, true, true]),
    ] {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        let options = ArchiveOptions { depth: 1, include_git: true, submodules };
        snapshot.archive(file.as_file_mut(), &options).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let unpacked = Command::new("tar").arg("xf").arg(file.path()).arg("-C").arg(folder.path()).status();
        assert!(unpacked.unwrap().success());
        let there =
            ["part/a.txt", "part/.git", "part/deep/a.txt"].map(|path| folder.path().join(path).exists());
        assert_eq!(there, expected, "{submodules:?}");
        assert!(folder.path().join("part").is_dir() && folder.path().join("a.txt").exists());
        assert_eq!(git(folder.path(), &["status", "--porcelain"]), "", "{submodules:?}");
    }
}

#[test]
fn a_watcher_tells_of_what_counts() {
    let kit = Kit::new();
    kit.write(".gitignore", "target\n");
    let mut watcher = Watcher::new(&kit.find()).unwrap();
    kit.write("target/x", "ignored");
    kit.write("dir/b.txt", "changed");
    assert_eq!(watcher.wait(None).unwrap(), Watched::Changed(vec!["dir/b.txt".into()]));
    kit.write("new/deep/file", "x");
    assert_eq!(watcher.wait(None).unwrap(), Watched::Changed(vec!["new".into()]));
    kit.write("new/deep/file", "y");
    assert_eq!(watcher.wait(None).unwrap(), Watched::Changed(vec!["new/deep/file".into()]));
    let (reader, writer) = std::io::pipe().unwrap();
    drop(writer);
    assert_eq!(watcher.wait(Some(reader.as_fd())).unwrap(), Watched::Stopped);
}

#[test]
fn a_full_disk() {
    let kit = Kit::new();
    let disk = kit.path("disk");
    std::fs::create_dir(&disk).unwrap();
    let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", "size=1m", "small"]).arg(&disk).output();
    if !mounted.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: nothing can be mounted here");
        return;
    }
    let full = on_full_disk(&kit, &disk);
    assert!(Command::new("umount").arg(&disk).status().unwrap().success());
    full.unwrap();
}

/// As a result, so that the disk is unmounted whatever happens.
fn on_full_disk(kit: &Kit, disk: &Path) -> Result<(), String> {
    let store = Store::open(&disk.join("store")).map_err(|error| error.to_string())?;
    kit.write("large", &"x".repeat(2 << 20));
    let error = store.snapshot(&kit.find(), &Options::default()).err();
    if !matches!(error, Some(SnapshotError::Store(CopyError::Full { .. }))) {
        return Err(format!("{error:?}"));
    }
    kit.write("large", &"x".repeat(100 << 10));
    let snapshot = store.snapshot(&kit.find(), &Options::default()).map_err(|error| error.to_string())?;
    if look(&snapshot.files_dir()) != look(&kit.checkout) {
        return Err("not the same".to_owned());
    }
    // A copy that does not fit leaves nothing either.
    let filler = disk.join("filler");
    let mut free = 1 << 20;
    while std::fs::write(&filler, vec![0; free]).is_err() {
        free -= 4096;
    }
    let place = disk.join("job");
    let error = snapshot.copy(&Place { method: Method::Files, ..Place::new(&place) }).err();
    std::fs::remove_file(&filler).unwrap();
    if !matches!(error, Some(CopyError::Full { .. })) || place.exists() {
        return Err(format!("{error:?}"));
    }
    Ok(())
}

#[derive(Debug, Clone)]
enum Step {
    Write(String, Vec<u8>),
    Link(String, String),
    Remove(String),
    Program(String),
    Add,
}

fn step() -> impl Strategy<Value = Step> {
    let path =
        || proptest::collection::vec("[abc]|[\u{80}-\u{ff}]| |-x", 1..4).prop_map(|names| names.join("/"));
    prop_oneof![
        5 => (path(), any::<Vec<u8>>()).prop_map(|(path, text)| Step::Write(path, text)),
        1 => (path(), path()).prop_map(|(path, target)| Step::Link(path, target)),
        2 => path().prop_map(Step::Remove),
        1 => path().prop_map(Step::Program),
        1 => Just(Step::Add),
    ]
}

fn make(kit: &Kit, step: &Step) {
    // Much of it fails where a file or link is in the way, which is part of the game.
    let at = |path: &str| kit.checkout.join(path);
    let parent = |path: &str| std::fs::create_dir_all(at(path).parent().unwrap());
    match step {
        Step::Write(path, text) => {
            let _ = parent(path).and_then(|()| std::fs::write(at(path), text));
        }
        Step::Link(path, target) => {
            let _ = parent(path).and_then(|()| symlink(target, at(path)));
        }
        Step::Remove(path) => {
            let _ = std::fs::remove_file(at(path)).or_else(|_| std::fs::remove_dir_all(at(path)));
        }
        Step::Program(path) => {
            let _ = std::fs::set_permissions(at(path), PermissionsExt::from_mode(0o755));
        }
        Step::Add => {
            kit.git(&["add", "-A"]);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn a_copy_is_the_checkout(rounds in proptest::collection::vec(proptest::collection::vec(step(), 1..12), 1..5)) {
        let kit = Kit::new();
        let mut held = Vec::new();
        for (number, steps) in rounds.iter().enumerate() {
            for step in steps {
                make(&kit, step);
            }
            let snapshot = kit.snapshot();
            let tree = kit.copy(&snapshot, &format!("job{number}"));
            prop_assert_eq!(look(tree.path()), look(&kit.checkout));
            prop_assert_eq!(git(tree.path(), &["status", "--porcelain"]), kit.git(&["status", "--porcelain"]));
            let _ = std::fs::write(tree.path().join("a"), "by the job");
            tree.recycle().unwrap();
            if number % 2 == 0 {
                held.push((look(&snapshot.files_dir()), snapshot));
            }
        }
        for (seen, snapshot) in held {
            prop_assert_eq!(look(&snapshot.files_dir()), seen);
        }
    }
}
