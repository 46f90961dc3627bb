//! `coverage`.

use super::attribute::Attribute;
use super::language::{explain_regex, is_regex};
use crate::Node;
use crate::entry::Report;
use std::sync::Arc;

/// The pattern that finds the coverage in a trace (`Entry::Coverage`): the text without its first and its last
/// character, whatever they are.
pub(crate) fn coverage(value: &Node, parent: &mut Report<'_>) -> Option<Arc<str>> {
    let mut report = parent.within("coverage");
    let problem = match value.as_str().map(is_regex) {
        Some(Ok(true)) => {
            let mut inner = value.as_str()?.chars();
            inner.next();
            inner.next_back();
            return Some(inner.as_str().into());
        }
        Some(Err(problem)) => Some(problem),
        Some(Ok(false)) | None => None,
    };
    let text = "must be a regular expression with re2 syntax";
    let found = Attribute::config(value).fail(&mut report, "invalid-regex", text);
    match problem {
        Some(problem) => explain_regex(found, &problem),
        None => found.help.push("Write it between slashes and in quotes, as in `'/Lines: \\d+%/'`.".into()),
    }
    None
}
