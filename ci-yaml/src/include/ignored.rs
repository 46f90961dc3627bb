//! What GitLab ignores in an include without a word: warnings of ours.

use super::location::Location;
use crate::diagnostic::nearest;
use crate::matching::duration;
use crate::{Diagnostic, Entry, Key, Node, Value};

/// All keys that an include may have.
const KNOWN: &[&str] = &[
    "local",
    "file",
    "remote",
    "project",
    "ref",
    "integrity",
    "cache",
    "template",
    "artifact",
    "component",
    "inputs",
    "job",
    "rules",
];

/// Keys that mean something beside one other only.
const COMPANIONS: &[(&str, &str)] = &[
    ("file", "project"),
    ("ref", "project"),
    ("integrity", "remote"),
    ("cache", "remote"),
    ("job", "artifact"),
];

/// The shortest time that a remote file may be cached for, in seconds.
const SHORTEST_CACHE: f64 = 60.0;

/// Warns of keys without an effect.
pub(super) fn warn(location: &Location, warnings: &mut Vec<Diagnostic>) {
    if location.node.as_map().is_none() {
        return;
    }
    for (key, entry) in location.map.iter() {
        warnings.extend(unknown(key, entry).or_else(|| lonely(location, key, entry)));
    }
    if let Some(project) = location.map.entry("project")
        && location.present("file").is_none()
    {
        let text = "an `include` of a project without `file` includes nothing";
        let warning = Diagnostic::lint("ignored-include", text).at(project.key_span);
        warnings.push(warning.help("`file` names one path of that project, or a list of them."));
    }
    if let Some(cache) = location.present("cache").filter(|_| location.map.has("remote")) {
        warnings.extend(bad_cache(cache));
    }
}

fn unknown(key: &Key, entry: &Entry) -> Option<Diagnostic> {
    if key.as_str().is_some_and(|key| KNOWN.contains(&key)) {
        return None;
    }
    let warning = Diagnostic::lint("ignored-include-key", format!("`{key}` has no effect in an `include`"));
    let warning = warning.at(entry.key_span);
    Some(match key.as_str().and_then(|key| nearest(key, KNOWN.iter().copied())) {
        Some(near) => warning.note(format!("did you mean `{near}`?")),
        None => warning,
    })
}

fn lonely(location: &Location, key: &Key, entry: &Entry) -> Option<Diagnostic> {
    let key = key.as_str()?;
    let (_, other) = COMPANIONS.iter().find(|(companion, _)| *companion == key)?;
    if location.map.has(other) {
        return None;
    }
    let text = format!("`{key}` has no effect in an `include` without `{other}`");
    Some(Diagnostic::lint("ignored-include-key", text).at(entry.key_span))
}

/// `cache` is a boolean or a duration of a minute or more.
fn bad_cache(node: &Node) -> Option<Diagnostic> {
    let valid = match &node.value {
        Value::Bool(_) => true,
        Value::Str(text) => duration::seconds(text).is_some_and(|seconds| seconds >= SHORTEST_CACHE),
        _ => false,
    };
    let warning = || {
        let text = "`cache` of an `include` should be a boolean or a duration of at least one minute";
        Diagnostic::lint("ignored-include-key", text).at(node.span)
    };
    (!valid).then(warning)
}
