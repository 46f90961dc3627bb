//! What is asked for and not done.

use crate::support::{blueprint, facts, payload, setting, template};
use ci_yaml::Context;
use pipeline::{IdTokens, PipelineId, Upstream};
use protocol::Secret;

const TEXT: &str = "
a:
  script: x
  id_tokens: {TOKEN: {aud: ['https://$HOST']}}
  secrets: {DB: {vault: a/b}}
  release: {tag_name: v1, description: d}
  variables: {HOST: vault.example.com}
";

struct Signer;

impl IdTokens for Signer {
    fn sign(&self, name: &str, audiences: &[String]) -> Option<Secret> {
        Some(Secret::new(format!("{name} for {}", audiences.join(","))))
    }
}

#[test]
fn what_nobody_does_is_named() {
    let context = Context::push("main");
    let template = template(&blueprint(&context, TEXT), "a");
    let found = template.unsupported(&context, &facts());
    let shown: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        [
            "id_tokens: nobody signs TOKEN here; it is undefined",
            "secrets: there is no provider of DB here",
            "release: none is made here",
        ]
    );
    assert!(payload(&template, &context, &facts()).secrets.contains_key("DB"), "the engine refuses it");
}

#[test]
fn variables_of_settings_stand_for_secrets_and_tokens() {
    let mut context = Context::push("main");
    context.project_variables = vec![setting("DB", "hunter2"), setting("TOKEN", "t")];
    let template = template(&blueprint(&context, TEXT), "a");
    let mut facts = facts();
    facts.releases = true;
    assert!(template.unsupported(&context, &facts).is_empty());
    assert!(payload(&template, &context, &facts).secrets.is_empty());
    let stored = serde_json::to_string(&template).unwrap();
    assert!(!stored.contains("hunter2"), "what is stored has no secrets of settings");
}

#[test]
fn id_tokens_are_signed_for_expanded_audiences_and_masked() {
    let context = Context::push("main");
    let template = template(&blueprint(&context, TEXT), "a");
    let mut facts = facts();
    facts.id_tokens = Some(&Signer);
    let job = payload(&template, &context, &facts);
    let token = job.variable("TOKEN").unwrap();
    assert_eq!(token.value, "TOKEN for https://vault.example.com");
    assert!(token.masked && !token.public);
}

#[test]
fn artifacts_of_the_family_are_named_by_numbers() {
    let text = "
a:
  script: x
  variables: {PARENT: $UP}
  needs: [{pipeline: $PARENT, job: 'gen $CI_JOB_NAME'}, {pipeline: $NO, job: b}, {pipeline: '9', job: c, artifacts: false}]
";
    let mut context = Context::push("main");
    let template = template(&blueprint(&context, text), "a");
    context.project_variables = vec![setting("UP", "12")];
    let found = template.upstream(&context, &facts()).unwrap();
    let upstream =
        |pipeline: Option<i64>, job: &str| Upstream { pipeline: pipeline.map(PipelineId), job: job.into() };
    assert_eq!(found, [upstream(Some(12), "gen a"), upstream(None, "b")]);
}
