//! `id_tokens`.

use super::attribute::Attribute;
use super::keys;
use crate::config::IdToken;
use crate::entry::Report;
use crate::{Node, Value};
use indexmap::IndexMap;
use std::sync::Arc;

/// Tokens by which a job shows who it is, by the variables they come in.
pub(crate) fn id_tokens(value: &Node, parent: &mut Report<'_>) -> Option<IndexMap<Arc<str>, IdToken>> {
    let mut report = parent.within("id_tokens");
    let before = report.count();
    let map = Attribute::config(value).map(&mut report)?;
    let mut tokens = IndexMap::with_capacity(map.len());
    for (key, entry) in map.iter() {
        if let Some(token) = token(&entry.value, &mut report.within(&key.to_string())) {
            tokens.insert(key.to_string().into(), token);
        }
    }
    (report.count() == before).then_some(tokens)
}

/// One of them (`Entry::IdToken`).
fn token(value: &Node, report: &mut Report<'_>) -> Option<IdToken> {
    keys::required(value, &["aud"], report);
    keys::known(value, &["aud"], report);
    let aud = Attribute::of(value, "aud");
    if aud.given().is_none_or(|value| matches!(value.value, Value::Map(_))) {
        aud.wrong(report, "should be an array of strings or a string");
    } else {
        return aud.strings_or_string(report).map(|aud| IdToken { aud });
    }
    None
}
