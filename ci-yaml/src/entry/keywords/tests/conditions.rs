//! `rules`.

use super::super::{include_rules, job_rules, workflow_rules};
use super::{refused, value};
use crate::config::{OnNewCommit, PathMatch, When};
use crate::entry::Report;
use crate::entry::tests::parse;
use crate::{Kind, Node, Span, Value};

#[test]
fn clauses() {
    let rules = value(
        job_rules,
        "[{if: '$A == \"x\"', when: manual, allow_failure: true}, [[{changes: [a, b]}], {exists: Dockerfile}], \
         {when: delayed, start_in: 1 week, variables: {A: 1, B: true}, needs: [c], interruptible: false}]",
    );
    assert_eq!(rules.len(), 4);
    assert_eq!(rules[0].condition.as_ref().map(|found| found.value.text()), Some("$A == \"x\""));
    assert_eq!(rules[0].when.as_ref().map(|when| when.value), Some(When::Manual));
    assert_eq!(rules[0].allow_failure, Some(true));
    let PathMatch::Globs(globs) = &rules[1].changes.as_ref().expect("changes").value.paths else {
        panic!("globs")
    };
    assert_eq!(globs.iter().map(|glob| &*glob.value).collect::<Vec<_>>(), ["a", "b"]);
    let PathMatch::Globs(globs) = &rules[2].exists.as_ref().expect("exists").value.paths else {
        panic!("globs")
    };
    assert_eq!(&*globs[0].value, "Dockerfile");
    assert_eq!(rules[3].start_in.as_deref(), Some("1 week"));
    assert_eq!(
        rules[3].variables.iter().map(|(name, text)| (&**name, &*text.value)).collect::<Vec<_>>(),
        [("A", "1"), ("B", "true")]
    );
    assert_eq!(&*rules[3].needs.as_ref().expect("needs").jobs[0].job, "c");
    assert_eq!(rules[3].interruptible, Some(false));
}

#[test]
fn null_is_no_clause() {
    let rules = value(job_rules, "[{if: , changes: , exists: , when: , variables: , needs: }]");
    let rule = &rules[0];
    assert!(
        rule.condition.is_none() && rule.changes.is_none() && rule.exists.is_none() && rule.when.is_none()
    );
    assert!(rule.variables.is_empty() && rule.needs.is_none());
}

#[test]
fn the_long_forms_of_paths() {
    let rules = value(
        job_rules,
        "[{changes: {paths: [a], compare_to: main}}, {changes: {regexp: '^src/'}}, \
         {exists: {paths: [a], project: g/p, ref: r}}, {exists: {}}, {exists: []}]",
    );
    let changes = &rules[0].changes.as_ref().expect("changes").value;
    assert_eq!(changes.compare_to.as_deref(), Some("main"));
    let changes = &rules[1].changes.as_ref().expect("changes").value;
    assert!(matches!(&changes.paths, PathMatch::Regexp(text) if &**text == "^src/"));
    let exists = &rules[2].exists.as_ref().expect("exists").value;
    assert_eq!((exists.project.as_deref(), exists.reference.as_deref()), (Some("g/p"), Some("r")));
    for rule in &rules[3..] {
        let exists = &rule.exists.as_ref().expect("exists").value;
        assert!(matches!(&exists.paths, PathMatch::Globs(globs) if globs.is_empty()));
    }
}

