//! `<<`, as Psych does it: in the place where it stands, so that it overwrites what was given before it.

use super::Builder;
use super::frame::{Built, Content, Frame, Origin, PendingKey, Stop};
use crate::yaml::explain;
use crate::{Key, Map, Node, Value};
use std::collections::HashSet;

impl Builder<'_, '_> {
    /// Merges a value into the innermost map. What cannot be merged becomes the value of a key `<<`.
    pub(super) fn merge(&mut self, key: PendingKey, built: Built) -> Result<(), Stop> {
        let joined;
        let opened;
        let (source, height) = match (&built.node.value, built.origin) {
            (Value::Map(map), Origin::Alias | Origin::Mapping) => (map.as_ref(), built.height),
            (Value::Seq(items), Origin::Sequence) => match self.join(items, &key)? {
                Some(map) => {
                    joined = map;
                    (&joined, built.height - 1)
                }
                None => return self.keep(key, built),
            },
            // A map that is merged into what it contains gives what it has so far; into itself it gives nothing.
            (_, Origin::Open(number)) => match self.opened(number, &key)? {
                Some((map, height)) => {
                    opened = map;
                    (&opened, height)
                }
                None => return self.keep(key, built),
            },
            _ => return self.keep(key, built),
        };
        self.charge(source.len(), key.span)?;
        if let Some(frame) = self.frames.last_mut()
            && let Content::Map { map, merged, .. } = &mut frame.content
        {
            frame.height = frame.height.max(height.saturating_sub(1));
            copy(source, map, merged);
        }
        Ok(())
    }

    /// Makes `<<` an ordinary key.
    fn keep(&mut self, key: PendingKey, built: Built) -> Result<(), Stop> {
        self.insert(key, built);
        Ok(())
    }

    /// The maps of a list as one, the earlier winning; nothing if any of them is no map.
    fn join(&mut self, items: &[Node], key: &PendingKey) -> Result<Option<Map>, Stop> {
        let Some(maps) = items.iter().map(Node::as_map).collect::<Option<Vec<_>>>() else {
            return Ok(None);
        };
        let mut joined = Map::new();
        for map in maps.into_iter().rev() {
            self.charge(map.len(), key.span)?;
            copy(map, &mut joined, &mut HashSet::new());
        }
        Ok(Some(joined))
    }

    /// What a map that is not complete has so far, and its height.
    fn opened(&mut self, number: usize, key: &PendingKey) -> Result<Option<(Map, usize)>, Stop> {
        let is_innermost = number + 1 == self.frames.len();
        let Some(Frame { content: Content::Map { map, .. }, height, .. }) = self.frames.get(number) else {
            return Ok(None);
        };
        if is_innermost {
            return Ok(Some((Map::new(), 0)));
        }
        let height = height + 1;
        if self.frames.len() + height > self.limits.depth {
            return Err(Stop::now(explain::too_deep(key.span, self.limits.depth)));
        }
        let map = map.clone();
        Ok(Some((map, height)))
    }
}

/// Copies all entries, which keep the places that they were written at, and notes their keys.
fn copy(source: &Map, target: &mut Map, merged: &mut HashSet<Key>) {
    for (key, entry) in source.iter() {
        target.insert(key.clone(), entry.key_span, entry.value.clone());
        merged.insert(key.clone());
    }
}
