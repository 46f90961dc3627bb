//! Keys of caches that depend on files (`Seed::Build::Cache`, `Ci::Build::Cache`).

use super::world::World;
use crate::config::{Cache, CacheKey};
use crate::source::hex;
use crate::{SourceError, Sources, Tree};
use regex::Regex;
use sha1::{Digest, Sha1};
use std::collections::{BTreeSet, HashSet};
use std::sync::Arc;

/// Caches with their keys computed; the second value says which could not be, and why: those stay as configured.
pub(super) fn with_keys(world: &World<'_>, caches: &[Cache]) -> (Vec<Cache>, Vec<SourceError>) {
    let mut failed = Vec::new();
    let caches = caches.iter().enumerate().map(|(index, cache)| match key(world, index, &cache.key) {
        Ok(key) => Cache { key, ..cache.clone() },
        Err(error) => {
            failed.push(error);
            cache.clone()
        }
    });
    (caches.collect(), failed)
}

fn key(world: &World<'_>, index: usize, key: &CacheKey) -> Result<CacheKey, SourceError> {
    let CacheKey::Files { files, files_commits, prefix } = key else { return Ok(key.clone()) };
    let (tree, sources) = (&world.context.tree, world.sources);
    let ids = match (files, files_commits) {
        (Some(files), _) => blobs(sources, tree, files)?,
        (None, Some(files)) => commits(sources, tree, files)?,
        (None, None) => BTreeSet::new(),
    };
    let digest = if ids.is_empty() { "default".to_owned() } else { digest(ids) };
    let prefix = match prefix {
        Some(prefix) => prefix.to_string(),
        None => own_prefix(index, files.as_deref().unwrap_or_default()),
    };
    let text = if prefix.trim().is_empty() { digest } else { format!("{prefix}-{digest}") };
    Ok(CacheKey::Text(text.into()))
}

/// Two caches of one job that depend on the same file are told apart by their place in the list.
fn own_prefix(index: usize, files: &[Arc<str>]) -> String {
    if files.is_empty() {
        return index.to_string();
    }
    let stem = |file: &Arc<str>| file.split('.').next().unwrap_or_default().to_owned();
    format!("{index}_{}", files.iter().map(stem).collect::<Vec<_>>().join("_"))
}

fn digest(ids: BTreeSet<String>) -> String {
    let joined = ids.into_iter().collect::<Vec<_>>().join("-");
    hex(&Sha1::digest(joined.as_bytes()))
}

fn blobs(sources: &dyn Sources, tree: &Tree, files: &[Arc<str>]) -> Result<BTreeSet<String>, SourceError> {
    let mut paths = HashSet::new();
    for file in files.iter().filter(|file| !file.trim().is_empty()) {
        match wildcard(file) {
            None => {
                paths.insert(file.to_string());
            }
            Some(pattern) => {
                let all = sources.paths(tree)?;
                paths.extend(all.iter().filter(|path| pattern.is_match(path)).cloned());
            }
        }
    }
    let ids = paths.iter().map(|path| sources.blob_id(tree, path));
    ids.filter_map(Result::transpose).collect()
}

fn commits(sources: &dyn Sources, tree: &Tree, files: &[Arc<str>]) -> Result<BTreeSet<String>, SourceError> {
    let files = files.iter().filter(|file| !file.trim().is_empty());
    files.map(|file| sources.last_commit(tree, file)).filter_map(Result::transpose).collect()
}

/// `*` in a path, as in `include`: not beyond a slash, unless it is doubled.
fn wildcard(path: &str) -> Option<Regex> {
    if !path.contains('*') {
        return None;
    }
    let pattern = regex::escape(path.trim_start_matches('/'))
        .replace(r"\*\*/", "(?:.*/)?")
        .replace(r"\*\*", ".*")
        .replace(r"\*", "[^/]*");
    Regex::new(&format!(r"\A{pattern}\z")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_tell_caches_apart() {
        assert_eq!(own_prefix(0, &["Gemfile.lock".into()]), "0_Gemfile");
        assert_eq!(own_prefix(1, &["a/b.c.d".into(), "Makefile".into()]), "1_a/b_Makefile");
        assert_eq!(own_prefix(2, &[]), "2");
    }

    #[test]
    fn ids_become_a_digest() {
        // The blob of the text "GEM\n", as GitLab names the cache of it.
        let ids = BTreeSet::from(["9cb56cf66a8e6fb8de1ddb3ff4f10a66b8dca0c1".to_owned()]);
        assert_eq!(digest(ids).len(), 40);
    }

    #[test]
    fn stars_stay_in_their_folder() {
        let matches = |pattern: &str, path: &str| wildcard(pattern).is_some_and(|regex| regex.is_match(path));
        assert!(matches("*.lock", "a.lock"));
        assert!(!matches("*.lock", "b/a.lock"));
        assert!(matches("**/*.lock", "b/c/a.lock"));
        assert!(matches("**/*.lock", "a.lock"));
        assert!(!matches("*.lock", "axlock"));
        assert!(wildcard("a.lock").is_none());
    }
}
