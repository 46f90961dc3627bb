//! Whole payloads.

use crate::support::{TOKEN, blueprint, facts, payload, template};
use ci_yaml::{Context, Ref};
use pipeline::{Dependency, JobId, RegistryLogin, RunnerFacts};
use protocol::ArtifactsFile;

const TEXT: &str = "
stages: [build, test]
default: {image: 'alpine:3', before_script: [echo before]}
variables: {TOP: top}
compile: {stage: build, script: make}
unit:
  stage: test
  needs: [compile]
  script: [make test, make report]
  after_script: [echo after]
  services: [{name: 'redis:7', alias: cache}]
  cache: {key: deps, paths: [vendor/]}
  artifacts:
    name: $CI_JOB_NAME
    paths: [out/]
    exclude: ['out/*.o']
    expire_in: 1 week
    reports: {junit: report.xml, dotenv: build.env, coverage_report: {coverage_format: cobertura, path: c.xml}}
  coverage: '/(\\d+)%/'
  timeout: 10m
  environment: {name: review/$CI_COMMIT_REF_SLUG, url: 'https://$CI_ENVIRONMENT_SLUG.example.com'}
";

/// As JSON, with what is the same everywhere left out.
fn shown(job: &protocol::Job) -> String {
    let mut value = serde_json::to_value(job).unwrap();
    value["features"]["failure_reasons"] = "left out".into();
    serde_json::to_string_pretty(&value).unwrap()
}

#[test]
fn a_job_of_a_branch() {
    let mut context = Context::push("topic/x");
    context.project.registry = Some("registry.gitlab.com".into());
    let archive = ArtifactsFile { filename: "artifacts.zip".into(), size: 120 };
    let before = [Dependency { job: JobId(7000), name: "compile".into(), archive: Some(archive) }];
    let tags = ["shell".to_owned()];
    let mut facts = facts();
    facts.dependencies = &before;
    facts.registry = Some(RegistryLogin { user: "gitlab-ci-token", password: &TOKEN });
    facts.runner = Some(RunnerFacts { id: 1, description: "runner", tags: &tags });
    let unit = template(&blueprint(&context, TEXT), "unit");
    insta::assert_snapshot!(shown(&payload(&unit, &context, &facts)));
}

#[test]
fn a_job_of_a_tag() {
    let mut context = Context::push("main");
    context.reference = Ref::Tag("v1.0".into());
    context.commit.tag_message = "first".into();
    context.protected = true;
    let compile = template(&blueprint(&context, TEXT), "compile");
    insta::assert_snapshot!(shown(&payload(&compile, &context, &facts())));
}
