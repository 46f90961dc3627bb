//! The access path of a block: `inputs.name[0].key` (`Interpolation::Access`).

use crate::{Map, Node};

/// The most parts of a path; what is behind belongs to the last.
const MOST_PARTS: usize = 5;
/// The most bytes of a path.
const MOST_BYTES: usize = 1024;
/// The most indices of one part.
const MOST_INDICES: usize = 5;

/// Looks a path up in the contexts of a file.
///
/// # Errors
/// In GitLab's words; there may be two.
pub(super) fn value(path: &str, contexts: &Map) -> Result<Node, Vec<String>> {
    let parts: Vec<&str> = if path.is_empty() { Vec::new() } else { path.splitn(MOST_PARTS, '.').collect() };
    let mut errors = Vec::new();
    if parts.len() <= 1 {
        let text = "invalid pattern used for interpolation. valid pattern is $[[ inputs.input ]]";
        errors.push(text.to_owned());
    }
    if path.len() > MOST_BYTES {
        errors.push("maximum interpolation expression size exceeded".to_owned());
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    walk(path, &parts, contexts).map_err(|error| vec![error])
}

fn walk(path: &str, parts: &[&str], contexts: &Map) -> Result<Node, String> {
    let mut found: Option<Node> = None;
    for part in parts {
        let map = found.as_ref().map_or(Some(contexts), Node::as_map);
        let next = if part.contains('[') { indexed(path, part, map)? } else { key(path, part, map)?.clone() };
        found = Some(next);
    }
    found.ok_or_else(|| unknown(path, ""))
}

fn key<'n>(path: &str, name: &str, map: Option<&'n Map>) -> Result<&'n Node, String> {
    map.and_then(|map| map.get(name)).ok_or_else(|| unknown(path, name))
}

fn unknown(path: &str, name: &str) -> String {
    format!("unknown interpolation provided: `{name}` in `{path}`")
}

fn indexed(path: &str, part: &str, map: Option<&Map>) -> Result<Node, String> {
    let Some((name, indices)) = split(part) else { return Err(bad_index(path, part)) };
    if name.is_empty() {
        return Err(format!("invalid indexed access without a key in `{path}`"));
    }
    if indices.len() > MOST_INDICES {
        return Err(format!("too many array indices in `{path}` (maximum depth: {MOST_INDICES})"));
    }
    let mut current = key(path, name, map)?;
    for index in indices {
        let shown = index.trim_start_matches('0');
        let shown = if shown.is_empty() { "0" } else { shown };
        let Some(items) = current.as_seq() else {
            return Err(format!("cannot index into non-array value at [{shown}] in `{path}`"));
        };
        let item = index.parse().ok().and_then(|index: usize| items.get(index));
        current = item.ok_or_else(|| {
            format!("array index {shown} out of bounds (size: {}) in `{path}`", items.len())
        })?;
    }
    Ok(current.clone())
}

/// The name and the indices of `name[0][1]`; the name has only letters, digits and underscores.
fn split(part: &str) -> Option<(&str, Vec<&str>)> {
    let (name, rest) = part.split_at(part.find('[')?);
    let is_word = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let inner = rest.strip_prefix('[')?.strip_suffix(']')?;
    let indices: Vec<&str> = inner.split("][").collect();
    let all_digits =
        indices.iter().all(|index| !index.is_empty() && index.bytes().all(|byte| byte.is_ascii_digit()));
    (is_word && all_digits).then_some((name, indices))
}

fn bad_index(path: &str, part: &str) -> String {
    if part.matches('[').count() != part.matches(']').count() {
        return format!("invalid array index in `{path}`: missing closing bracket");
    }
    let mut contents =
        part.split('[').skip(1).filter_map(|rest| rest.split_once(']').map(|(inner, _)| inner));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match contents.find(|inner| !digits(inner)) {
        Some(inner) => format!("invalid array index in `{path}`: `{inner}` is not a valid index"),
        None => format!("invalid array index syntax in `{path}`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Span;
    use crate::inputs::node_from_json;
    use serde_json::json;

    fn at(path: &str) -> Result<String, String> {
        let contexts = json!({"inputs": {"s": "x", "l": ["a", ["b", "c"]], "m": [{"k": 1}], "a-b": [1]}});
        let contexts = node_from_json(&contexts, Span::default());
        let found = value(path, contexts.as_map().unwrap());
        found.map(|node| node.inspect()).map_err(|errors| errors.join(", "))
    }

    #[test]
    fn paths_are_followed() {
        assert_eq!(at("inputs.s").unwrap(), r#""x""#);
        assert_eq!(at("inputs.l[0]").unwrap(), r#""a""#);
        assert_eq!(at("inputs.l[1][1]").unwrap(), r#""c""#);
        assert_eq!(at("inputs.m[0].k").unwrap(), "1");
    }

    #[test]
    fn errors_are_gitlabs() {
        let invalid = "invalid pattern used for interpolation. valid pattern is $[[ inputs.input ]]";
        for (path, message) in [
            ("foo", invalid),
            ("", invalid),
            ("inputs.z", "unknown interpolation provided: `z` in `inputs.z`"),
            ("inputs.s.extra", "unknown interpolation provided: `extra` in `inputs.s.extra`"),
            ("other.z", "unknown interpolation provided: `other` in `other.z`"),
            ("inputs.l[5]", "array index 5 out of bounds (size: 2) in `inputs.l[5]`"),
            (
                "inputs.l[99999999999999999999]",
                "array index 99999999999999999999 out of bounds (size: 2) in `inputs.l[99999999999999999999]`",
            ),
            ("inputs.s[0]", "cannot index into non-array value at [0] in `inputs.s[0]`"),
            ("inputs.[0]", "invalid indexed access without a key in `inputs.[0]`"),
            ("inputs.l[0", "invalid array index in `inputs.l[0`: missing closing bracket"),
            ("inputs.l[x]", "invalid array index in `inputs.l[x]`: `x` is not a valid index"),
            ("inputs.a-b[0]", "invalid array index syntax in `inputs.a-b[0]`"),
            (
                "inputs.l[0][0][0][0][0][0]",
                "too many array indices in `inputs.l[0][0][0][0][0][0]` (maximum depth: 5)",
            ),
        ] {
            assert_eq!(at(path).unwrap_err(), message, "{path}");
        }
        let long = format!("inputs.{}", "x".repeat(1024));
        assert_eq!(at(&long).unwrap_err(), "maximum interpolation expression size exceeded");
    }
}
