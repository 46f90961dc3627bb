//! What a job says of itself before its keywords are looked into, in GitLab's order.
//!
//! If any of it is wrong GitLab does not look further into the job (`Configurable#compose!`).

use super::Report;
use super::advice::in_job;
use super::keyword::{Fields, Keyword, Side};
use super::scripts::{MAX_NESTING, MOST_ENTRIES};
use super::unknown::unknown_keys;
use crate::config::When;
use crate::diagnostic::nearest;
use crate::{Key, Node, Span, Value};
use serde_json::Value as Json;

/// So many characters a job's name may have.
const MAX_NAME: usize = 255;

/// What jobs and bridges have in common (`Entry::Processable`).
pub(super) fn common(key: &Key, key_span: Span, fields: &Fields<'_>, report: &mut Report<'_>) {
    name(key, key_span, report);
    exclusive(fields, [Keyword::Script, Keyword::Trigger], report);
    exclusive(fields, [Keyword::Run, Keyword::Trigger], report);
    rules_alone(fields, report);
    if let Some(value) = fields.value(Keyword::Extends).filter(|value| !is_names(value)) {
        report.error(value.span, "wrong-type", "extends should be an array of strings or a string");
    }
    if let Some(value) = fields.value(Keyword::Rules).filter(|value| !are_rules(value)) {
        let text = "rules should be an array containing hashes and arrays of hashes";
        let error = report.error(value.span, "wrong-type", text);
        error.help.push("Write a list of rules, as in `rules: [{if: '$CI_COMMIT_TAG'}]`.".into());
    }
    if let Some(value) = fields.value(Keyword::ResourceGroup).filter(|value| value.as_str().is_none()) {
        report.error(value.span, "wrong-type", "resource group should be a string");
    }
}

fn name(key: &Key, key_span: Span, report: &mut Report<'_>) {
    const RULE: &str = "invalid-name";
    let blank = match key {
        Key::Str(text) => text.is_empty(),
        Key::Null | Key::Bool(false) => true,
        _ => false,
    };
    if blank {
        report.error(key_span, RULE, "name can't be blank");
    }
    if key.as_str().is_none() {
        let error = report.error(key_span, RULE, "name should be a symbol");
        if let Key::Bool(_) = key {
            error.note = Some("YAML reads this word as a boolean".into());
        }
        error.help.push("Put the name into quotes.".into());
    }
    if key.as_str().is_some_and(|name| name.chars().count() > MAX_NAME) {
        report.error(key_span, RULE, format!("name is too long (maximum is {MAX_NAME} characters)"));
    }
}

/// Refuses two keywords in one job (`MutuallyExclusiveKeysValidator`).
pub(super) fn exclusive(fields: &Fields<'_>, keywords: [Keyword; 2], report: &mut Report<'_>) {
    if keywords.iter().any(|keyword| fields.entry(*keyword).is_none()) {
        return;
    }
    if let [(first, one), (second, other)] = fields.written(&keywords)[..] {
        let text = format!("config these keys cannot be used together: {first}, {second}");
        let error = report.error(other.key_span, "exclusive-keywords", text);
        error.labels.push(crate::Label { span: one.key_span, text: format!("`{first}` is here") });
    }
}

fn rules_alone(fields: &Fields<'_>, report: &mut Report<'_>) {
    if fields.value(Keyword::Rules).is_none() {
        return;
    }
    let mut others = fields.written(&[Keyword::Only, Keyword::Except, Keyword::StartIn]);
    others.retain(|(_, entry)| !entry.value.is_null());
    let Some((_, first)) = others.first() else { return };
    let names: Vec<_> = others.iter().map(|(name, _)| *name).collect();
    let text = format!("config key may not be used with `rules`: {}", names.join(", "));
    let error = report.error(first.key_span, "exclusive-keywords", text);
    if let Some(rules) = fields.entry(Keyword::Rules) {
        error.labels.push(crate::Label { span: rules.key_span, text: "`rules` is here".into() });
    }
    error.help.push(match names.first() {
        Some(&"start_in") => "Write `start_in` into the rule that says `when: delayed`.".into(),
        _ => format!(
            "Write the condition as a rule; where `{}` comes from a template, `{}: null` takes it back.",
            names.join("` and `"),
            names.join(": null` and `")
        ),
    });
}

fn is_names(value: &Node) -> bool {
    value.as_str().is_some() || is_strings(value)
}

fn is_strings(value: &Node) -> bool {
    value.as_seq().is_some_and(|items| items.iter().all(|item| item.as_str().is_some()))
}

