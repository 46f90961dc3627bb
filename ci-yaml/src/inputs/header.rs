//! Checks the header of a file: `spec` with its inputs (`Gitlab::Ci::Config::Header`).

use super::rules::{self, InputRule};
use crate::diagnostic::nearest;
use crate::entry::Report;
use crate::{Diagnostic, Entry, Key, Kind, Map, Node, Span};
use std::sync::Arc;

/// The most options of an input.
const MOST_OPTIONS: usize = 50;
/// The most characters of `spec:description`.
const LONGEST_DESCRIPTION: usize = 256;
/// What a component may ask for.
const FACTS: &[&str] = &["name", "sha", "version", "reference"];

/// What a header asks for.
#[derive(Clone, Debug, Default)]
pub(super) struct Spec {
    /// Its inputs in their order.
    pub(super) inputs: Vec<Input>,
    /// The fields of `$[[ component ]]` it wants.
    pub(super) component: Vec<&'static str>,
}

/// The type of an input.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Type {
    /// Text.
    #[default]
    String,
    /// A whole number or one with a point.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A list.
    Array,
}

impl Type {
    const NAMES: &'static [&'static str] = &["array", "boolean", "number", "string"];

    fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "array" => Self::Array,
            "boolean" => Self::Boolean,
            "number" => Self::Number,
            "string" => Self::String,
            _ => return None,
        })
    }
}

/// An input as declared.
#[derive(Clone, Debug)]
pub(super) struct Input {
    pub(super) name: Arc<str>,
    /// Where its name was written.
    pub(super) span: Span,
    pub(super) kind: Type,
    /// The value of its key `default`, if there is that key.
    pub(super) default: Option<Node>,
    pub(super) options: Option<Node>,
    /// The value of its key `regex`, if there is that key.
    pub(super) regex: Option<Node>,
    pub(super) rules: Option<Vec<InputRule>>,
}

/// Reads a header.
///
/// # Errors
/// All that is wrong with it, in GitLab's order.
pub(super) fn check(header: &Node) -> Result<Spec, Vec<Diagnostic>> {
    let mut errors = Vec::new();
    let mut report = Report::new(&mut errors, Kind::Yaml);
    let spec = header.as_map().and_then(|map| root(map, &mut report.within("header")));
    match spec {
        Some(spec) if errors.is_empty() => Ok(spec),
        _ => Err(errors),
    }
}

fn root(map: &Map, report: &mut Report<'_>) -> Option<Spec> {
    if !known_keys(map, &["spec"], report) {
        return None;
    }
    let mut report = report.within("spec");
    let spec = map.get("spec")?;
    if spec.is_null() {
        return Some(Spec::default());
    }
    let spec = as_map(spec, &mut report)?;
    if !known_keys(spec, &["inputs", "include", "component", "description"], &mut report) {
        return None;
    }
    Some(Spec {
        inputs: given(spec, "inputs")
            .and_then(|node| inputs(node, &mut report.within("inputs")))
            .unwrap_or_default(),
        component: given(spec, "component")
            .map(|node| component(node, &mut report.within("component")))
            .unwrap_or_default(),
    })
    .inspect(|_| {
        if let Some(node) = given(spec, "description") {
            description(node, &mut report.within("description"));
        }
    })
}

fn given<'m>(map: &'m Map, key: &str) -> Option<&'m Node> {
    map.get(key).filter(|node| !node.is_null())
}

fn as_map<'n>(node: &'n Node, report: &mut Report<'_>) -> Option<&'n Map> {
    let map = node.as_map();
    if map.is_none() {
        report.error(node.span, "input-spec", "config should be a hash");
    }
    map
}

/// Reports keys that are none. Returns whether there were only known ones.
pub(super) fn known_keys(map: &Map, known: &[&str], report: &mut Report<'_>) -> bool {
    let is_known = |key: &Key| key.as_str().is_some_and(|key| known.contains(&key));
    let unknown: Vec<(&Key, &Entry)> = map.iter().filter(|(key, _)| !is_known(key)).collect();
    let Some((first, entry)) = unknown.first() else { return true };
    let names: Vec<String> = unknown.iter().map(|(key, _)| key.to_string()).collect();
    let text = format!("config contains unknown keys: {}", names.join(", "));
    let error = report.error(entry.key_span, "unknown-keyword", text);
    let near = first.as_str().and_then(|key| nearest(key, known.iter().copied()));
    error.note = near.map(|near| format!("did you mean `{near}`?"));
    error.help.push(format!("Valid keys: `{}`.", known.join("`, `")));
    false
}

fn inputs(node: &Node, report: &mut Report<'_>) -> Option<Vec<Input>> {
    let map = as_map(node, report)?;
    let declared: Vec<Option<Input>> =
        map.iter().map(|(key, entry)| input(key, entry, &mut report.within(&key.to_string()))).collect();
    let declared: Vec<Input> = declared.into_iter().flatten().collect();
    let names = map.iter().map(|(key, _)| key.to_string()).collect();
    rules::check_references(&declared, &names, report);
    Some(declared)
}

