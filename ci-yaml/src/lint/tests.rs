use super::{Options, lint};
use crate::{Context, Diagnostic, MemorySources, check, include, yaml};

fn warnings_with(text: &str, options: &Options) -> Vec<Diagnostic> {
    let context = Context::push("main");
    let sources = MemorySources::default();
    let main = include::Main::Text { name: ".gitlab-ci.yml".into(), text: text.into() };
    let checked = check(&context, main, &sources, &yaml::Limits::default());
    assert!(checked.is_valid(), "{:?}", checked.diagnostics);
    lint(&checked, &context, options)
}

/// Rule and message of each warning.
fn warnings(text: &str) -> Vec<String> {
    let found = warnings_with(text, &Options::default());
    found.into_iter().map(|warning| format!("{}: {}", warning.rule, warning.message)).collect()
}

fn rules(text: &str) -> Vec<&'static str> {
    warnings_with(text, &Options::default()).into_iter().map(|warning| warning.rule).collect()
}

#[test]
fn nothing_is_said_of_what_is_meant() {
    for text in [
        "a: {script: x}",
        "a: {script: x, only: [tags, main, /^v/]}",
        "a: {script: x, rules: [{if: $CI_COMMIT_TAG}, {if: $CI_COMMIT_BRANCH, changes: [src/**/*]}]}",
        "b: {script: x, stage: build}\na: {script: x, needs: [b]}",
        "b: {script: x, stage: build, only: [tags]}\na: {script: x, only: [tags], needs: [b]}",
        "b: {script: x, stage: build, only: [tags]}\na: {script: x, needs: [{job: b, optional: true}]}",
        "b: {script: x, stage: build, rules: [{if: $WANTED}]}\na: {script: x, needs: [b]}",
        "workflow: {rules: [{if: '$CI_PIPELINE_SOURCE == \"merge_request_event\"'}, {if: '$CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS', when: never}, {if: $CI_COMMIT_BRANCH}]}\na: {script: x}",
    ] {
        assert_eq!(warnings(text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn globs_in_only() {
    let found =
        warnings_with("a: {script: x, only: ['feat*', main], except: ['*-wip']}", &Options::default());
    let help: Vec<_> = found.iter().map(|warning| (warning.rule, warning.help[0].as_str())).collect();
    assert_eq!(
        help,
        [
            ("ref-is-no-pattern", "write a regular expression: `/^feat/`"),
            ("ref-is-no-pattern", "write a regular expression: `/-wip$/`")
        ]
    );
}

#[test]
fn flags_that_are_none() {
    assert_eq!(
        rules("a: {script: x, only: [/main/x, main]}"),
        Vec::<&str>::new(),
        "a branch can be called so"
    );
    assert_eq!(rules("a: {script: x, only: ['/^main/x', main]}"), ["ref-is-no-pattern"]);
}

#[test]
fn jobs_that_never_run() {
    for text in [
        "b: {script: x}\na: {script: x, rules: [{when: never}]}",
        "b: {script: x}\na: {script: x, only: []}",
        "b: {script: x}\na: {script: x, rules: [{if: '$CI_COMMIT_TAG && $CI_COMMIT_BRANCH'}]}",
        "b: {script: x}\na: {script: x, rules: [{if: '$CI_PIPELINE_SOURCE == \"pushes\"'}]}",
        "b: {script: x}\na: {script: x, only: [tags], except: [tags]}",
        "b: {script: x}\na: {script: x, only: {refs: null, variables: [$A]}}",
    ] {
        assert_eq!(warnings(text), ["never-runs: `a` can never run: no event lets it in"], "{text}");
    }
    let nothing = "workflow: {rules: [{when: never}]}\na: {script: x}";
    assert_eq!(warnings(nothing), ["never-runs: `workflow: rules` let no pipeline run, whatever the event"]);
    let outside =
        "workflow: {rules: [{if: $CI_COMMIT_BRANCH}]}\na: {script: x, rules: [{if: $CI_COMMIT_TAG}]}";
    assert_eq!(rules(outside), ["never-runs"]);
}

#[test]
fn a_parallel_job_is_named_once() {
    let text = "b: {script: x}\na: {script: x, parallel: 3, rules: [{when: never}]}";
    assert_eq!(warnings(text), ["never-runs: `a` can never run: no event lets it in"]);
}

#[test]
fn variables_that_the_configuration_sets_are_not_known() {
    let text = "variables: {CI_COMMIT_TAG: v1}\na: {script: x, rules: [{if: '$CI_COMMIT_TAG && $CI_COMMIT_BRANCH'}]}";
    assert_eq!(warnings(text), Vec::<String>::new());
}

#[test]
fn rules_behind_one_that_always_matches() {
    let text = "a: {script: x, rules: [{if: $CI_COMMIT_TAG}, {when: on_success}, {if: $A}, {if: $B}]}";
    let found = warnings_with(text, &Options::default());
    let found: Vec<_> = found.iter().filter(|warning| warning.rule == "unreachable-rule").collect();
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].message, "2 rules are never reached");
}

#[test]
fn needs_that_some_events_leave_out() {
    let text =
        "b: {script: x, stage: build, only: [branches]}\na: {script: x, only: [branches, tags], needs: [b]}";
    let found = warnings(text);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].starts_with("need-left-out: `a` needs `b`, which is not there in tag pipelines"),
        "{}",
        found[0]
    );
    let text =
        "b: {script: x, stage: build}\na: {script: x, rules: [{if: $CI_MERGE_REQUEST_IID}], needs: [b]}";
    assert_eq!(
        warnings(text),
        [
            "need-left-out: `a` needs `b`, which is not there in merge request pipelines, parent_pipeline pipelines of merge requests"
        ]
    );
}

#[test]
fn two_pipelines_for_one_push() {
    let text = "a: {script: x, rules: [{if: '$CI_PIPELINE_SOURCE != \"schedule\"'}]}\nb: {script: x}";
    assert_eq!(
        warnings(text),
        [
            "two-pipelines: a push to a branch with an open merge request makes two pipelines, and `a` run in both"
        ]
    );
}

#[test]
fn tags_that_no_runner_has() {
    let options = Options { runner_tags: Some(vec![vec!["linux".into(), "docker".into()]]) };
    let text = "a: {script: x, tags: [linux]}\nb: {script: x, tags: [linux, arm]}\nc: {script: x}\nd: {script: x, tags: [$T]}";
    let found: Vec<_> = warnings_with(text, &options).into_iter().map(|warning| warning.message).collect();
    assert_eq!(
        found,
        [
            "no runner takes `b`: none has all of its tags (linux, arm)",
            "no runner takes `c`: it has no tags, and every runner given has some"
        ]
    );
}

#[test]
fn what_yaml_passes_over() {
    let text = "a:\n  script: x\n  script: y\n  rules:\n    - if: !$CI_COMMIT_BRANCH\n    - when: never\n";
    let found = warnings_with(text, &Options::default());
    let rules: Vec<_> = found.iter().map(|warning| warning.rule).collect();
    assert!(rules.contains(&"duplicate-key"), "{rules:?}");
    assert!(rules.contains(&"unquoted-negation"), "{rules:?}");
    assert!(rules.contains(&"unreachable-rule"), "{rules:?}");
}
