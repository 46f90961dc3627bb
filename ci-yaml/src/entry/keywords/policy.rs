//! `only` and `except`.

use super::attribute::Attribute;
use super::keys;
use super::language::{explain_regex, expression, is_regex};
use crate::config::{Policy, Refs};
use crate::entry::Report;
use crate::expression::Expression;
use crate::{Node, Spanned, Value};
use std::sync::Arc;

const REFS: &str = "should be an array of strings or regular expressions using re2 syntax";

/// For what a job runs (`Entry::Policy`). Without `refs` of its own the caller adds branches and tags.
pub(crate) fn only(value: &Node, parent: &mut Report<'_>) -> Option<Policy> {
    policy(value, &mut parent.within("only"))
}

/// For what a job does not run (`Entry::Policy`).
pub(crate) fn except(value: &Node, parent: &mut Report<'_>) -> Option<Policy> {
    policy(value, &mut parent.within("except"))
}

fn policy(value: &Node, report: &mut Report<'_>) -> Option<Policy> {
    let before = report.count();
    let policy = match &value.value {
        Value::Seq(_) => {
            let refs = refs(Attribute::config(value), report);
            Policy { span: value.span, refs: Refs::List(refs.unwrap_or_default()), ..Policy::default() }
        }
        Value::Map(_) => complex(value, report),
        _ => {
            let text = "has to be either an array of conditions or a hash";
            let found = report.error_as_is(value.span, "wrong-type", text);
            if let Some(text) = value.as_str() {
                found.help.push(format!("Write a list: `[{text}]`."));
            }
            return None;
        }
    };
    (report.count() == before).then_some(policy)
}

fn complex(value: &Node, report: &mut Report<'_>) -> Policy {
    let key = |name| Attribute::of(value, name);
    Attribute::config(value).present(report);
    keys::known(value, &["refs", "kubernetes", "variables", "changes"], report);
    let expressions = expressions(value.get("variables"), report);
    let refs = match value.get("refs") {
        None => Refs::Absent,
        Some(_) => Refs::List(refs(key("refs"), report).unwrap_or_default()),
    };
    let kubernetes = key("kubernetes").known_value(&["active"], report).is_some();
    key("variables").strings(report);
    key("changes").strings(report);
    let changes = value.get("changes").map(|changes| changes.as_seq().map_or_else(Vec::new, texts));
    Policy { span: value.span, implicit: false, refs, variables: expressions, changes, kubernetes }
}

/// Names, keywords and patterns (`ArrayOfStringsOrRegexpsValidator`).
fn refs(attribute: Attribute<'_>, report: &mut Report<'_>) -> Option<Vec<Spanned<Arc<str>>>> {
    let value = attribute.given()?;
    let Some(items) = value.as_seq() else {
        attribute.wrong(report, REFS);
        return None;
    };
    let problem = |item: &Node| match item.as_str() {
        Some(text) => is_regex(text).err().map(Some),
        None => Some(None),
    };
    if let Some((item, problem)) = items.iter().find_map(|item| Some((item, problem(item)?))) {
        let found = attribute.fail(report, "invalid-regex", REFS);
        found.span = Some(item.span);
        match problem {
            Some(problem) => explain_regex(found, &problem),
            None => found.note = Some(format!("this is {}", super::convert::kind(item))),
        }
        return None;
    }
    Some(texts(items))
}

/// Expressions; one message for each that is none. Null is an empty list, none of which holds.
fn expressions(value: Option<&Node>, report: &mut Report<'_>) -> Option<Vec<Spanned<Arc<Expression>>>> {
    let items = value?.as_seq().unwrap_or_default();
    let texts = items.iter().filter(|item| item.as_str().is_some());
    Some(texts.filter_map(|item| expression(Attribute::named("variables", item), report)).collect())
}

fn texts(items: &[Node]) -> Vec<Spanned<Arc<str>>> {
    items.iter().filter_map(|item| Some(Spanned::new(item.as_text()?.clone(), item.span))).collect()
}