fn are_rules(value: &Node) -> bool {
    // Lists that are too long are refused where they are read.
    fn nested(value: &Node, levels: usize, left: &mut usize) -> bool {
        let Some(fewer) = left.checked_sub(1) else { return true };
        *left = fewer;
        match &value.value {
            Value::Map(_) => true,
            Value::Seq(items) => levels > 0 && items.iter().all(|item| nested(item, levels - 1, left)),
            _ => false,
        }
    }
    let mut left = MOST_ENTRIES;
    value.as_seq().is_some() && nested(value, MAX_NESTING, &mut left)
}

/// Refuses keywords that such a job does not know.
pub(super) fn known(fields: &Fields<'_>, side: Side, report: &mut Report<'_>) {
    let names = Keyword::names(side);
    let Some(error) = unknown_keys(fields.unknown(), "contains unknown keys", names, report) else { return };
    let mut helps: Vec<_> = Vec::new();
    for (key, _) in fields.unknown().iter().take(10) {
        let Some(key) = key.as_str() else { continue };
        let help = match (Keyword::parse(key), side) {
            (Some(_), Side::Bridge) => Some("Trigger jobs have no runner: they do without this keyword."),
            _ => in_job(key),
        };
        helps.extend(help.filter(|help| !helps.contains(help)));
    }
    // A place is better advice than a word that looks alike.
    if !helps.is_empty() {
        error.note = None;
    }
    error.help.extend(helps.into_iter().map(str::to_owned));
}

/// What only a job says of itself (`Entry::Job`), but for what needs the values of its keywords. Gives `run`, which
/// GitLab checks here.
pub(super) fn job(fields: &Fields<'_>, is_pages: bool, report: &mut Report<'_>) -> Option<Json> {
    known(fields, Side::Job, report);
    exclusive(fields, [Keyword::Script, Keyword::Run], report);
    exclusive(fields, [Keyword::BeforeScript, Keyword::Run], report);
    exclusive(fields, [Keyword::AfterScript, Keyword::Run], report);
    let script = fields.entry(Keyword::Script).filter(|_| fields.entry(Keyword::Run).is_none());
    if let Some(entry) = script.filter(|entry| entry.value.is_blank()) {
        report.error(entry.key_span, "missing-value", "script can't be blank");
    }
    when(fields, Side::Job, report);
    if let Some(value) = fields.value(Keyword::Dependencies).filter(|value| !is_strings(value)) {
        report.error(value.span, "wrong-type", "dependencies should be an array of strings");
    }
    let fits = |value: &Node| value.as_bool().is_some() || value.as_map().is_some();
    if let Some(value) = fields.value(Keyword::AllowFailure).filter(|value| !fits(value)) {
        let text = "allow failure should be a hash or a boolean value";
        report.error(value.span, "wrong-type", text);
    }
    if let Some(value) = fields.value(Keyword::ManualConfirmation).filter(|value| value.as_str().is_none()) {
        report.error(value.span, "wrong-type", "manual confirmation should be a string");
    }
    let run = fields.value(Keyword::Run).and_then(|value| super::keywords::run(value, report));
    super::start_in::check(fields, report);
    if let Some(entry) = fields.entry(Keyword::Publish).filter(|entry| !is_pages && !entry.value.is_blank()) {
        let text = "publish can only be used within a `pages` job";
        let error = report.error(entry.key_span, "publish-without-pages", text);
        error.help.push("Add `pages: true` to the job, or write it as `pages: {publish: …}`.".into());
    }
    run
}

/// What only a bridge says of itself (`Entry::Bridge`), but for what needs the values of its keywords.
pub(super) fn bridge(fields: &Fields<'_>, report: &mut Report<'_>) {
    known(fields, Side::Bridge, report);
    when(fields, Side::Bridge, report);
    if let Some(value) = fields.value(Keyword::AllowFailure).filter(|value| value.as_bool().is_none()) {
        report.error(value.span, "wrong-type", "allow failure should be a boolean value");
    }
}

fn when(fields: &Fields<'_>, side: Side, report: &mut Report<'_>) {
    const JOB: [&str; 5] = ["on_success", "on_failure", "always", "manual", "delayed"];
    let known = if side == Side::Job { &JOB[..] } else { &JOB[..4] };
    let Some(value) = fields.value(Keyword::When) else { return };
    if value.as_str().is_none() {
        report.error(value.span, "wrong-type", "when should be a string");
    }
    let text = value.as_str().unwrap_or_default();
    if known.contains(&text) {
        return;
    }
    let error =
        report.error(value.span, "unknown-value", format!("when should be one of: {}", known.join(", ")));
    error.note = nearest(text, known.iter().copied()).map(|near| format!("did you mean `{near}`?"));
    if When::parse(text) == Some(When::Never) {
        error.note = None;
        error.help.push("`never` is for rules; a name that begins with a dot hides a job.".into());
    }
    if side == Side::Bridge && When::parse(text) == Some(When::Delayed) {
        error
            .help
            .push("A trigger job is delayed by a rule: `rules: [{when: delayed, start_in: …}]`.".into());
    }
}