fn input(key: &Key, entry: &Entry, report: &mut Report<'_>) -> Option<Input> {
    let before = report.count();
    let empty = Map::new();
    let node = &entry.value;
    let map = match node.as_map() {
        Some(map) => map,
        // `nil` and `false` stand for an input without any condition.
        None if node.is_null() || node.as_bool() == Some(false) => &empty,
        None => {
            check_name(key, entry, report);
            report.error(node.span, "input-spec", "config should be a hash");
            return None;
        }
    };
    check_name(key, entry, report);
    let kind = attributes(map, report);
    known_keys(map, &["default", "description", "options", "regex", "type", "rules"], report);
    for other in ["options", "default"] {
        if let (Some(rules), true) = (map.entry("rules"), map.has(other)) {
            let text = format!("config these keys cannot be used together: rules, {other}");
            report.error(rules.key_span, "input-spec", text);
        }
    }
    if report.count() > before {
        return None;
    }
    let rules = given(map, "rules").map(|rules| rules::read(rules, &mut report.within("rules")));
    Some(Input {
        name: key.to_string().into(),
        span: entry.key_span,
        kind,
        default: map.get("default").cloned(),
        options: given(map, "options").cloned(),
        regex: map.get("regex").cloned(),
        rules,
    })
}

fn check_name(key: &Key, entry: &Entry, report: &mut Report<'_>) {
    if !matches!(key, Key::Str(_) | Key::Int(_)) {
        report.error(entry.key_span, "input-spec", "key must be an alphanumeric string");
    }
}

/// Checks the shapes of an input's attributes and returns its type.
fn attributes(map: &Map, report: &mut Report<'_>) -> Type {
    if let Some(node) = given(map, "description")
        && !(node.as_str().is_some() || node.as_int().is_some())
    {
        report.error(node.span, "input-spec", "input description must be an alphanumeric string");
    }
    if let Some(node) = given(map, "regex").filter(|node| node.as_str().is_none()) {
        report.error(node.span, "input-spec", "input regex should be a string");
    }
    let kind = given(map, "type").and_then(|node| input_type(node, report)).unwrap_or_default();
    if let Some(node) = given(map, "options") {
        options(node, report);
    }
    kind
}

fn input_type(node: &Node, report: &mut Report<'_>) -> Option<Type> {
    let kind = node.as_str().and_then(Type::parse);
    if kind.is_none() {
        let written = node.to_text().map_or_else(|| node.inspect(), |text| text.to_string());
        let text = format!("input type unknown value: {written}");
        let error = report.error(node.span, "input-type", text);
        let near = nearest(&written, Type::NAMES.iter().copied());
        error.note = near.map(|near| format!("did you mean `{near}`?"));
        error.help.push("Types are `array`, `boolean`, `number` and `string`.".into());
    }
    kind
}

fn options(node: &Node, report: &mut Report<'_>) {
    let Some(options) = node.as_seq() else {
        report.error(node.span, "input-options", "input options should be an array");
        return;
    };
    if options.len() > MOST_OPTIONS {
        let text = format!("config cannot define more than {MOST_OPTIONS} options");
        report.error(node.span, "input-options", text);
    }
    if let Some(null) = options.iter().find(|option| option.is_null()) {
        report.error(null.span, "input-options", "config options array cannot contain null values");
    }
}

/// Checks the options of a rule, which have the same limit.
pub(super) fn too_many_options(node: &Node, report: &mut Report<'_>) {
    if node.as_seq().is_some_and(|options| options.len() > MOST_OPTIONS) {
        let text = format!("config cannot define more than {MOST_OPTIONS} options");
        report.error(node.span, "input-options", text);
    }
}

fn component(node: &Node, report: &mut Report<'_>) -> Vec<&'static str> {
    let Some(items) = node.as_seq() else {
        report.error(node.span, "spec-component", "config should be an array");
        return Vec::new();
    };
    if let Some(other) = items.iter().find(|item| item.as_str().is_none()) {
        report.error(other.span, "spec-component", "config should be an array of strings");
        return Vec::new();
    }
    let unknown: Vec<&Node> =
        items.iter().filter(|item| !item.as_str().is_some_and(|name| FACTS.contains(&name))).collect();
    if let Some(first) = unknown.first() {
        let names: Vec<&str> = unknown.iter().filter_map(|item| item.as_str()).collect();
        let text = format!("config contains unknown values: {}", names.join(", "));
        let error = report.error(first.span, "spec-component", text);
        error.help.push(format!("Valid values: `{}`.", FACTS.join("`, `")));
    }
    FACTS.iter().copied().filter(|fact| items.iter().any(|item| item.as_str() == Some(fact))).collect()
}

fn description(node: &Node, report: &mut Report<'_>) {
    match node.as_str() {
        None => {
            report.error(node.span, "spec-description", "config should be a string");
        }
        Some(text) if text.chars().count() > LONGEST_DESCRIPTION => {
            let text = format!("config is too long (maximum is {LONGEST_DESCRIPTION} characters)");
            report.error(node.span, "spec-description", text);
        }
        Some(_) => {}
    }
}
