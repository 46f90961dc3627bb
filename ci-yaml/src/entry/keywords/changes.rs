//! `rules:changes`.

use super::attribute::Attribute;
use super::keys;
use crate::config::{ChangesClause, PathMatch};
use crate::entry::Report;
use crate::matching::pattern;
use crate::{Node, Spanned};
use std::sync::Arc;

/// So many patterns there may be.
pub(super) const MOST_PATHS: usize = 50;
/// So many characters a regular expression may have.
const LONGEST: usize = 255;

/// Which changed paths make a rule apply (`Entry::Rules::Rule::Changes`).
pub(super) fn changes(value: &Node, parent: &mut Report<'_>) -> Option<ChangesClause> {
    let mut report = parent.within("changes");
    let before = report.count();
    let config = Attribute::config(value);
    if value.as_seq().is_some() {
        let paths = globs(config, &mut report);
        return (report.count() == before).then_some(ChangesClause { paths: paths?, compare_to: None });
    }
    if value.as_map().is_none() {
        let found = report.error_as_is(value.span, "wrong-type", "should be an array or a hash");
        if let Some(text) = value.as_str() {
            found.help.push(format!("Write a list: `changes: [{text}]`."));
        }
        return None;
    }
    let key = |name| Attribute::of(value, name);
    keys::known(value, &["paths", "compare_to", "regexp"], &mut report);
    keys::exactly_one(value, &["paths", "regexp"], &mut report);
    let compare_to = key("compare_to").string(&mut report);
    let regexp = regexp(key("regexp"), &mut report);
    let paths = value.get("paths").and_then(|_| {
        if key("paths").given().is_none() {
            key("paths").wrong(&mut report, "should be an array of strings");
        }
        globs(key("paths"), &mut report)
    });
    if let Some(text) = &regexp {
        compiles(key("regexp"), text, &mut report);
    }
    let paths = regexp.map(PathMatch::Regexp).or(paths)?;
    (report.count() == before).then_some(ChangesClause { paths, compare_to })
}

/// Patterns, not too many of them.
pub(super) fn globs(attribute: Attribute<'_>, report: &mut Report<'_>) -> Option<PathMatch> {
    let texts = attribute.strings(report);
    attribute.at_most(MOST_PATHS, &format!("has too many entries (maximum {MOST_PATHS})"), report);
    let items = texts.and(attribute.given()?.as_seq())?;
    let spanned = |item: &Node| Some(Spanned::<Arc<str>>::new(item.as_text()?.clone(), item.span));
    Some(PathMatch::Globs(items.iter().filter_map(spanned).collect()))
}

/// A regular expression of Ruby, not too long.
pub(super) fn regexp(attribute: Attribute<'_>, report: &mut Report<'_>) -> Option<Arc<str>> {
    let text = attribute.string(report);
    attribute.at_most(LONGEST, &format!("is too long (maximum is {LONGEST} characters)"), report);
    text
}

/// Whether it is one. The words of the message are ours: Ruby's name what its own engine stumbled over.
pub(super) fn compiles(attribute: Attribute<'_>, text: &str, report: &mut Report<'_>) {
    // Variables are put in later.
    if text.contains('$') && text.trim_end_matches('$').contains('$') {
        return;
    }
    if let Err(problem) = pattern::ruby(text) {
        attribute.fail(report, "invalid-regex", format!("is invalid: {problem}")).from_gitlab = false;
    }
}
