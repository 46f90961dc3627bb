//! How much memory a value takes in Ruby, which is what GitLab limits.
//!
//! GitLab adds up `ObjectSpace.memsize_of` of every object, as often as it is met, so that an alias counts in full
//! wherever it is used (`Gitlab::Utils::DeepSize`). What an object takes depends on the version of Ruby and on how the
//! object came about; these are the figures of Ruby 3.3 on 64 bits for what Psych makes.

use crate::{Key, Map, Node, Value};

/// The smallest object, such as a string of up to 15 bytes.
const SLOT: usize = 40;
/// A map of up to eight entries, and the fixed part of a larger one.
const MAP: usize = 160;
/// The entries of the smallest map that has a table.
const SMALL_MAP: usize = 8;
/// The items of a list that need no memory of their own.
const SMALL_LIST: usize = 3;

/// The bytes that a value takes, counted no further than a little beyond a limit.
///
/// The value must not nest so deeply that recursion is a danger.
pub(super) fn measure(node: &Node, limit: usize) -> usize {
    let mut size = 0;
    add(node, limit, &mut size);
    size
}

fn add(node: &Node, limit: usize, size: &mut usize) {
    if *size > limit {
        return;
    }
    match &node.value {
        // Kept in the reference itself.
        Value::Null | Value::Bool(_) | Value::Int(_) | Value::Float(_) => {}
        Value::Str(text) => *size += string(text.len()),
        Value::Seq(items) => {
            *size += list(items.len());
            for item in items.iter() {
                add(item, limit, size);
                if *size > limit {
                    return;
                }
            }
        }
        Value::Map(map) => add_map(map, limit, size),
        Value::Reference(reference) => {
            *size += SLOT;
            // GitLab does not count the path. Anything but a short list is never resolved, and is not worth the risk.
            add(&reference.path, limit, size);
        }
    }
}

fn add_map(map: &Map, limit: usize, size: &mut usize) {
    *size += table(map.len());
    for (key, entry) in map.iter() {
        if let Key::Str(text) | Key::Other(text) = key {
            *size += string(text.len());
        }
        add(&entry.value, limit, size);
        if *size > limit {
            return;
        }
    }
}

/// Strings lie in slots of doubling sizes together with 25 bytes of their own, or, if none is large enough, outside.
fn string(bytes: usize) -> usize {
    match bytes + 25 {
        0..=40 => SLOT,
        41..=80 => 80,
        81..=160 => 160,
        161..=320 => 320,
        321..=640 => 640,
        _ => SLOT + bytes + 1,
    }
}

/// Lists grow by half, and by 16 at least.
fn list(items: usize) -> usize {
    if items <= SMALL_LIST {
        return SLOT;
    }
    let mut capacity = SMALL_LIST;
    while capacity < items {
        capacity += 1 + (capacity / 2).max(16);
    }
    SLOT + 8 * capacity
}

/// Larger maps have a table of a power of two of entries, and an index of twice as many places.
fn table(entries: usize) -> usize {
    if entries <= SMALL_MAP {
        return MAP;
    }
    let capacity = entries.next_power_of_two().max(16);
    let place = match capacity {
        0..=0x80 => 1,
        0x81..=0x8000 => 2,
        _ => 4,
    };
    MAP + capacity * 24 + capacity * 2 * place
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Span;

    #[test]
    fn an_alias_counts_wherever_it_is_used() {
        let text = Node::string("x".repeat(100), Span::default());
        assert_eq!(measure(&text, usize::MAX), 160);
        let list = Node::seq(vec![text; 3], Span::default());
        assert_eq!(measure(&list, usize::MAX), 40 + 3 * 160);
        let lists = Node::seq(vec![list; 10], Span::default());
        assert_eq!(measure(&lists, usize::MAX), 40 + 20 * 8 + 10 * (40 + 3 * 160));
    }

    #[test]
    fn counting_stops_beyond_the_limit() {
        let mut node = Node::string("lol", Span::default());
        for _ in 0..60 {
            node = Node::seq(vec![node.clone(), node], Span::default());
        }
        let size = measure(&node, 1 << 20);
        assert!((1 << 20..(1 << 20) + 1000).contains(&size), "{size}");
    }
}
