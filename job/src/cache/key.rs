//! Cache keys, and the file names made of them.

use crate::variables::go::quote;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;

/// A key as it is used for paths and as it is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct CacheKey {
    /// Shown in the trace.
    pub(super) shown: String,
    /// Relative path below the project's cache folder; no component leaves it.
    pub(super) path: String,
}

/// A key, and what the user should know about how it came to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Resolved {
    /// Nothing where no usable key was left.
    pub(super) key: Option<CacheKey>,
    /// A warning to show.
    pub(super) warning: Option<String>,
}

/// Makes a usable key of an expanded one (gitlab-runner's `cache/cachekey`).
pub(super) fn resolve(raw: &str, hashed: bool) -> Resolved {
    if hashed {
        let key = (!raw.is_empty()).then(|| CacheKey { shown: raw.to_owned(), path: hex_digest(raw) });
        return Resolved { key, warning: None };
    }
    let clean = sanitize(raw);
    if clean.is_empty() {
        let warning = (!raw.is_empty()).then(|| format!("cache key {} could not be sanitized", quote(raw)));
        return Resolved { key: None, warning };
    }
    let warning = (clean != raw).then(|| format!("cache key {} sanitized to {}", quote(raw), quote(&clean)));
    Resolved { key: Some(CacheKey { shown: clean.clone(), path: clean }), warning }
}

/// The key of an entry that has none: job name and ref.
pub(super) fn default_key(job: &str, reference: &str) -> String {
    let joined = format!("{job}/{reference}");
    let rooted = resolve_dots(&joined);
    if joined.starts_with('/') { format!("/{rooted}") } else { rooted }
}

/// Lower-case SHA-256 of a key, for `FF_HASH_CACHE_KEYS`.
fn hex_digest(raw: &str) -> String {
    Sha256::digest(raw.as_bytes()).iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a String cannot fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

/// Decodes what stands for `/` and `.`, resolves dots below a root that cannot be left, and takes blanks and
/// empty segments from the end. What that uncovers (`.. ` becomes `..`) is resolved in turn.
fn sanitize(raw: &str) -> String {
    let mut text = raw.replace('\\', "/");
    for (code, plain) in [("%2f", "/"), ("%2F", "/"), ("%2e", "."), ("%2E", ".")] {
        text = text.replace(code, plain);
    }
    // A NUL cannot be part of any file name.
    if text.contains('\0') {
        return String::new();
    }
    loop {
        let resolved = resolve_dots(&text);
        let trimmed = trim(&resolved);
        if trimmed.len() == resolved.len() {
            return resolved;
        }
        text = trimmed.to_owned();
    }
}

/// Without blanks and slashes at the end.
fn trim(text: &str) -> &str {
    text.trim_end_matches(|c: char| c == '/' || c.is_whitespace())
}

/// Resolves `.`, `..` and doubled slashes against a root; the result has no slash at its ends.
fn resolve_dots(text: &str) -> String {
    let mut segments: Vec<&str> = Vec::new();
    for segment in text.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                segments.pop();
            }
            _ => segments.push(segment),
        }
    }
    segments.join("/")
}

/// Whether `CACHE_FALLBACK_KEY` may be used. Keys of protected refs end in `-protected`; a job variable must
/// not reach them.
pub(super) fn fallback_allowed(key: &str) -> bool {
    !key.trim_end_matches(['.', ' ']).ends_with("-protected")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn keys_are_made_safe() {
        for (raw, clean) in [
            ("foo/../bar ", "bar"),
            ("../../x", "x"),
            ("...", "..."),
            (" a / b ", " a / b"),
            ("a/b", "a/b"),
            ("trail. ", "trail."),
            ("%2Fenc", "enc"),
            ("back\\slash", "back/slash"),
            ("%2e%2e/up", "up"),
            ("a/ / ", "a"),
            ("%5c", "%5c"),
            ("a/b/.. ", "a"),
            ("a/. / ", "a"),
            ("x/.. /.. ", "x"),
        ] {
            let resolved = resolve(raw, false);
            assert_eq!(resolved.key.map(|k| k.path).as_deref(), Some(clean), "{raw:?}");
            assert_eq!(resolved.warning.is_some(), raw != clean, "{raw:?}");
        }
        for raw in ["..", ".", "/", " ", ".. ", ". ", "a/.. ", ".. / ", "x\0"] {
            let resolved = resolve(raw, false);
            assert_eq!(resolved.key, None, "{raw:?}");
            assert_eq!(resolved.warning, Some(format!("cache key {} could not be sanitized", quote(raw))));
        }
        assert_eq!(resolve("", false), Resolved { key: None, warning: None });
    }

    #[test]
    fn a_backslash_prints_twice() {
        let warning = resolve("back\\slash", false).warning.unwrap();
        assert_eq!(warning, r#"cache key "back\\slash" sanitized to "back/slash""#);
    }

    #[test]
    fn hashed_keys_show_the_key_and_use_the_hash() {
        let key = resolve("../up", true).key.unwrap();
        assert_eq!(key.shown, "../up");
        assert_eq!(key.path.len(), 64);
    }

    #[test]
    fn the_default_key_is_job_and_ref() {
        assert_eq!(default_key("key2", "main"), "key2/main");
        assert_eq!(default_key("a", "../b"), "b");
    }

    #[test]
    fn protected_keys_are_out_of_reach() {
        assert!(!fallback_allowed("c1-protected"));
        assert!(!fallback_allowed("c1-protected. ."));
        assert!(fallback_allowed("c1"));
    }

    proptest! {
        #[test]
        fn no_key_leaves_its_folder(raw in "[a./\\\\ %2eEfF\u{0}\t]{0,24}") {
            if let Some(key) = resolve(&raw, false).key {
                prop_assert!(!key.path.starts_with('/'));
                prop_assert!(key.path.split('/').all(|s| !s.is_empty() && s != ".." && s != "."));
                prop_assert!(!key.path.contains('\0'));
            }
        }
    }
}
