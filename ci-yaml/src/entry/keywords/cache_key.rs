//! `cache:key`.

use super::attribute::Attribute;
use super::convert::{length, text_of};
use super::keys;
use crate::Node;
use crate::config::CacheKey;
use crate::entry::Report;
use std::sync::Arc;

const KEYS: [&str; 3] = ["files", "files_commits", "prefix"];
/// So many files a key may be made of.
const MOST_FILES: usize = 2;

/// The key of a cache (`Entry::Key`).
pub(super) fn cache_key(value: &Node, parent: &mut Report<'_>) -> Option<CacheKey> {
    let mut report = parent.within("key");
    let before = report.count();
    let key = if value.as_map().is_some() {
        computed(value, &mut report)
    } else if value.as_str().is_some() {
        name(value, &mut report).map(CacheKey::Text)
    } else {
        let found = report.error_as_is(value.span, "wrong-type", "should be a hash, a string or a symbol");
        found.note = Some(format!("this is {}", super::convert::kind(value)));
        if value.to_text().is_some() {
            found.help.push("Put it into quotes to make it text.".into());
        }
        None
    };
    key.filter(|_| report.count() == before)
}

fn computed(value: &Node, report: &mut Report<'_>) -> Option<CacheKey> {
    let before = report.count();
    keys::known(value, &KEYS, report);
    keys::exactly_one(value, &["files", "files_commits"], report);
    let child = |name| Attribute::of(value, name).given();
    let key = super::below(before, report, |report| CacheKey::Files {
        files: child("files").and_then(|paths| files(paths, &mut report.within("files"))),
        files_commits: child("files_commits")
            .and_then(|paths| files(paths, &mut report.within("files_commits"))),
        prefix: child("prefix").and_then(|text| name(text, &mut report.within("prefix"))),
    });
    Some(key)
}

/// Paths without slashes in front (`Entry::Files`).
fn files(value: &Node, report: &mut Report<'_>) -> Option<Vec<Arc<str>>> {
    let config = Attribute::config(value);
    let paths = config.strings(report);
    if length(value) < 1 {
        config.fail(report, "missing-value", "requires at least 1 item");
    }
    config.at_most(MOST_FILES, &format!("has too many items (maximum is {MOST_FILES})"), report);
    Some(paths?.iter().map(|path| path.trim_start_matches('/').into()).collect())
}

/// A text that may be part of a path's name (`KeyValidator`).
fn name(value: &Node, report: &mut Report<'_>) -> Option<Arc<str>> {
    let config = Attribute::config(value);
    let Some(text) = value.as_text() else {
        config.wrong(report, "should be a string or symbol");
        return None;
    };
    let plain = unescaped(&text_of(value));
    if plain.contains('/') {
        let found = config.fail(report, "unknown-value", "cannot contain the \"/\" character");
        if let Some(variable) = slug(&plain) {
            found.help.push(format!("`{variable}` is the same without slashes."));
        }
    } else if plain == "." || plain == ".." {
        config.fail(report, "unknown-value", "cannot be \".\" or \"..\"");
    }
    Some(text.clone())
}

/// Which variable to take where one with a slash after it was joined with others.
fn slug(text: &str) -> Option<&'static str> {
    ["CI_COMMIT_REF_NAME", "CI_BUILD_REF_NAME", "CI_COMMIT_BRANCH"]
        .iter()
        .any(|name| text.contains(name))
        .then_some("$CI_COMMIT_REF_SLUG")
}

/// As a URL's form data is decoded.
fn unescaped(text: &str) -> String {
    text.replace("%2F", "/").replace("%2f", "/").replace("%2E", ".").replace("%2e", ".")
}
