//! What jobs say of stages and of one another.

use super::*;

#[test]
fn stages_must_exist() {
    let found = errors("a: {script: x, stage: foo}");
    assert_eq!(
        found[0].message,
        "a job: chosen stage foo does not exist; available stages are .pre, build, test, deploy, .post"
    );
    let found = errors("stages: [build]\na: {script: x}");
    assert_eq!(
        found[0].message,
        "a job: chosen stage test does not exist; available stages are .pre, build, .post"
    );
    assert_eq!(found[0].note.as_deref(), Some("`test` is the stage of jobs that name none"));
    let found = errors("stages: []\na: {script: x, stage: .pre}");
    assert_eq!(found[0].message, "a job: chosen stage .pre does not exist; available stages are ");
    let found = errors("stages:\n  - build\na: {script: x, stage: Build}");
    assert_eq!(found[0].note.as_deref(), Some("did you mean `build`?"));
    assert_eq!(found[0].span.unwrap().start.column, 23);
    assert_eq!(found[0].labels[0].span.start.line, 2);
    valid("stages: [one, two, one]\nb: {script: x, stage: two, needs: [a]}\na: {script: x, stage: one}");
}

#[test]
fn needs_must_be_defined() {
    let found = errors("Build-Linux: {script: x, needs: [Zz]}");
    assert_eq!(found[0].message, "Build-Linux job: undefined need: Zz");
    assert_eq!(found[0].span.unwrap().start.column, 34);
    let found = errors("build: {script: x}\na: {script: x, needs: [biuld, .b]}\n.b: {script: x}");
    assert_eq!(found[0].note.as_deref(), Some("did you mean `build`?"));
    assert_eq!(found[1].message, "a job: undefined need: .b");
    assert_eq!(found[1].help, ["A hidden entry makes no job."]);
    valid("a: {script: x, needs: [{job: zz, optional: true}]}");
    assert_eq!(messages("a: {script: x, rules: [{if: $A, needs: [zz]}]}"), ["a job: undefined need: zz"]);
}

#[test]
fn needs_come_in_the_same_stage_or_before() {
    valid("a: {script: x, needs: [d]}\nd: {script: x}");
    let found = errors("a: {script: x, needs: [d]}\nd: {script: x, stage: deploy}");
    assert_eq!(found[0].message, "a job: need d is not defined in current or prior stages");
    assert_eq!(found[0].note.as_deref(), Some("runs in stage deploy, after test"));
    assert_eq!(found[0].labels[0].span.start.line, 2);
}

#[test]
fn needs_are_named_once() {
    let found = errors(
        "b: {script: x, stage: build}\nc: {script: x, stage: build}\na: {script: x, needs: [b, c, c, b]}",
    );
    assert_eq!(found[0].message, "a has the following needs duplicated: b, c.");
    assert_eq!(found[0].labels[0].text, "needed here already");
}

#[test]
fn names_of_needs_have_a_limit() {
    let long = "n".repeat(249);
    let text = format!("{long}: {{script: x, parallel: 200}}\na: {{script: x, needs: [{long}]}}");
    let expected = format!("a job: need `{long} 10/200` name is too long (maximum is 255 characters)");
    assert_eq!(messages(&text), [expected]);
}

#[test]
fn dependencies() {
    assert_eq!(messages("a: {script: x, dependencies: [zz]}"), ["a job: undefined dependency: zz"]);
    assert_eq!(
        messages("a: {script: x, dependencies: [d]}\nd: {script: x, stage: deploy}"),
        ["a job: dependency d is not defined in current or prior stages"]
    );
    valid("a: {script: x, dependencies: [d]}\nd: {script: x}");
    let twice = errors("a: {script: x, dependencies: [zz, zz]}");
    assert_eq!((twice.len(), twice[0].labels.len()), (1, 1));
}

#[test]
fn child_pipelines_out_of_artifacts() {
    let child = "a: {trigger: {include: [{artifact: c.yml, job: gen}]}}\n";
    assert_eq!(messages(child), ["a job: undefined dependency: gen"]);
    assert_eq!(
        messages(&format!("{child}gen: {{script: x, stage: deploy}}")),
        ["a job: dependency gen is not defined in current or prior stages"]
    );
    valid(&format!("{child}gen: {{script: x, stage: build}}"));
}

