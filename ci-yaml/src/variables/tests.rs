use super::*;
use crate::config::{InheritList, Instance, Rule};
use crate::evaluate::testing::{job, variables};
use crate::expression::Lookup;
use crate::{Context, GivenVariable, SettingVariable, Span, Spanned};

fn given(name: &str, value: &str) -> GivenVariable {
    GivenVariable { name: name.into(), value: value.into(), raw: false, file: false }
}

fn setting(name: &str, value: &str) -> SettingVariable {
    SettingVariable {
        name: name.into(),
        value: value.into(),
        raw: false,
        file: false,
        masked: true,
        protected: false,
        scope: "*".into(),
    }
}

fn rule_with(name: &str, value: &str) -> Rule {
    let variables = [(name.into(), Spanned::new(value.into(), Span::default()))].into_iter().collect();
    Rule { variables, ..Rule::default() }
}

fn value(scope: &Scope<'_>, name: &str) -> Option<String> {
    scope.variable(name).map(|value| value.to_string())
}

#[test]
fn later_sources_replace_earlier_ones() {
    let mut context = Context::push("main");
    let top = TopLevel::new(&variables([
        ("CI_COMMIT_BRANCH", "yaml"),
        ("GITLAB_USER_LOGIN", "yaml"),
        ("A", "root"),
    ]));
    let mut job = job("a");
    let step = |context: &Context, job: &crate::config::Job, name: &str| {
        let builder = Builder::new(context);
        let scope = builder.for_job(job, &top);
        let item = scope.find(name).unwrap();
        (item.value.unwrap().to_string(), item.origin.to_string())
    };
    let found = |value: &str, origin: &str| (value.to_owned(), origin.to_owned());
    assert_eq!(step(&context, &job, "CI_COMMIT_BRANCH"), found("yaml", "variables"));
    assert_eq!(step(&context, &job, "GITLAB_USER_LOGIN"), found("root", "predefined"));
    assert_eq!(step(&context, &job, "CI_JOB_NAME"), found("a", "predefined"));
    assert_eq!(step(&context, &job, "A"), found("root", "variables"));
    job.variables = variables([("A", "job")]);
    assert_eq!(step(&context, &job, "A"), found("job", "variables of the job"));
    job.instance = Some(Instance {
        base: "a".into(),
        index: 1,
        total: 1,
        matrix: Some([("A".into(), "job".into())].into_iter().collect()),
    });
    assert_eq!(step(&context, &job, "A"), found("job", "parallel:matrix of the job"));
    context.instance_variables = vec![setting("A", "instance")];
    assert_eq!(step(&context, &job, "A"), found("instance", "from instance settings"));
    context.group_variables = vec![setting("A", "group")];
    assert_eq!(step(&context, &job, "A"), found("group", "from group settings"));
    context.project_variables = vec![setting("A", "project")];
    assert_eq!(step(&context, &job, "A"), found("project", "from project settings"));
    context.variables = vec![given("A", "pipeline")];
    assert_eq!(step(&context, &job, "A"), found("pipeline", "given for the pipeline"));
    context.schedule_variables = vec![given("A", "schedule")];
    assert_eq!(step(&context, &job, "A"), found("schedule", "from the schedule"));
}

#[test]
fn each_phase_sees_its_own() {
    let mut context = Context::push("main");
    context.variables = vec![given("CI_JOB_X", "1"), given("P", "1")];
    let builder = Builder::new(&context);
    let top = TopLevel::new(&variables([("R", "1"), ("CI_BUILD_X", "1")]));
    let job = job("a");
    let names = ["P", "R", "CI_JOB_X", "CI_BUILD_X", "CI_JOB_NAME", "CI_NODE_TOTAL", "GITLAB_USER_LOGIN"];
    let sees = |scope: &Scope<'_>| names.map(|name| scope.variable(name).is_some());
    assert_eq!(sees(&builder.for_include()), [true, false, true, false, false, false, false]);
    assert_eq!(sees(&builder.for_workflow(&top)), [true, true, false, false, false, true, true]);
    assert_eq!(sees(&builder.for_job(&job, &top)), [true; 7]);
    assert_eq!(value(&builder.for_include(), "CI_PIPELINE_IID").as_deref(), Some(""));
    assert_eq!(value(&builder.for_workflow(&top), "CI_PIPELINE_IID").as_deref(), Some(""));
    assert_eq!(value(&builder.for_name(&top), "CI_PIPELINE_IID").as_deref(), Some("1"));
    assert_eq!(value(&builder.for_job(&job, &top), "CI_PIPELINE_IID").as_deref(), Some("1"));
}

