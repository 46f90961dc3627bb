//! `tags`.

use super::Report;
use crate::Node;
use std::collections::HashSet;
use std::sync::Arc;

/// So many tags are too many (`Entry::Tags::TAGS_LIMIT`).
const LIMIT: usize = 50;

/// The tags that choose a runner (`Entry::Tags`).
pub(super) fn tags(value: &Node, parent: &mut Report<'_>) -> Option<Vec<Arc<str>>> {
    let mut report = parent.within("tags");
    let Some(items) = value.as_seq() else {
        let error = report.error(value.span, "wrong-type", "config should be an array of strings");
        if let Some(text) = value.as_str() {
            error.help.push(format!("Write a list: `tags: [{text}]`."));
        }
        return None;
    };
    let odd = items.iter().find(|item| item.as_str().is_none());
    if let Some(odd) = odd {
        let error = report.error(odd.span, "wrong-type", "config should be an array of strings");
        if odd.as_seq().is_some() {
            error.note = Some("a list in the list".into());
            error.help.push(
                "`tags` does not flatten lists: refer to the whole value, or write the tags out.".into(),
            );
        }
    }
    let parts: HashSet<_> = items
        .iter()
        .filter_map(Node::as_str)
        .flat_map(|tag| tag.split(','))
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .collect();
    if parts.len() >= LIMIT {
        report.error(value.span, "too-many", format!("config must be less than the limit of {LIMIT} tags"));
        return None;
    }
    odd.is_none().then(|| items.iter().filter_map(Node::as_text).cloned().collect())
}