#[test]
fn rules_of_jobs_that_are_none() {
    let fifty_one = vec!["a"; 51].join(", ");
    let changes = format!("[{{changes: [{fifty_one}]}}]");
    let exists = format!("[{{exists: {{paths: [{fifty_one}]}}}}]");
    let many = "config has too many entries (maximum 50)";
    refused(
        job_rules,
        "jobs:a:rules",
        &[
            ("[]", &["@ config can't be blank"]),
            ("[{}]", &["@:rule config can't be blank"]),
            ("[{only: [main]}]", &["@:rule config contains unknown keys: only"]),
            ("[{when: sometimes}]", &["@:rule when unknown value: sometimes"]),
            ("[{when: 1}]", &["@:rule when unknown value: 1"]),
            (
                "[{when: delayed}]",
                &[
                    "@:rule start in can't be blank",
                    "@:rule start in should be a duration",
                    "@:rule start in should not exceed the limit",
                ],
            ),
            ("[{when: delayed, start_in: 8 days}]", &["@:rule start in should not exceed the limit"]),
            ("[{when: manual, start_in: 1 day}]", &["@:rule config contains disallowed keys: start_in"]),
            (
                "[{if: $A, allow_failure: {exit_codes: 1}}]",
                &["@:rule allow failure should be a boolean value"],
            ),
            ("[{interruptible: x}]", &["@:rule interruptible should be a boolean value"]),
            ("[{if: '$A ='}]", &["@:rule if invalid expression syntax"]),
            ("[{if: true}]", &["@:rule if invalid expression syntax"]),
            ("[{if: '$A', auto_cancel: {}}]", &["@:rule config contains unknown keys: auto_cancel"]),
            (
                "[{if: '(', when: x, foo: y}]",
                &[
                    "@:rule if invalid expression syntax",
                    "@:rule when unknown value: x",
                    "@:rule config contains unknown keys: foo",
                ],
            ),
            ("[{changes: src}]", &["@:rule:changes should be an array or a hash"]),
            (&changes, &[&format!("@:rule:changes {many}")]),
            ("[{changes: [1]}]", &["@:rule:changes config should be an array of strings"]),
            ("[{changes: {}}]", &["@:rule:changes config must use exactly one of these keys: paths, regexp"]),
            ("[{changes: {paths: }}]", &["@:rule:changes paths should be an array of strings"]),
            (
                "[{changes: {paths: [a], compare_to: 1, base: x}}]",
                &[
                    "@:rule:changes config contains unknown keys: base",
                    "@:rule:changes compare to should be a string",
                ],
            ),
            ("[{exists: 1}]", &["@:rule:exists should be a string, an array of strings, or a hash"]),
            ("[{exists: {paths: [a], ref: main}}]", &["@:rule:exists config missing required keys: project"]),
            (&exists, &[&format!("@:rule:exists {}", many.replace("config", "paths"))]),
            ("[{if: $A, variables: {V: {value: x}}}]", &["@:rule:variables:v config must be a string"]),
            ("[{if: $A, variables: {V: }}]", &["@:rule:variables:v config must be a string"]),
            ("[{if: $A, variables: [V]}]", &["@:rule:variables config should be a hash"]),
            (
                "[{if: $A, needs: [{pipeline: $P, job: j}]}]",
                &["@:rule:needs config uses invalid types: cross_dependency"],
            ),
        ],
    );
}

#[test]
fn rules_of_workflow() {
    let rules =
        value(workflow_rules, "[{if: $A, auto_cancel: {on_new_commit: interruptible}, variables: {M: x}}]");
    assert_eq!(rules[0].auto_cancel.on_new_commit, Some(OnNewCommit::Interruptible));
    refused(
        workflow_rules,
        "jobs:a:rules",
        &[
            ("x", &["@ config should be an array"]),
            ("''", &["@ config can't be blank", "@ config should be an array"]),
            ("[x]", &["@:rule config should be a hash", "@:rule config should be a hash"]),
            ("[{when: manual}]", &["@:rule when unknown value: manual"]),
            ("[{interruptible: true}]", &["@:rule config contains unknown keys: interruptible"]),
            (
                "[{auto_cancel: {on_new_commit: all}}]",
                &["@:rule:auto_cancel on new commit must be one of: conservative, interruptible, none"],
            ),
        ],
    );
}

#[test]
fn rules_of_includes() {
    let many = vec!["a"; 60].join(", ");
    let rules = value(include_rules, &format!("[{{exists: [{many}]}}, {{if: $A, when: never}}]"));
    assert_eq!(rules[1].when.as_ref().map(|when| when.value), Some(When::Never));
    refused(
        include_rules,
        "include",
        &[
            ("[{if: '$A ='}]", &["@:rule if invalid expression syntax"]),
            ("[{if: $A, variables: {}}]", &["@:rule config contains unknown keys: variables"]),
            ("[{when: manual}]", &["@:rule when unknown value: manual"]),
            ("x", &["@:rules config should be an array"]),
        ],
    );
}

#[test]
fn lists_that_multiply_are_refused() {
    let Value::Seq(rules) = parse("[{if: $A}]").value else { panic!("a list") };
    let mut list = Node::seq(vec![rules[0].clone(); 300], Span::default());
    list = Node::seq(vec![list; 300], Span::default());
    let mut diagnostics = Vec::new();
    let found = workflow_rules(&list, &mut Report::new(&mut diagnostics, Kind::Structure));
    assert!(found.is_none());
    assert_eq!(diagnostics[0].message, "rules config has too many entries");
}