#[test]
fn stopping_environments() {
    let job = "a: {script: x, environment: {name: e, on_stop: s}}\n";
    let of = |stop: &str| messages(&format!("{job}{stop}"));
    assert_eq!(of(""), ["a job: on_stop job s is not defined"]);
    assert_eq!(of("s: {script: x}"), ["a job: on_stop job s does not have environment defined"]);
    assert_eq!(
        of("s: {script: x, environment: {name: f, action: stop}}"),
        ["a job: on_stop job s have different environment name"]
    );
    assert_eq!(
        of("s: {script: x, environment: {name: e}}"),
        ["a job: on_stop job s needs to have action stop defined"]
    );
    valid(&format!("{job}s: {{script: x, environment: {{name: e, action: stop}}}}"));
    let parallel = of("s: {script: x, parallel: 2, environment: {name: e, action: stop}}");
    assert_eq!(parallel, ["a job: on_stop job s is not defined"]);
}

#[test]
fn pages_are_published_from_one_folder() {
    let text = "p: {script: x, publish: a, pages: {publish: b}}";
    assert_eq!(messages(text), ["p job: use either p:publish or p:pages:publish"]);
}

#[test]
fn circles() {
    assert_eq!(
        messages("a: {script: x, needs: [a]}"),
        ["The pipeline has circular dependencies: self-dependency: a"]
    );
    let found = errors("a: {script: x, needs: [d]}\nd: {script: x, needs: [a]}");
    assert_eq!(
        found[0].message,
        "The pipeline has circular dependencies: topological sort failed: [\"a\", \"d\"]"
    );
    assert_eq!(found[0].note.as_deref(), Some("`a` waits for `d`"));
    assert_eq!(found[0].labels[0].text, "`d` waits for `a`");
    // As Ruby's TSort comes to it: from the first job down, the component in the order it was reached.
    let found = messages(
        "x: {script: x, needs: [b]}\na: {script: x, needs: [c]}\nb: {script: x, needs: [c]}\nc: {script: x, needs: [d, a]}\nd: {script: x, needs: [b]}\ne: {script: x, needs: [e]}",
    );
    assert_eq!(
        found,
        [
            "The pipeline has circular dependencies: topological sort failed: [\"b\", \"c\", \"d\", \"a\"]",
            "The pipeline has circular dependencies: self-dependency: e"
        ]
    );
}

#[test]
fn job_by_job_stage_then_dependencies_then_needs() {
    let text = "a: {script: x, needs: [zz, yy], stage: nope, dependencies: [yy], rules: [{needs: [xx]}]}\nb: {script: x, stage: nope2}";
    let stages = "does not exist; available stages are .pre, build, test, deploy, .post";
    assert_eq!(
        messages(text),
        [
            format!("a job: chosen stage nope {stages}"),
            "a job: undefined dependency: yy".into(),
            "a job: undefined need: zz".into(),
            "a job: undefined need: yy".into(),
            "a job: undefined need: xx".into(),
            format!("b job: chosen stage nope2 {stages}"),
        ]
    );
    let text = "a: {script: x, needs: [zz]}\nb: {script: x, stage: nope}";
    assert_eq!(errors(text)[0].message, "a job: undefined need: zz");
}

#[test]
fn a_job_in_an_unknown_stage_is_complained_of_once() {
    let stage = "b: {script: x, stage: nope}\n";
    let need = "a: {script: x, needs: [b]}\n";
    assert_eq!(messages(&format!("{stage}{need}")).len(), 1);
    // What GitLab comes to first stays first.
    let found = messages(&format!("{need}{stage}"));
    assert_eq!(found[0], "a job: need b is not defined in current or prior stages");
    assert!(found[1].starts_with("b job: chosen stage nope"), "{found:?}");
}

#[test]
fn jobs_that_are_wrong_in_themselves_are_not_missing() {
    valid(
        "b: {script: x, foo: 1, parallel: 2}\na: {script: x, needs: [b, 'b 1/2', 'b: [x]'], dependencies: [b]}",
    );
}

#[test]
fn one_wrong_line_is_one_error() {
    let found = errors(
        ".n: {needs: [zz]}\na: {script: x, extends: .n, parallel: 3}\nb: {script: x, extends: .n}\nc: {script: x, extends: .n}",
    );
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].message, "a 1/3 job: undefined need: zz");
    assert_eq!(found[0].help.last().map(String::as_str), Some("It is the same in `b`, `c`."));
}