#[test]
fn inherit_filters_the_top_level_with_the_rule_of_workflow() {
    let context = Context::push("main");
    let builder = Builder::new(&context);
    let top = TopLevel::new(&variables([("A", "root"), ("B", "root")])).with_rule(1, &rule_with("B", "wf"));
    let mut job = job("a");
    let seen = |job: &crate::config::Job| {
        let scope = builder.for_job(job, &top);
        ["A", "B"].map(|name| value(&scope, name))
    };
    assert_eq!(seen(&job), [Some("root".into()), Some("wf".into())]);
    job.inherit.variables = InheritList::Only(vec!["B".into()]);
    assert_eq!(seen(&job), [None, Some("wf".into())]);
    job.inherit.variables = InheritList::None;
    assert_eq!(seen(&job), [None, None]);
    let scope = builder.for_workflow(&top);
    assert_eq!(scope.find("B").unwrap().origin, Origin::WorkflowRule { index: 1, span: Span::default() });
}

#[test]
fn the_rule_of_a_job_goes_over_its_own_variables() {
    let context = Context::push("main");
    let builder = Builder::new(&context);
    let top = TopLevel::new(&variables([("A", "root")]));
    let job = job("a");
    let rule = rule_with("A", "rule");
    let scope = builder.for_job(&job, &top).with_rule(2, &rule);
    assert_eq!(scope.find("A").unwrap().origin.to_string(), "rule 3 of the job");
}

#[test]
fn values_are_raw_unless_they_are_expanded_as_nested() {
    let context = Context::push("main");
    let builder = Builder::new(&context);
    let mut values = variables([
        ("GLOB", "$DIR/*.c"),
        ("DIR", "${TOP}/lib"),
        ("TOP", "src"),
        ("ESCAPED", "$$TOP %%TOP%%"),
        ("HALF", "$NO|$TOP"),
        ("RAW", "$TOP"),
        ("USES_RAW", "<$RAW>"),
    ]);
    values.get_mut("RAW").unwrap().raw = true;
    let top = TopLevel::new(&values);
    let scope = builder.for_workflow(&top);
    let nested = |text: &str| scope.expand_nested(text, Undefined::Keep).unwrap();
    assert_eq!(value(&scope, "GLOB").as_deref(), Some("$DIR/*.c"));
    assert_eq!(scope.expand("$GLOB", Undefined::Keep).unwrap(), "$DIR/*.c");
    assert_eq!(nested("$GLOB"), "src/lib/*.c");
    assert_eq!(nested("$ESCAPED"), "$$TOP %%TOP%%");
    assert_eq!(nested("$HALF $NO"), "|src $NO");
    assert_eq!(nested("$USES_RAW"), "<$TOP>");
    assert_eq!(scope.expand_nested("$NO", Undefined::Empty).unwrap(), "");
}

