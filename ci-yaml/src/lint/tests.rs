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
        ["need-left-out: `a` needs `b`, which is not there in merge request pipelines"]
    );
}

#[test]
fn two_pipelines_for_one_push() {
    let text = "a: {script: x, rules: [{if: '$CI_PIPELINE_SOURCE != \"schedule\"'}]}\nb: {script: x}";
    assert_eq!(
        warnings(text),
        [
            "two-pipelines: a push to a branch with an open merge request makes two pipelines, and `a` runs in both"
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

#[test]
fn a_file_may_be_used_by_forks() {
    for text in [
        "a: {script: x, rules: [{if: '$CI_COMMIT_TAG && $CI_PROJECT_PATH == \"other/project\"'}]}",
        "a: {script: x, only: [/.*/@other/project]}",
        "a: {script: x, except: [branches@other/project]}",
    ] {
        assert_eq!(warnings(text), Vec::<String>::new(), "{text}");
    }
    let text = "b: {script: x}\na: {script: x, only: ['feat*@other/project']}";
    assert_eq!(rules(text), ["ref-is-no-pattern", "never-runs"]);
}

#[test]
fn jobs_that_somebody_switches_on_are_not_held_against_all_events() {
    let text = "b: {script: x, stage: build, only: [schedules]}\na: {script: x, only: {variables: [$NIGHTLY]}, needs: [b]}";
    let found = warnings(text);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(!found[0].contains("pushes"), "a push has no `NIGHTLY`: {}", found[0]);
    assert!(found[0].contains("web pipelines"), "somebody may set it there: {}", found[0]);
    let set = format!("variables: {{NIGHTLY: \"1\"}}\n{text}");
    assert!(warnings(&set)[0].contains("pushes"), "{:?}", warnings(&set));
}

#[test]
fn what_gitlab_warns_of_is_not_said_twice() {
    let text = "a: {script: x, rules: [{if: $NOPE}, {when: on_success}]}";
    assert_eq!(warnings(text), Vec::<String>::new());
    let with_workflow = format!("workflow: {{rules: [{{when: always}}]}}\n{text}");
    assert_eq!(rules(&with_workflow), ["two-pipelines"]);
}

#[test]
fn two_pipelines_are_told_of_at_the_rule_that_lets_the_job_in() {
    let text = "a:\n  script: x\n  variables: {B: \"no\"}\n  rules:\n    - if: $A\n      when: never\n    - if: $B == \"yes\"\n    - if: $CI\n";
    let found = warnings_with(text, &Options::default());
    assert_eq!(found.iter().map(|warning| warning.rule).collect::<Vec<_>>(), ["two-pipelines"]);
    assert_eq!(found[0].span.unwrap().start.line, 8);
}

#[test]
fn negations_without_quotes() {
    for text in ["!$A", "! $A", "!$A == \"x\""] {
        let text = format!("a:\n  script: x\n  variables:\n    N: {text}\n");
        assert_eq!(rules(&text), ["unquoted-negation"], "{text}");
    }
    assert_eq!(rules("a: {script: x, variables: {N: ! 5}}"), Vec::<&str>::new());
    assert_eq!(rules("a: {script: x, variables: {N: !foo 5}}"), ["unknown-tag"]);
}

#[test]
fn conditions_that_say_something_else() {
    let text = "b: {script: x}\na: {script: x, only: {variables: ['\"$A\" == $B', '$C =~ \"x\"', '$CI_COMMIT_BRANCH == \"release/*\"']}}";
    let found = warnings_with(text, &Options::default());
    let said: Vec<_> = found.iter().map(|warning| (warning.rule, warning.help[0].as_str())).collect();
    assert_eq!(
        said,
        [
            ("quoted-variable", "leave the quotes out: `$A`"),
            ("text-as-pattern", "put a regular expression between slashes: `/…/`"),
            ("glob-in-comparison", "match a regular expression: `=~ /^release\\//`"),
        ]
    );
    let shared = ".r: &r [{if: '\"$A\" == $B'}]\na: {script: x, rules: *r}\nb: {script: x, rules: *r}";
    assert_eq!(rules(shared), ["quoted-variable"]);
}

#[test]
fn no_kind_of_warning_floods_the_rest() {
    let names: Vec<_> = (0..1000).map(|number| format!("feat{number}*")).collect();
    let found = warnings(&format!("b: {{script: x}}\na: {{script: x, only: [{}]}}", names.join(", ")));
    assert_eq!(found.len(), 102, "a hundred, `never-runs`, and how many more");
    assert_eq!(found[101], "ref-is-no-pattern: there are 900 more warnings `ref-is-no-pattern`");
}

#[test]
fn patterns_that_many_jobs_have_are_compiled_once() {
    let patterns: Vec<_> = (0..60).map(|number| format!("'/a{number}.*(b|c)+/'")).collect();
    let jobs: String = (0..100).map(|number| format!("j{number}: {{script: x, only: *r}}\n")).collect();
    let started = std::time::Instant::now();
    assert_eq!(warnings(&format!(".r: &r [{}]\n{jobs}", patterns.join(", "))), Vec::<String>::new());
    assert!(started.elapsed().as_secs() < 20, "took {:?}", started.elapsed());
}
