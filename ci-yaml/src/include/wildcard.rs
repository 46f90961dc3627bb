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

/// Compiles a wildcard; nothing where it is too long.
pub(super) fn compile(pattern: &str) -> Option<Regex> {
    if pattern.len() > LONGEST {
        return None;
    }
    let escaped =
        regex::escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*\*", ".*").replace(r"\*", "[^/]*");
    RegexBuilder::new(&format!("^{escaped}$")).size_limit(8 * 1024 * 1024).build().ok()
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
        let pattern = compile(pattern).unwrap();
        PATHS.iter().copied().filter(|path| pattern.is_match(path)).collect()
    }

    #[test]
    fn stars_match_as_gitlab_has_it() {
        assert_eq!(matched("ci/*.yml"), ["ci/.yml", "ci/a.yml"]);
        assert_eq!(matched("ci/**.yml"), ["ci/.yml", "ci/a.yml", "ci/sub/d.yml", "ci/sub/deep/e.yml"]);
        assert_eq!(matched("ci/**/*.yml"), ["ci/.yml", "ci/a.yml", "ci/sub/d.yml", "ci/sub/deep/e.yml"]);
        assert_eq!(matched("ci/*/*.yml"), ["ci/sub/d.yml"]);
        assert_eq!(matched("**/d.yml"), ["ci/sub/d.yml"]);
        assert_eq!(matched("*.yml"), ["a.yml", "x[1].yml"]);
        assert_eq!(matched("x[1]*"), ["x[1].yml"]);
    }

    #[test]
    fn a_pattern_of_stars_is_fast() {
        let pattern = "*a".repeat(2000);
        assert!(compile(&pattern).is_none_or(|pattern| !pattern.is_match(&"a".repeat(1999))));
        assert!(compile(&"*".repeat(LONGEST + 1)).is_none());
    }
}
