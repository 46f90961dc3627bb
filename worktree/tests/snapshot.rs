//! What is in a snapshot.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod kit;

use kit::{Kit, folders, git, look};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use worktree::{Checkout, Finding, Options, SnapshotError, Submodules};

#[test]
fn what_a_push_would_bring() {
    let kit = Kit::new();
    kit.write(".gitignore", "ignored\n*.log\n");
    kit.write("a.txt", "changed");
    kit.write("staged", "staged");
    kit.git(&["add", "staged"]);
    kit.write("new/untracked", "untracked");
    kit.write("ignored/file", "no");
    kit.write("x.log", "no");
    std::fs::remove_file(kit.checkout.join("dir/b.txt")).unwrap();
    kit.write("run.sh", "#!/bin/sh");
    std::fs::set_permissions(kit.checkout.join("run.sh"), PermissionsExt::from_mode(0o755)).unwrap();
    symlink("/etc/passwd", kit.checkout.join("link")).unwrap();
    std::fs::create_dir(kit.checkout.join("empty")).unwrap();
    let snapshot = kit.snapshot();
    let tree = kit.copy(&snapshot, "job");
    let mut expected = look(&kit.checkout);
    for name in ["ignored/file", "x.log"] {
        expected.remove(std::ffi::OsStr::new(name)).unwrap();
    }
    assert_eq!(look(tree.path()), expected);
    assert_eq!(folders(tree.path()), [Path::new("new")]);
    assert_eq!(git(tree.path(), &["status", "--porcelain"]), kit.git(&["status", "--porcelain"]));
    assert_eq!(snapshot.commit(), Some(kit.git(&["rev-parse", "HEAD"]).as_str()));
}

#[test]
fn a_second_one_brings_what_changed_since() {
    let kit = Kit::new();
    kit.write("gone", "x");
    kit.write("folder/file", "x");
    drop(kit.snapshot());
    kit.write("a.txt", "two");
    std::fs::remove_file(kit.checkout.join("gone")).unwrap();
    kit.write("gone/inside", "a folder now");
    std::fs::remove_dir_all(kit.checkout.join("folder")).unwrap();
    kit.write("folder", "a file now");
    let snapshot = kit.snapshot();
    assert_eq!(look(&snapshot.files_dir()), look(&kit.checkout));
}

#[test]
fn a_held_one_stays_as_it_is() {
    let kit = Kit::new();
    let first = kit.snapshot();
    let before = look(&first.files_dir());
    kit.write("a.txt", "changed");
    let second = kit.snapshot();
    assert_ne!(first.files_dir(), second.files_dir());
    assert_eq!(look(&first.files_dir()), before);
    assert_eq!(look(&second.files_dir()), look(&kit.checkout));
    let inode = |path: std::path::PathBuf| path.join("dir/b.txt").metadata().unwrap().ino();
    assert_eq!(inode(first.files_dir()), inode(second.files_dir()), "unchanged files are shared");
    let third = kit.snapshot();
    assert_eq!(second.files_dir(), third.files_dir(), "nothing changed");
}

#[test]
fn a_change_within_one_tick_of_the_clock_is_seen() {
    let kit = Kit::new();
    for round in 0..200 {
        let text = format!("{round:03}");
        kit.write("a.txt", &text);
        let time = std::fs::File::open(kit.checkout.join("a.txt")).unwrap();
        time.set_modified(std::time::UNIX_EPOCH).unwrap();
        let snapshot = kit.snapshot();
        let copy = std::fs::read_to_string(snapshot.files_dir().join("a.txt")).unwrap();
        assert_eq!(copy, text);
    }
}

#[test]
fn names_of_any_bytes() {
    let kit = Kit::new();
    for name in [
        &b"new\nline"[..],
        b"\xff\xfe",
        b"-rf",
        b" blank ",
        b"tab\tname",
        b"\"quoted\"",
        b"?? x",
        b"$(touch x)",
    ] {
        std::fs::write(kit.checkout.join(std::ffi::OsStr::from_bytes(name)), "x").unwrap();
    }
    kit.git(&["add", "."]);
    let snapshot = kit.snapshot();
    assert_eq!(look(&snapshot.files_dir()), look(&kit.checkout));
}

