//! Through which `extends` a value came into a job.

use super::graph::keys;
use crate::{Map, Node, Span, Spanned, Value};
use std::collections::HashSet;
use std::sync::Arc;

/// The entries between a job and the one in which a value was written, each with the place where `extends` names it;
/// the last is the one that holds the value. Empty where the job's own map holds it.
///
/// `root` is the configuration before `extends` is resolved ([`crate::include::Included`]), `value` the place of a
/// value or of a key of the resolved job. Nothing where the value came by no `extends`: from `default`, or through a
/// `!reference`.
pub fn came_through(root: &Map, job: &str, value: Span) -> Option<Vec<Spanned<Arc<str>>>> {
    let mut seen = HashSet::new();
    let mut path = Vec::new();
    search(root, job, value, &mut seen, &mut path).then_some(path)
}

/// Searches the entry, then its parents from the last, which wins, to the first. Entries that were seen are not
/// searched again, so that circles end. Goes as deep as `extends` may at most.
fn search(
    root: &Map,
    name: &str,
    value: Span,
    seen: &mut HashSet<Arc<str>>,
    path: &mut Vec<Spanned<Arc<str>>>,
) -> bool {
    let Some(own) = root.get(name).and_then(Node::as_map) else { return false };
    if map_holds(own, value) {
        return true;
    }
    if path.len() > super::survey::MOST_LEVELS {
        return false;
    }
    let parents = own.get("extends").map(keys).unwrap_or_default();
    for (parent, span) in parents.into_iter().rev() {
        if seen.insert(Arc::clone(&parent)) {
            path.push(Spanned::new(Arc::clone(&parent), span));
            if search(root, &parent, value, seen, path) {
                return true;
            }
            path.pop();
        }
    }
    false
}

fn map_holds(map: &Map, place: Span) -> bool {
    map.iter().any(|(_, entry)| entry.key_span == place || holds(&entry.value, place))
}

fn holds(node: &Node, place: Span) -> bool {
    node.span == place
        || match &node.value {
            Value::Seq(items) => items.iter().any(|item| holds(item, place)),
            Value::Map(map) => map_holds(map, place),
            _ => false,
        }
}
