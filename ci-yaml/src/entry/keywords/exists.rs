//! `rules:exists`.

use super::attribute::Attribute;
use super::changes::{compiles, globs, regexp};
use super::convert::kind;
use super::keys;
use crate::config::{ExistsClause, PathMatch};
use crate::entry::Report;
use crate::{Node, Spanned, Value};
use std::sync::Arc;

/// Which existing paths make a rule apply (`Entry::Rules::Rule::Exists`). Only some have a limit of patterns.
pub(super) fn exists(value: &Node, limited: bool, parent: &mut Report<'_>) -> Option<ExistsClause> {
    let mut report = parent.within("exists");
    let before = report.count();
    let config = Attribute::config(value);
    let paths = match &value.value {
        Value::Str(text) => Some(one(text, value)),
        Value::Seq(_) if limited => globs(config, &mut report),
        Value::Seq(items) => config.strings(&mut report).map(|_| all(items)),
        // GitLab takes what is blank for an empty list.
        _ if value.is_blank() => Some(PathMatch::Globs(Vec::new())),
        Value::Map(_) => return full(value, &mut report),
        _ => {
            let text = "should be a string, an array of strings, or a hash";
            report.error_as_is(value.span, "wrong-type", text).note =
                Some(format!("this is {}", kind(value)));
            None
        }
    };
    let found = ExistsClause { paths: paths?, project: None, reference: None };
    (report.count() == before).then_some(found)
}

fn full(value: &Node, report: &mut Report<'_>) -> Option<ExistsClause> {
    let before = report.count();
    let key = |name| Attribute::of(value, name);
    keys::known(value, &["paths", "project", "ref", "regexp"], report);
    keys::exactly_one(value, &["paths", "regexp"], report);
    if key("ref").given().is_some() {
        keys::required(value, &["project"], report);
    }
    let paths = key("paths").given().and_then(|_| globs(key("paths"), report));
    let project = key("project").string(report);
    let reference = key("ref").string(report);
    let regexp = regexp(key("regexp"), report);
    if let Some(text) = &regexp {
        compiles(key("regexp"), text, report);
    }
    let paths = regexp.map(PathMatch::Regexp).or(paths).unwrap_or(PathMatch::Globs(Vec::new()));
    (report.count() == before).then_some(ExistsClause { paths, project, reference })
}

fn one(text: &Arc<str>, value: &Node) -> PathMatch {
    PathMatch::Globs(vec![Spanned::new(text.clone(), value.span)])
}

fn all(items: &[Node]) -> PathMatch {
    let spanned = |item: &Node| Some(Spanned::new(item.as_text()?.clone(), item.span));
    PathMatch::Globs(items.iter().filter_map(spanned).collect())
}
