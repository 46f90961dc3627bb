use super::{errors, validate};

#[test]
fn own_messages_come_before_those_of_keywords() {
    let text = "a: {script: x, foo: 1, when: never}";
    assert_eq!(
        errors(text),
        [
            "jobs:a config contains unknown keys: foo",
            "jobs:a when should be one of: on_success, on_failure, always, manual, delayed",
        ]
    );
}

#[test]
fn workflow_variables_and_default_come_before_jobs() {
    let text =
        "a: {script: x, tags: t}\nworkflow: {foo: 1}\nvariables: [x]\ndefault: {interruptible: x}\nstages: 1";
    assert_eq!(
        errors(text),
        [
            "default:interruptible config should be a boolean value",
            "variables config should be a hash",
            "stages config should be an array of strings or a nested array of strings up to 10 levels deep",
            "workflow config contains unknown keys: foo",
            // Of `a`, which inherits it.
            "default:interruptible config should be a boolean value",
            "jobs:a:tags config should be an array of strings",
        ]
    );
}

#[test]
fn keywords_come_in_the_order_of_their_declaration() {
    let text = "a: {tags: t, script: [1], stage: [x], variables: 1, allow_failure: {x: 1}, interruptible: 1}";
    assert_eq!(
        errors(text),
        [
            "jobs:a:stage config should be a string",
            "jobs:a:variables config should be a hash",
            "jobs:a:interruptible config should be a boolean value",
            "jobs:a:script config should be a string or a nested array of strings up to 10 levels deep",
            "jobs:a:tags config should be an array of strings",
            "jobs:a:allow_failure config contains unknown keys: x",
        ]
    );
}

#[test]
fn what_needs_the_keywords_still_comes_before_them() {
    let text = "b: {script: x}\na: {script: x, needs: [b], dependencies: [c], tags: t}";
    assert_eq!(
        errors(text),
        [
            "jobs:a dependencies the c should be part of needs",
            "jobs:a:tags config should be an array of strings"
        ]
    );
}

#[test]
fn what_gitlab_would_find_later_is_found_and_marked() {
    let validated = validate("a: {script: [1], foo: 1}\nb: {script: y}");
    let all: Vec<_> = validated.diagnostics.iter().map(|found| (found.later, &*found.message)).collect();
    assert_eq!(
        all,
        [
            (false, "jobs:a config contains unknown keys: foo"),
            (
                true,
                "jobs:a:script config should be a string or a nested array of strings up to 10 levels deep"
            ),
        ]
    );
    assert!(validated.config.jobs.contains_key("b"));
    assert!(validated.config.invalid_jobs.contains("a"));
    let validated = validate("k: 1\na: {script: x, foo: 1}");
    assert_eq!(validated.diagnostics.iter().map(|found| found.later).collect::<Vec<_>>(), [false, true]);
}
