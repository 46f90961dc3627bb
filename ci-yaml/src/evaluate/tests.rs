use super::testing::{config, context, outcome, pipeline, repository};
use super::{Evaluation, evaluate};
use crate::include::Main;
use crate::pipeline::Outcome;
use crate::yaml::Limits;
use crate::{Changed, Context, GivenVariable, MergeRequest, Ref, SettingVariable, Source, Tree, check};

const EMPTY: &str = "empty: The resulting pipeline would have been empty. Review the rules configuration for the relevant jobs.";

fn push() -> Context {
    Context::push("main")
}

fn with(mut context: Context, variables: &[(&str, &str)]) -> Context {
    let given = |(name, value): &(&str, &str)| GivenVariable {
        name: (*name).into(),
        value: (*value).into(),
        raw: false,
        file: false,
    };
    context.variables.extend(variables.iter().map(given));
    context
}

fn from(source: &str) -> Context {
    Context { source: Source::new(source).unwrap(), ..push() }
}

fn request() -> Context {
    Context {
        reference: Ref::MergeRequest("topic".into()),
        merge_request: Some(MergeRequest { iid: 7, target: "main".into(), ..MergeRequest::default() }),
        ..from("merge_request_event")
    }
}

fn changed(context: Context, paths: &[&str]) -> Context {
    let paths: Vec<String> = paths.iter().map(ToString::to_string).collect();
    Context { changed: Changed::Paths(paths.into()), ..context }
}

#[test]
fn needs_are_to_be_there() {
    let left_out = "b: {script: x, stage: build, rules: [{if: $NOPE}]}\n";
    assert_eq!(
        outcome(&format!("{left_out}a: {{script: x, needs: [b]}}"), push()),
        "invalid: 'a' job needs 'b' job, but 'b' does not exist in the pipeline. This might be because of the only, \
         except, or rules keywords. To need a job that sometimes does not exist in the pipeline, use needs:optional."
    );
    let optional = format!("{left_out}a: {{script: x, needs: [{{job: b, optional: true}}]}}");
    let needs =
        |text: &str, context| pipeline(text, context).jobs.pop().unwrap().needs.map(|needs| needs.len());
    assert_eq!(needs(&optional, push()), Some(0), "it starts at once");
    assert_eq!(outcome(&format!("{left_out}a: {{script: x, dependencies: [b]}}"), push()), "a");
    let both = "b: {script: x, stage: build}\nc: {script: x, stage: build}\n";
    assert_eq!(
        needs(
            &format!("{both}a: {{script: x, needs: [b, c], rules: [{{if: $A, needs: []}}]}}"),
            with(push(), &[("A", "1")])
        ),
        Some(2)
    );
    assert_eq!(
        needs(
            &format!("{both}a: {{script: x, needs: [b, c], rules: [{{if: $A, needs: [c]}}]}}"),
            with(push(), &[("A", "1")])
        ),
        Some(1)
    );
    assert_eq!(
        outcome("b: {script: x, stage: build, parallel: 51}\na: {script: x, needs: [b]}", push()),
        "invalid: a: one job can only need 50 others, but you have listed 51. See needs keyword documentation for more \
         details"
    );
}

#[test]
fn only_and_except() {
    let cases = [
        ("a: {script: x, only: [\"feat*\"]}\nb: {script: x, only: [main]}", "b"),
        ("a: {script: x, only: [main@g/p]}\nb: {script: x, only: [main@g/q]}", "a"),
        ("a: {script: x, only: {changes: ['*.rb']}}\nb: {script: x, except: {changes: ['*.rb']}}", "a"),
        ("a: {script: x, only: []}\nb: {script: x, except: []}", "b"),
        (
            "a: {script: x, only: {refs: null, variables: [$CI]}}\nb: {script: x, only: {variables: [$CI]}}",
            "b",
        ),
        ("a: {script: x, only: {kubernetes: active}}\nb: {script: x, except: {kubernetes: active}}", "b"),
    ];
    for (text, jobs) in cases {
        assert_eq!(outcome(text, push()), jobs, "{text}");
    }
    let text = "a: {script: x, only: {refs: [main], changes: ['*.rb']}}\nb: {script: x, except: {refs: [x], changes: ['*.md']}}";
    assert_eq!(outcome(text, changed(push(), &["a.md"])), EMPTY);
    assert_eq!(outcome("a: {script: x}\nb: {script: x, rules: }", request()), "b");
    assert_eq!(
        outcome(
            "workflow: {rules: [{when: always}]}\na: {script: x}\nb: {script: x, except: [main]}",
            request()
        ),
        "a, b"
    );
    let text = "a: {script: x, only: [schedules]}\nb: {script: x, except: [schedules]}\nc: {script: x, only: [branches]}";
    assert_eq!(outcome(text, from("schedule")), "a, c");
}

