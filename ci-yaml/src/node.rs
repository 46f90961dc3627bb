//! YAML as GitLab reads it, each node with its place.
//!
//! Collections are shared, so that aliases, `extends` and `include` copy nothing but what they change.

mod inspect;

pub(crate) use inspect::quoted;

use crate::Span;
use indexmap::IndexMap;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

/// A value and where it was written.
///
/// What was merged or extended keeps the place it was first written at. Two nodes are equal if their values are.
#[derive(Clone, Debug)]
pub struct Node {
    /// The value.
    pub value: Value,
    /// Where it was written.
    pub span: Span,
}

/// A YAML 1.1 value as Ruby's Psych makes it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `null`, `~`, nothing.
    Null,
    /// `true`, `yes`, `on` and their opposites.
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// A number with a point.
    Float(f64),
    /// A string, or a symbol (`:name`), which is treated as the string of its name.
    Str(Arc<str>),
    /// A list.
    Seq(Arc<Vec<Node>>),
    /// A map.
    Map(Arc<Map>),
    /// `!reference [.job, key]`, not resolved yet.
    Reference(Arc<Reference>),
}

/// `!reference` and what stands behind it, which is only checked when it is resolved.
#[derive(Clone, Debug, PartialEq)]
pub struct Reference {
    /// What stands behind the tag: a list of strings, if it is valid.
    pub path: Node,
}

/// A key of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key {
    /// A string (or symbol): the only kind that names a keyword or a job.
    Str(Arc<str>),
    /// `null` or nothing.
    Null,
    /// `true` or `false` (also written `yes`, `on`, …).
    Bool(bool),
    /// A whole number.
    Int(i128),
    /// Anything else, as Ruby shows it: floats, lists, maps.
    Other(Arc<str>),
}

/// A key with its place, and its value. Two entries are equal if their values are.
#[derive(Clone, Debug)]
pub struct Entry {
    /// Where the key was written.
    pub key_span: Span,
    /// The value.
    pub value: Node,
}

/// A map in its order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Map {
    entries: IndexMap<Key, Entry>,
}

impl PartialEq for Node {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.value == other.value
    }
}

impl Node {
    /// A value that was written there.
    pub fn new(value: Value, span: Span) -> Self {
        Self { value, span }
    }

    /// A string that was written there.
    pub fn string(text: impl Into<Arc<str>>, span: Span) -> Self {
        Self::new(Value::Str(text.into()), span)
    }

    /// A list that was written there.
    pub fn seq(items: Vec<Self>, span: Span) -> Self {
        Self::new(Value::Seq(Arc::new(items)), span)
    }

