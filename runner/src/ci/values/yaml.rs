//! gitlab-ci-local's file of variables in a repository.
//!
//! ```yaml
//! PLAIN: value
//! SCOPED:
//!   type: file            # or variable, which is the default
//!   values:
//!     "*": for all environments
//!     production: for one
//! ```
//!
//! One thing is not taken over: there a value that is the path of a file of the user becomes a variable of type file.
//! Whoever wrote the repository does not name files of the user here.

use super::{Fault, Found, check_name, check_value};
use ci_yaml::yaml::{Limits, load};
use ci_yaml::{FileId, Key, Map, Node, Span};

/// Reads a text.
pub(super) fn parse(text: &str) -> Result<Vec<Found>, Fault> {
    let loaded = load(text, FileId(0), &Limits::default()).map_err(|diagnostic| {
        let line = diagnostic.span.map_or(1, line);
        // The reader's own words may show what it read.
        Fault::new(line, "this is not YAML, or no map of variables")
    })?;
    let mut found = Vec::new();
    if let Some(map) = loaded.content.as_map() {
        for (key, entry) in map.iter() {
            let line = line(entry.key_span);
            let name = name(line, key)?;
            variable(line, name, &entry.value, &mut found)?;
        }
    }
    Ok(found)
}

fn line(span: Span) -> usize {
    span.start.line as usize
}

fn name(line: usize, key: &Key) -> Result<&str, Fault> {
    let name = key.as_str().ok_or_else(|| Fault::new(line, "a name is no string: put it in quotes"))?;
    check_name(line, name)?;
    Ok(name)
}

fn variable(line: usize, name: &str, node: &Node, found: &mut Vec<Found>) -> Result<(), Fault> {
    let Some(map) = node.as_map() else {
        let value = scalar(line, name, node)?;
        found.push(Found::plain(line, name, value));
        return Ok(());
    };
    if let Some((key, entry)) = map.iter().find(|(key, _)| !matches!(key.as_str(), Some("type" | "values"))) {
        let key = key.as_str().unwrap_or("?");
        return Err(Fault::new(
            self::line(entry.key_span),
            format!("`{name}` has an unknown key `{key}`: `type` and `values` are known"),
        ));
    }
    let file = match map.get("type").map(Node::as_str) {
        None | Some(Some("variable")) => false,
        Some(Some("file")) => true,
        Some(_) => return Err(Fault::new(line, format!("`{name}.type` wants `variable` or `file`"))),
    };
    let values: Option<&Map> = map.get("values").and_then(Node::as_map);
    let values =
        values.ok_or_else(|| Fault::new(line, format!("`{name}.values` wants a map of environments")))?;
    for (scope, entry) in values.iter() {
        let line = self::line(entry.key_span);
        let scope = scope
            .as_str()
            .ok_or_else(|| Fault::new(line, format!("`{name}` has an environment that is no string")))?;
        let mut one = Found::plain(line, name, scalar(line, name, &entry.value)?);
        one.variable.file = file;
        scope.clone_into(&mut one.variable.scope);
        found.push(one);
    }
    Ok(())
}

fn scalar(line: usize, name: &str, node: &Node) -> Result<String, Fault> {
    let value = if node.is_null() { None } else { node.to_text() };
    let value =
        value.ok_or_else(|| Fault::new(line, format!("`{name}` wants a string, a number, true or false")))?;
    check_value(line, name, &value)?;
    Ok(value.to_string())
}
