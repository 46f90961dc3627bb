//! `variables`, of the top level and of a job.

use super::Report;
use super::keyword::Keyword;
use super::unknown::{name_known, unknown_keys};
use crate::config::{Variable, Variables};
use crate::{Entry, Key, Map, Node, Value};
use std::sync::Arc;

/// Which keys the map form of a variable may have.
#[derive(Clone, Copy, Debug)]
pub(super) enum Form {
    /// At the top level, where manual runs ask for values.
    Root,
    /// In a job.
    Job,
}

impl Form {
    const fn keys(self) -> &'static [&'static str] {
        match self {
            Self::Root => &["value", "description", "expand", "options"],
            Self::Job => &["value", "expand"],
        }
    }
}

/// All variables of a map (`Entry::Variables`).
pub(super) fn variables(value: &Node, form: Form, parent: &mut Report<'_>) -> Option<Variables> {
    let mut report = parent.within("variables");
    let Some(map) = value.as_map() else {
        let error = report.error(value.span, "wrong-type", "config should be a hash");
        error.help.push("Write `NAME: value`, one on each line.".into());
        return None;
    };
    let mut all = Variables::with_capacity(map.len());
    let mut valid = true;
    for (key, entry) in map.iter() {
        match variable(key, entry, form, &mut report) {
            Some((name, variable)) => drop(all.insert(name, variable)),
            None => valid = false,
        }
    }
    valid.then_some(all)
}

/// One variable (`Entry::Variable`).
fn variable(key: &Key, entry: &Entry, form: Form, parent: &mut Report<'_>) -> Option<(Arc<str>, Variable)> {
    let count = parent.count();
    let found = match &entry.value.value {
        Value::Str(text) => {
            named("simple variable", key, entry, parent);
            plain(text.clone(), entry)
        }
        Value::Int(_) | Value::Float(_) | Value::Bool(_) => {
            named("simple variable", key, entry, parent);
            plain(entry.value.to_text().unwrap_or_default(), entry)
        }
        Value::Null => {
            named("complex variable", key, entry, parent);
            plain("".into(), entry)
        }
        Value::Map(map) => {
            named("complex variable", key, entry, parent);
            with_data(map, key, entry, form, parent)
        }
        Value::Seq(_) | Value::Reference(_) => {
            unknown_shape(key, entry, parent);
            return None;
        }
    };
    let name = match key {
        Key::Str(name) => name.clone(),
        _ => key.to_string().into(),
    };
    (parent.count() == count).then_some((name, found))
}

fn plain(value: Arc<str>, entry: &Entry) -> Variable {
    Variable { value, raw: false, description: None, options: None, span: entry.key_span }
}

/// The name in messages: that of the entry's class where the name is blank.
fn path_of(class: &str, key: &Key) -> String {
    match key {
        Key::Null | Key::Bool(false) => class.to_owned(),
        Key::Str(text) if text.is_empty() => class.to_owned(),
        _ => key.to_string(),
    }
}

fn named(class: &str, key: &Key, entry: &Entry, parent: &mut Report<'_>) {
    if !matches!(key, Key::Str(_) | Key::Int(_)) {
        let mut report = parent.within(&path_of(class, key));
        let error = report.error(entry.key_span, "invalid-name", "key must be an alphanumeric string");
        if matches!(key, Key::Bool(_)) {
            error.note = Some("YAML reads this word as a boolean".into());
            error.help.push("Put the name into quotes.".into());
        }
    }
}

fn unknown_shape(key: &Key, entry: &Entry, parent: &mut Report<'_>) {
    let text = "variable definition must be either a string or a hash";
    let name = key.to_string();
    let span = if Keyword::parse(&name).is_some() { entry.key_span } else { entry.value.span };
    let mut report = parent.rooted("");
    let error = report.error_as_is(span, "wrong-type", text);
    if Keyword::parse(&name).is_some() {
        error.note = Some(format!("a variable named `{name}`"));
        error
            .help
            .push(format!("`{name}` is a keyword of jobs: it is indented too far if it is meant as such."));
    } else {
        error.help.push("A value is a text: join the items, or use several variables.".into());
    }
}

/// The form with `value` and others.
fn with_data(map: &Map, key: &Key, entry: &Entry, form: Form, parent: &mut Report<'_>) -> Variable {
    let mut report = parent.within(&path_of("complex variable", key));
    let part = |key: &str| map.get(key).filter(|value| !value.is_null());
    let mut wrong = |value: &Node, text: &str| {
        report.error(value.span, "wrong-type", text);
    };
    let value = part("value");
    if let Some(value) = value.filter(|value| value.to_text().is_none()) {
        wrong(value, "config value must be a scalar");
    }
    let description = part("description");
    if let Some(value) = description.filter(|value| value.as_str().is_none() && value.as_int().is_none()) {
        wrong(value, "config description must be an alphanumeric string");
    }
    let expand = part("expand");
    if let Some(value) = expand.filter(|value| value.as_bool().is_none()) {
        wrong(value, "config expand should be a boolean value");
    }
    let options = part("options");
    let strings =
        |value: &Node| value.as_seq().is_some_and(|items| items.iter().all(|item| item.as_str().is_some()));
    if let Some(value) = options.filter(|value| !strings(value)) {
        wrong(value, "config options should be an array of strings");
    }
    data_keys(map, form, &mut report);
    is_an_option(value, options, entry, &mut report);
    Variable {
        value: value.and_then(Node::to_text).unwrap_or_default(),
        raw: expand.and_then(Node::as_bool) == Some(false),
        description: description.and_then(Node::to_text),
        options: options
            .and_then(Node::as_seq)
            .map(|items| items.iter().filter_map(Node::as_text).cloned().collect()),
        span: entry.key_span,
    }
}

fn data_keys(map: &Map, form: Form, report: &mut Report<'_>) {
    let known = form.keys();
    let unknown: Vec<_> =
        map.iter().filter(|(key, _)| !key.as_str().is_some_and(|key| known.contains(&key))).collect();
    if let Some(error) = unknown_keys(&unknown, "uses invalid data keys", known.iter().copied(), report) {
        if matches!(form, Form::Job)
            && unknown.iter().any(|(key, _)| Form::Root.keys().contains(&&*key.to_string()))
        {
            error.help.push("`description` and `options` are for variables of the top level only.".into());
        }
        name_known(error, known);
    }
}

fn is_an_option(value: Option<&Node>, options: Option<&Node>, entry: &Entry, report: &mut Report<'_>) {
    let Some(options) = options.and_then(Node::as_seq).filter(|options| !options.is_empty()) else { return };
    if !value.is_some_and(|value| options.contains(value)) {
        let span = value.map_or(entry.key_span, |value| value.span);
        report.error(span, "unknown-value", "config value must be present in options");
    }
}