#[test]
fn a_folder_that_became_a_link_leads_nowhere() {
    let kit = Kit::new();
    let outside = kit.path("outside");
    std::fs::create_dir(&outside).unwrap();
    std::fs::write(outside.join("b.txt"), "secret").unwrap();
    std::fs::remove_dir_all(kit.checkout.join("dir")).unwrap();
    symlink(&outside, kit.checkout.join("dir")).unwrap();
    let snapshot = kit.snapshot();
    assert_eq!(std::fs::read_link(snapshot.files_dir().join("dir")).unwrap(), outside);
    assert_eq!(look(&snapshot.files_dir()), look(&kit.checkout));
}

#[test]
fn pipes_and_sockets_are_left_out() {
    let kit = Kit::new();
    std::fs::remove_file(kit.checkout.join("a.txt")).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, kit.checkout.join("a.txt"), rustix::fs::Mode::RUSR).unwrap();
    let snapshot = kit.snapshot();
    assert!(!snapshot.files_dir().join("a.txt").exists());
    assert_eq!(snapshot.files(), 1);
}

#[test]
fn an_unreadable_file_is_named() {
    if rustix::process::geteuid().is_root() {
        eprintln!("skipped: root can read everything");
        return;
    }
    let kit = Kit::new();
    std::fs::set_permissions(kit.checkout.join("a.txt"), PermissionsExt::from_mode(0o000)).unwrap();
    let error = kit.store.snapshot(&kit.find(), &Options::default()).unwrap_err();
    assert!(matches!(error, SnapshotError::Unreadable { path, .. } if path.ends_with("a.txt")));
}

#[test]
fn an_unreadable_file_that_is_not_tracked_is_left_out() {
    if rustix::process::geteuid().is_root() {
        eprintln!("skipped: root can read everything");
        return;
    }
    let kit = Kit::new();
    let close = |name: &str, mode| {
        std::fs::set_permissions(kit.checkout.join(name), PermissionsExt::from_mode(mode)).unwrap();
    };
    for name in ["mine", "dir/key", "closed/in", "listed/in"] {
        kit.write(name, "x");
    }
    kit.snapshot();
    close("dir/key", 0o000);
    close("closed", 0o000);
    close("listed", 0o444);
    // A second time, too, nothing of it is new.
    for _ in 0..2 {
        let snapshot = kit.snapshot();
        let mut paths: Vec<_> = snapshot.findings().to_vec();
        paths.sort_by_key(|finding| format!("{finding:?}"));
        let left_out = |path: &str| Finding::UnreadableUntracked { path: path.into() };
        assert_eq!(paths, ["closed", "dir/key", "listed/in"].map(left_out));
        assert_eq!(snapshot.files(), 3);
        assert!(snapshot.files_dir().join("mine").exists() && !snapshot.files_dir().join("dir/key").exists());
    }
    close("closed", 0o755);
    close("listed", 0o755);
}

#[test]
fn large_untracked_files_are_told_of() {
    let kit = Kit::new();
    let file = std::fs::File::create(kit.checkout.join("core")).unwrap();
    file.set_len(150_000_000).unwrap();
    let told = std::sync::atomic::AtomicU64::new(0);
    let progress = |bytes| {
        told.fetch_add(bytes, std::sync::atomic::Ordering::Relaxed);
    };
    let options = Options { progress: Some(&progress), ..Options::default() };
    let snapshot = kit.store.snapshot(&kit.find(), &options).unwrap();
    let finding = Finding::LargeUntracked { path: "core".into(), size: 150_000_000 };
    assert_eq!((snapshot.findings(), told.into_inner()), (&[finding][..], 150_000_000));
}

#[test]
fn it_ends_when_canceled() {
    let kit = Kit::new();
    let cancel = std::sync::atomic::AtomicBool::new(true);
    let options = Options { cancel: Some(&cancel), ..Options::default() };
    let error = kit.store.snapshot(&kit.find(), &options).unwrap_err();
    assert!(matches!(error, SnapshotError::Store(worktree::CopyError::Canceled)));
    assert_eq!(look(&kit.snapshot().files_dir()), look(&kit.checkout));
}