#[test]
fn rules_decide() {
    let a = |text: &str, context: Context| {
        let pipeline = pipeline(text, context);
        let job = &pipeline.jobs[0];
        (job.when.as_str(), job.allow_failure.allowed)
    };
    let given = || with(push(), &[("A", "1")]);
    assert_eq!(a("a: {script: x, when: manual, rules: [{if: $A}]}", given()), ("manual", true));
    assert_eq!(
        a("a: {script: x, when: manual, rules: [{if: $A, when: on_success}]}", given()),
        ("on_success", true)
    );
    assert_eq!(a("a: {script: x, rules: [{when: manual}]}", push()), ("manual", false));
    assert_eq!(outcome("a: {script: x, rules: [{if: $A, when: never}, {when: always}]}", given()), EMPTY);
    assert_eq!(
        outcome("a: {script: x, rules: [{changes: [nope]}]}\nb: {script: x, rules: [{changes: []}]}", push()),
        "a, b"
    );
    let globs =
        "a: {script: x, rules: [{changes: ['docs/**']}]}\nb: {script: x, rules: [{changes: ['docs/**/*']}]}";
    assert_eq!(outcome(globs, changed(push(), &["docs/a/b.md"])), "b");
    let nested =
        "a: {script: x, rules: [{changes: ['$D/*']}]}\nb: {script: x, rules: [{if: '$D == \"src\"'}]}";
    assert_eq!(outcome(nested, changed(with(push(), &[("D", "$E"), ("E", "src")]), &["src/a"])), "a");
    let exists = "a: {script: x, rules: [{exists: [Dockerfile]}]}\nb: {script: x, rules: [{exists: [dir]}]}\nc: {script: x, rules: [{exists: [dir/]}]}";
    assert_eq!(outcome(exists, push()), "a, c");
}

#[test]
fn rules_fail_where_their_stage_is_there() {
    let bad = "rules: [{changes: {paths: [x], compare_to: no-such-ref}}]";
    assert_eq!(
        outcome(&format!("a: {{script: x, {bad}}}\nb: {{script: x}}"), push()),
        "invalid: Failed to parse rule for a: rules:changes:compare_to is not a valid ref"
    );
    assert_eq!(outcome(&format!("a: {{script: x}}\nb: {{script: x, stage: deploy, {bad}}}"), push()), "a");
    let project = |exists: &str| {
        outcome(&format!("a: {{script: x, rules: [{{exists: {exists}}}]}}\nb: {{script: x}}"), push())
    };
    assert_eq!(
        project("{paths: [x], project: g/none}"),
        "invalid: Failed to parse rule for a: rules:exists:project `g/none` not found or access denied"
    );
    assert_eq!(
        project("{paths: [x], project: $CI_PROJECT_PATH, ref: v1}"),
        "invalid: Failed to parse rule for a: rules:exists:ref `v1` is not a valid ref in project `g/p`"
    );
    assert_eq!(project("{paths: [Dockerfile], project: G/P}"), "a, b");
}

#[test]
fn compare_to_is_expanded() {
    let context = context(push());
    let text = "variables: {BASE: stable}\na: {script: x, rules: [{changes: {paths: ['src/*'], compare_to: $BASE}}]}";
    let mut sources = repository(text, &[]);
    sources.add_changes(&context.tree, "stable", ["src/a"]);
    let evaluation = evaluate(&config(&context, &sources), &context, &sources);
    assert!(matches!(evaluation.outcome, Outcome::Created(_)), "{evaluation:?}");
}