    /// A map that was written there.
    pub fn map(map: Map, span: Span) -> Self {
        Self::new(Value::Map(Arc::new(map)), span)
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The shared string, if it is one.
    pub fn as_text(&self) -> Option<&Arc<str>> {
        match &self.value {
            Value::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Value::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// The whole number, if it is one.
    pub fn as_int(&self) -> Option<i128> {
        match self.value {
            Value::Int(value) => Some(value),
            _ => None,
        }
    }

    /// The list, if it is one.
    pub fn as_seq(&self) -> Option<&[Self]> {
        match &self.value {
            Value::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// The map, if it is one.
    pub fn as_map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The value of a string key, if this is a map that has it.
    pub fn get(&self, key: &str) -> Option<&Self> {
        self.as_map()?.get(key)
    }

    /// Whether it is null.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Value::Null)
    }

    /// Whether Ruby on Rails calls it blank: null, false, an empty collection, or a string of nothing but space.
    pub fn is_blank(&self) -> bool {
        match &self.value {
            Value::Null | Value::Bool(false) => true,
            Value::Str(text) => text.chars().all(char::is_whitespace),
            Value::Seq(items) => items.is_empty(),
            Value::Map(map) => map.is_empty(),
            Value::Bool(true) | Value::Int(_) | Value::Float(_) | Value::Reference(_) => false,
        }
    }

    /// A scalar as Ruby's `to_s` writes it; nothing for lists, maps and references.
    pub fn to_text(&self) -> Option<Arc<str>> {
        Some(match &self.value {
            Value::Null => "".into(),
            Value::Bool(value) => value.to_string().into(),
            Value::Int(value) => value.to_string().into(),
            Value::Float(value) => float_text(*value).into(),
            Value::Str(text) => text.clone(),
            Value::Seq(_) | Value::Map(_) | Value::Reference(_) => return None,
        })
    }
}

/// A float as Ruby writes it.
fn float_text(value: f64) -> String {
    if value.is_nan() {
        return "NaN".into();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.into();
    }
    let magnitude = value.abs();
    if magnitude != 0.0 && !(1e-4..1e16).contains(&magnitude) {
        let text = format!("{value:e}");
        let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
        let point = if mantissa.contains('.') { "" } else { ".0" };
        let sign = if exponent.starts_with('-') { '-' } else { '+' };
        return format!("{mantissa}{point}e{sign}{:0>2}", exponent.trim_start_matches('-'));
    }
    format!("{value:?}")
}

impl Key {
    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Str(text) | Self::Other(text) => f.write_str(text),
            Self::Null => Ok(()),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Int(value) => write!(f, "{value}"),
        }
    }
}

impl From<&str> for Key {
    fn from(text: &str) -> Self {
        Self::Str(text.into())
    }
}

/// Looks a string key up without making one.
struct StrKey<'a>(&'a str);

impl Hash for StrKey<'_> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl Hash for Key {
    /// A string hashes as `str` does, so that it is found without making a key.
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            Self::Str(text) | Self::Other(text) => text.hash(state),
            Self::Null => 0_u8.hash(state),
            Self::Bool(value) => value.hash(state),
            Self::Int(value) => value.hash(state),
        }
    }
}

impl indexmap::Equivalent<Key> for StrKey<'_> {
    fn equivalent(&self, key: &Key) -> bool {
        key.as_str() == Some(self.0)
    }
}

impl Map {
    /// A map without entries.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of a string key.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|entry| &entry.value)
    }

    /// The entry of a string key.
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        self.entries.get(&StrKey(key))
    }

    /// The position of a string key.
    pub(crate) fn index_of(&self, key: &str) -> Option<usize> {
        self.entries.get_index_of(&StrKey(key))
    }

    /// The entry at a position.
    pub(crate) fn at(&self, index: usize) -> Option<&Entry> {
        self.entries.get_index(index).map(|(_, entry)| entry)
    }

    /// Makes room for so many more entries.
    pub(crate) fn reserve(&mut self, more: usize) {
        self.entries.reserve(more);
    }

    /// The entry of a key, to be changed.
    pub fn entry_mut(&mut self, key: &Key) -> Option<&mut Entry> {
        self.entries.get_mut(key)
    }

    /// The entry of a key of any kind.
    pub fn entry_of(&self, key: &Key) -> Option<&Entry> {
        self.entries.get(key)
    }

    /// Whether there is such a string key, with whatever value.
    pub fn has(&self, key: &str) -> bool {
        self.entry(key).is_some()
    }

    /// Sets a value; a key that is there keeps its position.
    pub fn insert(&mut self, key: Key, key_span: Span, value: Node) {
        self.entries.insert(key, Entry { key_span, value });
    }

    /// Sets a value as [`Self::insert`] does; the position of its key, and what was there.
    pub(crate) fn put(&mut self, key: Key, key_span: Span, value: Node) -> (usize, Option<Entry>) {
        self.entries.insert_full(key, Entry { key_span, value })
    }

    /// The key at a position.
    pub(crate) fn key_at(&self, index: usize) -> Option<&Key> {
        self.entries.get_index(index).map(|(key, _)| key)
    }

    /// Takes an entry out; the others keep their order.
    pub fn remove(&mut self, key: &str) -> Option<Entry> {
        self.entries.shift_remove(&StrKey(key))
    }

    /// All entries in order.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&Key, &Entry)> + ExactSizeIterator {
        self.entries.iter()
    }

    /// All entries in order, to be changed.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&Key, &mut Entry)> {
        self.entries.iter_mut()
    }

    /// The number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

impl FromIterator<(Key, Entry)> for Map {
    fn from_iter<T: IntoIterator<Item = (Key, Entry)>>(entries: T) -> Self {
        Self { entries: entries.into_iter().collect() }
    }
}
