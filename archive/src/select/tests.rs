use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};

use super::*;

static GO_ON: AtomicBool = AtomicBool::new(false);

struct Project(tempfile::TempDir);

impl Project {
    fn new(directories: &[&str], files: &[&str]) -> Self {
        let this = Self(tempfile::tempdir().unwrap());
        for directory in directories {
            fs::create_dir_all(this.0.path().join(directory)).unwrap();
        }
        for file in files {
            fs::write(this.0.path().join(file), file).unwrap();
        }
        this
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn select(&self, paths: &[&str], exclude: &[&str]) -> Selection {
        self.select_with(paths, exclude, None)
    }

    fn select_with(
        &self,
        paths: &[&str],
        exclude: &[&str],
        untracked: Option<Result<Vec<Vec<u8>>, String>>,
    ) -> Selection {
        let own = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
        let (paths, exclude) = (own(paths), own(exclude));
        let project = self.path();
        select(&Request { project, paths: &paths, exclude: &exclude, untracked, cancel: &GO_ON }).unwrap()
    }
}

fn names(selection: &Selection) -> Vec<String> {
    let name = |entry: &Entry| {
        let mut name = entry.path().to_string_lossy().into_owned();
        if entry.kind() == Kind::Directory {
            name.push_str(if name.is_empty() { "./" } else { "/" });
        }
        name
    };
    selection.entries.iter().map(name).collect()
}

fn lines(selection: &Selection) -> Vec<String> {
    let line = |note: &Note| match note.level() {
        NoteLevel::Info => note.to_string(),
        NoteLevel::Warning => format!("WARNING: {note}"),
    };
    selection.notes.iter().map(line).collect()
}

use crate::entry::Kind;

/// The tree of the recorded glob table.
fn table() -> Project {
    Project::new(
        &["a/b/c", "d.x", "sp ace", ".h/i", "sub", "libs/dep"],
        &[
            "a/1.txt",
            "a/b/2.txt",
            "a/b/c/3.txt",
            "a/b/c/.dot",
            "d.x/f",
            "sp ace/g.txt",
            ".h/i/j.txt",
            "[br].txt",
            "top.txt",
            "sub/s.txt",
            "README.md",
            ".gitignore",
            ".gitmodules",
        ],
    )
}

#[test]
fn selects_what_gitlab_runner_was_seen_to_select() {
    let all_of_a = ["a/", "a/1.txt", "a/b/", "a/b/2.txt", "a/b/c/", "a/b/c/.dot", "a/b/c/3.txt"];
    let cases: [(&str, u64, &[&str]); 17] = [
        ("a/*", 6, &all_of_a[1..]),
        ("a/**", 19, &all_of_a),
        ("a/**/", 19, &all_of_a),
        (
            "**/*.txt",
            8,
            &[
                ".h/i/j.txt",
                "[br].txt",
                "a/1.txt",
                "a/b/2.txt",
                "a/b/c/3.txt",
                "sp ace/g.txt",
                "sub/s.txt",
                "top.txt",
            ],
        ),
        ("*.txt", 2, &["[br].txt", "top.txt"]),
        ("a/b", 5, &all_of_a[2..]),
        ("a/b/", 5, &all_of_a[2..]),
        ("./a", 7, &all_of_a),
        ("a/?.txt", 1, &["a/1.txt"]),
        ("a/[12].txt", 1, &["a/1.txt"]),
        ("{a,d.x}/*", 7, &["a/1.txt", "a/b/", "a/b/2.txt", "a/b/c/", "a/b/c/.dot", "a/b/c/3.txt", "d.x/f"]),
        (".h", 3, &[".h/", ".h/i/", ".h/i/j.txt"]),
        ("**/.*", 6, &[".gitignore", ".gitmodules", ".h/", ".h/i/", ".h/i/j.txt", "a/b/c/.dot"]),
        ("sp ace/", 2, &["sp ace/", "sp ace/g.txt"]),
        (r"\[br\].txt", 1, &["[br].txt"]),
        ("a/b/../1.txt", 1, &["a/1.txt"]),
        ("a/!(1).txt", 0, &[]),
    ];
    let project = table();
    for (path, count, want) in cases {
        let selection = project.select(&[path], &[]);
        assert_eq!(names(&selection), want, "{path}");
        let line = if count > 0 {
            format!("{path}: found {count} matching artifact files and directories")
        } else {
            let project = project.path().display();
            format!(
                "WARNING: {path}: no matching files. Ensure that the artifact path is relative to the working directory ({project})"
            )
        };
        assert_eq!(lines(&selection), [line]);
    }
}

#[test]
fn everything_but_the_excluded_counts_visits() {
    let project = table();
    fs::create_dir_all(project.path().join(".git/refs/heads")).unwrap();
    fs::write(project.path().join(".git/HEAD"), "x").unwrap();
    let selection = project.select(&["**"], &["README.md", "sub/**", ".git/**/*", ".git/*"]);
    let want = [
        "./",
        ".git/",
        ".gitignore",
        ".gitmodules",
        ".h/",
        ".h/i/",
        ".h/i/j.txt",
        "[br].txt",
        "a/",
        "a/1.txt",
        "a/b/",
        "a/b/2.txt",
        "a/b/c/",
        "a/b/c/.dot",
        "a/b/c/3.txt",
        "d.x/",
        "d.x/f",
        "libs/",
        "libs/dep/",
        "sp ace/",
        "sp ace/g.txt",
        "top.txt",
    ];
    assert_eq!(names(&selection), want);
    assert_eq!(
        lines(&selection),
        [
            "**: found 61 matching artifact files and directories",
            "README.md: excluded 2 files",
            "sub/**: excluded 5 files",
            ".git/**/*: excluded 10 files",
        ]
    );
}

#[test]
fn excludes_match_whole_paths() {
    let project = table();
    let without = |gone: &[&str]| -> Vec<String> {
        let all = ["a/", "a/1.txt", "a/b/", "a/b/2.txt", "a/b/c/", "a/b/c/.dot", "a/b/c/3.txt"];
        all.iter().filter(|name| !gone.contains(name)).map(|name| (*name).to_owned()).collect()
    };
    let below_b = ["a/b/2.txt", "a/b/c/", "a/b/c/.dot", "a/b/c/3.txt"];
    let cases: [(&str, &[&str]); 10] = [
        ("a", &["a/"]),
        ("a/b", &["a/b/"]),
        ("a/b/", &["a/b/"]),
        ("a/b/**", &["a/b/", "a/b/2.txt", "a/b/c/", "a/b/c/.dot", "a/b/c/3.txt"]),
        ("a/b/**/*", &below_b),
        ("a/*", &["a/1.txt", "a/b/"]),
        ("**/*.txt", &["a/1.txt", "a/b/2.txt", "a/b/c/3.txt"]),
        ("*.txt", &[]),
        ("./a/1.txt", &["a/1.txt"]),
        ("a/b/../1.txt", &["a/1.txt"]),
    ];
    for (rule, gone) in cases {
        let selection = project.select(&["a"], &[rule]);
        assert_eq!(names(&selection), without(gone), "{rule}");
        let told = lines(&selection).contains(&format!("{rule}: excluded {} files", gone.len()));
        assert_eq!(told, !gone.is_empty(), "{rule}");
    }
}

#[test]
fn a_wrong_exclude_is_told_once_and_the_others_hold() {
    let project = table();
    let selection = project.select(&["a"], &["/etc/x", "a/[", "a/1.txt"]);
    assert!(!names(&selection).contains(&"a/1.txt".to_owned()));
    assert_eq!(
        lines(&selection),
        [
            "WARNING: isExcluded: artifact path is not a subpath of project directory: /etc/x",
            "WARNING: isExcluded: a/[: syntax error in pattern",
            "a: found 6 matching artifact files and directories",
            "a/1.txt: excluded 1 files",
        ]
    );
}

#[test]
fn paths_outside_are_named() {
    let project = Project::new(&["out"], &["out/a", "README.md"]);
    symlink("/etc", project.path().join("out/etc")).unwrap();
    symlink("nowhere", project.path().join("out/dangling")).unwrap();
    let inside = project.path().join("README.md").display().to_string();
    let selection = project.select(&["out/", "../up.txt", "/etc/hostname", &inside, "", "x["], &[]);
    assert_eq!(names(&selection), ["README.md", "out/", "out/a", "out/dangling", "out/etc"]);
    assert_eq!(
        lines(&selection),
        [
            "out/: found 4 matching artifact files and directories",
            "WARNING: processPath: artifact path is not a subpath of project directory: ../up.txt",
            "WARNING: processPath: artifact path is not a subpath of project directory: /etc/hostname",
            &format!("{inside}: found 1 matching artifact files and directories"),
            "WARNING: No matching files. Path is empty.",
            "WARNING: x[: syntax error in pattern",
        ]
    );
}

#[test]
fn links_are_followed_in_the_literal_prefix_only_and_never_out() {
    let outer = tempfile::tempdir().unwrap();
    fs::write(outer.path().join("secret.txt"), "x").unwrap();
    let project = Project::new(&["real/deep"], &["real/x.txt", "real/deep/y.txt"]);
    symlink("real", project.path().join("link")).unwrap();
    symlink(outer.path(), project.path().join("out")).unwrap();
    symlink("..", project.path().join("up")).unwrap();
    assert_eq!(names(&project.select(&["link/*.txt"], &[])), ["link/x.txt"]);
    assert_eq!(names(&project.select(&["link/deep"], &[])), ["link/deep/", "link/deep/y.txt"]);
    assert_eq!(names(&project.select(&["link"], &[])), ["link"]);
    assert_eq!(names(&project.select(&["*/x.txt"], &[])), ["real/x.txt"]);
    assert_eq!(names(&project.select(&["**/secret.txt", "**/deep/../secret.txt"], &[])), [""; 0]);
    for path in ["out/secret.txt", "out/*", "out/**", "up/anything", "up/*"] {
        let selection = project.select(&[path], &[]);
        assert_eq!(names(&selection), [""; 0], "{path}");
        let want = format!("WARNING: {path}: left out, a symbolic link leads out of the project directory");
        assert_eq!(lines(&selection)[0], want);
    }
}

#[test]
fn untracked_files_are_counted_and_excluded() {
    let project = Project::new(&["d"], &["d/u.txt", "v.txt", "skip.log"]);
    let listed: Vec<Vec<u8>> = [b"d/u.txt".as_slice(), b"v.txt", b"gone", b"skip.log", b"../x"]
        .iter()
        .map(|raw| raw.to_vec())
        .collect();
    let selection = project.select_with(&[], &["*.log"], Some(Ok(listed)));
    assert_eq!(names(&selection), ["d/u.txt", "v.txt"]);
    assert_eq!(lines(&selection), ["untracked: found 2 files", "*.log: excluded 1 files"]);
    assert_eq!(lines(&project.select_with(&[], &[], Some(Ok(vec![])))), ["WARNING: untracked: no files"]);
    let failed = project.select_with(&[], &[], Some(Err("exit status 128".to_owned())));
    assert_eq!(lines(&failed), ["WARNING: untracked: exit status 128"]);
}

#[test]
fn odd_files_do_no_harm() {
    let project = Project::new(&["d"], &["d/plain"]);
    let odd = project.path().join("d").join(std::ffi::OsStr::from_bytes(b"bad\xff\nname"));
    fs::write(&odd, "x").unwrap();
    nix::unistd::mkfifo(&project.path().join("d/fifo"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(project.path().join("d/socket")).unwrap();
    let selection = project.select(&["d"], &[]);
    let paths: Vec<&[u8]> = selection.entries.iter().map(|entry| &*entry.path).collect();
    assert_eq!(paths, [b"d".as_slice(), b"d/bad\xff\nname", b"d/plain"]);
    let lines = lines(&selection);
    assert!(lines.contains(
        &"WARNING: d/fifo: left out, neither a file nor a directory nor a symbolic link".to_owned()
    ));
    assert!(lines.contains(&"d: found 5 matching artifact files and directories".to_owned()), "{lines:?}");
}

#[test]
fn an_unreadable_directory_is_named() {
    if nix::unistd::Uid::effective().is_root() {
        eprintln!("skipped: root reads every directory");
        return;
    }
    let project = Project::new(&["d/locked"], &["d/plain", "d/locked/x"]);
    let locked = project.path().join("d/locked");
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o000)).unwrap();
    let selection = project.select(&["d"], &[]);
    fs::set_permissions(&locked, fs::Permissions::from_mode(0o700)).unwrap();
    assert_eq!(names(&selection), ["d/", "d/locked/", "d/plain"]);
    assert_eq!(lines(&selection)[0], "WARNING: d/locked: left out, it cannot be read: Permission denied");
}

#[test]
fn the_changed_test_looks_at_files_and_directories() {
    let project = Project::new(&["d"], &["d/x"]);
    let selection = project.select(&["d"], &[]);
    let newest = crate::newest_change(&selection.entries).unwrap();
    assert_eq!(newest, fs::metadata(project.path().join("d/x")).unwrap().modified().unwrap());
    assert!(!crate::changed_since(&selection.entries, newest));
    assert!(crate::changed_since(&selection.entries, newest - std::time::Duration::from_nanos(1)));
    assert_eq!(crate::newest_change(&[]), None);
    let old = std::time::SystemTime::UNIX_EPOCH - std::time::Duration::from_millis(1500);
    fs::File::open(project.path().join("d/x")).unwrap().set_modified(old).unwrap();
    assert_eq!(project.select(&["d/x"], &[]).entries[0].modified(), old);
}

#[test]
fn adds_a_file_made_later() {
    let project = Project::new(&[], &["a", "z"]);
    let mut selection = project.select(&["*"], &[]);
    fs::write(project.path().join("m.json"), "{}").unwrap();
    selection.add(project.path(), Path::new("m.json")).unwrap();
    selection.add(project.path(), Path::new("a")).unwrap();
    assert_eq!(names(&selection), ["a", "m.json", "z"]);
    assert!(selection.add(project.path(), Path::new("../x")).is_err());
}

#[test]
fn cancel_ends_the_walk() {
    let project = table();
    let cancel = AtomicBool::new(true);
    let paths = ["**".to_owned()];
    let request =
        Request { project: project.path(), paths: &paths, exclude: &[], untracked: None, cancel: &cancel };
    assert!(matches!(select(&request), Err(SelectError::Canceled)));
}
