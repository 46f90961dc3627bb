//! `secrets`, of the paid edition: shapes as its documentation gives them.

use super::attribute::Attribute;
use super::convert::json;
use super::keys;
use crate::Node;
use crate::entry::Report;
use serde_json::Value as Json;

const PROVIDERS: [&str; 6] = [
    "vault",
    "gcp_secret_manager",
    "azure_key_vault",
    "aws_secrets_manager",
    "gitlab_secrets_manager",
    "akeyless",
];
const KEYS: [&str; 8] = [
    "vault",
    "gcp_secret_manager",
    "azure_key_vault",
    "aws_secrets_manager",
    "gitlab_secrets_manager",
    "akeyless",
    "file",
    "token",
];

/// Secrets from elsewhere, by the variables they come in. The messages are modelled on those of other keywords.
pub(crate) fn secrets(value: &Node, parent: &mut Report<'_>) -> Option<Json> {
    let mut report = parent.within("secrets");
    let before = report.count();
    let map = Attribute::config(value).map(&mut report)?;
    for (key, entry) in map.iter() {
        secret(&entry.value, &mut report.within(&key.to_string()));
    }
    (report.count() == before).then(|| json(value))
}

fn secret(value: &Node, report: &mut Report<'_>) {
    let before = report.count();
    if Attribute::config(value).map(report).is_none() {
        if value.is_null() {
            keys::exactly_one(value, &PROVIDERS, report);
        }
        return;
    }
    keys::known(value, &KEYS, report);
    keys::exactly_one(value, &PROVIDERS, report);
    Attribute::of(value, "token").string(report);
    super::below(before, report, |report| {
        if let Some(file) = Attribute::of(value, "file").given() {
            Attribute::config(file).boolean(&mut report.within("file"));
        }
        for name in PROVIDERS {
            if let Some(found) = Attribute::of(value, name).given() {
                provider(name, found, &mut report.within(name));
            }
        }
    });
}

fn provider(name: &str, value: &Node, report: &mut Report<'_>) {
    match name {
        "vault" => vault(value, report),
        "aws_secrets_manager" if value.as_str().is_some() => Attribute::config(value).present(report),
        "aws_secrets_manager" => {
            Attribute::config(value).map(report);
            if value.as_map().is_some() {
                Attribute::of(value, "secret_id").required_string(report);
            }
        }
        "akeyless" => drop(Attribute::config(value).map(report)),
        "gitlab_secrets_manager" => named(value, &["name", "source"], "source", report),
        _ => named(value, &["name", "version"], "version", report),
    }
}

/// A map with a `name` and perhaps another key.
fn named(value: &Node, known: &[&'static str], other: &str, report: &mut Report<'_>) {
    if Attribute::config(value).map(report).is_none() {
        return;
    }
    keys::known(value, known, report);
    Attribute::of(value, "name").required_string(report);
    let other = Attribute::of(value, other);
    if other.given().is_some_and(|value| value.as_int().is_none()) {
        other.string(report);
    }
}

/// `path/field[@engine]`, or a map of these.
fn vault(value: &Node, report: &mut Report<'_>) {
    let config = Attribute::config(value);
    if let Some(text) = value.as_str() {
        let path = text.rsplit_once('@').map_or(text, |(path, _)| path);
        let complete =
            path.rsplit_once('/').is_some_and(|(path, field)| !path.is_empty() && !field.is_empty());
        if !complete {
            let found =
                config.fail(report, "unknown-value", "should be a path and a field, as in `path/field`");
            found.from_gitlab = false;
        }
        return;
    }
    if value.as_map().is_none() {
        config.wrong(report, "should be a hash or a string");
        return;
    }
    keys::known(value, &["engine", "path", "field"], report);
    Attribute::of(value, "path").required_string(report);
    Attribute::of(value, "field").required_string(report);
    let Some(engine) = Attribute::of(value, "engine").given() else { return };
    let mut report = report.within("engine");
    if Attribute::config(engine).map(&mut report).is_some() {
        keys::known(engine, &["name", "path"], &mut report);
        Attribute::of(engine, "name").required_string(&mut report);
        Attribute::of(engine, "path").required_string(&mut report);
    }
}
