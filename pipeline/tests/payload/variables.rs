//! The order of variables, their flags, and their values.

use crate::support::{TOKEN, blueprint, facts, payload, payload_of, setting, template, value};
use ci_yaml::{Context, GivenVariable, Parent, SettingVariable, Source, User};
use pipeline::{RegistryLogin, RunnerFacts};

fn given(name: &str, value: &str) -> GivenVariable {
    GivenVariable { name: name.into(), value: value.into(), raw: false, file: false }
}

/// One variable that every layer defines.
const TEXT: &str = "
variables: {V: top}
a: {script: x, variables: {V: job}, environment: {name: prod/x, url: 'https://$CI_ENVIRONMENT_SLUG.e'}, rules: [{when: manual, variables: {V: rule}}]}
";

#[test]
fn groups_follow_one_another_as_on_gitlab() {
    let mut context = Context::push("main");
    context.project.registry = Some("r.e".into());
    context.instance_variables = vec![setting("V", "instance"), setting("I", "")];
    context.group_variables = vec![setting("V", "group"), setting("G", "")];
    context.project_variables = vec![setting("V", "project"), setting("P", "")];
    context.variables = vec![given("V", "pipeline"), given("GIVEN", "")];
    context.schedule_variables = vec![given("V", "schedule"), given("SCHEDULED", "")];
    context.parent = Some(Parent { project_id: 1, pipeline_id: 2, job_id: 3 });
    let tags = ["a".to_owned(), "b c".to_owned()];
    let dotenv = [("V".to_owned(), "dotenv".to_owned()), ("DOTENV".to_owned(), String::new())];
    let played = [given("V", "played")];
    let mut facts = facts();
    facts.pipeline.name = Some("nightly");
    facts.runner = Some(RunnerFacts { id: 9, description: "here", tags: &tags });
    facts.registry = Some(RegistryLogin { user: "gitlab-ci-token", password: &TOKEN });
    facts.dotenv = &dotenv;
    facts.job_variables = &played;
    let job = payload_of(&context, TEXT, &facts);
    let shown: Vec<String> = job.variables.iter().map(shown).collect();
    insta::assert_snapshot!(shown.join("\n"));
    assert_eq!(value(&job, "V"), Some("played"));
}

/// Name and value, with what is not as with most.
fn shown(variable: &protocol::Variable) -> String {
    let flags = [
        (!variable.public, " private"),
        (variable.masked, " masked"),
        (variable.file, " file"),
        (variable.raw, " raw"),
    ];
    let flags: String = flags.into_iter().filter(|(is, _)| *is).map(|(_, word)| word).collect();
    format!("{}={}{flags}", variable.key, variable.value)
}

#[test]
fn each_layer_goes_over_the_one_before() {
    let mut context = Context::push("main");
    let mut facts = facts();
    let dotenv = [("V".to_owned(), "dotenv".to_owned())];
    let played = [given("V", "played")];
    let seen = |context: &Context, facts: &pipeline::Facts<'_>| {
        value(&payload_of(context, TEXT, facts), "V").unwrap_or_default().to_owned()
    };
    assert_eq!(seen(&context, &facts), "rule");
    facts.dotenv = &dotenv;
    assert_eq!(seen(&context, &facts), "dotenv");
    context.instance_variables = vec![setting("V", "instance")];
    assert_eq!(seen(&context, &facts), "instance");
    context.group_variables = vec![setting("V", "outer"), setting("V", "inner")];
    assert_eq!(seen(&context, &facts), "inner");
    context.project_variables = vec![
        SettingVariable { scope: "prod/*".into(), ..setting("V", "scoped") },
        setting("V", "project"),
        SettingVariable { scope: "other".into(), ..setting("V", "other") },
        SettingVariable { protected: true, ..setting("V", "protected") },
    ];
    assert_eq!(seen(&context, &facts), "scoped");
    context.variables = vec![given("V", "pipeline")];
    assert_eq!(seen(&context, &facts), "pipeline");
    context.schedule_variables = vec![given("V", "schedule")];
    assert_eq!(seen(&context, &facts), "schedule");
    facts.job_variables = &played;
    assert_eq!(seen(&context, &facts), "played");
}

