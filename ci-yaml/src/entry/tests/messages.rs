use super::{errors, found};

/// Each file has exactly these errors.
fn check(cases: &[(&str, &[&str])]) {
    for (text, expected) in cases {
        assert_eq!(errors(text), *expected, "{text}");
    }
}

const SCRIPT: &str = "should be a string or a nested array of strings up to 10 levels deep";

#[test]
fn names_and_kinds_of_jobs() {
    let long = format!("{}: {{script: x}}\n", "n".repeat(256));
    check(&[
        (
            "foo: bar\nok: {script: x}",
            &["jobs foo config should implement the script:, run:, or trigger: keyword"],
        ),
        (
            "foo:\nok: {script: x}",
            &["jobs foo config should implement the script:, run:, or trigger: keyword"],
        ),
        (
            "Build job: {image: x}\nok: {script: x}",
            &["jobs build_job config should implement the script:, run:, or trigger: keyword"],
        ),
        (
            "Build-2 job: {image: x}\nok: {script: x}",
            &["jobs build-2 job config should implement the script:, run:, or trigger: keyword"],
        ),
        (".foo: {}\nok: {script: x}", &["jobs:.foo config can't be blank"]),
        (".foo:\nok: {script: x}", &["jobs:.foo config can't be blank"]),
        (".foo: anything\n.bar: [1]\n.baz: {scirpt: x}\nok: {script: x}", &[]),
        (".foo: {script: x}", &["jobs config should contain at least one visible job"]),
        ("variables: {A: 1}", &["jobs config should contain at least one visible job"]),
        ("on: {script: x}\na: {script: x}", &["jobs:true name should be a symbol"]),
        ("10: {script: x}\na: {script: x}", &["jobs:10 name should be a symbol"]),
        ("'': {script: x}", &["jobs:job name can't be blank"]),
        ("~: {script: x}", &["jobs:job name can't be blank", "jobs:job name should be a symbol"]),
        ("'true': {script: x}\n'10': {script: x}\nnil: {script: x}", &[]),
        (
            "types: {script: x}\nretry: {script: x}\ndefault: {script: x}\nworkflow: {needs: []}\na: {script: x}",
            &["jobs:workflow config should contain either a trigger or a needs:pipeline"],
        ),
    ]);
    let name = "n".repeat(256);
    assert_eq!(errors(&long), [format!("jobs:{name} name is too long (maximum is 255 characters)")]);
}

#[test]
fn keys_of_jobs() {
    check(&[
        ("JobA: {script: x, FooBar: 1}", &["jobs:joba config contains unknown keys: foobar"]),
        ("a: {script: x, runs_on: u, steps: []}", &["jobs:a config contains unknown keys: runs_on, steps"]),
        ("a: {script: x, on: 1}", &["jobs:a config contains unknown keys: true"]),
        (
            "a: {trigger: g/q, image: x}",
            &[
                "jobs:a config contains unknown keys: image",
                "jobs:a config should contain either a trigger or a needs:pipeline",
            ],
        ),
        (
            "a: {script: x}\nb: {needs: [a]}",
            &["jobs:b config should contain either a trigger or a needs:pipeline"],
        ),
        (
            "a: {script: x, trigger: g/q}",
            &[
                "jobs:a config these keys cannot be used together: script, trigger",
                "jobs:a config contains unknown keys: trigger",
            ],
        ),
        (
            "a: {script: x, except: [x], only: [main], rules: [{if: $A}]}",
            &["jobs:a config key may not be used with `rules`: except, only"],
        ),
        ("a: {script: x, only: null, rules: [{if: $A}]}", &[]),
        ("a: {script: x, only: [x], rules: null}", &[]),
        ("a: {script: x, extends: 1}", &["jobs:a extends should be an array of strings or a string"]),
        (
            "a: {script: x, rules: foo}",
            &["jobs:a rules should be an array containing hashes and arrays of hashes"],
        ),
        (
            "a: {script: x, rules: [[{if: $A}], x]}",
            &["jobs:a rules should be an array containing hashes and arrays of hashes"],
        ),
        ("a: {script: x, resource_group: 1}", &["jobs:a resource group should be a string"]),
        ("a: {script: x, dependencies: b}", &["jobs:a dependencies should be an array of strings"]),
        ("a: {script: x, manual_confirmation: 1}", &["jobs:a manual confirmation should be a string"]),
        ("a: {script: x, stage: [build]}", &["jobs:a:stage config should be a string"]),
        ("a: {script: x, publish: dist}", &["jobs:a publish can only be used within a `pages` job"]),
        ("a: {script: x, publish: dist, pages: true}", &[]),
        ("pages: {script: x, publish: dist}", &[]),
    ]);
}

