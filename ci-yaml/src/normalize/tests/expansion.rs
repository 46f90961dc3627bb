//! Parallel jobs, and what is said of them.

use super::*;
use crate::config::Instance;

#[test]
fn numbers() {
    let text = "a: {script: x, parallel: 3}\nb: {script: y}";
    assert_eq!(names(text), ["a 1/3", "a 2/3", "a 3/3", "b"]);
    let second = Instance { base: "a".into(), index: 2, total: 3, matrix: None };
    let job = job(text, "a 2/3");
    assert_eq!(job.instance, Some(second));
    assert!(job.parallel.is_none());
    assert_eq!(names("a: {script: x, parallel: 1}"), ["a 1/1"]);
}

#[test]
fn the_product_of_each_map() {
    let text =
        "a: {script: x, variables: {B: z, D: d}, parallel: {matrix: [{A: [1, 2], B: [x, y]}, {C: q}]}}";
    assert_eq!(names(text), ["a: [1, x]", "a: [1, y]", "a: [2, x]", "a: [2, y]", "a: [q]"]);
    let variables = |name: &str| {
        let variables = job(text, name).variables;
        variables.iter().map(|(name, variable)| format!("{name}={}", variable.value)).collect::<Vec<_>>()
    };
    // A variable that is there keeps its position.
    assert_eq!(variables("a: [2, y]"), ["B=y", "D=d", "A=2"]);
    assert_eq!(variables("a: [q]"), ["B=z", "D=d", "C=q"]);
    let instance = job(text, "a: [2, x]").instance.unwrap();
    assert_eq!((instance.index, instance.total), (3, 5));
    let matrix: Vec<_> =
        instance.matrix.unwrap().into_iter().map(|(key, value)| format!("{key}={value}")).collect();
    assert_eq!(matrix, ["A=2", "B=x"]);
}

#[test]
fn a_matrix_without_combinations_makes_no_job() {
    let text = "a: {script: x, parallel: {matrix: [{A: []}]}}\nb: {script: x}";
    assert_eq!(names(text), ["b"]);
    assert_eq!(normalized(text).diagnostics[0].rule, "empty-matrix");
    let needed = "a: {script: x, parallel: {matrix: [{A: []}]}}\nb: {script: x, needs: [a]}";
    assert_eq!(needs(needed, "b"), Vec::<String>::new());
}

#[test]
fn equal_names_collapse_to_the_last_at_the_place_of_the_first() {
    let text = "a: {script: x, parallel: {matrix: [{A: [1, 2]}, {A: 1}]}}";
    assert_eq!(names(text), ["a: [1]", "a: [2]"]);
    let instance = job(text, "a: [1]").instance.unwrap();
    assert_eq!((instance.index, instance.total), (3, 3));
    let warnings: Vec<_> = normalized(text).diagnostics.iter().map(|warning| warning.rule).collect();
    assert_eq!(warnings, ["equal-instances"]);
    // GitLab expands a need on such a job to each of its instances.
    let needed = format!("{text}\nb: {{script: x, needs: [a]}}");
    assert_eq!(messages(&needed), ["b has the following needs duplicated: a: [1]."]);
}

#[test]
fn needs_and_dependencies_on_a_base_name() {
    let text = "b: {script: x, stage: build, parallel: 2}
c: {script: x, stage: build}
a: {script: x, needs: [c, {job: b, artifacts: false, optional: true}], dependencies: [b, c]}";
    let Normalized { config, diagnostics } = normalized(text);
    assert_eq!(diagnostics, []);
    let job = &config.jobs["a"];
    let needs: Vec<_> = job
        .needs
        .as_ref()
        .unwrap()
        .jobs
        .iter()
        .map(|need| (&*need.job, need.artifacts, need.optional))
        .collect();
    assert_eq!(needs, [("c", true, false), ("b 1/2", false, true), ("b 2/2", false, true)]);
    let dependencies: Vec<_> = job.dependencies.iter().flatten().map(|name| &*name.value).collect();
    assert_eq!(dependencies, ["b 1/2", "b 2/2", "c"]);
}

