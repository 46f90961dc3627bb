//! `only` and `except`.

use super::super::{except, only};
use super::{refused, value};
use crate::config::Refs;

fn refs(found: &Refs) -> Option<Vec<&str>> {
    match found {
        Refs::Absent => None,
        Refs::List(refs) => Some(refs.iter().map(|name| &*name.value).collect()),
    }
}

#[test]
fn conditions() {
    let found = value(only, "[main, '/^v/', '/(/@g/p', 'feat*']");
    assert_eq!(refs(&found.refs), Some(vec!["main", "/^v/", "/(/@g/p", "feat*"]));
    assert_eq!(refs(&value(except, "[]").refs), Some(vec![]));
    assert_eq!(refs(&value(only, "{refs: , variables: [$A]}").refs), Some(vec![]));
    let found = value(only, "{variables: ['$A == \"b\"', $C], changes: ['*.md'], kubernetes: active}");
    assert_eq!(refs(&found.refs), None);
    let expressions = found.variables.expect("variables");
    assert_eq!(expressions.iter().map(|found| found.value.text()).collect::<Vec<_>>(), ["$A == \"b\"", "$C"]);
    assert_eq!(found.changes.expect("changes").len(), 1);
    assert!(found.kubernetes && !found.implicit);
    let found = value(except, "{variables: , changes: }");
    assert_eq!(
        (found.variables.map(|found| found.len()), found.changes.map(|found| found.len())),
        (Some(0), Some(0))
    );
}

#[test]
fn refusals() {
    let refs = "should be an array of strings or regular expressions using re2 syntax";
    let config: &[&str] = &[&format!("@ config {refs}")];
    let complex: &[&str] = &[&format!("@ refs {refs}")];
    refused(
        only,
        "jobs:a:only",
        &[
            ("main", &["@ has to be either an array of conditions or a hash"]),
            ("1", &["@ has to be either an array of conditions or a hash"]),
            ("{}", &["@ config can't be blank"]),
            ("{ref: [main]}", &["@ config contains unknown keys: ref"]),
            ("['/^(?!main)/']", config),
            ("['/(/']", config),
            ("[1]", config),
            ("{refs: ['/(/']}", complex),
            ("{refs: main}", complex),
            ("{kubernetes: 'yes'}", &["@ kubernetes unknown value: yes"]),
            ("{kubernetes: true}", &["@ kubernetes unknown value: true"]),
            ("{variables: ['$A = 1', '(', $B]}", &["@ variables invalid expression syntax"; 2]),
            ("{variables: $A}", &["@ variables should be an array of strings"]),
            ("{variables: [1]}", &["@ variables should be an array of strings"]),
            ("{changes: '*.md'}", &["@ changes should be an array of strings"]),
        ],
    );
    refused(except, "jobs:a:except", &[("main", &["@ has to be either an array of conditions or a hash"])]);
}
