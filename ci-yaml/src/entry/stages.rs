//! `stages`, and the stage of a job.

use super::Report;
use super::scripts::flatten;
use crate::{Node, Span, Spanned, Value};
use std::sync::Arc;

/// The stage that is always first, and the one that is always last (`Config::Stages::EDGES`).
const PRE: &str = ".pre";
const POST: &str = ".post";
/// The stages of a configuration that names none (`Entry::Stages.default`).
const BUILT_IN: [&str; 5] = [PRE, "build", "test", "deploy", POST];

const RULE: &str = "wrong-type";
const TEXT: &str = "config should be an array of strings or a nested array of strings up to 10 levels deep";
const HELP: &str = "Write the names as a list, as in `stages: [build, test]`.";

/// All stages in order, with those at the edges. `stages: []` has none at all.
pub(super) fn stages(value: Option<&Node>, parent: &mut Report<'_>) -> Vec<Spanned<Arc<str>>> {
    let Some(value) = value else { return built_in() };
    let mut report = parent.within("stages");
    if let Err(found) = flatten(value) {
        found.tell(RULE, TEXT, &mut report).help.push(HELP.into());
        return built_in();
    }
    let items = value.as_seq().unwrap_or_default();
    if items.is_empty() {
        return Vec::new();
    }
    // Only the edges that stand in the outermost list are taken out; GitLab flattens later.
    let inner = items.iter().filter(|item| !item.as_str().is_some_and(|name| name == PRE || name == POST));
    let mut all = vec![Spanned::new(PRE.into(), value.span)];
    inner.for_each(|item| collect(item, &mut all));
    all.push(Spanned::new(POST.into(), value.span));
    all
}

fn built_in() -> Vec<Spanned<Arc<str>>> {
    BUILT_IN.iter().map(|name| Spanned::new(Arc::from(*name), Span::default())).collect()
}

/// The strings of lists that were found to be at most ten deep.
fn collect(item: &Node, all: &mut Vec<Spanned<Arc<str>>>) {
    match &item.value {
        Value::Str(name) => all.push(Spanned::new(name.clone(), item.span)),
        Value::Seq(items) => items.iter().for_each(|item| collect(item, all)),
        _ => {}
    }
}

/// The stage of a job, `test` if it gives none (`Entry::Stage`).
pub(super) fn stage(value: Option<&Node>, job: Span, parent: &mut Report<'_>) -> Spanned<Arc<str>> {
    match value.map(|value| (value, value.as_text())) {
        Some((value, Some(name))) => Spanned::new(name.clone(), value.span),
        Some((value, None)) => {
            parent.within("stage").error(value.span, "wrong-type", "config should be a string");
            Spanned::new("test".into(), value.span)
        }
        None => Spanned::new("test".into(), job),
    }
}
