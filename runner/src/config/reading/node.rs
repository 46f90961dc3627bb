//! Tables of checked values.

use super::Value;
use std::collections::BTreeMap;
use std::ops::Range;

/// A place in the text.
pub(crate) type Span = Option<Range<usize>>;

/// A table whose known keys hold values of their declared types.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Node {
    /// Where the table starts.
    pub(crate) span: Span,
    entries: BTreeMap<&'static str, Entry>,
}

/// A value with its place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) value: Value,
    pub(crate) span: Span,
}

impl Node {
    /// An empty table that starts there.
    pub(super) fn at(span: Span) -> Self {
        Self { span, entries: BTreeMap::new() }
    }

    /// Takes a checked value.
    pub(super) fn insert(&mut self, name: &'static str, entry: Entry) {
        self.entries.insert(name, entry);
    }

    /// The value of a key, by the name the schema gives it.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.entries.get(name).map(|entry| &entry.value)
    }

    /// The place of a key's value, else of the table.
    pub(crate) fn span_of(&self, name: &str) -> Span {
        self.entries.get(name).and_then(|entry| entry.span.clone()).or_else(|| self.span.clone())
    }

    /// Sets a key by the name the schema gives it.
    pub(crate) fn set(&mut self, name: &'static str, value: Value) {
        self.entries.insert(name, Entry { value, span: None });
    }

    /// Forgets a key.
    pub(crate) fn remove(&mut self, name: &str) {
        self.entries.remove(name);
    }

    /// All keys that are there.
    pub(crate) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.entries.keys().copied()
    }

    /// The value of a key, to be changed.
    pub(crate) fn get_mut(&mut self, name: &str) -> Option<&mut Value> {
        self.entries.get_mut(name).map(|entry| &mut entry.value)
    }

    /// A table below, made if it is not there.
    pub(crate) fn table_mut(&mut self, name: &'static str) -> &mut Self {
        let entry =
            self.entries.entry(name).or_insert(Entry { value: Value::Table(Self::default()), span: None });
        if !matches!(entry.value, Value::Table(_)) {
            entry.value = Value::Table(Self::default());
        }
        match &mut entry.value {
            Value::Table(node) => node,
            _ => unreachable!("made a table just above"),
        }
    }

    /// A table below.
    pub(crate) fn table(&self, name: &str) -> Option<&Self> {
        match self.get(name)? {
            Value::Table(node) => Some(node),
            _ => None,
        }
    }

    /// The tables of an array below.
    pub(crate) fn tables(&self, name: &str) -> &[Self] {
        match self.get(name) {
            Some(Value::Tables(nodes)) => nodes,
            _ => &[],
        }
    }

    /// Whether no key of it says anything.
    pub(crate) fn is_zero(&self) -> bool {
        self.entries.values().all(|entry| entry.value.is_zero())
    }
}
