//! Values from outside.

use crate::{Key, Map, Node, Span, Value};
use serde_json::Value as Json;

/// A JSON value as if it had been written in YAML at that place.
pub fn node_from_json(json: &Json, span: Span) -> Node {
    let value = match json {
        Json::Null => Value::Null,
        Json::Bool(value) => Value::Bool(*value),
        Json::Number(number) => number
            .as_i64()
            .map(i128::from)
            .or_else(|| number.as_u64().map(i128::from))
            .map_or_else(|| Value::Float(number.as_f64().unwrap_or(f64::NAN)), Value::Int),
        Json::String(text) => Value::Str(text.as_str().into()),
        Json::Array(items) => {
            return Node::seq(items.iter().map(|item| node_from_json(item, span)).collect(), span);
        }
        Json::Object(entries) => {
            let mut map = Map::new();
            for (key, value) in entries {
                map.insert(Key::from(key.as_str()), span, node_from_json(value, span));
            }
            return Node::map(map, span);
        }
    };
    Node::new(value, span)
}

/// The value of a text that may be JSON, as values of numbers, booleans and lists are given in text.
pub(super) fn parsed(node: &Node) -> Node {
    let parsed = node.as_str().and_then(|text| serde_json::from_str::<Json>(text).ok());
    parsed.map_or_else(|| node.clone(), |json| node_from_json(&json, node.span))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn json_becomes_what_yaml_would_give() {
        let node = node_from_json(&json!({"a": [1, 1.5, true, null, "x"]}), Span::default());
        assert_eq!(node.inspect(), r#"{"a"=>[1, 1.5, true, nil, "x"]}"#);
        assert_eq!(node_from_json(&json!(u64::MAX), Span::default()).as_int(), Some(i128::from(u64::MAX)));
    }

    #[test]
    fn text_that_is_no_json_stays_text() {
        let read = |text: &str| parsed(&Node::string(text, Span::default())).inspect();
        assert_eq!(read("3"), "3");
        assert_eq!(read("[\"a\"]"), r#"["a"]"#);
        assert_eq!(read("two"), r#""two""#);
        assert_eq!(read(""), r#""""#);
    }
}
