//! Patterns select within the project and in bounded time, and as an exclude rule a pattern means the same.
//!
//! Each line of the input is a pattern.

#![no_main]

use archive::{Entry, Note, Request, Selection, select};
use libfuzzer_sys::fuzz_target;
use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

/// Far beyond what a pattern of a few kilobytes takes on a slow machine.
const PATIENCE: Duration = Duration::from_secs(2);

static PROJECT: LazyLock<PathBuf> = LazyLock::new(|| {
    // One for all runs, hence never removed.
    let root = std::env::temp_dir().join("fuzz-archive-select");
    let project = root.join("project");
    fs::create_dir_all(root.join("outside/a")).expect("a directory");
    fs::create_dir_all(project.join("d/.e/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"))
        .expect("a directory");
    for name in ["a", "b.txt", "é", "[x]", "*", "{a,b}", r"\", "d/a", "d/.e/b.txt", "d/.e/!c"] {
        fs::write(project.join(name), "").expect("a file");
    }
    let _ = symlink("../outside", project.join("o"));
    project
});

fuzz_target!(|text: &str| {
    let patterns: Vec<String> = text.lines().take(8).map(str::to_owned).collect();
    for pattern in &patterns {
        let pattern = std::slice::from_ref(pattern);
        let plain = selected(pattern, &[]);
        let found = plain.notes.iter().any(|note| matches!(note, Note::Found { .. }));
        assert_eq!(found, !plain.entries.is_empty(), "{:?}", plain.notes);

        // What is left without the matches themselves is what lies below one of them.
        let rest = selected(pattern, pattern);
        let (all, left) = (paths(&plain), paths(&rest));
        assert!(left.is_subset(&all));
        let is_below = |path: &&Path| {
            path.ancestors().skip(1).any(|parent| all.contains(parent) && !left.contains(parent))
        };
        assert!(left.iter().copied().all(|path| is_below(&path)), "{left:?} of {all:?}");
    }
    let union: BTreeSet<PathBuf> = patterns
        .iter()
        .flat_map(|pattern| selected(std::slice::from_ref(pattern), &[]).entries)
        .map(|entry| entry.path().to_owned())
        .collect();
    let together = selected(&patterns, &[]);
    assert!(union.iter().map(PathBuf::as_path).eq(together.entries.iter().map(Entry::path)));
});

fn selected(paths: &[String], exclude: &[String]) -> Selection {
    let (start, cancel) = (Instant::now(), AtomicBool::new(false));
    let request = Request { project: &PROJECT, paths, exclude, untracked: None, cancel: &cancel };
    let selection = select(&request).expect("a directory");
    assert!(start.elapsed() < PATIENCE, "takes {:?}", start.elapsed());
    let mut last = None;
    for entry in &selection.entries {
        assert!(last.is_none_or(|last| last < entry.path()), "not sorted, or twice");
        assert!(!entry.path().starts_with("..") && entry.path().is_relative());
        assert!(
            entry.path().parent().is_none_or(|parent| !parent.starts_with("o")),
            "through a link: {entry:?}"
        );
        last = Some(entry.path());
    }
    selection
}

fn paths(selection: &Selection) -> BTreeSet<&Path> {
    selection.entries.iter().map(Entry::path).collect()
}
