use super::{Decision, Explanation, Outcome, Reason, Step, explain};
use crate::evaluate::testing::{config, context, repository};
use crate::{Changed, Context, Ref};

fn why(text: &str, given: Context, job: &str) -> Explanation {
    let (sources, context) = (repository(text, &[]), context(given));
    explain(&config(&context, &sources), &context, &sources, job)
}

/// The ways to another decision, one per line.
fn ways(text: &str, given: Context) -> String {
    let explanation = why(text, given, "a");
    assert!(matches!(explanation.decision, Decision::Out(_)), "{explanation:?}");
    let way = |way: &Vec<super::Wish>| way.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
    explanation.ways.iter().map(way).collect::<Vec<_>>().join("\n")
}

fn push() -> Context {
    Context { changed: Changed::Paths([].into()), ..Context::push("topic") }
}

#[test]
fn ways_into_a_pipeline() {
    for (text, expected) in [
        ("a: {script: x, only: [tags]}", "a tag pipeline"),
        (
            "a: {script: x, only: [main, /^v/, schedules]}",
            "a branch or tag named main\na branch or tag matching /^v/\na pipeline with the source schedule",
        ),
        (
            "a: {script: x, only: {refs: [tags], variables: [$A, $B]}}",
            "a tag pipeline and A is set and not empty\na tag pipeline and B is set and not empty",
        ),
        (
            "a: {script: x, except: [branches, topic]}",
            "not a branch pipeline and not a branch or tag named topic",
        ),
        ("a: {script: x, only: [topic@g/q]}", "a branch or tag named topic and the project g/q"),
        (
            "a: {script: x, rules: [{if: '$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH'}]}",
            r#"CI_COMMIT_BRANCH == "main""#,
        ),
        (
            "a: {script: x, rules: [{if: $CI_COMMIT_TAG}, {if: '$CI_PIPELINE_SOURCE == \"schedule\"'}]}",
            "a tag pipeline\na pipeline with the source schedule",
        ),
        (
            "a: {script: x, rules: [{changes: ['docs/**/*', '*.md']}]}",
            "a changed path matching docs/**/* or *.md",
        ),
        (
            "a: {script: x, rules: [{if: $A, exists: [Dockerfile]}]}",
            "A is set and not empty and a file matching Dockerfile",
        ),
        (
            "a: {script: x, rules: [{if: '$CI_COMMIT_BRANCH =~ /^t/', when: never}, {when: always}]}",
            "CI_COMMIT_BRANCH !~ /^t/",
        ),
        (
            "a: {script: x, rules: [{if: '$A && ($B == \"1\" || $C != null)'}]}",
            "A is set and not empty and B == \"1\"\nA is set and not empty and C is defined",
        ),
        ("a: {script: x, rules: [{if: '$CI_COMMIT_TAG && $CI_COMMIT_BRANCH == \"x\"'}]}", ""),
        ("a: {script: x, rules: [{if: $CI_JOB_ID}, {changes: []}]}", ""),
        ("workflow: {rules: [{if: $CI_MERGE_REQUEST_IID}]}\na: {script: x}", "a merge request pipeline"),
        (
            "b: {script: x, stage: build, only: [tags]}\na: {script: x, needs: [b]}",
            "the job b in the pipeline",
        ),
    ] {
        assert_eq!(ways(text, push()), expected, "{text}");
    }
    let mut skipped = push();
    skipped.commit.message = "[ci skip]".into();
    assert_eq!(ways("a: {script: x}", skipped), "no [ci skip]");
}

#[test]
fn steps_are_told_with_values_and_origins() {
    let text = "
variables: {A: \"1\"}
a:
  script: x
  rules:
    - if: $B
    - if: $A == \"2\"
      changes: [x]
    - if: $A
      when: manual
    - when: never
";
    let explanation = why(text, push(), "a");
    let Some(Step::Rules(trials)) = explanation.steps.get(1) else { panic!("{explanation:?}") };
    let outcomes: Vec<_> = trials.rules.iter().map(|rule| &rule.outcome).collect();
    assert_eq!(
        outcomes,
        [&Outcome::NotMatched, &Outcome::NotMatched, &Outcome::Matched, &Outcome::NotReached]
    );
    assert_eq!(
        trials.rules[1].clauses.iter().map(super::Clause::holds).collect::<Vec<_>>(),
        [Some(false), None]
    );
    let super::Clause::If { variables, .. } = &trials.rules[2].clauses[0] else { panic!("{trials:?}") };
    let seen = variables[0].item.as_ref().unwrap();
    assert_eq!((seen.value.as_deref(), seen.origin.to_string()), (Some("1"), "variables".to_owned()));
    assert_eq!(seen.origin.span().unwrap().start.line, 2);
    let Decision::In { when, rule, .. } = explanation.decision else { panic!("it is in") };
    assert_eq!((when.as_str(), rule), ("manual", Some(2)));
}

#[test]
fn reasons_are_told_apart() {
    let reason = |text: &str, given: Context, job: &str| match why(text, given, job).decision {
        Decision::Out(reason) => {
            format!("{reason:?}").split([' ', '(']).next().unwrap_or_default().to_owned()
        }
        Decision::In { .. } => "In".to_owned(),
    };
    let tag = Context { reference: Ref::Tag("v1".into()), ..push() };
    for (text, expected) in [
        ("a: {script: x}", "In"),
        ("a: {script: x, only: [main]}", "Only"),
        ("a: {script: x, except: [topic]}", "Except"),
        ("a: {script: x, rules: [{if: $A}]}", "NoRule"),
        ("a: {script: x, rules: [{when: never}]}", "Never"),
        ("a: {script: x, rules: [{changes: {paths: [x], compare_to: y}}]}", "RuleFailed"),
        ("a: {script: x}\nb: {script: x, only: [tags]}\nc: {script: x, needs: [b]}", "Invalid"),
        ("a: {script: x, stage: .pre}", "Empty"),
        ("workflow: {rules: [{if: $A}]}\na: {script: x}", "Workflow"),
    ] {
        assert_eq!(reason(text, push(), "a"), expected, "{text}");
    }
    assert_eq!(reason("a: {script: x, only: [tags]}", tag, "a"), "In");
    let chat = Context { chat_job: Some("b".into()), ..push() };
    assert_eq!(reason("a: {script: x}\nb: {script: x}", chat, "a"), "Chat");
    let parallel = "build: {script: x, parallel: 2}";
    let Decision::Out(Reason::Unknown { similar }) = why(parallel, push(), "build").decision else {
        panic!("there is no such job")
    };
    assert_eq!(similar.iter().map(|name| &**name).collect::<Vec<_>>(), ["build 1/2", "build 2/2"]);
    let Decision::Out(Reason::Unknown { similar }) = why(parallel, push(), "biuld 1/2").decision else {
        panic!("there is no such job")
    };
    assert_eq!(similar.len(), 1);
}