#[test]
fn scripts() {
    check(&[
        ("a: {script: []}", &["jobs:a script can't be blank"]),
        ("a: {script: }", &["jobs:a script can't be blank"]),
        ("a: {script: [{echo: hi}]}", &[&format!("jobs:a:script config {SCRIPT}")]),
        ("a: {script: x, before_script: [1, 2]}", &[&format!("jobs:a:before_script config {SCRIPT}")]),
        (
            "a: {script: x, hooks: {pre_get_sources_script: 1}}",
            &[&format!("jobs:a:hooks:pre_get_sources_script config {SCRIPT}")],
        ),
        ("a: {script: x, hooks: {post: 1}}", &["jobs:a:hooks config contains unknown keys: post"]),
    ]);
}

#[test]
fn when_and_start_in() {
    const WHEN: &str = "jobs:a when should be one of: on_success, on_failure, always, manual, delayed";
    check(&[
        ("a: {script: x, when: never}", &[WHEN]),
        ("a: {script: x, when: 1}", &["jobs:a when should be a string", WHEN]),
        (
            "a: {trigger: g/p, when: delayed}",
            &[
                "jobs:a when should be one of: on_success, on_failure, always, manual",
                "jobs:a config should contain either a trigger or a needs:pipeline",
            ],
        ),
        (
            "a: {script: x, when: delayed}",
            &["jobs:a start in should be a duration", "jobs:a start in should not exceed the limit"],
        ),
        (
            "a: {script: x, when: delayed, start_in: 30}",
            &["jobs:a start in should be a duration", "jobs:a start in should not exceed the limit"],
        ),
        ("a: {script: x, when: delayed, start_in: 8 days}", &["jobs:a start in should not exceed the limit"]),
        ("a: {script: x, when: delayed, start_in: 1 week}", &[]),
        ("a: {script: x, start_in: 1 hour}", &["jobs:a start in must be blank"]),
    ]);
}

#[test]
fn allow_failure_and_tags() {
    let tags = |count: usize| (0..count).map(|tag| format!("t{tag}")).collect::<Vec<_>>().join(", ");
    check(&[
        (
            "a: {script: x, allow_failure: maybe}",
            &["jobs:a allow failure should be a hash or a boolean value"],
        ),
        (
            "a: {script: x, allow_failure: {exit_codes: one}}",
            &["jobs:a:allow_failure exit codes should be an array of integers or an integer"],
        ),
        (
            "a: {script: x, allow_failure: {codes: 1}}",
            &["jobs:a:allow_failure config contains unknown keys: codes"],
        ),
        ("a: {script: x, tags: linux}", &["jobs:a:tags config should be an array of strings"]),
        ("a: {script: x, tags: [[linux]]}", &["jobs:a:tags config should be an array of strings"]),
        (
            &format!("a: {{script: x, tags: [{}]}}", tags(50)),
            &["jobs:a:tags config must be less than the limit of 50 tags"],
        ),
        (
            &format!("a: {{script: x, tags: ['{}']}}", tags(50)),
            &["jobs:a:tags config must be less than the limit of 50 tags"],
        ),
        (&format!("a: {{script: x, tags: [{}, t1]}}", tags(49)), &[]),
        ("a: {script: x, interruptible: often}", &["jobs:a:interruptible config should be a boolean value"]),
    ]);
}

#[test]
fn variables() {
    const SHAPE: &str = "variable definition must be either a string or a hash";
    check(&[
        ("variables: [A]\na: {script: x}", &["variables config should be a hash"]),
        ("variables: {A: [1]}\na: {script: x}", &[SHAPE]),
        ("a: {script: x, variables: {A: [1]}}", &[SHAPE]),
        (
            "variables: {A: {value: x, foo: y}}\na: {script: x}",
            &["variables:a config uses invalid data keys: foo"],
        ),
        (
            "variables: {A: {value: c, options: [a, b]}}\na: {script: x}",
            &["variables:a config value must be present in options"],
        ),
        ("variables: {A: {value: [c]}}\na: {script: x}", &["variables:a config value must be a scalar"]),
        (
            "variables: {A: {expand: 'no'}}\na: {script: x}",
            &["variables:a config expand should be a boolean value"],
        ),
        ("variables: {YES: 1}\na: {script: x}", &["variables:true key must be an alphanumeric string"]),
        ("variables: {1: 1}\na: {script: x}", &[]),
        (
            "a: {script: x, variables: {A: {value: x, description: d}}}",
            &["jobs:a:variables:a config uses invalid data keys: description"],
        ),
    ]);
}

