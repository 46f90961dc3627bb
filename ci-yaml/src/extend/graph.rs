//! Which entry of the configuration extends which.

use crate::{Key, Map, Node, Span, Value};
use std::sync::Arc;

/// All entries that have `extends`, in the order of the configuration.
pub(super) struct Graph<'a> {
    /// The whole configuration.
    pub(super) root: &'a Map,
    /// The entries; parents name one another by their index.
    pub(super) entries: Vec<Extending<'a>>,
}

/// A map with the key `extends`: a job, a hidden entry, or anything else at the top level.
pub(super) struct Extending<'a> {
    pub(super) key: &'a Key,
    pub(super) key_span: Span,
    pub(super) own: &'a Map,
    pub(super) parents: Vec<Parent<'a>>,
}

/// What `extends` names.
pub(super) struct Parent<'a> {
    pub(super) name: Arc<str>,
    pub(super) span: Span,
    pub(super) base: Base<'a>,
}

/// What stands behind a name.
pub(super) enum Base<'a> {
    /// Nothing.
    Unknown,
    /// Something that cannot be merged.
    NotMap(&'a Node),
    /// A map without `extends`.
    Plain(&'a Map),
    /// An entry of the graph.
    Extending(usize),
}

impl<'a> Graph<'a> {
    pub(super) fn new(root: &'a Map) -> Self {
        let mut numbers = Vec::with_capacity(root.len());
        let mut found = Vec::new();
        for (key, entry) in root.iter() {
            let extends = extends(&entry.value);
            numbers.push(extends.map(|_| found.len()));
            found.extend(extends.map(|(own, names)| (key, entry, own, names)));
        }
        let entries = found.into_iter().map(|(key, entry, own, names)| Extending {
            key,
            key_span: entry.key_span,
            own,
            parents: parents(names, root, &numbers),
        });
        let entries = entries.collect();
        Self { root, entries }
    }
}

impl Extending<'_> {
    /// Its parents that extend something themselves.
    pub(super) fn extending_parents(&self) -> impl Iterator<Item = usize> {
        self.parents.iter().filter_map(|parent| match parent.base {
            Base::Extending(index) => Some(index),
            Base::Unknown | Base::NotMap(_) | Base::Plain(_) => None,
        })
    }

    /// Whether it names something that is not there or cannot be merged.
    pub(super) fn is_wrong(&self) -> bool {
        self.parents.iter().any(|parent| matches!(parent.base, Base::Unknown | Base::NotMap(_)))
    }
}

/// A map and its `extends`, if the value has one.
fn extends(value: &Node) -> Option<(&Map, &Node)> {
    let map = value.as_map()?;
    Some((map, map.get("extends")?))
}

/// What `extends` names. `numbers` has for each position in the root the index that its entry has in the graph.
fn parents<'a>(names: &Node, root: &'a Map, numbers: &[Option<usize>]) -> Vec<Parent<'a>> {
    let parent = |(name, span): (Arc<str>, Span)| {
        let base = match root.index_of(&name).and_then(|position| Some((position, root.at(position)?))) {
            None => Base::Unknown,
            Some((position, entry)) => match (numbers.get(position), entry.value.as_map()) {
                (Some(Some(index)), _) => Base::Extending(*index),
                (_, Some(map)) => Base::Plain(map),
                (_, None) => Base::NotMap(&entry.value),
            },
        };
        Parent { name, span, base }
    };
    keys(names).into_iter().map(parent).collect()
}

/// The names as Ruby's `Array(value).map(&:to_s)` makes them: whatever is no text names nothing that exists.
pub(super) fn keys(value: &Node) -> Vec<(Arc<str>, Span)> {
    match &value.value {
        Value::Null => Vec::new(),
        Value::Seq(items) => items.iter().map(|item| (text(item), item.span)).collect(),
        Value::Map(map) => map
            .iter()
            .map(|(key, entry)| (format!("[:{key}, {}]", entry.value.inspect()).into(), entry.key_span))
            .collect(),
        _ => vec![(text(value), value.span)],
    }
}

fn text(value: &Node) -> Arc<str> {
    value.to_text().unwrap_or_else(|| value.inspect().into())
}