#[test]
fn workflow_decides_first() {
    let refused =
        "empty: The pipeline did not run. Review the workflow:rules configuration for the pipeline.";
    assert_eq!(outcome("workflow: {rules: [{if: $CI_COMMIT_TAG}]}\na: {script: x}", push()), refused);
    assert_eq!(outcome("workflow: {rules: [{when: never}]}\na: {script: x}", push()), refused);
    let failing = "workflow: {rules: [{changes: {paths: [x], compare_to: nope}}]}\na: {script: x}";
    assert_eq!(outcome(failing, push()), refused, "GitLab does not tell why");
    let text = "
workflow:
  name: ' $CI_COMMIT_BRANCH$NOPE by $WHO '
  auto_cancel: {on_new_commit: interruptible, on_job_failure: all}
  rules: [{if: $NOPE}, {if: $CI_COMMIT_BRANCH, variables: {WHO: $NAME}, auto_cancel: {on_new_commit: none}}]
variables: {NAME: me, WHO: nobody}
a: {script: x, rules: [{if: '$WHO == \"$NAME\"'}]}
";
    let pipeline = pipeline(text, push());
    assert_eq!(pipeline.name.as_deref(), Some("main by me"));
    assert_eq!(
        serde_json::to_string(&pipeline.auto_cancel).unwrap(),
        r#"{"on_new_commit":"none","on_job_failure":"all"}"#
    );
    let long = format!("workflow: {{name: '$A$A'}}\nvariables: {{A: {}}}\na: {{script: x}}", "x".repeat(128));
    assert_eq!(
        outcome(&long, push()),
        "invalid: Failed to build pipeline metadata! Name is too long (maximum is 255 characters)"
    );
}

