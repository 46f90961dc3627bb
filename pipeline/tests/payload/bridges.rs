//! What bridges start.

use crate::support::{blueprint, blueprint_of, bridge, pipeline_facts, setting};
use ci_yaml::{Context, GivenVariable, MemorySources, SettingVariable};
use pipeline::{BridgeError, BridgeFacts, Downstream, IncludedArtifact, JobId};
use serde_json::json;

fn given(name: &str, value: &str) -> GivenVariable {
    GivenVariable { name: name.into(), value: value.into(), raw: false, file: false }
}

fn facts() -> BridgeFacts<'static> {
    let pipeline = pipeline_facts();
    BridgeFacts { job: JobId(70), pipeline, depth: 0, user: None, dotenv: &[], job_variables: &[] }
}

const TEXT: &str = "
variables: {TOP: top}
gen: {script: x}
child:
  variables: {A: '$TOP/$CI_PIPELINE_ID$NO', R: {value: $TOP, expand: false}, F: '<$FILE>'}
  trigger:
    include:
      - local: ci/$TOP.yml
      - {artifact: out/$TOP.yml, job: gen}
    strategy: depend
";

#[test]
fn children_are_made_for_the_same_commit() {
    let mut parent = Context::push("main");
    parent.variables = vec![given("GIVEN", "1")];
    parent.project_variables = vec![SettingVariable { file: true, ..setting("FILE", "content") }];
    let bridge = bridge(&blueprint(&parent, TEXT), "child");
    let child = bridge.child(&parent, &facts()).unwrap();
    let context = &child.context;
    assert_eq!(context.source.as_str(), "parent_pipeline");
    assert_eq!(context.commit.sha, parent.commit.sha);
    let up = context.parent.clone().unwrap();
    assert_eq!((up.project_id, up.pipeline_id, up.job_id), (1, 7, 70));
    let variables: Vec<_> = context
        .variables
        .iter()
        .map(|variable| (&*variable.name, &*variable.value, variable.raw, variable.file))
        .collect();
    assert_eq!(
        variables,
        [
            ("A", "top/7", false, false),
            ("R", "$TOP", true, false),
            ("F", "<${FILE}>", false, false),
            ("FILE", "content", false, true),
            ("TOP", "top", false, false),
        ]
    );
    let wanted = IncludedArtifact { job: "gen".into(), path: "out/top.yml".into() };
    assert_eq!(child.artifacts, [wanted]);
}

#[test]
fn the_configuration_of_a_child_is_all_its_includes_in_one() {
    let parent = Context::push("main");
    let bridge = bridge(&blueprint(&parent, TEXT), "child");
    let child = bridge.child(&parent, &facts()).unwrap();
    let mut sources = MemorySources::new();
    sources
        .add_file(&parent.tree, "ci/top.yml", "b: {script: b, stage: test}")
        .add_file(&parent.tree, "more.yml", "c: {script: c}")
        .add_artifact("gen", "out/top.yml", "include: more.yml\nd: {script: $TOP}");
    let made = blueprint_of(&child.context, child.main, &sources);
    let names: Vec<&str> = made.jobs.iter().map(|job| &*job.spec.name).collect();
    assert_eq!(names, ["b", "c", "d"]);
}

#[test]
fn what_is_passed_on_is_what_forward_says() {
    let text = "
variables: {TOP: top, BOTH: yaml}
child: {trigger: {include: x.yml, forward: {yaml_variables: YAML, pipeline_variables: PIPELINE}}}
";
    let mut parent = Context::push("main");
    parent.variables = vec![given("P", "$TOP"), given("BOTH", "pipeline")];
    parent.schedule_variables = vec![given("S", "s")];
    let dotenv = [("D".to_owned(), "d".to_owned())];
    let passed = |yaml: &str, pipeline: &str| {
        let text = text.replace("YAML", yaml).replace("PIPELINE", pipeline);
        let bridge = bridge(&blueprint(&parent, &text), "child");
        let facts = BridgeFacts { dotenv: &dotenv, ..facts() };
        let variables = bridge.child(&parent, &facts).unwrap().context.variables;
        let shown: Vec<_> = variables.iter().map(|given| format!("{}={}", given.name, given.value)).collect();
        shown.join(" ")
    };
    assert_eq!(passed("true", "false"), "TOP=top BOTH=pipeline".replace("pipeline", "yaml"));
    assert_eq!(passed("false", "false"), "");
    assert_eq!(passed("false", "true"), "D=d P=top BOTH=pipeline S=s");
    assert_eq!(passed("true", "true"), "TOP=top D=d P=top BOTH=pipeline S=s");
}

#[test]
fn children_nest_twice() {
    let parent = Context::push("main");
    let bridge = bridge(&blueprint(&parent, TEXT), "child");
    assert!(bridge.child(&parent, &BridgeFacts { depth: 1, ..facts() }).is_ok());
    let error = bridge.child(&parent, &BridgeFacts { depth: 2, ..facts() }).unwrap_err();
    assert_eq!(error, BridgeError::TooDeep);
    assert_eq!(error.failure_reason(), "reached_max_descendant_pipelines_depth");
}

#[test]
fn other_projects_are_named() {
    let text = "
variables: {GROUP: g}
a: {trigger: {project: $GROUP/other, branch: $NO, inputs: {i: 1}, forward: {yaml_variables: false}}}
b: {trigger: $NO}
";
    let parent = Context::push("main");
    let made = blueprint(&parent, text);
    let Downstream::Project(found) = bridge(&made, "a").downstream(&parent, &facts()).unwrap() else {
        panic!()
    };
    assert_eq!((&*found.project, found.branch.as_deref()), ("g/other", None));
    assert_eq!(found.inputs.get("i"), Some(&json!(1)));
    let error = bridge(&made, "a").child(&parent, &facts()).unwrap_err();
    assert_eq!(error.to_string(), "bridge a starts a pipeline of project g/other, which cannot run here");
    assert_eq!(
        bridge(&made, "b").child(&parent, &facts()).unwrap_err(),
        BridgeError::NoProject { job: "b".into() }
    );
}
