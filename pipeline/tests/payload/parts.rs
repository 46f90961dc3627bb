//! The parts of a payload but variables.

use crate::support::{TOKEN, blueprint, facts, payload, payload_of, template};
use ci_yaml::Context;
use pipeline::{Dependency, JobId, RegistryLogin};
use protocol::{ArtifactWhen, ArtifactsFile};
use serde_json::json;

#[test]
fn scripts_are_joined_and_after_script_is_apart() {
    let text = "a: {before_script: [b], script: [s, t], after_script: [c], timeout: 2h, hooks: {pre_get_sources_script: h}}";
    let job = payload_of(&Context::push("main"), text, &facts());
    let shown = serde_json::to_value(&job.steps).unwrap();
    assert_eq!(
        shown,
        json!([
            {"name": "script", "script": ["b", "s", "t"], "timeout": 7200, "when": "on_success", "allow_failure": false},
            {"name": "after_script", "script": ["c"], "timeout": 7200, "when": "always", "allow_failure": true},
        ])
    );
    assert_eq!(job.hooks[0].name, "pre_get_sources_script");
    assert_eq!(job.hooks[0].script, ["h"]);
    assert_eq!(job.runner_info.timeout, 7200);
}

#[test]
fn time_limits_are_the_runners_at_most() {
    let context = Context::push("main");
    let mut facts = facts();
    assert_eq!(payload_of(&context, "a: {script: x}", &facts).runner_info.timeout, 3600);
    facts.project.runner_timeout = Some(60);
    assert_eq!(payload_of(&context, "a: {script: x, timeout: 2h}", &facts).runner_info.timeout, 60);
}

#[test]
fn images_and_services_are_handed_on_unexpanded() {
    let text = "
a:
  script: x
  image: {name: '$IMAGE', entrypoint: [''], pull_policy: always, docker: {platform: linux/arm64, user: '1:1'}}
  services: [redis:7, {name: pg, alias: 'db,x', command: [-c, y], variables: {P: $Q}, kubernetes: {user: '5'}}]
";
    let job = payload_of(&Context::push("main"), text, &facts());
    assert_eq!(job.image.name, "$IMAGE");
    assert_eq!(
        (job.image.entrypoint, job.image.pull_policy),
        (vec![String::new()], vec!["always".to_owned()])
    );
    assert_eq!(job.image.executor_opts, json!({"docker": {"platform": "linux/arm64", "user": "1:1"}}));
    assert_eq!(job.services[0].name, "redis:7");
    assert_eq!(job.services[0].executor_opts, json!(null));
    assert_eq!(
        (&*job.services[1].alias, job.services[1].command.as_slice()),
        ("db,x", &["-c".into(), "y".into()][..])
    );
    assert_eq!(job.services[1].variables[0].value, "$Q");
    assert_eq!(job.services[1].executor_opts, json!({"kubernetes": {"user": "5"}}));
    let plain = payload_of(&Context::push("main"), "a: {script: x}", &facts());
    assert_eq!(plain.image, protocol::Image::default());
}

#[test]
fn caches_have_defaults_and_suffixes() {
    let text = "
a:
  script: x
  cache:
    - {}
    - {key: k-$CI_COMMIT_REF_SLUG, paths: [v], policy: pull, when: always, untracked: true, unprotect: true, fallback_keys: [f]}
    - {key: {files: [none.lock]}, paths: [w]}
";
    let mut context = Context::push("main");
    context.protected = true;
    let caches = payload_of(&context, text, &facts()).cache;
    let keys: Vec<&str> = caches.iter().map(|cache| &*cache.key).collect();
    assert_eq!(
        keys,
        ["default-protected", "k-$CI_COMMIT_REF_SLUG-non_protected", "2_none-default-protected"]
    );
    assert_eq!((&*caches[0].policy, caches[0].when), ("pull-push", ArtifactWhen::OnSuccess));
    assert_eq!(
        (&*caches[1].policy, caches[1].when, caches[1].untracked),
        ("pull", ArtifactWhen::Always, true)
    );
    assert_eq!(caches[1].fallback_keys, ["f-non_protected"]);
}

#[test]
fn dependencies_have_the_token_of_the_job_that_runs() {
    let archive = ArtifactsFile { filename: "artifacts.zip".into(), size: 5 };
    let before = [
        Dependency { job: JobId(1), name: "build".into(), archive: Some(archive) },
        Dependency { job: JobId(2), name: "lint".into(), archive: None },
    ];
    let mut facts = facts();
    facts.dependencies = &before;
    let found = payload_of(&Context::push("main"), "a: {script: x}", &facts).dependencies;
    assert!(found.iter().all(|dependency| dependency.token == *TOKEN));
    assert_eq!(
        (found[0].id, &*found[0].artifacts_file.filename, found[0].artifacts_file.size),
        (1, "artifacts.zip", 5)
    );
    assert_eq!((found[1].id, &*found[1].artifacts_file.filename), (2, ""));
}

#[test]
fn a_login_is_sent_where_there_is_one_and_a_registry() {
    let mut context = Context::push("main");
    let mut facts = facts();
    let text = "a: {script: x}";
    facts.registry = Some(RegistryLogin { user: "gitlab-ci-token", password: &TOKEN });
    assert!(payload_of(&context, text, &facts).credentials.is_empty());
    context.project.registry = Some("registry.gitlab.com".into());
    let login = payload_of(&context, text, &facts).credentials.remove(0);
    assert_eq!(
        (&*login.kind, &*login.url, &*login.username),
        ("registry", "registry.gitlab.com", "gitlab-ci-token")
    );
    facts.registry = None;
    assert!(payload_of(&context, text, &facts).credentials.is_empty());
}

#[test]
fn steps_of_run_take_the_place_of_scripts() {
    let text = "a: {run: [{name: x, script: echo}]}";
    let job = payload_of(&Context::push("main"), text, &facts());
    assert!(job.steps.is_empty());
    assert_eq!(job.run.as_deref(), Some(r#"[{"name":"x","script":"echo"}]"#));
}

#[test]
fn a_release_is_a_step_where_releases_are_made() {
    let text = "a: {script: x, release: {tag_name: v1, description: d}}";
    let context = Context::push("main");
    let template = template(&blueprint(&context, text), "a");
    let mut facts = facts();
    assert_eq!(payload(&template, &context, &facts).steps.len(), 1);
    facts.releases = true;
    let steps = payload(&template, &context, &facts).steps;
    assert_eq!(steps[1].name, "release");
    assert_eq!(steps[1].script, ["release-cli create --description \"d\" --tag-name \"v1\""]);
}

#[test]
fn inputs_have_types_and_their_defaults() {
    let text = "a: {script: x, inputs: {n: {type: number, default: 3}, s: {default: t}}}";
    let inputs = payload_of(&Context::push("main"), text, &facts()).inputs;
    let shown: Vec<_> = inputs.iter().map(|input| (&*input.key, input.value.clone())).collect();
    assert_eq!(
        shown,
        [("n", json!({"type": "number", "content": 3})), ("s", json!({"type": "string", "content": "t"}))]
    );
}
