//! Whatever is written: nothing panics, and there is a value if and only if there is no message.

use super::super::*;
use super::Keyword;
use crate::entry::Report;
use crate::{Entry, Key, Kind, Map, Node, Span, Value};
use proptest::prelude::*;

const WORDS: [&str; 48] = [
    "name",
    "paths",
    "key",
    "files",
    "prefix",
    "policy",
    "when",
    "if",
    "changes",
    "exists",
    "variables",
    "needs",
    "job",
    "pipeline",
    "project",
    "ref",
    "artifacts",
    "reports",
    "junit",
    "coverage_report",
    "matrix",
    "parallel",
    "include",
    "strategy",
    "forward",
    "kubernetes",
    "docker",
    "user",
    "max",
    "exit_codes",
    "start_in",
    "delayed",
    "manual",
    "$A",
    "$A ==",
    "/(/",
    "/a/",
    "1 day",
    "",
    "é/x",
    "expose_as",
    "regexp",
    "aud",
    "vault",
    "step",
    "script",
    "tag_name",
    "default",
];

fn word() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&WORDS[..])
}

fn key() -> impl Strategy<Value = Key> {
    prop_oneof![
        20 => word().prop_map(Key::from),
        1 => any::<i64>().prop_map(|number| Key::Int(number.into())),
        1 => Just(Key::Null),
        1 => any::<bool>().prop_map(Key::Bool),
    ]
}

fn node() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        6 => word().prop_map(|text| Value::Str(text.into())),
        2 => (-3..300_i128).prop_map(Value::Int),
        1 => any::<f64>().prop_map(Value::Float),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => Just(Value::Null),
    ];
    let leaf = leaf.prop_map(|value| Node::new(value, Span::default()));
    leaf.prop_recursive(5, 60, 6, |inner| {
        let entry = |(key, value)| (key, Entry { key_span: Span::default(), value });
        let map = move |pairs: Vec<(Key, Node)>| pairs.into_iter().map(entry).collect::<Map>();
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(|items| Node::seq(items, Span::default())),
            prop::collection::vec((key(), inner), 0..6)
                .prop_map(move |pairs| Node::map(map(pairs), Span::default())),
        ]
    })
}

fn holds<T>(keyword: Keyword<T>, value: &Node) -> Result<(), TestCaseError> {
    let mut diagnostics = Vec::new();
    let found = keyword(value, &mut Report::new(&mut diagnostics, Kind::Structure).rooted("jobs:a"));
    prop_assert_eq!(found.is_some(), diagnostics.is_empty(), "{:?}", diagnostics);
    prop_assert!(diagnostics.iter().all(|found| found.span.is_some() && found.is_error()));
    Ok(())
}

proptest! {
    #[test]
    fn is_read_or_refused(value in node().prop_filter("null is not read", |value| !value.is_null())) {
        holds(artifacts, &value)?;
        holds(cache, &value)?;
        holds(coverage, &value)?;
        holds(dast_configuration, &value)?;
        holds(environment, &value)?;
        holds(id_tokens, &value)?;
        holds(identity, &value)?;
        holds(image, &value)?;
        holds(inputs, &value)?;
        holds(needs, &value)?;
        holds(bridge_needs, &value)?;
        holds(pages, &value)?;
        holds(parallel, &value)?;
        holds(bridge_parallel, &value)?;
        holds(only, &value)?;
        holds(release, &value)?;
        holds(retry, &value)?;
        holds(include_rules, &value)?;
        holds(workflow_rules, &value)?;
        holds(run, &value)?;
        holds(secrets, &value)?;
        holds(services, &value)?;
        holds(timeout, &value)?;
        holds(trigger, &value)?;
    }
}
