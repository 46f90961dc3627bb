//! What processing gets to know.

use crate::support::{blueprint, template};
use ci_yaml::Context;
use pipeline::{AutoCancel, Kind, Need, OnNewCommit, Retry, Strategy, When};

const TEXT: &str = "
stages: [build, deploy]
workflow: {auto_cancel: {on_new_commit: interruptible, on_job_failure: all}}
variables: {ENV: review}
a: {stage: build, script: x, interruptible: true}
b: {stage: build, script: x, allow_failure: {exit_codes: [3, 4]}}
c:
  stage: deploy
  script: x
  needs: [{job: a, artifacts: false}, {job: gone, optional: true}]
  dependencies: []
  resource_group: $ENV/$CI_ENVIRONMENT_NAME
  environment: {name: '$ENV/$CI_COMMIT_REF_SLUG$NO', action: prepare}
  retry: {max: 2, when: [script_failure], exit_codes: [9]}
  rules: [{when: delayed, start_in: 1h 30m, allow_failure: true, variables: {ENV: ruled}}]
d: {stage: deploy, trigger: {include: x.yml, strategy: depend}, resource_group: $NO}
e: {stage: deploy, trigger: other/project}
f: {stage: deploy, trigger: {include: x.yml, strategy: mirror}, when: manual}
gone: {script: x, stage: build, rules: [{when: never}]}
";

#[test]
fn a_job_is_what_its_rule_and_its_keywords_make_it() {
    let blueprint = blueprint(&Context::push("main"), TEXT);
    assert_eq!(blueprint.stages, [".pre", "build", "deploy", ".post"]);
    assert_eq!(
        blueprint.auto_cancel,
        AutoCancel { on_new_commit: OnNewCommit::Interruptible, on_job_failure: true }
    );
    let spec =
        |name: &str| blueprint.jobs.iter().map(|job| &job.spec).find(|spec| spec.name == name).unwrap();
    assert_eq!((spec("a").stage_index, spec("c").stage_index), (1, 2));
    assert!(spec("a").interruptible && !spec("b").interruptible);
    assert!(!spec("b").allow_failure);
    assert_eq!(spec("b").allow_exit_codes, [3, 4]);
    let c = spec("c");
    assert_eq!(c.needs, Some(vec![Need { job: "a".into(), artifacts: false }]));
    assert_eq!((c.when, c.start_in, c.allow_failure), (When::Delayed, Some(5400), true));
    assert_eq!(c.dependencies, Some(Vec::new()));
    assert_eq!(
        c.retry,
        Retry { max: Some(2), when: Some(vec!["script_failure".into()]), exit_codes: Some(vec![9]) }
    );
    assert_eq!(c.resource_group.as_deref(), Some("ruled/ruled/main"), "variables of the rule count");
    assert_eq!(spec("a").needs, None);
    assert_eq!(spec("a").retry, Retry::default());
}

#[test]
fn bridges_have_strategies() {
    let blueprint = blueprint(&Context::push("main"), TEXT);
    let kind = |name: &str| blueprint.jobs.iter().find(|job| job.spec.name == name).unwrap().spec.clone();
    assert_eq!(kind("a").kind, Kind::Build);
    assert_eq!(kind("d").kind, Kind::Bridge { strategy: Strategy::Depend });
    assert_eq!(kind("d").resource_group, None, "nothing is left of it");
    assert_eq!(kind("e").kind, Kind::Bridge { strategy: Strategy::None });
    assert_eq!(kind("f").kind, Kind::Bridge { strategy: Strategy::Mirror });
    assert_eq!(kind("f").when, When::Manual);
}

#[test]
fn environments_are_named_and_slugged() {
    let template = template(&blueprint(&Context::push("Feature/A"), TEXT), "c");
    let environment = template.environment.unwrap();
    assert_eq!(environment.name, "ruled/feature-a");
    assert_eq!(environment.action, "prepare");
    assert_eq!(environment.tier, "other");
    assert!(environment.slug.starts_with("ruled-feature-a"), "{}", environment.slug);
}
