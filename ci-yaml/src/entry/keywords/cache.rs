//! `cache`.

use super::attribute::Attribute;
use super::cache_key::cache_key;
use super::convert::flatten;
use super::keys;
use crate::config::{Cache, CacheKey};
use crate::entry::Report;
use crate::{Node, Value};
use std::sync::Arc;

const KEYS: [&str; 7] = ["key", "untracked", "paths", "when", "policy", "unprotect", "fallback_keys"];
const POLICIES: [&str; 3] = ["pull-push", "push", "pull"];
const WHEN: [&str; 3] = ["on_success", "on_failure", "always"];
const IN_WHEN: &str = "should be one of: on_success, on_failure, always";
/// So many caches a job may have.
const MOST: usize = 4;
/// So many keys may be tried after the first.
const MOST_FALLBACKS: usize = 5;
/// GitLab's spelling.
const TOO_MANY_FALLBACKS: &str = "has to many entries (maximum 5)";

/// One cache or several (`Entry::Caches`, whose messages have a path of their own).
pub(crate) fn cache(value: &Node, parent: &mut Report<'_>) -> Option<Vec<Cache>> {
    let before = parent.count();
    shape(value, &mut parent.within("caches"));
    if parent.count() > before {
        return None;
    }
    let items = flatten(value)?;
    let caches: Vec<Cache> =
        items.into_iter().filter(|item| !item.is_null()).filter_map(|item| one(item, parent)).collect();
    (parent.count() == before).then_some(caches)
}

fn shape(value: &Node, report: &mut Report<'_>) {
    let config = Attribute::config(value);
    match &value.value {
        Value::Map(_) => {}
        Value::Seq(items) if items.len() > MOST => {
            let text = format!("no more than {MOST} caches can be created");
            config.fail(report, "too-many", text).span = items.get(MOST).map(|item| item.span);
        }
        Value::Seq(_) if flatten(value).is_some() => {}
        _ => {
            config.wrong(report, "can only be a Hash or an Array");
        }
    }
}

/// One of them (`Entry::Cache`), defaults filled in.
fn one(value: &Node, parent: &mut Report<'_>) -> Option<Cache> {
    let mut report = parent.within("cache");
    let before = report.count();
    super::twice_a_map(value, &mut report)?;
    keys::known(value, &KEYS, &mut report);
    let key = |name| Attribute::of(value, name);
    let policy = policy(key("policy"), &mut report);
    let when = key("when").one_of(&WHEN, IN_WHEN, &mut report);
    key("fallback_keys").at_most(MOST_FALLBACKS, TOO_MANY_FALLBACKS, &mut report);
    let found = super::below(before, &mut report, |report| Cache {
        key: key("key")
            .given()
            .and_then(|key| cache_key(key, report))
            .unwrap_or(CacheKey::Text("default".into())),
        unprotect: child(value, "unprotect", report, Attribute::boolean).unwrap_or(false),
        untracked: child(value, "untracked", report, Attribute::boolean),
        paths: child(value, "paths", report, Attribute::strings),
        fallback_keys: child(value, "fallback_keys", report, Attribute::strings).unwrap_or_default(),
        policy: policy.unwrap_or_else(|| "pull-push".into()),
        when: when.unwrap_or_else(|| "on_success".into()),
    });
    (report.count() == before).then_some(found)
}

/// A key that is an entry of its own, so that messages have it in their path.
fn child<'n, T>(
    value: &'n Node,
    name: &'n str,
    report: &mut Report<'_>,
    check: impl Fn(Attribute<'n>, &mut Report<'_>) -> Option<T>,
) -> Option<T> {
    let given = Attribute::of(value, name).given()?;
    check(Attribute::config(given), &mut report.within(name))
}

/// `policy`. GitLab searches its pattern anywhere in the text and so lets nonsense pass; that is refused here.
fn policy(attribute: Attribute<'_>, report: &mut Report<'_>) -> Option<Arc<str>> {
    let value = attribute.given().filter(|value| !value.is_blank())?;
    let policy = attribute.string(report);
    let text = super::convert::text_of(value);
    if !POLICIES.contains(&&*text) && !has_variable(&text) {
        let message = "should be a variable or one of: pull-push, push, pull";
        let found = attribute.fail(report, "unknown-value", message);
        found.from_gitlab = !POLICIES.iter().any(|policy| text.contains(policy)) && !text.contains('$');
        found.note =
            crate::diagnostic::nearest(&text, POLICIES).map(|near| format!("did you mean `{near}`?"));
    }
    policy
}

/// Whether there is a reference to a variable in it.
fn has_variable(text: &str) -> bool {
    let begins = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '{');
    text.match_indices('$')
        .any(|(index, _)| text.get(index + 1..).is_some_and(|rest| rest.starts_with(begins)))
}