#[test]
fn not_a_repository_a_bare_one_and_a_broken_one() {
    let kit = Kit::empty();
    let plain = kit.path("plain");
    std::fs::create_dir(&plain).unwrap();
    assert!(matches!(Checkout::find(&plain), Err(SnapshotError::NotARepository { .. })));
    git(&plain, &["init", "-q", "--bare", "bare.git"]);
    assert!(matches!(Checkout::find(&plain.join("bare.git/refs")), Err(SnapshotError::Bare { .. })));
    std::fs::write(plain.join(".git"), "gitdir: /nowhere\n").unwrap();
    assert!(matches!(Checkout::find(&plain), Err(SnapshotError::BrokenGitFile { .. })));
    assert!(matches!(Checkout::find(&kit.path("nothing")), Err(SnapshotError::NotARepository { .. })));
}

#[test]
fn no_commits_yet() {
    let kit = Kit::empty();
    kit.write("a", "x");
    let snapshot = kit.snapshot();
    assert_eq!(snapshot.commit(), None);
    let tree = kit.copy(&snapshot, "job");
    assert_eq!(git(tree.path(), &["status", "--porcelain"]), "?? a");
    assert_eq!(git(tree.path(), &["symbolic-ref", "HEAD"]), "refs/heads/main");
}

#[test]
fn a_linked_work_tree_and_a_detached_head() {
    let kit = Kit::new();
    kit.git(&["tag", "v1"]);
    kit.commit("second");
    let linked = kit.path("linked");
    kit.git(&["worktree", "add", "-q", "--detach", linked.to_str().unwrap(), "v1"]);
    std::fs::write(linked.join("a.txt"), "here").unwrap();
    let checkout = Checkout::find(&linked.join("dir")).unwrap();
    assert_eq!(
        (checkout.root(), checkout.common_dir()),
        (linked.as_path(), kit.checkout.join(".git").as_path())
    );
    let snapshot = kit.store.snapshot(&checkout, &Options::default()).unwrap();
    let tree = kit.copy(&snapshot, "job");
    assert_eq!(git(tree.path(), &["describe", "--tags"]), "v1");
    assert_eq!(git(tree.path(), &["status", "--porcelain"]), "M a.txt");
}

#[test]
fn a_sparse_checkout_has_everything_in_its_copies() {
    let kit = Kit::new();
    kit.write("other/c.txt", "three");
    symlink("c.txt", kit.checkout.join("other/link")).unwrap();
    kit.write("other/run", "run");
    std::fs::set_permissions(kit.checkout.join("other/run"), PermissionsExt::from_mode(0o755)).unwrap();
    kit.git(&["add", "."]);
    kit.commit("more");
    kit.git(&["sparse-checkout", "set", "dir"]);
    assert!(!kit.checkout.join("other").exists());
    for _ in 0..2 {
        let tree = kit.copy(&kit.snapshot(), "job");
        assert_eq!(std::fs::read_to_string(tree.path().join("other/link")).unwrap(), "three");
        assert_eq!(tree.path().join("other/run").metadata().unwrap().mode() & 0o111, 0o111);
        assert_eq!(git(tree.path(), &["status", "--porcelain"]), "");
    }
}

#[test]
fn submodules() {
    let kit = Kit::new();
    let inner = Kit::new();
    inner.git(&["submodule", "add", "-q", kit.checkout.to_str().unwrap(), "deep"]);
    inner.commit("with a submodule");
    let outer = Kit::new();
    outer.git(&["submodule", "add", "-q", inner.checkout.to_str().unwrap(), "sub"]);
    outer.commit("with a submodule");
    outer.write("sub/untracked", "x");
    let take = |submodules| {
        let options = Options { submodules, ..Options::default() };
        outer.store.snapshot(&outer.find(), &options).unwrap()
    };
    let none = take(Submodules::None);
    let tree = outer.copy(&none, "none");
    assert_eq!(std::fs::read_dir(tree.path().join("sub")).unwrap().count(), 0);
    assert_eq!(none.findings(), []);

    let tree = outer.copy(&take(Submodules::Normal), "normal");
    assert_eq!(look(&tree.path().join("sub")), look(&outer.checkout.join("sub")));
    assert_eq!(git(&tree.path().join("sub"), &["status", "--porcelain"]), "?? untracked");
    assert_eq!(git(&tree.path().join("sub"), &["log", "--format=%s", "-1"]), "with a submodule");
    assert_eq!(std::fs::read_dir(tree.path().join("sub/deep")).unwrap().count(), 0);

    let recursive = take(Submodules::Recursive);
    let finding = Finding::SubmoduleNotInitialised { path: "sub/deep".into() };
    assert_eq!(recursive.findings(), [finding]);
    outer.git(&["submodule", "update", "-q", "--init", "--recursive"]);
    let tree = outer.copy(&take(Submodules::Recursive), "recursive");
    assert_eq!(std::fs::read_to_string(tree.path().join("sub/deep/dir/b.txt")).unwrap(), "two");
}

