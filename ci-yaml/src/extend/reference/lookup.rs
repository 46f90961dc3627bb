//! Finds what a reference names.

use crate::{Map, Node, Value};

/// Where the way of a reference ends, so many keys into its path.
pub(super) enum DeadEnd<'a> {
    /// This map has not the key.
    NoKey(usize, &'a Map),
    /// The key is wanted of something that is no map. GitLab does not look into lists, nor through references.
    NoMap(usize, &'a Node),
    /// The value is there and is null or false, which GitLab takes for missing.
    Nothing(&'a Node),
}

/// Follows the keys from the root, map by map.
pub(super) fn lookup<'a>(root: &'a Map, path: &[&str]) -> Result<&'a Node, DeadEnd<'a>> {
    let mut map = root;
    let mut last = None;
    for (index, key) in path.iter().enumerate() {
        if let Some(node) = last {
            map = Node::as_map(node).ok_or(DeadEnd::NoMap(index, node))?;
        }
        last = Some(map.get(key).ok_or(DeadEnd::NoKey(index, map))?);
    }
    match last {
        Some(node) if matches!(node.value, Value::Null | Value::Bool(false)) => Err(DeadEnd::Nothing(node)),
        Some(node) => Ok(node),
        None => Err(DeadEnd::NoKey(0, root)),
    }
}
