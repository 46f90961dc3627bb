use crate::entry;
use crate::{Diagnostic, Key, Map, Node, Span, Value};
use proptest::prelude::*;
use std::sync::Arc;

/// Words that mean something somewhere, and some that do not.
const WORDS: [&str; 36] = [
    "script",
    "stage",
    "image",
    "rules",
    "needs",
    "variables",
    "extends",
    "tags",
    "only",
    "except",
    "when",
    "default",
    "allow_failure",
    "dependencies",
    "inherit",
    "parallel",
    "trigger",
    "start_in",
    "hooks",
    "pages",
    "publish",
    "run",
    "workflow",
    "stages",
    "before_script",
    "cache",
    "services",
    "auto_cancel",
    "exit_codes",
    "value",
    "options",
    ".hidden",
    "delayed",
    "1 day",
    "$A == \"b\"",
    "",
];

fn node() -> impl Strategy<Value = Node> {
    let at = Span::default();
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::Bool),
        any::<i64>().prop_map(|number| Value::Int(number.into())),
        any::<f64>().prop_map(Value::Float),
        prop::sample::select(&WORDS[..]).prop_map(|word| Value::Str(word.into())),
        ".{0,8}".prop_map(|text| Value::Str(text.into())),
    ];
    let leaf = leaf.prop_map(move |value| Node::new(value, at));
    leaf.prop_recursive(5, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(move |items| Node::seq(items, at)),
            map(inner).prop_map(move |map| Node::map(map, at)),
        ]
    })
}

fn key() -> impl Strategy<Value = Key> {
    prop_oneof![
        12 => prop::sample::select(&WORDS[..]).prop_map(Key::from),
        1 => Just(Key::Null),
        1 => any::<bool>().prop_map(Key::Bool),
        1 => any::<i8>().prop_map(|number| Key::Int(number.into())),
        1 => Just(Key::Other(Arc::from("1.5"))),
    ]
}

fn map(value: impl Strategy<Value = Node>) -> impl Strategy<Value = Map> {
    prop::collection::vec((key(), value), 0..7).prop_map(|entries| {
        let mut map = Map::new();
        for (key, value) in entries {
            map.insert(key, Span::default(), value);
        }
        map
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(if cfg!(debug_assertions) { 400 } else { 4_000 }))]

    #[test]
    fn a_job_is_valid_or_has_an_error(root in map(node())) {
        let entry::Validated { config, diagnostics } = entry::validate(&root);
        let wrong = diagnostics.iter().any(Diagnostic::is_error);
        prop_assert!(config.jobs.keys().all(|name| !config.invalid_jobs.contains(name)) || wrong);
        prop_assert!(config.invalid_jobs.is_empty() || wrong);
        prop_assert!(!config.jobs.is_empty() || wrong);
        // What GitLab shows is never only what it would show later.
        prop_assert!(!wrong || diagnostics.iter().any(|found| found.is_error() && !found.later));
        prop_assert!(diagnostics.iter().all(|found| !found.message.is_empty()));
    }
}