const MATRIX: &str = "b: {script: x, stage: build, parallel: {matrix: [{A: [1, 2], B: [x, y]}]}}\n";

#[test]
fn needs_on_one_instance_or_a_selection() {
    assert_eq!(needs(&format!("{MATRIX}a: {{script: x, needs: ['b: [2, y]']}}"), "a"), ["b: [2, y]"]);
    let selector =
        format!("{MATRIX}a: {{script: x, needs: [{{job: b, parallel: {{matrix: [{{A: [1, 2], B: x}}]}}}}]}}");
    assert_eq!(needs(&selector, "a"), ["b: [1, x]", "b: [2, x]"]);
}

#[test]
fn the_keys_of_a_selector_come_in_the_order_of_the_matrix() {
    let text =
        format!("{MATRIX}a: {{script: x, needs: [{{job: b, parallel: {{matrix: [{{B: x, A: 1}}]}}}}]}}");
    let found = errors(&text);
    assert_eq!(found[0].message, "a job: undefined need: b: [x, 1]");
}

#[test]
fn a_selector_on_a_job_that_is_not_parallel_says_nothing() {
    let selector = "a: {script: x, needs: [{job: b, parallel: {matrix: [{A: 1}]}}]}";
    assert_eq!(needs(&format!("b: {{script: x}}\n{selector}"), "a"), ["b"]);
    assert_eq!(needs(&format!("b: {{script: x}}\n{selector}\nc: {{script: x, parallel: 2}}"), "a"), ["b"]);
}

#[test]
fn rules_know_instances_only() {
    let found =
        errors("b: {script: x, stage: build, parallel: 2}\na: {script: x, rules: [{if: $A, needs: [b]}]}");
    assert_eq!(found[0].message, "a job: undefined need: b");
    assert_eq!(found[0].note.as_deref(), Some("`b` is parallel, and only its instances are jobs here"));
    assert_eq!(found[0].help, ["Name the instances one by one: `b 1/2`, `b 2/2`."]);
    valid("b: {script: x, stage: build, parallel: 2}\na: {script: x, rules: [{if: $A, needs: ['b 1/2']}]}");
}

#[test]
fn matrix_expressions_in_needs() {
    let text = "b: {script: x, stage: build, parallel: {matrix: [{A: [x, y]}]}}
a:
  script: x
  parallel: {matrix: [{A: [x, y]}]}
  needs: [{job: b, parallel: {matrix: [{A: ['$[[ matrix.A ]]']}]}}]
c:
  script: x
  variables: {V: y}
  parallel: {matrix: [{A: [x]}]}
  needs: ['b: [$[[matrix.A]]]', 'b: [$[[ matrix.V ]]]']";
    assert_eq!(needs(text, "a: [x]"), ["b: [x]"]);
    assert_eq!(needs(text, "a: [y]"), ["b: [y]"]);
    assert_eq!(needs(text, "c: [x]"), ["b: [x]", "b: [y]"]);
}

#[test]
fn unknown_names_in_matrix_expressions_come_first_and_once() {
    let text = "z: {script: x, stage: nope}
b: {script: x, stage: build, parallel: {matrix: [{A: [x, y]}]}}
a: {script: x, parallel: {matrix: [{A: [x, y]}]}, needs: [{job: b, parallel: {matrix: [{A: ['$[[ matrix.Z ]]']}]}}]}";
    let messages = messages(text);
    assert_eq!(messages[0], "a job: 'Z' does not exist in matrix configuration");
    assert!(messages[1].starts_with("z job: chosen stage nope"), "{messages:?}");
    assert_eq!(messages.iter().filter(|message| message.contains("does not exist in matrix")).count(), 1);
}
