//! Wildcards of `include:local`, which are another dialect than those of `rules:changes`
//! (`Repository#search_files_by_wildcard_path`): `*` stands for a run without slashes, `**` for any run, `**/` for any
//! directories or none; nothing else is special.

use regex::{Regex, RegexBuilder};

/// Longer patterns are not compiled: no path is as long.
const LONGEST: usize = 16 * 1024;

/// Whether a path is a wildcard.
pub(super) fn is_wildcard(path: &str) -> bool {
    path.contains('*')
}

/// How much matching all wildcards of a configuration may cause, in bytes of paths; a second or less.
pub(super) const STEPS: usize = 100_000_000;

/// A wildcard that was read.
pub(super) struct Wildcard<'p> {
    /// What is before its first star and behind its last, which most paths have not.
    start: &'p str,
    end: &'p str,
    regex: Regex,
}

impl<'p> Wildcard<'p> {
    /// Reads a wildcard; nothing where it is too long.
    pub(super) fn new(pattern: &'p str) -> Option<Self> {
        if pattern.len() > LONGEST {
            return None;
        }
        let escaped = regex::escape(pattern)
            .replace(r"\*\*/", "(?:.*/)?")
            .replace(r"\*\*", ".*")
            .replace(r"\*", "[^/]*");
        let regex = RegexBuilder::new(&format!("^{escaped}$")).size_limit(8 * 1024 * 1024).build().ok()?;
        let start = pattern.split('*').next().unwrap_or_default();
        // `**/` may stand for nothing, so that its slash need not be there.
        let end = pattern.rsplit('*').next().unwrap_or_default().trim_start_matches('/');
        Some(Self { start, end, regex })
    }

    /// Whether it matches a path; nothing where there are not as many steps left as that takes.
    pub(super) fn matches(&self, path: &str, left: &mut usize) -> Option<bool> {
        let may_match = path.starts_with(self.start) && path.ends_with(self.end);
        *left = left.checked_sub(if may_match { path.len() } else { 1 })?;
        Some(may_match && self.regex.is_match(path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matched(pattern: &str) -> Vec<&'static str> {
        const PATHS: &[&str] = &[
            "a.yml",
            "ci/.yml",
            "ci/a.yml",
            "ci/b.yaml",
            "ci/sub/d.yml",
            "ci/sub/deep/e.yml",
            "cii/f.yml",
            "x[1].yml",
        ];
        let pattern = Wildcard::new(pattern).unwrap();
        PATHS.iter().copied().filter(|path| pattern.matches(path, &mut 1000).unwrap()).collect()
    }

    #[test]
    fn stars_match_as_gitlab_has_it() {
        assert_eq!(matched("ci/*.yml"), ["ci/.yml", "ci/a.yml"]);
        assert_eq!(matched("ci/**.yml"), ["ci/.yml", "ci/a.yml", "ci/sub/d.yml", "ci/sub/deep/e.yml"]);
        assert_eq!(matched("ci/**/*.yml"), ["ci/.yml", "ci/a.yml", "ci/sub/d.yml", "ci/sub/deep/e.yml"]);
        assert_eq!(matched("ci/*/*.yml"), ["ci/sub/d.yml"]);
        assert_eq!(matched("**/d.yml"), ["ci/sub/d.yml"]);
        assert_eq!(matched("**/a.yml"), ["a.yml", "ci/a.yml"]);
        assert_eq!(matched("ci*ci"), [""; 0]);
        assert_eq!(matched("*.yml"), ["a.yml", "x[1].yml"]);
        assert_eq!(matched("x[1]*"), ["x[1].yml"]);
    }

    #[test]
    fn what_costs_much_is_not_done() {
        let pattern = "*a".repeat(2000);
        let path = "a".repeat(1999);
        assert!(
            Wildcard::new(&pattern).is_none_or(|pattern| pattern.matches(&path, &mut 2000) == Some(false))
        );
        assert!(Wildcard::new(&"*".repeat(LONGEST + 1)).is_none());
        let pattern = Wildcard::new("a*").unwrap();
        let mut left = 8;
        assert_eq!(pattern.matches("b/c/d/e/f", &mut left), Some(false));
        assert_eq!(pattern.matches("abcd", &mut left), Some(true));
        assert_eq!(left, 3);
        assert_eq!(pattern.matches("abcd", &mut left), None);
    }
}
