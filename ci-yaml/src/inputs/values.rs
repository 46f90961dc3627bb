//! Checks the values given for inputs and settles those that are not (`Ci::Inputs`).

use super::header::{Input, Spec, Type};
use super::json::parsed;
use super::rules;
use crate::diagnostic::nearest;
use crate::matching::pattern;
use crate::{Diagnostic, Key, Kind, Map, Node, Span, Value};

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum From {
    Default,
    Given,
}

impl From {
    fn as_str(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Given => "provided",
        }
    }
}

/// The value of every input, by name.
///
/// # Errors
/// All that is wrong, in GitLab's order.
pub(super) fn resolve(spec: &Spec, given: Option<&Map>) -> Result<Map, Vec<Diagnostic>> {
    let nothing = Map::new();
    let given = given.unwrap_or(&nothing);
    let mut errors = unknown(spec, given).into_iter().collect::<Vec<_>>();
    let mut resolved = Map::new();
    for input in &spec.inputs {
        let mut check = Check { input, errors: &mut errors };
        let value = check.settle(given, &resolved);
        resolved.insert(Key::Str(input.name.clone()), input.span, value);
    }
    if errors.is_empty() { Ok(resolved) } else { Err(errors) }
}

fn unknown(spec: &Spec, given: &Map) -> Option<Diagnostic> {
    let known: std::collections::HashSet<&str> = spec.inputs.iter().map(|input| &*input.name).collect();
    let unknown: Vec<(String, Span)> = given
        .iter()
        .map(|(key, entry)| (key.to_string(), entry.key_span))
        .filter(|(name, _)| !known.contains(name.as_str()))
        .collect();
    let (first, span) = unknown.first()?;
    let names: Vec<&str> = unknown.iter().map(|(name, _)| name.as_str()).collect();
    let message = format!("unknown input arguments: {}", names.join(", "));
    let mut error = Diagnostic::error(Kind::Yaml, "unknown-input", message).at(*span);
    let near = nearest(first, spec.inputs.iter().take(1000).map(|input| &*input.name));
    error.note = near.map(|near| format!("did you mean `{near}`?"));
    Some(error.help(declared(spec)))
}

/// A sentence on what may be given.
pub(super) fn declared(spec: &Spec) -> String {
    let names: Vec<String> = spec.inputs.iter().take(12).map(|input| format!("`{}`", input.name)).collect();
    match names.len() {
        0 => "The header declares no inputs.".into(),
        count if count < spec.inputs.len() => format!("The header declares {}, and more.", names.join(", ")),
        _ => format!("The header declares {}.", names.join(", ")),
    }
}

/// One input on its way.
struct Check<'a> {
    input: &'a Input,
    errors: &'a mut Vec<Diagnostic>,
}