#[test]
fn the_top_level() {
    const STAGES: &str =
        "stages config should be an array of strings or a nested array of strings up to 10 levels deep";
    const MAP: &str = "workflow config should be a hash";
    check(&[
        ("stages: build\na: {script: x, stage: build}", &[STAGES]),
        ("stages: [1]\na: {script: x}", &[STAGES]),
        ("workflow: x\na: {script: x}", &[MAP, MAP]),
        (
            "workflow: {variables: {A: 1}}\na: {script: x}",
            &["workflow config contains unknown keys: variables"],
        ),
        ("workflow: {rules: []}\na: {script: x}", &["workflow:rules config can't be blank"]),
        (
            "workflow: {rules: [{if: $A, when: manual}]}\na: {script: x}",
            &["workflow:rules:rule when unknown value: manual"],
        ),
        (
            "workflow: {auto_cancel: {on_new_commit: always}}\na: {script: x}",
            &["workflow:auto_cancel on new commit must be one of: conservative, interruptible, none"],
        ),
        (
            "workflow: {auto_cancel: {on_job_failure: 1}}\na: {script: x}",
            &[
                "workflow:auto_cancel on job failure should be a string",
                "workflow:auto_cancel on job failure must be one of: none, all",
            ],
        ),
        (
            "a: {script: x, inherit: {default: [foo]}}",
            &["jobs:a:inherit:default config contains unknown values: foo"],
        ),
        (
            "a: {script: x, inherit: {default: image}}",
            &["jobs:a:inherit:default should be a bool or array of strings"],
        ),
        ("a: {script: x, inherit: {tags: true}}", &["jobs:a:inherit config contains unknown keys: tags"]),
        ("a: {script: x, inherit: [tags]}", &["jobs:a:inherit config should be a hash"]),
    ]);
}

#[test]
fn dependencies_and_needs() {
    check(&[
        (
            "b: {script: x}\nc: {script: x}\na: {script: x, needs: [b], dependencies: [c]}",
            &["jobs:a dependencies the c should be part of needs"],
        ),
        ("b: {script: x}\na: {script: x, needs: [b], dependencies: [b]}", &[]),
        ("b: {script: x}\na: {script: x, needs: [], dependencies: [b]}", &[]),
        (
            "b: {script: x}\na: {script: x, needs: [{pipeline: $P, job: j}], dependencies: [b]}",
            &["jobs:a needs corresponding to dependencies must be from the same pipeline"],
        ),
    ]);
}

#[test]
fn advice() {
    assert_eq!(found("a: {scirpt: x}", "should implement").help, ["Rename `scirpt` to `script`."]);
    assert_eq!(
        found("stage: [x]\na: {script: x}", "implement").note.as_deref(),
        Some("did you mean `stages`?")
    );
    assert_eq!(
        found("a: {script: x, imge: y}", "unknown keys").note.as_deref(),
        Some("did you mean `image`?")
    );
    let named = found("a:\n  script: x\n  name: y\n  branches: [x]\n", "unknown keys");
    assert_eq!(named.help.len(), 2);
    assert_eq!(named.span.map(|span| (span.start.line, span.start.column)), Some((3, 3)));
    assert_eq!(named.labels.len(), 1);
    let nested = found("variables:\n  A: b\n  tags:\n    - x\na: {script: x}\n", "variable definition");
    assert_eq!(nested.span.map(|span| span.start.line), Some(3));
    assert!(nested.help[0].contains("`tags` is a keyword of jobs"));
    let command = found("a:\n  script:\n    - echo: hi\n", "nested array");
    assert_eq!(command.span.map(|span| span.start.line), Some(3));
    assert!(command.help[0].contains("- 'echo: hi'"));
    let rule = found("a:\n  script: x\n  rules:\n    - only: [main]\n", "unknown keys");
    assert!(rule.help[0].contains("instead of `only`"), "{rule:?}");
    let indented = found("a:\n  script: x\n  artifacts:\n    paths: [o]\n    tags: [t]\n", "unknown keys");
    assert!(indented.help[0].contains("indented too far"), "{indented:?}");
    let near = found("a:\n  script: x\n  artifacts: {path: o}\n", "unknown keys");
    assert_eq!(near.note.as_deref(), Some("did you mean `paths`?"));
}
