//! `trigger:include`: what a child pipeline is made of.

use super::attribute::Attribute;
use super::convert::{flatten, json};
use super::keys;
use super::rules::nested_include_rules;
use crate::config::TriggerInclude;
use crate::entry::Report;
use crate::{Node, Span};
use base64::Engine;
use indexmap::IndexMap;
use serde_json::Value as Json;

const KEYS: [&str; 13] = [
    "local",
    "file",
    "remote",
    "project",
    "ref",
    "integrity",
    "template",
    "artifact",
    "inputs",
    "job",
    "rules",
    "component",
    "cache",
];
/// So many files a child pipeline may be made of.
const MOST: usize = 3;

/// The list, or the one file (`Entry::Includes`).
pub(super) fn includes(value: &Node, parent: &mut Report<'_>) -> Vec<TriggerInclude> {
    let mut report = parent.within("include");
    let before = report.count();
    let config = Attribute::config(value);
    if value.as_seq().is_none() && value.as_str().is_none() {
        let found = config.wrong(&mut report, "should be an array or a string");
        if value.as_map().is_some() {
            found.help.push("Put a dash before its first key, to make it a list of one map.".into());
        }
        return Vec::new();
    }
    if value.as_seq().is_some_and(|items| items.len() > MOST) {
        config.fail(&mut report, "too-many", format!("is too long (maximum is {MOST})"));
    }
    let Some(items) = flatten(value) else { return Vec::new() };
    super::below(before, &mut report, |report| {
        let given = items.into_iter().filter(|item| !item.is_null());
        given.filter_map(|item| include(item, report)).collect()
    })
}

/// One file (`Entry::Include`).
fn include(value: &Node, parent: &mut Report<'_>) -> Option<TriggerInclude> {
    let mut report = parent.within("include");
    let before = report.count();
    if let Some(text) = value.as_str() {
        let remote = ["http://", "https://"].iter().any(|scheme| text.starts_with(scheme));
        let kind = if remote { "remote" } else { "local" };
        return Some(TriggerInclude(IndexMap::from([(kind.into(), Json::from(text))])));
    }
    if value.as_map().is_none() {
        Attribute::config(value).wrong(&mut report, "should be a hash or a string");
        return None;
    }
    source(value, &mut report);
    keys::known(value, &KEYS, &mut report);
    if has(value, "artifact") && blank(value, "job") {
        fail(
            &mut report,
            value.span,
            "missing-keyword",
            "must specify the job where to fetch the artifact from",
        );
    }
    let rules = Attribute::of(value, "rules");
    let maps =
        |value: &Node| value.as_seq().is_some_and(|items| items.iter().all(|item| item.as_map().is_some()));
    if rules.given().is_some_and(|value| !maps(value)) {
        rules.wrong(&mut report, "should be an array of hashes");
    }
    if let Some(found) = rules.given().filter(|value| maps(value)) {
        super::below(before, &mut report, |report| drop(nested_include_rules(found, report)));
    }
    let written = value.as_map()?.iter().map(|(key, entry)| (key.to_string().into(), json(&entry.value)));
    (report.count() == before).then(|| TriggerInclude(written.collect()))
}

/// What `project` and `integrity` ask for.
fn source(value: &Node, report: &mut Report<'_>) {
    if has(value, "project") && blank(value, "file") {
        fail(report, value.span, "missing-keyword", "must specify the file where to fetch the config from");
    }
    let Some(integrity) = value.get("integrity").filter(|_| has(value, "integrity")) else { return };
    if blank(value, "remote") {
        fail(
            report,
            integrity.span,
            "exclusive-keywords",
            "integrity can only be specified for remote includes",
        );
    }
    match integrity.as_str().and_then(|text| text.strip_prefix("sha256-")) {
        None => fail(report, integrity.span, "unknown-value", "integrity hash must start with 'sha256-'"),
        Some(hash) if base64::engine::general_purpose::STANDARD.decode(hash).is_err() => {
            fail(report, integrity.span, "unknown-value", "integrity hash must be base64 encoded");
        }
        Some(_) => {}
    }
}

fn fail(report: &mut Report<'_>, span: Span, rule: &'static str, text: &str) {
    report.error(span, rule, format!("config {text}"));
}

/// Whether Ruby takes the value for true.
fn has(value: &Node, key: &str) -> bool {
    value.get(key).is_some_and(|value| !value.is_null() && value.as_bool() != Some(false))
}

fn blank(value: &Node, key: &str) -> bool {
    value.get(key).is_none_or(Node::is_blank)
}
