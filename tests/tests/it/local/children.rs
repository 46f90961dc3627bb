//! Child pipelines.

use super::Checkout;
use serde_json::json;

#[test]
fn a_child_pipeline_runs_and_decides_its_bridge() {
    let checkout = Checkout::with(
        "stages: [build, test]\n\
         bridge:\n  stage: build\n  variables: {GIVEN: value}\n  trigger: {include: child.yml, strategy: depend}\n\
         after: {stage: test, script: ['true']}\n",
    );
    checkout.write(
        "child.yml",
        "inner: {script: ['test \"$GIVEN\" = value', 'test \"$CI_PIPELINE_SOURCE\" = parent_pipeline']}\n",
    );
    checkout.commit("child");
    let ran = checkout.run(&[]).succeeded();
    assert_eq!(ran.job("inner")["pipeline"], json!(["bridge"]));
    assert_eq!(ran.statuses(["bridge", "inner", "after"]), ["success", "success", "success"]);
    checkout.write("child.yml", "inner: {script: [exit 1]}\n");
    let ran = checkout.run(&[]);
    assert_eq!(ran.statuses(["bridge", "inner", "after"]), ["failed", "failed", "skipped"]);
    assert_eq!(ran.code, Some(1));
}

#[test]
fn a_child_pipeline_can_be_made_by_a_job() {
    let ran = Checkout::with(
        "stages: [make, run]\n\
         generate:\n  stage: make\n  script: ['printf \"made: {script: [echo from-the-generated-file]}\\n\" > made.yml']\n  \
         artifacts: {paths: [made.yml]}\n\
         start:\n  stage: run\n  trigger:\n    include: [{artifact: made.yml, job: generate}]\n    strategy: depend\n",
    )
    .run(&[])
    .succeeded();
    assert!(ran.log("made").contains("from-the-generated-file"));
}

#[test]
fn a_pipeline_that_starts_itself_comes_to_an_end() {
    let ran = Checkout::with(
        "again: {trigger: {include: .gitlab-ci.yml, strategy: depend}}\nwork: {script: ['true']}\n",
    )
    .run(&[]);
    assert_eq!((ran.code, ran.status()), (Some(1), "failed"), "{ran:?}");
    let text = format!("{:?}{}", ran.events, ran.err);
    assert!(text.contains("reached_max_descendant_pipelines_depth"), "{text}");
    assert!(
        ran.err.contains("`again/again/again`: ") && ran.err.contains("does the pipeline start itself?"),
        "{text}"
    );
}

#[test]
fn what_another_project_would_run_is_named() {
    let ran = Checkout::with("other: {trigger: {project: group/other}}\n").run(&[]);
    assert_eq!((ran.code, ran.job("other")["status"].as_str()), (Some(1), Some("failed")), "{ran:?}");
    assert!(ran.err.contains("group/other"), "{ran:?}");
}