#[test]
fn a_repository_that_is_no_submodule_is_left_out() {
    let kit = Kit::new();
    std::fs::create_dir(kit.checkout.join("other")).unwrap();
    git(&kit.checkout.join("other"), &["init", "-q"]);
    git(&kit.checkout.join("other"), &["commit", "-q", "--allow-empty", "-m", "x"]);
    let snapshot = kit.snapshot();
    assert_eq!(snapshot.findings(), [Finding::EmbeddedRepository { path: "other".into() }]);
    assert!(!snapshot.files_dir().join("other").exists());
}

#[test]
fn settings_that_run_programs_are_neither_obeyed_nor_copied() {
    let kit = Kit::new();
    let trap = kit.path("trap");
    let script = kit.path("script");
    std::fs::write(&script, format!("#!/bin/sh\ntouch {}\n", trap.display())).unwrap();
    std::fs::set_permissions(&script, PermissionsExt::from_mode(0o755)).unwrap();
    let script = script.to_str().unwrap();
    for key in [
        "core.fsmonitor",
        "core.sshCommand",
        "filter.x.clean",
        "filter.x.smudge",
        "core.pager",
        "diff.external",
    ] {
        kit.git(&["config", key, script]);
    }
    kit.write(".gitattributes", "* filter=x\n");
    std::fs::create_dir_all(kit.checkout.join(".git/hooks")).unwrap();
    std::fs::copy(script, kit.checkout.join(".git/hooks/post-checkout")).unwrap();
    let _ = std::fs::remove_file(&trap);
    let tree = kit.copy(&kit.snapshot(), "job");
    git(tree.path(), &["status"]);
    git(tree.path(), &["diff"]);
    assert!(!trap.exists());
    assert!(!tree.path().join(".git/hooks").exists());
}

#[test]
fn many_at_once_and_changes_between() {
    let kit = Kit::new();
    for number in 0..300 {
        kit.write(&format!("many/{}/{number}", number % 7), "x");
    }
    let checkout = kit.find();
    let root = kit.path("store");
    std::thread::scope(|scope| {
        for number in 0..4 {
            let (checkout, root, kit) = (&checkout, &root, &kit);
            scope.spawn(move || {
                let store = worktree::Store::open(root).unwrap();
                for round in 0..10 {
                    kit.write(&format!("own/{number}"), &round.to_string());
                    let snapshot = store.snapshot(checkout, &Options::default()).unwrap();
                    let text =
                        std::fs::read_to_string(snapshot.files_dir().join(format!("own/{number}"))).unwrap();
                    assert_eq!(text, round.to_string());
                    assert!(snapshot.files() >= 300);
                }
            });
        }
    });
}

#[test]
fn files_that_vanish_meanwhile_are_left_out() {
    let kit = Kit::new();
    let stop = std::sync::atomic::AtomicBool::new(false);
    let (stop, folder) = (&stop, &kit.checkout.join("volatile"));
    std::fs::create_dir(folder).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            while !stop.load(std::sync::atomic::Ordering::Relaxed) {
                for number in 0..50 {
                    std::fs::write(folder.join(number.to_string()), "x".repeat(number)).unwrap();
                }
                for number in 0..50 {
                    std::fs::remove_file(folder.join(number.to_string())).unwrap();
                }
            }
        });
        for round in 0..30 {
            let tree = kit.copy(&kit.snapshot(), &format!("job{round}"));
            assert_eq!(std::fs::read_to_string(tree.path().join("a.txt")).unwrap(), "one");
        }
        stop.store(true, std::sync::atomic::Ordering::Relaxed);
    });
}
