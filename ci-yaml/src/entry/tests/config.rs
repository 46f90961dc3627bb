use super::{found, job, validate};
use crate::Severity;
use crate::config::{Kind, Refs, When};

#[test]
fn stages_have_their_edges() {
    let stages = |text: &str| {
        let config = validate(&format!("{text}\na: {{script: x}}")).config;
        config.stages.iter().map(|stage| stage.value.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(stages("stages:"), [".pre", "build", "test", "deploy", ".post"]);
    assert_eq!(stages("stages: [.post, one, .pre, two]"), [".pre", "one", "two", ".post"]);
    assert_eq!(stages("stages: [one, [two, [three]]]"), [".pre", "one", "two", "three", ".post"]);
    assert_eq!(stages("stages: []"), [""; 0]);
}

#[test]
fn a_job_has_its_defaults() {
    let a = job("a: {script: x, stage: null}", "a");
    assert_eq!(&*a.stage.value, "test");
    assert_eq!((a.when, a.allow_failure.allowed), (When::OnSuccess, false));
    assert!(matches!(a.kind, Kind::Build));
    assert!(a.needs.is_none() && a.dependencies.is_none() && a.rules.is_none());
}

#[test]
fn manual_jobs_may_fail_unless_they_say_otherwise() {
    let allowed = |rest: &str| {
        let a = job(&format!("a: {{script: x, {rest}}}"), "a");
        (a.allow_failure.allowed, a.allow_failure.exit_codes)
    };
    assert_eq!(allowed("when: manual"), (true, None));
    assert_eq!(allowed("when: manual, allow_failure: false"), (false, None));
    assert_eq!(allowed("when: manual, allow_failure: null"), (true, None));
    assert_eq!(allowed("when: manual, allow_failure: {exit_codes: 1}"), (false, Some(vec![1])));
    assert_eq!(allowed("allow_failure: {exit_codes: [137, 255]}"), (false, Some(vec![137, 255])));
    assert_eq!(allowed("allow_failure: true"), (true, None));
}

#[test]
fn only_is_implied_and_completed() {
    let only = |text: &str| job(text, "a").only;
    let implied = only("a: {script: x}").expect("only");
    assert!(implied.implicit && matches!(implied.refs, Refs::List(refs) if refs.len() == 2));
    assert!(only("a: {script: x, rules: null}").is_none());
    assert!(only("workflow: {rules: }\na: {script: x}").is_none());
    let part =
        only("workflow: {rules: [{when: always}]}\na: {script: x, only: {changes: [b]}}").expect("only");
    assert!(!part.implicit && matches!(part.refs, Refs::List(refs) if refs.len() == 2));
    let none = only("a: {script: x, only: {refs: null, changes: [b]}}").expect("only");
    assert!(matches!(none.refs, Refs::List(refs) if refs.is_empty()));
    assert!(only("a: {script: x, except: [tags]}").is_some_and(|only| only.implicit));
    assert!(matches!(
        job("a: {script: x, except: {changes: [b]}}", "a").except.expect("except").refs,
        Refs::Absent
    ));
}

#[test]
fn pages_publish_a_folder() {
    let paths = |text: &str, name: &str| {
        let job = job(text, name);
        let paths = job.artifacts.and_then(|artifacts| artifacts.paths).unwrap_or_default();
        (job.pages.is_some(), paths.iter().map(ToString::to_string).collect::<Vec<_>>())
    };
    let list = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(
        paths("pages: {script: x, artifacts: {paths: [dist]}}", "pages"),
        (true, list(&["dist", "public"]))
    );
    assert_eq!(paths("pages: {script: x, artifacts: {paths: [public]}}", "pages"), (true, list(&["public"])));
    assert_eq!(paths("pages: {script: x, pages: false}", "pages"), (false, vec![]));
    assert_eq!(paths("a: {script: x, pages: {publish: out}}", "a"), (true, list(&["out"])));
    assert_eq!(paths("a: {script: x, pages: true, publish: out}", "a"), (true, list(&["out"])));
    assert_eq!(
        paths("default: {artifacts: {paths: [o]}}\na: {script: x, pages: true}", "a"),
        (true, list(&["o", "public"]))
    );
}

#[test]
fn variables_are_text() {
    let config = validate(
        "variables: {A: 012, B: 1.50, C: yes, D: , E: {value: x, description: d, options: [x, y]}, F: {expand: false}, G: off}\n\
         a: {script: x, variables: {V: {value: $B, expand: false}}}",
    )
    .config;
    let values: Vec<_> = config.variables.values().map(|variable| (&*variable.value, variable.raw)).collect();
    assert_eq!(
        values,
        [
            ("10", false),
            ("1.5", false),
            ("true", false),
            ("", false),
            ("x", false),
            ("", true),
            ("false", false)
        ]
    );
    assert_eq!(config.variables["E"].options.as_ref().map(Vec::len), Some(2));
    assert!(config.jobs["a"].variables["V"].raw);
}

#[test]
fn a_last_rule_without_condition_is_warned_of() {
    let text = "a: {script: x, rules: [{if: $A}, {when: always}]}";
    let warning = found(
        text,
        "jobs:a may allow multiple pipelines to run for a single action due to `rules:when` clause",
    );
    assert_eq!(warning.severity, Severity::Warning);
    let quiet = [
        "a: {script: x, rules: [{when: always}, {if: $A}]}",
        "a: {script: x, rules: [{if: $A}, {when: never}]}",
        "a: {script: x, rules: [{if: $A}, {when: always, allow_failure: true}]}",
        "workflow: {rules: [{if: $A}]}\na: {script: x, rules: [{when: always}]}",
    ];
    for text in quiet {
        assert!(validate(text).diagnostics.is_empty(), "{text}");
    }
    assert_eq!(validate("a: {script: x, rules: [[{if: null, when: manual}]]}").diagnostics.len(), 1);
}

#[test]
fn workflow_has_its_name() {
    let config =
        validate("workflow: {name: N $A, auto_cancel: {on_new_commit: none}}\na: {script: x}").config;
    assert_eq!(config.workflow.name.as_ref().map(|name| &*name.value), Some("N $A"));
    assert!(!config.workflow.has_rules_key && config.workflow.auto_cancel.on_new_commit.is_some());
    assert!(validate("workflow: {rules: }\na: {script: x}").config.workflow.has_rules_key);
}
