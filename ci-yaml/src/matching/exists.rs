//! `exists`: whether a tree has a path that is one of those named (`build/rules/rule/clause/exists.rb`).

use super::changes::{self, MOST_COMPARISONS, MOST_STEPS, Verdict};
use super::glob::Budget;
use std::collections::HashMap;

/// How a pattern is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind<'p> {
    /// Nothing in it has a meaning: the path of a file.
    Exact,
    /// The same with a slash at its end: any file below.
    Directory,
    /// `**/*` and an ending.
    Ending(&'p str),
    Glob,
}

fn kind(pattern: &str) -> Kind<'_> {
    let plain = |text: &str| !text.contains(['*', '?', '[', '{']);
    if plain(pattern) {
        return if pattern.ends_with('/') { Kind::Directory } else { Kind::Exact };
    }
    match pattern.strip_prefix("**/*") {
        Some(ending) if ending.starts_with('.') && !ending.contains('/') && plain(ending) => {
            Kind::Ending(ending)
        }
        _ => Kind::Glob,
    }
}

/// `rules:exists` of paths. The patterns are expanded already; the tree's paths are sorted by their bytes.
pub fn matches<P: AsRef<str>>(patterns: &[P], tree: &[String]) -> Verdict {
    matches_within(patterns, tree, &mut Budget::new(MOST_STEPS))
}

/// The same, as long as the budget lasts.
pub fn matches_within<P: AsRef<str>>(patterns: &[P], tree: &[String], budget: &mut Budget) -> Verdict {
    let kinds: Vec<_> =
        patterns.iter().map(|pattern| (pattern.as_ref(), kind(pattern.as_ref()))).enumerate().collect();
    let named = kinds.iter().find_map(|(pattern, (text, kind))| {
        let path = match kind {
            Kind::Exact => tree.binary_search_by(|path| path.as_str().cmp(text)).ok()?,
            Kind::Directory => {
                let path = tree.partition_point(|path| path.as_str() < *text);
                tree.get(path).filter(|path| path.starts_with(text)).map(|_| path)?
            }
            Kind::Ending(_) | Kind::Glob => return None,
        };
        Some(Verdict::Match { pattern: *pattern, path })
    });
    named.or_else(|| ending(&kinds, tree)).unwrap_or_else(|| globs(&kinds, tree, budget))
}

type Kinds<'p> = [(usize, (&'p str, Kind<'p>))];

fn ending(kinds: &Kinds<'_>, tree: &[String]) -> Option<Verdict> {
    let mut endings: HashMap<&str, usize> = HashMap::new();
    for (pattern, (_, kind)) in kinds {
        if let Kind::Ending(ending) = kind {
            endings.entry(ending).or_insert(*pattern);
        }
    }
    if endings.is_empty() {
        return None;
    }
    // An ending begins with a dot and has no slash.
    tree.iter().enumerate().find_map(|(path, text)| {
        let name = memchr::memrchr(b'/', text.as_bytes()).map_or(0, |slash| slash + 1);
        let dots = memchr::memrchr_iter(b'.', text.as_bytes()).take_while(|dot| *dot >= name);
        let pattern = dots.filter_map(|dot| endings.get(text.get(dot..)?)).min()?;
        Some(Verdict::Match { pattern: *pattern, path })
    })
}

/// What remains is compared one by one, with files of the root alone where no pattern reaches further.
fn globs(kinds: &Kinds<'_>, tree: &[String], budget: &mut Budget) -> Verdict {
    let globs = || {
        kinds.iter().filter(|(_, (_, kind))| *kind == Kind::Glob).map(|(index, (text, _))| (*index, *text))
    };
    let root_only = !globs().any(|(_, text)| text.contains('/') || text.contains("**"));
    let paths =
        || tree.iter().map(String::as_str).enumerate().filter(|(_, path)| !root_only || !path.contains('/'));
    let patterns = globs().count();
    if patterns == 0 {
        return Verdict::None;
    }
    if patterns.saturating_mul(paths().take(MOST_COMPARISONS + 1).count()) > MOST_COMPARISONS {
        return Verdict::TooMuch;
    }
    changes::first_within(globs(), paths(), budget)
}

#[cfg(test)]
mod tests {
    use super::{MOST_COMPARISONS, Verdict, matches};

    fn tree(paths: &[&str]) -> Vec<String> {
        let mut tree: Vec<_> = paths.iter().map(|path| (*path).to_owned()).collect();
        tree.sort();
        tree
    }

    #[test]
    fn one_pattern() {
        let tree = tree(&[
            ".gitlab-ci.yml",
            "Dockerfile",
            "charts/app/values.yaml",
            "dir/f.md",
            "dir-x",
            "dira",
            "a*b",
        ]);
        for (pattern, path) in [
            ("Dockerfile", Some("Dockerfile")),
            ("dir", None),
            ("dir/", Some("dir/f.md")),
            ("di/", None),
            ("dira/", None),
            ("./Dockerfile", None),
            ("/Dockerfile", None),
            ("**/*.md", Some("dir/f.md")),
            ("**/*.yaml", Some("charts/app/values.yaml")),
            ("**/*.yml", Some(".gitlab-ci.yml")),
            ("*.md", None),
            ("*.yml", Some(".gitlab-ci.yml")),
            ("dir/*.md", Some("dir/f.md")),
            ("dir/**", Some("dir/f.md")),
            ("charts/**/*.yaml", Some("charts/app/values.yaml")),
            ("**/*.m[d]", Some("dir/f.md")),
            (r"a\*b", Some("a*b")),
            ("$NOPE/app/values.yaml", None),
            ("", None),
        ] {
            let found = match matches(&[pattern], &tree) {
                Verdict::Match { pattern: 0, path } => Some(tree[path].as_str()),
                Verdict::None => None,
                other => panic!("{other:?}"),
            };
            assert_eq!(found, path, "{pattern}");
        }
        assert_eq!(matches::<&str>(&[], &tree), Verdict::None);
        assert_eq!(matches(&["a"], &[]), Verdict::None);
        assert_eq!(matches(&["nope", "no/", "**/*.md", "*"], &tree), Verdict::Match { pattern: 2, path: 5 });
    }

    #[test]
    fn only_globs_count_towards_the_limit() {
        let mut tree: Vec<_> = (0..=MOST_COMPARISONS).map(|index| format!("d/{index:06}")).collect();
        tree.push("root".to_owned());
        assert_eq!(matches(&["d/x", "e/", "**/*.md"], &tree), Verdict::None);
        assert_eq!(matches(&["*x"], &tree), Verdict::None, "of the root only");
        assert_eq!(matches(&["**x"], &tree), Verdict::TooMuch);
        assert_eq!(matches(&["d/x*"], &tree), Verdict::TooMuch);
        assert_eq!(matches(&["*x", "**/*x"], &tree), Verdict::TooMuch);
        assert_eq!(matches(&["*x", "d/000000"], &tree), Verdict::Match { pattern: 1, path: 0 });
    }
}
