//! The inputs that a configuration asks for.

use super::FormInput;
use ci_yaml::{Key, Node, Value};
use serde_json::Value as Json;

/// Of the header of a file, the map that holds `spec`.
pub fn inputs_of(header: &Node) -> Vec<FormInput> {
    let asked = header.get("spec").and_then(|spec| spec.get("inputs")).and_then(Node::as_map);
    let input = |(key, entry): (&Key, &ci_yaml::Entry)| {
        let of = &entry.value;
        let text = |key: &str| of.get(key).and_then(Node::to_text).map(|text| text.to_string());
        Some(FormInput {
            name: key.as_str()?.to_owned(),
            kind: text("type").unwrap_or_else(|| "string".to_owned()),
            default: of.get("default").map(json),
            description: text("description").unwrap_or_default(),
            options: of.get("options").and_then(Node::as_seq).unwrap_or_default().iter().map(json).collect(),
        })
    };
    asked.into_iter().flat_map(ci_yaml::Map::iter).filter_map(input).collect()
}

/// A value as JSON. Lists are short and flat here; what is deeper is shown as text.
fn json(node: &Node) -> Json {
    let scalar = |node: &Node| match &node.value {
        Value::Null => Json::Null,
        Value::Bool(value) => (*value).into(),
        Value::Int(value) => i64::try_from(*value).map_or_else(|_| value.to_string().into(), Json::from),
        Value::Float(value) => (*value).into(),
        Value::Str(text) => text.to_string().into(),
        Value::Seq(_) | Value::Map(_) | Value::Reference(_) => {
            node.to_text().map_or(Json::Null, |text| text.to_string().into())
        }
    };
    match node.as_seq() {
        Some(items) => items.iter().map(scalar).collect(),
        None => scalar(node),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ci_yaml::{FileId, yaml};

    #[test]
    fn inputs_have_kinds_defaults_and_options() {
        let text = "spec:\n  inputs:\n    level: {type: number, default: 3, description: How deep}\n    to:\n      options: [a, b]\n    bare:\n---\nx: {script: y}\n";
        let header = yaml::load(text, FileId(0), &yaml::Limits::default()).unwrap().header.unwrap();
        let found = inputs_of(&header);
        assert_eq!(
            (found[0].name.as_str(), found[0].kind.as_str(), found[0].default.clone()),
            ("level", "number", Some(3.into()))
        );
        assert_eq!(found[1].options, ["a", "b"]);
        assert_eq!((found[2].name.as_str(), found[2].default.clone()), ("bare", None));
    }
}
