//! `changes`: whether a path that changed is one of those named
//! (`build/rules/rule/clause/changes.rb`, `build/policy/changes.rb`, `clause/regexp_matcher.rb`).

use super::glob::{Budget, Glob};
use super::pattern::Regex;

/// More comparisons than this are not made: the clause holds then.
pub const MOST_COMPARISONS: usize = 50_000;

/// Steps of matching in one clause, some tenths of a second; only patterns and paths made for it need them.
pub(super) const MOST_STEPS: u64 = 20_000_000;

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
    matches_within(patterns, paths, &mut Budget::new(MOST_STEPS))
}

/// The same, as long as the budget lasts.
pub fn matches_within<P: AsRef<str>>(patterns: &[P], paths: &[String], budget: &mut Budget) -> Verdict {
    let mut different: Vec<(usize, &str)> = Vec::with_capacity(patterns.len());
    for (index, pattern) in patterns.iter().map(AsRef::as_ref).enumerate() {
        if !different.iter().any(|(_, known)| *known == pattern) {
            different.push((index, pattern));
        }
    }
    if different.len().saturating_mul(paths.len()) > MOST_COMPARISONS {
        return Verdict::TooMuch;
    }
    first_within(different.into_iter(), paths.iter().map(String::as_str).enumerate(), budget)
}

/// `only:changes` and `except:changes` with known paths: patterns as written, and no limit to comparisons.
pub fn policy<P: AsRef<str>>(patterns: &[P], paths: &[String]) -> Verdict {
    policy_within(patterns, paths, &mut Budget::new(MOST_STEPS))
}

/// The same, as long as the budget lasts.
pub fn policy_within<P: AsRef<str>>(patterns: &[P], paths: &[String], budget: &mut Budget) -> Verdict {
    let patterns = patterns.iter().map(AsRef::as_ref).enumerate();
    first_within(patterns, paths.iter().map(String::as_str).enumerate(), budget)
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
pub(super) fn first_within<'a>(
    patterns: impl Iterator<Item = (usize, &'a str)>,
    paths: impl Iterator<Item = (usize, &'a str)>,
    budget: &mut Budget,
) -> Verdict {
    let read = |(index, pattern): (usize, &str)| (index, Glob::new_within(pattern, budget));
    let globs: Vec<(usize, Glob)> = patterns.map(read).collect();
    if globs.is_empty() {
        return Verdict::None;
    }
    for (path, text) in paths {
        for (pattern, glob) in &globs {
            if glob.matches_within(text, budget) {
                return Verdict::Match { pattern: *pattern, path };
            }
        }
        if budget.is_spent() {
            return Verdict::TooMuch;
        }
    }
    Verdict::None
}

#[cfg(test)]
mod tests {
    use super::{Budget, MOST_COMPARISONS, Verdict, first_within, matches, policy, regexp};
    use crate::matching::pattern::ruby;

    fn paths(paths: &[&str]) -> Vec<String> {
        paths.iter().map(|path| (*path).to_owned()).collect()
    }

    #[test]
    fn the_first_path_decides() {
        let changed = paths(&["README.md", "docs/a/b.md", "src/x.rs"]);
        assert_eq!(matches(&["src/**/*", "docs/**/*"], &changed), Verdict::Match { pattern: 1, path: 1 });
        assert_eq!(matches(&["docs/**", "Docs/**/*", "docs/"], &changed), Verdict::None);
        assert_eq!(policy(&["*.rs", "**/*.rs"], &changed), Verdict::Match { pattern: 1, path: 2 });
    }

    #[test]
    fn nothing_matches_nothing() {
        assert_eq!(matches(&["**/*", "*"], &[]), Verdict::None);
        assert_eq!(matches::<&str>(&[], &paths(&["a"])), Verdict::None);
        assert_eq!(policy::<&str>(&[], &paths(&["a"])), Verdict::None);
        assert!(!Verdict::None.holds() && Verdict::TooMuch.holds());
    }

    #[test]
    fn too_many_comparisons_hold() {
        let many = vec!["a".to_owned(); MOST_COMPARISONS / 2];
        assert_eq!(matches(&["b", "c"], &many), Verdict::None);
        assert_eq!(matches(&["b", "c", "b"], &many), Verdict::None, "the same pattern counts once");
        assert_eq!(matches(&["b", "c", "d"], &many), Verdict::TooMuch);
        assert_eq!(policy(&["b", "c", "d"], &many), Verdict::None, "without a limit");
    }

    #[test]
    fn regular_expressions_are_searched_for() {
        let changed = paths(&["README.md", "docs/a.md"]);
        assert_eq!(regexp(&ruby("^docs/").expect("valid"), &changed), Verdict::Match { pattern: 0, path: 1 });
        assert_eq!(regexp(&ruby(r"\.rs$").expect("valid"), &changed), Verdict::None);
        let many = vec!["a".to_owned(); MOST_COMPARISONS + 1];
        assert_eq!(regexp(&ruby("b").expect("valid"), &many), Verdict::TooMuch);
    }

    #[test]
    fn patterns_and_paths_made_to_be_slow_hold_once_the_budget_is_spent() {
        let pattern = "**/a/".repeat(200) + "[b]";
        let deep = "a/".repeat(2_000) + "x";
        let verdict = |steps| {
            let paths = std::iter::repeat_n((0, deep.as_str()), 1_000);
            first_within([(0, pattern.as_str())].into_iter(), paths, &mut Budget::new(steps))
        };
        assert_eq!(verdict(100_000), Verdict::TooMuch);
        assert!(matches!(
            first_within([(0, "*")].into_iter(), [(0, "a")].into_iter(), &mut Budget::new(100)),
            Verdict::Match { .. }
        ));
    }
}