#[test]
fn the_configuration_goes_over_predefined_names_but_not_over_users() {
    let text =
        "a: {script: x, variables: {CI_COMMIT_BRANCH: mine, GITLAB_USER_LOGIN: mine, CI_JOB_ID: mine}}";
    let job = payload_of(&Context::push("main"), text, &facts());
    assert_eq!(value(&job, "CI_COMMIT_BRANCH"), Some("mine"));
    assert_eq!(value(&job, "GITLAB_USER_LOGIN"), Some("root"));
    assert_eq!(value(&job, "CI_JOB_ID"), Some("mine"));
}

#[test]
fn references_are_resolved_but_those_that_are_the_runners() {
    let text = "
a:
  script: x
  variables:
    A: $B/x
    B: ${C}/%D%
    C: c
    D: d
    RAW: {value: $A, expand: false}
    OF_RAW: <$RAW>
    OF_FILE: <$FILE>
    OF_NOTHING: <$NOTHING>
    OF_RUNNER: $CI_PROJECT_DIR/x
    DOUBLED: $$A %%A%%
    PATHS: $PATHS:/bin
";
    let mut context = Context::push("main");
    context.project_variables =
        vec![SettingVariable { file: true, ..setting("FILE", "content of $A") }, setting("SECRET", "$A")];
    let job = payload_of(&context, text, &facts());
    let values = ["A", "RAW", "OF_RAW", "OF_FILE", "OF_NOTHING", "OF_RUNNER", "DOUBLED", "PATHS", "SECRET"];
    let values: Vec<String> = values.map(|name| shown(job.variable(name).unwrap())).into();
    assert_eq!(
        values,
        [
            "A=c/d/x",
            "RAW=$A raw",
            "OF_RAW=<$RAW>",
            "OF_FILE=<$FILE>",
            "OF_NOTHING=<$NOTHING>",
            "OF_RUNNER=$CI_PROJECT_DIR/x",
            "DOUBLED=$$A %%A%%",
            "PATHS=$PATHS:/bin",
            "SECRET=c/d/x private",
        ]
    );
    assert_eq!(job.variable("FILE").map(|file| (file.file, &*file.value)), Some((true, "content of c/d/x")));
}

#[test]
fn a_circle_that_settings_close_leaves_all_as_it_is() {
    let mut context = Context::push("main");
    let template = template(&blueprint(&context, "a: {script: x, variables: {A: $B, C: $CI_JOB_NAME}}"), "a");
    context.project_variables = vec![setting("B", "$A")];
    let job = payload(&template, &context, &facts());
    assert_eq!((value(&job, "A"), value(&job, "C")), (Some("$B"), Some("$CI_JOB_NAME")));
}

#[test]
fn what_grows_without_end_is_refused() {
    let mut context = Context::push("main");
    let template = template(&blueprint(&context, "a: {script: x, variables: {A: $V40}}"), "a");
    context.project_variables = vec![setting("V0", "0123456789")];
    context.project_variables.extend((1..=40).map(|step| {
        let before = step - 1;
        setting(&format!("V{step}"), &format!("$V{before}$V{before}"))
    }));
    let error = template.payload(&context, &facts()).unwrap_err();
    assert_eq!(error.to_string(), "the variables of job a cannot be expanded");
    assert_eq!(error.failure_reason(), "scheduler_failure");
}

