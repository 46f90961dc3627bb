//! How much memory the contents of all files take.

use crate::{Map, Node, Value};
use std::collections::HashSet;
use std::mem::size_of;
use std::sync::Arc;

/// What a collection takes beside what is in it: its head, and the table of a map.
const COLLECTION: usize = 64;
/// What a key takes, with the room that a map keeps for those to come.
const KEY: usize = 192;
/// What a string takes beside its bytes.
const STRING: usize = 16;

/// Counts memory, about: what is shared counts once.
#[derive(Debug, Default)]
pub(super) struct Scale {
    seen: HashSet<*const ()>,
    bytes: usize,
}

impl Scale {
    /// Puts a content on the scale; the bytes of all that lies there.
    ///
    /// What is weighed must live as long as the scale, since parts are told apart by where they lie.
    pub(super) fn add(&mut self, content: &Arc<Map>) -> usize {
        self.map(content);
        self.bytes
    }

    fn node(&mut self, node: &Node) {
        self.bytes = self.bytes.saturating_add(size_of::<Node>());
        match &node.value {
            Value::Str(text) => self.bytes = self.bytes.saturating_add(STRING + text.len()),
            Value::Seq(items) => {
                if self.is_new(items) {
                    items.iter().for_each(|item| self.node(item));
                }
            }
            Value::Map(map) => self.map(map),
            Value::Reference(reference) => self.node(&reference.path),
            Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => {}
        }
    }

    fn map(&mut self, map: &Arc<Map>) {
        if self.is_new(map) {
            for (key, entry) in map.iter() {
                self.bytes = self.bytes.saturating_add(KEY + key.as_str().map_or(0, str::len));
                self.node(&entry.value);
            }
        }
    }

    /// Counts a collection, and tells whether what is in it is to be counted as well. Most are not shared, and need
    /// not be remembered.
    fn is_new<T>(&mut self, collection: &Arc<T>) -> bool {
        let new = Arc::strong_count(collection) == 1 || self.seen.insert(Arc::as_ptr(collection).cast());
        if new {
            self.bytes = self.bytes.saturating_add(COLLECTION);
        }
        new
    }
}

#[cfg(test)]
mod tests {
    use super::Scale;
    use crate::{FileId, Map, Value, yaml};
    use std::sync::Arc;

    fn content(text: &str) -> Arc<Map> {
        match yaml::load(text, FileId(0), &yaml::Limits::default()).unwrap().content.value {
            Value::Map(map) => map,
            _ => panic!("a map"),
        }
    }

    #[test]
    fn what_is_shared_counts_once() {
        let weigh = |text: &str| Scale::default().add(&content(text));
        let list = "[x, x, x, x, x, x, x, x, x, x]";
        let (one, two) = (weigh(&format!("a: &a {list}")), weigh(&format!("a: {list}\nb: {list}")));
        let shared = weigh(&format!("a: &a {list}\nb: *a"));
        assert!(one < shared && shared < one + 300 && shared < two, "{one} {shared} {two}");
    }

    #[test]
    fn the_same_content_counts_once() {
        let (mut scale, content, other) = (Scale::default(), content("a: {b: c}"), content("a: {b: c}"));
        let shared = content.clone();
        let once = scale.add(&content);
        assert_eq!(scale.add(&shared), once);
        assert_eq!(scale.add(&other), 2 * once);
    }
}