#[test]
fn circles_are_told_as_gitlab_does() {
    let context = Context::push("main");
    let builder = Builder::new(&context);
    let circles = |values| {
        let top = TopLevel::new(&values);
        builder.for_workflow(&top).circles().unwrap().map(str::to_owned)
    };
    assert_eq!(
        circles(variables([("A", "$B"), ("B", "$A")])).as_deref(),
        Some(r#"circular variable reference detected: ["A", "B"]"#)
    );
    assert_eq!(
        circles(variables([("X", "$C"), ("A", "$B"), ("B", "$A"), ("C", "$D"), ("D", "$C")])).as_deref(),
        Some(r#"circular variable reference detected: ["C", "D"], ["A", "B"]"#)
    );
    assert_eq!(circles(variables([("PATHS", "$PATHS:/opt/bin")])), None);
    assert_eq!(circles(variables([("A", "$B $C"), ("B", "$C"), ("C", "x")])), None);
}

#[test]
fn definitions_that_are_hidden_take_part_in_circles() {
    let mut context = Context::push("main");
    context.project_variables = vec![setting("A", "$A/x")];
    let top = TopLevel::new(&variables([("A", "$A/y")]));
    let builder = Builder::new(&context);
    let scope = builder.for_workflow(&top);
    assert_eq!(scope.circles().unwrap(), Some(r#"circular variable reference detected: ["A", "A"]"#));
    assert_eq!(scope.expand_nested("$A", Undefined::Keep).unwrap(), "$A/x");
}

#[test]
fn a_reference_to_oneself_is_the_definition_below() {
    let context = Context::push("main");
    let builder = Builder::new(&context);
    let top = TopLevel::new(&variables([("CI_COMMIT_BRANCH", "$CI_COMMIT_BRANCH-x"), ("A", "$A!")]));
    let scope = builder.for_workflow(&top);
    assert_eq!(scope.expand_nested("$CI_COMMIT_BRANCH $A", Undefined::Keep).unwrap(), "main-x !");
}

#[test]
fn circles_of_one_job_are_found() {
    let context = Context::push("main");
    let builder = Builder::new(&context);
    let top = TopLevel::new(&variables([("A", "$B"), ("B", "$C")]));
    let mut job = job("a");
    assert_eq!(builder.for_job(&job, &top).circles_of_job().unwrap(), None);
    job.variables = variables([("C", "$A")]);
    assert_eq!(
        builder.for_job(&job, &top).circles_of_job().unwrap(),
        Some(r#"circular variable reference detected: ["C", "A", "B"]"#)
    );
}

#[test]
fn what_grows_without_end_is_refused() {
    let context = Context::push("main");
    let builder = Builder::new(&context);
    let mut values = variables([("A0", "0123456789")]);
    for step in 1..40 {
        let previous = step - 1;
        values.extend(variables([(&*format!("A{step}"), &*format!("$A{previous}$A{previous}"))]));
    }
    let top = TopLevel::new(&values);
    let scope = builder.for_workflow(&top);
    assert_eq!(scope.expand_nested("$A39", Undefined::Keep), Err(ExpansionError::TooLong));
    assert_eq!(scope.expand_nested("$A3", Undefined::Keep).unwrap().len(), 80);
}

#[test]
fn long_chains_need_no_deep_stack() {
    let context = Context::push("main");
    let builder = Builder::new(&context);
    let mut values = variables([("A0", "end")]);
    for step in 1..50_000 {
        values.extend(variables([(&*format!("A{step}"), &*format!("$A{}", step - 1))]));
    }
    let top = TopLevel::new(&values);
    assert_eq!(builder.for_workflow(&top).expand_nested("$A49999", Undefined::Keep).unwrap(), "end");
}

#[test]
fn settings_follow_the_expanded_environment() {
    let mut context = Context::push("main");
    context.project_variables =
        vec![setting("A", "all"), SettingVariable { scope: "review/*".into(), ..setting("A", "review") }];
    let builder = Builder::new(&context);
    let top = TopLevel::new(&variables([("NAME", "$CI_COMMIT_REF_SLUG")]));
    let mut job = job("a");
    assert_eq!(value(&builder.for_job(&job, &top), "A").as_deref(), Some("all"));
    job.environment = Some(crate::config::Environment {
        name: "review/$NAME$NO".into(),
        action: "start".into(),
        ..Default::default()
    });
    let scope = builder.for_job(&job, &top);
    assert_eq!(value(&scope, "A").as_deref(), Some("review"));
    assert_eq!(value(&scope, "CI_ENVIRONMENT_NAME").as_deref(), Some("review/main"));
    assert_eq!(value(&scope, "CI_ENVIRONMENT_ACTION").as_deref(), Some("start"));
    assert!(scope.find("A").unwrap().masked);
}

#[test]
fn workloads_see_the_configuration_alone() {
    let mut context = Context::push("main");
    context.source = crate::Source::new("duo_workflow").unwrap();
    context.variables = vec![given("P", "1")];
    let builder = Builder::new(&context);
    let top = TopLevel::new(&variables([("A", "1")]));
    let job = job("a");
    let scope = builder.for_job(&job, &top);
    assert_eq!(scope.iter().map(|item| item.name.to_string()).collect::<Vec<_>>(), ["A"]);
}