#[test]
fn pipelines_by_their_source() {
    let text = "a: {script: x, rules: [{when: always}]}";
    let of = |source: &str, names: &[&str]| {
        let mut context = Context::push("main");
        context.source = Source::new(source).unwrap();
        let mut facts = facts();
        facts.pipeline.trigger_short_token = Some("abcd");
        let job = payload_of(&context, text, &facts);
        names.iter().map(|name| value(&job, name).unwrap_or("-").to_owned()).collect::<Vec<_>>().join(" ")
    };
    let names = ["CI_PIPELINE_SOURCE", "CI_COMMIT_BRANCH", "CI_PIPELINE_TRIGGERED", "CI_TRIGGER_SHORT_TOKEN"];
    assert_eq!(of("push", &names), "push main - -");
    assert_eq!(of("trigger", &names), "trigger main true abcd");
    let before = |source| of(source, &["CI_COMMIT_BEFORE_SHA"]).starts_with('2');
    assert!(before("push"));
    for source in ["web", "trigger", "schedule", "api"] {
        assert!(!before(source), "{source}");
    }
}

#[test]
fn who_starts_a_job_is_its_user() {
    let user = User { id: 5, login: "eve".into(), name: "Eve".into(), email: "eve@e".into() };
    let mut facts = facts();
    facts.user = Some(&user);
    let job = payload_of(&Context::push("main"), "a: {script: x}", &facts);
    assert_eq!((value(&job, "GITLAB_USER_LOGIN"), value(&job, "GITLAB_USER_ID")), (Some("eve"), Some("5")));
    assert_eq!(job.job_info.user_id, 5);
}

#[test]
fn parallel_jobs_are_numbered() {
    let text = "a: {script: x, parallel: {matrix: [{M: [x, y]}]}}";
    let context = Context::push("main");
    let job = payload(&template(&blueprint(&context, text), "a: [y]"), &context, &facts());
    let names =
        ["CI_NODE_INDEX", "CI_NODE_TOTAL", "M", "CI_JOB_NAME", "CI_JOB_NAME_SLUG", "CI_JOB_GROUP_NAME"];
    assert_eq!(
        names.map(|name| value(&job, name).unwrap_or_default()),
        ["2", "2", "y", "a: [y]", "a---y", "a"]
    );
    let single = payload_of(&context, "a: {script: x}", &facts());
    assert_eq!((value(&single, "CI_NODE_INDEX"), value(&single, "CI_NODE_TOTAL")), (None, Some("1")));
}

#[test]
fn a_manual_job_knows_of_it_by_its_rule() {
    let context = Context::push("main");
    let manual =
        |text: &str| value(&payload_of(&context, text, &facts()), "CI_JOB_MANUAL").map(str::to_owned);
    assert_eq!(manual("a: {script: x, rules: [{when: manual}]}").as_deref(), Some("true"));
    assert_eq!(manual("a: {script: x, when: manual, rules: [{when: always}]}"), None);
}

#[test]
fn predefined_values_can_be_given_or_taken_away() {
    let mut context = Context::push("main");
    for (name, value) in [
        ("CI_JOB_ID", Some("77")),
        ("CI_COMMIT_SHORT_SHA", None),
        ("CI_PIPELINE_IID", Some("8")),
        ("CI_X", Some("x")),
    ] {
        context.predefined.insert(name.into(), value.map(str::to_owned));
    }
    let job = payload_of(&context, "a: {script: x}", &facts());
    let values =
        ["CI_JOB_ID", "CI_COMMIT_SHORT_SHA", "CI_PIPELINE_IID", "CI_X"].map(|name| value(&job, name));
    assert_eq!(values, [Some("77"), None, Some("8"), Some("x")]);
}

#[test]
fn an_environments_address_may_come_of_the_jobs_own_report() {
    let text = "a: {script: x, environment: {name: e, url: 'https://$HOST/$CI_JOB_ID$NO'}, variables: {HOST: before}}";
    let context = Context::push("main");
    let template = template(&blueprint(&context, text), "a");
    let reported = [("HOST".to_owned(), "after.example.com".to_owned())];
    let url = template.environment_url(&context, &facts(), &reported).unwrap();
    assert_eq!(url.as_deref(), Some("https://after.example.com/7001"));
    let job = payload(&template, &context, &facts());
    assert_eq!(value(&job, "CI_ENVIRONMENT_URL"), Some("https://before/7001$NO"));
}