#[test]
fn variables_of_a_job_in_its_pipeline() {
    let text = "
workflow: {rules: [{if: $CI_COMMIT_BRANCH, variables: {M: wf, N: wf}}]}
variables: {M: root, R: {value: $M, expand: false}, S: root}
a: {script: x, variables: {N: job, S: job}, rules: [{if: '$M == \"wf\"', variables: {S: rule}}]}
";
    let pipeline = pipeline(text, push());
    let shown: Vec<String> = pipeline.jobs[0]
        .variables()
        .map(|item| {
            format!(
                "{}={} ({}{})",
                item.name,
                item.value.unwrap(),
                item.origin,
                if item.raw { ", raw" } else { "" }
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            "S=rule (rule 1 of the job)",
            "N=job (variables of the job)",
            "M=wf (rule 1 of workflow)",
            "R=$M (variables, raw)",
        ]
    );
}

#[test]
fn variables_decide() {
    let mut context = with(push(), &[("B", "pipe")]);
    context.project_variables.push(SettingVariable {
        name: "A".into(),
        value: "proj".into(),
        raw: false,
        file: false,
        masked: false,
        protected: false,
        scope: "*".into(),
    });
    let text = "variables: {A: yaml, B: yaml}
a: {script: x, rules: [{if: '$A == \"proj\"'}]}
b: {script: x, rules: [{if: '$A == \"yaml\"'}]}
c: {script: x, rules: [{if: '$B == \"pipe\"'}]}";
    assert_eq!(outcome(text, context), "a, c");
    let text = "variables: {CI_COMMIT_BRANCH: other}\na: {script: x, rules: [{if: '$CI_COMMIT_BRANCH == \"main\"'}]}";
    assert_eq!(outcome(text, push()), EMPTY);
    assert_eq!(
        outcome("variables: {A: $B, B: $A}\na: {script: x}", push()),
        r#"invalid: a: circular variable reference detected: ["A", "B"]"#
    );
    assert_eq!(
        outcome("variables: {A: $B}\na: {script: x}\nb: {script: x, variables: {B: $A}}", push()),
        r#"invalid: b: circular variable reference detected: ["B", "A"]"#
    );
    let job = &pipeline("a: {script: x, tags: [$NOPE, $CI_COMMIT_BRANCH]}", push()).jobs[0];
    assert_eq!(job.tags.iter().map(|tag| &**tag).collect::<Vec<_>>(), ["$NOPE", "main"]);
}

#[test]
fn pipelines_as_a_whole() {
    assert_eq!(outcome("a: {script: x, stage: .pre}\nb: {script: x, stage: .post}", push()), EMPTY);
    let text = "stages: [b, a, .pre]\none: {script: x, stage: a}\ntwo: {script: x, stage: b}\nthree: {script: x, stage: .pre}";
    assert_eq!(outcome(text, push()), "three, two, one");
    let chat = Context { chat_job: Some("b".into()), ..from("chat") };
    assert_eq!(outcome("a: {script: x}\nb: {script: x}", chat), "b");
    let mut child = from("parent_pipeline");
    child.merge_request = Some(MergeRequest::default());
    let text = "a: {script: x}\nb: {script: x, rules: [{if: '$CI_PIPELINE_SOURCE == \"parent_pipeline\"'}]}";
    assert_eq!(outcome(text, child), "b");
    let many = "a: {script: x, environment: e, parallel: 200}\nb: {script: x, environment: e, parallel: 200}\nc: {script: x, environment: e, parallel: 101}";
    assert_eq!(
        outcome(many, push()),
        "invalid: Pipeline has too many deployments! Requested 501, but the limit is 500."
    );
}

#[test]
fn keys_of_caches_come_from_files() {
    let context = context(push());
    let text = "
a: {script: x, cache: [{key: {files: [Gemfile.lock]}}, {key: {files: ['*.none'], prefix: p}}, {key: k}]}
b: {script: x, cache: {key: {files_commits: [x]}}}
";
    let mut sources = repository(text, &[]);
    sources.add_file(&context.tree, "Gemfile.lock", "GEM\n");
    let Evaluation { outcome, diagnostics } = evaluate(&config(&context, &sources), &context, &sources);
    let Outcome::Created(pipeline) = outcome else { panic!("{diagnostics:?}") };
    let keys = |index: usize| {
        let caches = pipeline.jobs[index].cache.as_ref().unwrap();
        caches.iter().map(|cache| serde_json::to_string(&cache.key).unwrap()).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(keys(0), r#""0_Gemfile-e53cad17fa4b76bba885c294cfbb24e4b11c7b63" "p-default" "k""#);
    assert_eq!(keys(1), r#"{"files_commits":["x"]}"#);
    assert_eq!(
        diagnostics.iter().map(|found| &*found.message).collect::<Vec<_>>(),
        ["the cache key of b cannot be computed: the last commit of x in g/p is not known here"]
    );
}

/// A chain of references and nearly as many jobs, each with these variables of its own.
fn chained(own: &str) -> Evaluation {
    let chain: String = (1..2000).map(|step| format!("  A{step}: $A{}\n", step - 1)).collect();
    let jobs: String = (0..1500).map(|job| format!("j{job}: {{script: x, variables: {own}}}\n")).collect();
    let context = context(push());
    let sources = repository(&format!("variables:\n  A0: x\n{chain}{jobs}"), &[]);
    let limits = Limits { memory: usize::MAX, ..Limits::default() };
    let checked = check(&context, Main::Path, &sources, &limits);
    evaluate(checked.valid_config().unwrap(), &context, &sources)
}

#[test]
fn what_jobs_share_is_worked_out_once() {
    for own in ["{A0: $X, X: y}", "{X: $A1999}"] {
        let evaluation = chained(own);
        assert!(matches!(evaluation.outcome, Outcome::Created(_)), "{own}: {:?}", evaluation.diagnostics);
    }
}

#[test]
fn references_without_end_are_refused() {
    let evaluation = chained("{A0: y, X: $A1999}");
    assert!(matches!(evaluation.outcome, Outcome::Invalid));
    let messages: Vec<_> = evaluation.diagnostics.iter().map(|found| &*found.message).collect();
    assert_eq!(messages.len(), 1, "{messages:?}");
    assert!(messages[0].ends_with("variables refer to one another more than 1000000 times"), "{messages:?}");
}

#[test]
fn what_cannot_be_decided_refuses_the_pipeline_even_of_an_empty_stage() {
    let laughs: String = (1..40).map(|step| format!("  A{step}: $A{0}$A{0}\n", step - 1)).collect();
    let text =
        format!("variables:\n  A0: 0123456789\n{laughs}a: {{script: x, rules: [{{changes: [$A39]}}]}}");
    assert_eq!(
        outcome(&text, changed(push(), &["x"])),
        "invalid: a: variables expand to more than 4194304 bytes"
    );
}

#[test]
fn paths_of_other_projects() {
    let context = context(push());
    let text = "a: {script: x, rules: [{exists: {paths: [y], project: g/other, ref: v1}}]}\nb: {script: x}";
    let mut sources = repository(text, &[]);
    let other = Tree { project: "g/other".into(), revision: "abc".into() };
    sources.add_file(&other, "y", "").add_name(&other, "v1");
    let evaluation = evaluate(&config(&context, &sources), &context, &sources);
    let Outcome::Created(pipeline) = evaluation.outcome else { panic!("{:?}", evaluation.diagnostics) };
    assert_eq!(pipeline.jobs.len(), 2);
}

#[test]
fn regular_expressions_of_all_jobs_together_are_bounded() {
    let mut context = push();
    context.commit.message = "a".repeat(20_000);
    let job = |number: usize| {
        format!(
            "job-{number}: {{script: x, rules: [{{if: '$CI_COMMIT_MESSAGE =~ /(a?){{500}}b{number}/'}}]}}\n"
        )
    };
    let said = outcome(&(0..400).map(job).collect::<String>(), context.clone());
    assert!(said.contains("take too long to evaluate"), "{said}");
    let said = outcome(&(0..2).map(job).collect::<String>(), context);
    assert_eq!(said, EMPTY);
}
