//! Variables whose values are plain: those of rules and of services.

use super::attribute::Attribute;
use crate::config::RuleVariables;
use crate::entry::Report;
use crate::{Entry, Key, Node, Spanned, Value};
use std::sync::Arc;

/// Variables without the map form (`Entry::Variables` without `allowed_value_data`).
pub(crate) fn plain_variables(value: &Node, parent: &mut Report<'_>) -> Option<RuleVariables> {
    let mut report = parent.within("variables");
    let before = report.count();
    let map = Attribute::config(value).map(&mut report)?;
    let mut found = RuleVariables::with_capacity(map.len());
    for (key, entry) in map.iter() {
        if let Some(text) = plain(key, entry, &mut report) {
            found.insert(key.to_string().into(), Spanned::new(text, entry.value.span));
        }
    }
    (report.count() == before).then_some(found)
}

fn plain(key: &Key, entry: &Entry, parent: &mut Report<'_>) -> Option<Arc<str>> {
    let value = &entry.value;
    if let Value::Seq(_) | Value::Reference(_) = value.value {
        let text = "variable definition must be either a string or a hash";
        parent.rooted("").error_as_is(value.span, "wrong-type", text).note = Some("this is a list".into());
        return None;
    }
    let mut report = parent.within(&key.to_string());
    if !matches!(key, Key::Str(_) | Key::Int(_)) {
        let found = report.error(entry.key_span, "invalid-name", "key must be an alphanumeric string");
        found.help.push("Put the variable's name into quotes.".into());
    }
    let text = value.to_text().filter(|_| !value.is_null());
    if text.is_none() {
        parts(value, &mut report);
        Attribute::config(value).wrong(&mut report, "must be a string");
        if let Some(found) = report.last() {
            found.help.push("Only variables of a job or of the top level have the form with `value`.".into());
        }
    }
    text
}

/// The parts of a map form, which are looked at before it is refused as a whole.
fn parts(value: &Node, report: &mut Report<'_>) {
    let part = |key: &'static str| Attribute::of(value, key).given();
    if let Some(inner) = part("value").filter(|inner| inner.to_text().is_none()) {
        Attribute::named("config_value", inner).wrong(report, "must be a scalar");
    }
    let alphanumeric = |inner: &&Node| inner.as_str().is_none() && inner.as_int().is_none();
    if let Some(inner) = part("description").filter(alphanumeric) {
        Attribute::named("config_description", inner).wrong(report, "must be an alphanumeric string");
    }
    Attribute::of(value, "expand").called("config_expand").boolean(report);
    Attribute::of(value, "options").called("config_options").strings(report);
}