impl Check<'_> {
    fn error(&mut self, span: Span, text: impl std::fmt::Display) -> &mut Diagnostic {
        let message = format!("`{}` input: {text}", self.input.name);
        let error = Diagnostic::error(Kind::Yaml, "input-value", message).at(span);
        let index = self.errors.len();
        self.errors.push(error);
        &mut self.errors[index]
    }

    fn settle(&mut self, given: &Map, resolved: &Map) -> Node {
        let input = self.input;
        let value = find(given, &input.name).filter(|node| !node.is_null());
        let rules = input.rules.as_deref();
        let has_default = input.default.is_some() || rules.is_some_and(rules::have_default);
        if value.is_none() && !has_default {
            let name = &input.name;
            let help =
                format!("Give it a value, as in `inputs: {{{name}: …}}`, or a `default` in the header.");
            self.error(input.span, "required value has not been provided").help.push(help);
            return Node::new(Value::Null, input.span);
        }
        let rule = rules.and_then(|rules| rules::matching(rules, resolved, given));
        let options = rule.and_then(|rule| rule.options.as_ref()).or(input.options.as_ref());
        let default = rule.and_then(|rule| rule.default.as_ref()).or(input.default.as_ref());
        let absent = Node::new(Value::Null, input.span);
        if input.default.is_some() || (value.is_none() && default.is_some()) {
            self.validate(default.unwrap_or(&absent), options, From::Default);
        }
        match value {
            Some(value) => self.validate(value, options, From::Given),
            None => coerced(input.kind, default.unwrap_or(&absent)),
        }
    }

    /// Checks a value; what is wrong with it does not keep it from being returned.
    fn validate(&mut self, node: &Node, options: Option<&Node>, from: From) -> Node {
        let value = coerced(self.input.kind, node);
        self.check_type(&value, from);
        self.check_options(&value, options);
        self.check_regex(&value, from);
        value
    }

    fn check_type(&mut self, value: &Node, from: From) {
        let (fits, what) = match self.input.kind {
            Type::String => (true, "a string"),
            Type::Number => (matches!(value.value, Value::Int(_) | Value::Float(_)), "a number"),
            Type::Boolean => (value.as_bool().is_some(), "a boolean"),
            Type::Array => (value.as_seq().is_some(), "an array"),
        };
        if !fits {
            let note = format!("this is {}", kind_of(value));
            self.error(value.span, format!("{} value is not {what}", from.as_str())).note = Some(note);
        }
    }

    fn check_options(&mut self, value: &Node, options: Option<&Node>) {
        let Some(options) = options.and_then(Node::as_seq) else { return };
        let (allowed, the) = match self.input.kind {
            Type::String => (options.iter().any(|option| to_text(option) == to_text(value)), ""),
            Type::Number if value.is_null() => return,
            Type::Number => (options.iter().any(|option| same_number(option, value)), "the "),
            Type::Boolean | Type::Array => {
                self.error(value.span, "Options can only be used with string and number inputs");
                return;
            }
        };
        if !allowed {
            let shown = to_text(value);
            let text =
                format!("`{shown}` cannot be used because it is not in the list of {the}allowed options");
            let names: Vec<String> = options.iter().map(to_text).collect();
            let near = nearest(&shown, names.iter().map(String::as_str)).map(ToOwned::to_owned);
            let error = self.error(value.span, text);
            error.note = near.map(|near| format!("did you mean `{near}`?"));
            error.help.push(format!("Options: `{}`.", names.join("`, `")));
        }
    }

    fn check_regex(&mut self, value: &Node, from: From) {
        let Some(regex) = &self.input.regex else { return };
        if self.input.kind != Type::String {
            self.error(regex.span, "RegEx validation can only be used with string inputs");
            return;
        }
        let (Some(text), Some(pattern)) = (value.as_str(), regex.as_str()) else { return };
        let place = regex.span;
        match pattern::compile(pattern, "") {
            Err(error) => {
                self.error(place, "invalid regular expression").note = Some(error.to_string());
            }
            Ok(compiled) if !compiled.is_match(text) => {
                let text = format!("{} value does not match required RegEx pattern", from.as_str());
                let error = self.error(value.span, text);
                error.labels.push(crate::Label { span: place, text: "the pattern".into() });
            }
            Ok(_) => {}
        }
    }
}

/// The value given for an input; names that YAML reads as numbers are found as well.
fn find<'m>(given: &'m Map, name: &str) -> Option<&'m Node> {
    given.get(name).or_else(|| {
        let number = Key::Int(name.parse().ok()?);
        given.entry_of(&number).map(|entry| &entry.value)
    })
}

fn coerced(kind: Type, node: &Node) -> Node {
    match kind {
        Type::String => Node::string(to_text(node), node.span),
        Type::Number | Type::Boolean | Type::Array => parsed(node),
    }
}

/// As Ruby's `to_s` writes it.
pub(super) fn to_text(node: &Node) -> String {
    node.to_text().map_or_else(|| node.inspect(), |text| text.to_string())
}

fn same_number(left: &Node, right: &Node) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "Ruby compares a whole number with a float as floats")]
    match (&left.value, &right.value) {
        (Value::Int(whole), Value::Float(float)) | (Value::Float(float), Value::Int(whole)) => {
            *whole as f64 == *float
        }
        (left, right) => left == right,
    }
}

fn kind_of(node: &Node) -> &'static str {
    match node.value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Int(_) | Value::Float(_) => "a number",
        Value::Str(_) => "text",
        Value::Seq(_) => "a list",
        Value::Map(_) => "a map",
        Value::Reference(_) => "a reference",
    }
}
