use super::Plan;
use crate::evaluate::testing::{context, repository};
use crate::evaluate::{early, evaluate};
use crate::include::Main;
use crate::yaml::Limits;
use crate::{Context, check};
use serde_json::Value;

fn plan(text: &str, given: Context) -> Value {
    let (sources, context) = (repository(text, &[]), context(given));
    let checked = check(&context, Main::Path, &sources, &Limits::default());
    match checked.valid_config() {
        Some(config) => {
            let evaluation = evaluate(config, &context, &sources);
            serde_json::to_value(Plan::of_evaluation(&evaluation, &checked.diagnostics, &checked.files))
                .unwrap()
        }
        None => serde_json::to_value(Plan::of_lint(None, &checked.diagnostics, &checked.files)).unwrap(),
    }
}

fn lint(text: &str) -> Value {
    let (sources, context) = (repository(text, &[]), context(Context::push("main")));
    let checked = check(&context, Main::Path, &sources, &Limits::default());
    let plan = Plan::of_lint(checked.config.as_ref(), &checked.diagnostics, &checked.files);
    serde_json::to_value(plan).unwrap()
}

#[test]
fn attributes_have_their_shapes() {
    let text = r#"
variables: {A: root}
b: {script: x, stage: build}
a:
  image: {name: "ruby:3.3", entrypoint: [""]}
  services: [redis, {name: "docker:dind", alias: docker}]
  before_script: [one]
  script: [two, [three]]
  tags: [t]
  needs: [b, {job: c, optional: true}]
  variables: {B: $A}
  environment: {name: review/$A, url: "https://example.com", action: stop}
  retry: {max: 2, when: script_failure}
  timeout: 1h 30m
  allow_failure: {exit_codes: 3}
  when: delayed
  start_in: 1 day
  coverage: /\d+/
  cache: {paths: [v]}
  release: {tag_name: v1, description: d}
  parallel: {matrix: [{M: [1, 2]}]}
"#;
    let plan = plan(text, Context::push("main"));
    insta::assert_snapshot!(serde_json::to_string_pretty(&plan["jobs"][2]).unwrap());
}

#[test]
fn plans_say_what_became_of_it() {
    let ok = "a: {script: x}";
    let created =
        plan("workflow: {name: n}\na: {script: x}\nb: {script: x, stage: .pre}", Context::push("main"));
    assert_eq!((&created["status"], &created["name"]), (&"created".into(), &"n".into()));
    assert_eq!(created["jobs"].as_array().unwrap().len(), 2);
    assert_eq!((&created["jobs"][0]["name"], &created["jobs"][0]["needs"]), (&"b".into(), &Value::Null));
    let empty = plan("a: {script: x, only: [tags]}", Context::push("main"));
    assert_eq!(empty["status"], "empty");
    assert!(empty["reason"].as_str().unwrap().starts_with("The resulting pipeline would have been empty."));
    assert_eq!(empty["errors"], serde_json::json!([]));
    let invalid = plan("a: {script: x, foo: 1}", Context::push("main"));
    assert_eq!(invalid["status"], "invalid");
    let error = &invalid["errors"][0];
    assert_eq!(error["message"], "jobs:a config contains unknown keys: foo");
    assert_eq!(
        (&error["file"], &error["line"], &error["column"]),
        (&".gitlab-ci.yml".into(), &1.into(), &16.into())
    );
    let mut skipping = Context::push("main");
    skipping.commit.message = "[skip ci]".into();
    assert_eq!(plan(ok, skipping.clone())["status"], "skipped");
    assert!(early(&skipping).is_some());
}

#[test]
fn lint_lists_all_jobs_as_they_are() {
    let plan = lint("
variables: {A: root}
a: {script: x, stage: deploy, tags: [$A], rules: [{if: $NOPE, when: manual}], needs: [{job: b, optional: true}]}
b: {script: x, when: manual, inherit: {variables: false}, variables: {B: job}}
");
    let names: Vec<_> = plan["jobs"].as_array().unwrap().iter().map(|job| &job["name"]).collect();
    assert_eq!(names, ["b", "a"]);
    assert_eq!(plan["jobs"][1]["tags"], serde_json::json!(["$A"]));
    assert_eq!(plan["jobs"][1]["when"], "on_success");
    assert_eq!(
        plan["jobs"][1]["needs"],
        serde_json::json!([{"job": "b", "artifacts": true, "optional": true}])
    );
    assert_eq!(plan["jobs"][1]["variables"], serde_json::json!({"A": "root"}));
    assert_eq!(plan["jobs"][0]["variables"], serde_json::json!({"B": "job"}));
    assert_eq!(plan["stages"], serde_json::json!([".pre", "build", "test", "deploy", ".post"]));
}

#[test]
fn bridges_have_no_script() {
    let plan = plan("a: {trigger: g/q}", Context::push("main"));
    assert_eq!(plan["jobs"][0]["kind"], "bridge");
    assert_eq!(plan["jobs"][0]["script"], serde_json::json!([]));
    assert_eq!(plan["jobs"][0]["trigger"]["project"], "g/q");
}
