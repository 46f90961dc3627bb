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
    regexp_within(regex, paths, &mut Budget::new(u64::MAX))
}

/// The same, as long as the budget lasts. An expression that is too large to be searched for takes all of it.
pub fn regexp_within(regex: &Regex, paths: &[String], budget: &mut Budget) -> Verdict {
    if paths.len() > MOST_COMPARISONS {
        return Verdict::TooMuch;
    }
    for (path, text) in paths.iter().enumerate() {
        // Its steps are shorter than those of globs, and fewer than at worst.
        let steps = usize::try_from(regex.work(text) / 16).unwrap_or(usize::MAX).saturating_add(4);
        if !budget.spend(steps) {
            return Verdict::TooMuch;
        }
        match regex.search(text) {
            Ok(true) => return Verdict::Match { pattern: 0, path },
            Ok(false) => {}
            Err(_) => {
                *budget = Budget::new(0);
                return Verdict::TooMuch;
            }
        }
    }
    Verdict::None
}

/// How many patterns are compared with all paths before the next ones are read: so many stay in the processor's cache,
/// and many times as many take many times as long each.
const AT_ONCE: usize = 64;

/// The first path that any pattern matches, and the first pattern that does.
pub(super) fn first_within<'a>(
    mut patterns: impl Iterator<Item = (usize, &'a str)>,
    paths: impl Iterator<Item = (usize, &'a str)> + Clone,
    budget: &mut Budget,
) -> Verdict {
    let mut best: Option<(usize, usize)> = None;
    loop {
        let read = |(index, pattern): (usize, &str)| (index, Glob::new_within(pattern, budget));
        let globs: Vec<(usize, Glob)> = patterns.by_ref().take(AT_ONCE).map(read).collect();
        if globs.is_empty() {
            return best.map_or(Verdict::None, |(path, pattern)| Verdict::Match { pattern, path });
        }
        let before = best.map_or(usize::MAX, |(path, _)| path);
        for (path, text) in paths.clone().take_while(|(path, _)| *path < before) {
            if let Some((pattern, _)) = globs.iter().find(|(_, glob)| glob.matches_within(text, budget)) {
                best = Some((path, *pattern));
                break;
            }
            if budget.is_spent() {
                return Verdict::TooMuch;
            }
        }
    }
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
    fn the_first_path_decides_among_many_patterns() {
        let paths = paths(&["a", "b", "c"]);
        let patterns: Vec<_> = (0..200).map(|index| if index == 150 { "b" } else { "x" }).collect();
        let with = |at: usize, pattern| {
            let mut patterns = patterns.clone();
            patterns[at] = pattern;
            policy(&patterns, &paths)
        };
        assert_eq!(with(0, "x"), Verdict::Match { pattern: 150, path: 1 });
        assert_eq!(with(3, "c"), Verdict::Match { pattern: 150, path: 1 });
        assert_eq!(with(3, "*"), Verdict::Match { pattern: 3, path: 0 });
        assert_eq!(with(199, "a"), Verdict::Match { pattern: 199, path: 0 });
        assert_eq!(with(199, "b"), Verdict::Match { pattern: 150, path: 1 });
        assert_eq!(with(150, "x"), Verdict::None);
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
            first_within([(0, "*")].into_iter(), [(0, "a")].into_iter(), &mut Budget::new(1_000)),
            Verdict::Match { .. }
        ));
    }
}
