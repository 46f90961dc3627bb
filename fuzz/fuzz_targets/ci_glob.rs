//! Globs match in bounded time, and the clauses made of them come to what the globs do.
//!
//! The first line holds patterns, parted by spaces; each further line is a path.

#![no_main]

use ci_yaml::matching::changes::{self, Verdict};
use ci_yaml::matching::exists;
use ci_yaml::matching::glob::Glob;
use libfuzzer_sys::fuzz_target;
use std::time::{Duration, Instant};

/// Far beyond what a few kilobytes take on a slow machine.
const PATIENCE: Duration = Duration::from_secs(2);

fuzz_target!(|text: &str| {
    let start = Instant::now();
    let mut lines = text.lines();
    let patterns: Vec<&str> = lines.next().unwrap_or_default().split(' ').take(8).collect();
    let mut paths: Vec<String> = lines.take(32).map(str::to_owned).collect();
    paths.sort();
    paths.dedup();
    let globs: Vec<Glob> = patterns.iter().map(|pattern| Glob::new(pattern)).collect();

    let matching = |path: &String| globs.iter().any(|glob| glob.matches(path));
    let any = paths.iter().position(matching);
    for verdict in [changes::matches(&patterns, &paths), changes::policy(&patterns, &paths)] {
        match verdict {
            Verdict::Match { pattern, path } => {
                assert!(Some(path) == any && globs[pattern].matches(&paths[path]), "{verdict:?}");
            }
            Verdict::None => assert_eq!(any, None),
            Verdict::TooMuch => {}
        }
    }
    // A backslash means itself where a pattern is not taken for a glob.
    let escapes = patterns.iter().any(|pattern| pattern.contains('\\'));
    if escapes {
        let _ = exists::matches(&patterns, &paths);
    } else if let Verdict::Match { pattern, path } = exists::matches(&patterns, &paths) {
        let (pattern, path) = (patterns[pattern], &paths[path]);
        assert!(
            Glob::new(pattern).matches(path) || path.starts_with(pattern) || path == pattern,
            "{pattern}: {path}"
        );
    } else {
        // What a glob matches, `exists` finds, but for what it takes for the name of a file.
        let plain = |pattern: &str| !pattern.contains(['*', '?', '[', '{']);
        let found = patterns
            .iter()
            .zip(&globs)
            .find(|(pattern, glob)| !plain(pattern) && paths.iter().any(|path| glob.matches(path)));
        assert!(found.is_none(), "{found:?}");
    }
    for pattern in &patterns {
        alternatives(pattern, &paths);
    }
    assert!(start.elapsed() < PATIENCE, "takes {:?}", start.elapsed());
});

/// A choice is as good as its alternatives one by one, and what has no special characters matches itself alone.
fn alternatives(pattern: &str, paths: &[String]) {
    if !pattern.contains(['{', '}', ',', '\\']) {
        let choice = Glob::new(&format!("{{{pattern},x/y}}"));
        let (own, other) = (Glob::new(pattern), Glob::new("x/y"));
        for path in paths {
            assert_eq!(choice.matches(path), own.matches(path) || other.matches(path), "{pattern}: {path}");
        }
    }
    if !pattern.contains(['*', '?', '[', '{', '\\']) {
        let glob = Glob::new(pattern);
        assert!(glob.matches(pattern));
        for path in paths {
            assert_eq!(glob.matches(path), path == pattern, "{pattern}: {path}");
        }
    }
}
