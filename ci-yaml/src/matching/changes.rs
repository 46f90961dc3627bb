//! `changes`: whether a path that changed is one of those named
//! (`build/rules/rule/clause/changes.rb`, `build/policy/changes.rb`, `clause/regexp_matcher.rb`).

use super::glob::{Budget, Glob};
use super::pattern::Regex;

/// More comparisons than this are not made: the clause holds then.
pub const MOST_COMPARISONS: usize = 50_000;

/// Steps of matching in one clause, some tenths of a second; only patterns and paths made for it need them.
pub(super) const MOST_STEPS: u64 = 100_000_000;

/// What a clause came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// This pattern matches this path; both are places in the lists given. A path that is not told is that of a
    /// directory.
    Match {
        /// Which pattern.
        pattern: usize,
        /// Which path.
        path: usize,
    },
    /// There is too much to compare, and the clause holds without.
    TooMuch,
    /// Nothing matches.
    None,
}

impl Verdict {
    /// Whether the clause holds.
    pub fn holds(self) -> bool {
        self != Self::None
    }
}

/// `rules:changes` with known paths. The patterns are expanded already; the same pattern counts once.
pub fn matches<P: AsRef<str>>(patterns: &[P], paths: &[String]) -> Verdict {
    let mut different: Vec<(usize, &str)> = Vec::with_capacity(patterns.len());
    for (index, pattern) in patterns.iter().map(AsRef::as_ref).enumerate() {
        if !different.iter().any(|(_, known)| *known == pattern) {
            different.push((index, pattern));
        }
    }
    if different.len().saturating_mul(paths.len()) > MOST_COMPARISONS {
        return Verdict::TooMuch;
    }
    first(different.into_iter(), paths.iter().map(String::as_str).enumerate())
}

/// `only:changes` and `except:changes` with known paths: patterns as written, and no limit to comparisons.
pub fn policy<P: AsRef<str>>(patterns: &[P], paths: &[String]) -> Verdict {
    let patterns = patterns.iter().map(AsRef::as_ref).enumerate();
    first(patterns, paths.iter().map(String::as_str).enumerate())
}

/// `changes:regexp` and `exists:regexp`: searched for in each path.
pub fn regexp(regex: &Regex, paths: &[String]) -> Verdict {
    if paths.len() > MOST_COMPARISONS {
        return Verdict::TooMuch;
    }
    match paths.iter().position(|path| regex.is_match(path)) {
        Some(path) => Verdict::Match { pattern: 0, path },
        None => Verdict::None,
    }
}

/// The first path that any pattern matches, and the first pattern that does.
pub(super) fn first<'a>(
    patterns: impl Iterator<Item = (usize, &'a str)>,
    paths: impl Iterator<Item = (usize, &'a str)>,
) -> Verdict {
    let globs: Vec<(usize, Glob)> = patterns.map(|(index, pattern)| (index, Glob::new(pattern))).collect();
    if globs.is_empty() {
        return Verdict::None;
    }
    let mut budget = Budget::new(MOST_STEPS);
    for (path, text) in paths {
        for (pattern, glob) in &globs {
            if glob.matches_within(text, &mut budget) {
                return Verdict::Match { pattern: *pattern, path };
            }
        }
        if budget.is_spent() {
            return Verdict::TooMuch;
        }
    }
    Verdict::None
}
