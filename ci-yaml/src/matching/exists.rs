//! `exists`: whether a tree has a path that is one of those named (`build/rules/rule/clause/exists.rb`).

use super::changes::{self, MOST_COMPARISONS, Verdict};

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
    named.or_else(|| ending(&kinds, tree)).unwrap_or_else(|| globs(&kinds, tree))
}

type Kinds<'p> = [(usize, (&'p str, Kind<'p>))];

fn ending(kinds: &Kinds<'_>, tree: &[String]) -> Option<Verdict> {
    kinds.iter().find_map(|(pattern, (_, kind))| {
        let Kind::Ending(ending) = kind else { return None };
        let path = tree.iter().position(|path| path.ends_with(ending))?;
        Some(Verdict::Match { pattern: *pattern, path })
    })
}

/// What remains is compared one by one, with files of the root alone where no pattern reaches further.
fn globs(kinds: &Kinds<'_>, tree: &[String]) -> Verdict {
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
    changes::first(globs(), paths())
}
