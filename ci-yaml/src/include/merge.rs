//! Merges configurations: of included files, and of jobs that extend others.

use crate::{Map, Node, Value};
use std::sync::Arc;

/// Lays a map over another: maps merge key by key, of anything else the upper wins, null as well (Rails'
/// `deep_merge`).
///
/// A key that the lower map has keeps its position there; maps that merge keep the place of the lower one.
pub fn merge(base: &Map, over: &Map) -> Map {
    let mut merged = base.clone();
    merge_into(&mut merged, over);
    merged
}

/// [`merge`] without a copy of the lower map. The work is in proportion to the upper one.
pub(crate) fn merge_into(base: &mut Map, over: &Map) {
    for (key, entry) in over.iter() {
        let Some(present) = base.entry_mut(key) else {
            base.insert(key.clone(), entry.key_span, entry.value.clone());
            continue;
        };
        if !merge_values(&mut present.value, &entry.value) {
            *present = entry.clone();
        }
    }
}

/// Merges two maps in place. Returns whether both are maps.
fn merge_values(base: &mut Node, over: &Node) -> bool {
    let (Value::Map(base), Value::Map(over)) = (&mut base.value, &over.value) else { return false };
    // What is the same file again, or the same part of it, changes nothing.
    if !Arc::ptr_eq(base, over) {
        merge_into(Arc::make_mut(base), over);
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inputs::node_from_json;
    use crate::{Key, Span};
    use proptest::prelude::*;
    use serde_json::{Value as Json, json};

    fn map(json: &Json) -> Map {
        node_from_json(json, Span::default()).as_map().unwrap().clone()
    }

    fn merged(base: &Json, over: &Json) -> String {
        Node::map(merge(&map(base), &map(over)), Span::default()).inspect()
    }

    #[test]
    fn maps_merge_and_all_else_is_replaced() {
        let base = json!({"a": {"script": ["p", "q"], "tags": ["t"]}, "n": 1});
        assert_eq!(
            merged(&base, &json!({"a": {"script": ["r"]}, "n": null})),
            r#"{"a"=>{"script"=>["r"], "tags"=>["t"]}, "n"=>nil}"#
        );
        assert_eq!(merged(&base, &json!({"a": null})), r#"{"a"=>nil, "n"=>1}"#);
        assert_eq!(merged(&json!({"a": 1}), &json!({"a": {"b": 2}})), r#"{"a"=>{"b"=>2}}"#);
    }

    #[test]
    fn keys_keep_the_position_they_first_had() {
        let order = |base: &Json, over: &Json| {
            merge(&map(base), &map(over)).iter().map(|(key, _)| key.to_string()).collect::<Vec<_>>()
        };
        let (mut base, mut over) = (Map::new(), Map::new());
        for key in ["z", "a"] {
            base.insert(Key::from(key), Span::default(), Node::new(Value::Int(1), Span::default()));
        }
        for key in ["b", "a", "z"] {
            over.insert(Key::from(key), Span::default(), Node::new(Value::Int(2), Span::default()));
        }
        let keys: Vec<_> = merge(&base, &over).iter().map(|(key, _)| key.to_string()).collect();
        assert_eq!(keys, ["z", "a", "b"]);
        assert_eq!(order(&json!({}), &json!({"a": 1})), ["a"]);
    }

    /// Trees of a few keys, so that they meet.
    fn trees() -> impl Strategy<Value = Map> {
        let span = Span::default();
        let leaf = prop_oneof![
            Just(Node::new(Value::Null, span)),
            (0..3_i128).prop_map(move |n| Node::new(Value::Int(n), span)),
            Just(Node::seq(vec![Node::string("x", span)], span)),
        ];
        let entries = move |node: BoxedStrategy<Node>| {
            prop::collection::vec(("[a-d]", node), 0..5).prop_map(move |entries| {
                let mut map = Map::new();
                for (key, value) in entries {
                    map.insert(Key::from(key.as_str()), span, value);
                }
                map
            })
        };
        let node = leaf.prop_recursive(3, 24, 4, move |inner| {
            entries(inner.boxed()).prop_map(move |map| Node::map(map, span))
        });
        entries(node.boxed())
    }

    fn keys(map: &Map) -> Vec<&Key> {
        map.iter().map(|(key, _)| key).collect()
    }

    proptest! {
        #[test]
        fn merging_twice_is_merging_once(a in trees(), b in trees()) {
            prop_assert_eq!(&merge(&a, &a), &a);
            let once = merge(&a, &b);
            prop_assert_eq!(&merge(&once, &b), &once);
        }

        #[test]
        fn nothing_changes_nothing(a in trees()) {
            prop_assert_eq!(&merge(&a, &Map::new()), &a);
            prop_assert_eq!(&merge(&Map::new(), &a), &a);
        }

        #[test]
        fn the_upper_wins_and_the_order_is_associative(a in trees(), b in trees(), c in trees()) {
            let left = merge(&merge(&a, &b), &c);
            let right = merge(&a, &merge(&b, &c));
            prop_assert_eq!(keys(&left), keys(&right));
            for (key, entry) in c.iter() {
                if entry.value.as_map().is_none() {
                    prop_assert_eq!(left.entry_of(key), Some(entry));
                }
            }
        }
    }
}
