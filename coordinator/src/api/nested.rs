//! Names of parameters with brackets, as Ruby's Rack takes them apart: `a[]=1`, `a[b]=1`, `a[][b]=1`.

use serde_json::{Map, Value};

/// How deep names may go.
const DEPTH: usize = 8;

/// Why a parameter cannot be put where its name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Misfit;

/// Puts a parameter where its name says.
pub(super) fn insert(root: &mut Map<String, Value>, name: &str, value: String) -> Result<(), Misfit> {
    let (first, rest) = match name.find('[') {
        Some(at) if at > 0 => name.split_at(at),
        _ => (name, ""),
    };
    let mut steps = Vec::new();
    let mut rest = rest;
    while let Some(inner) = rest.strip_prefix('[') {
        let (step, after) = inner.split_once(']').ok_or(Misfit)?;
        steps.push(step);
        rest = after;
    }
    if !rest.is_empty() || steps.len() > DEPTH {
        return Err(Misfit);
    }
    put(root.entry(first).or_insert(Value::Null), &steps, value)
}

fn put(place: &mut Value, steps: &[&str], value: String) -> Result<(), Misfit> {
    match steps {
        [] => {
            *place = Value::String(value);
            Ok(())
        }
        ["", rest @ ..] => {
            let list = as_list(place)?;
            let same = list.last_mut().filter(|last| takes(last, rest));
            match same {
                Some(last) => put(last, rest, value),
                None => {
                    let mut item = Value::Null;
                    put(&mut item, rest, value)?;
                    list.push(item);
                    Ok(())
                }
            }
        }
        [key, rest @ ..] => {
            if place.is_null() {
                *place = Value::Object(Map::new());
            }
            let map = place.as_object_mut().ok_or(Misfit)?;
            put(map.entry(*key).or_insert(Value::Null), rest, value)
        }
    }
}

fn as_list(place: &mut Value) -> Result<&mut Vec<Value>, Misfit> {
    if place.is_null() {
        *place = Value::Array(Vec::new());
    }
    place.as_array_mut().ok_or(Misfit)
}

/// Whether the last item of a list goes on: `a[][x]` begins a new one once it has an `x`.
fn takes(last: &Value, rest: &[&str]) -> bool {
    match (last, rest) {
        (Value::Object(map), [key, ..]) if !key.is_empty() => match rest {
            [_] => !map.contains_key(*key),
            [_, deeper @ ..] => {
                map.get(*key).is_none_or(|inner| takes(inner, deeper) || deeper[0].is_empty())
            }
            [] => false,
        },
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn of(parameters: &[(&str, &str)]) -> Result<Value, Misfit> {
        let mut root = Map::new();
        for (name, value) in parameters {
            insert(&mut root, name, (*value).to_owned())?;
        }
        Ok(Value::Object(root))
    }

    #[test]
    fn names_are_taken_apart() {
        let found = of(&[
            ("ref", "main"),
            ("scope[]", "failed"),
            ("scope[]", "success"),
            ("filter[environment_scope]", "prod"),
            ("variables[][key]", "A"),
            ("variables[][value]", "1"),
            ("variables[][key]", "B"),
            ("variables[][value]", "2"),
        ]);
        let wanted = json!({
            "ref": "main", "scope": ["failed", "success"], "filter": {"environment_scope": "prod"},
            "variables": [{"key": "A", "value": "1"}, {"key": "B", "value": "2"}],
        });
        assert_eq!(found, Ok(wanted));
        assert_eq!(of(&[("a", "1"), ("a", "2")]), Ok(json!({"a": "2"})));
        assert_eq!(of(&[("[a]", "1")]), Ok(json!({"[a]": "1"})));
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        assert_eq!(of(&[("a", "1"), ("a[b]", "2")]), Err(Misfit));
        assert_eq!(of(&[("a[b", "1")]), Err(Misfit));
        assert_eq!(of(&[("a[b]c", "1")]), Err(Misfit));
        assert_eq!(of(&[("a[]", "1"), ("a[x]", "1")]), Err(Misfit));
        assert_eq!(of(&[(&format!("a{}", "[b]".repeat(100)), "1")]), Err(Misfit));
    }

    proptest! {
        #[test]
        fn any_name_is_taken_or_refused(names in prop::collection::vec("[a-b\\[\\]]{0,12}", 0..8)) {
            let mut root = Map::new();
            for name in names {
                let _ = insert(&mut root, &name, "x".into());
            }
        }
    }
}
