//! `needs`, `parallel`, and what only some editions act on.

use super::super::{
    bridge_needs, bridge_parallel, dast_configuration, id_tokens, identity, inputs, needs, pages, pages_job,
    parallel, publish, run, secrets,
};
use super::{accepted, refused, value};
use crate::config::{NeedTarget, Parallel};
use serde_json::json;

#[test]
fn kinds_of_needs() {
    let found = value(needs, "[b, [{job: c, artifacts: false, optional: true}], {pipeline: $P, job: d}]");
    let jobs = serde_json::to_value(&found.jobs).expect("JSON");
    let expected = json!([
        {"job": "b", "artifacts": true, "optional": false},
        {"job": "c", "artifacts": false, "optional": true},
    ]);
    assert_eq!(jobs, expected);
    assert_eq!(
        serde_json::to_value(&found.cross_pipeline).expect("JSON"),
        json!([{"pipeline": "$P", "job": "d", "artifacts": true}])
    );
    let found = value(needs, "[{project: g/p, job: j, ref: main, artifacts: true}]");
    assert_eq!(
        serde_json::to_value(&found.cross_project).expect("JSON"),
        json!([{"project": "g/p", "job": "j", "ref": "main", "artifacts": true}])
    );
    assert_eq!(value(needs, "{job: b}").jobs.len(), 1);
    assert!(value(needs, "[]").jobs.is_empty());
    assert_eq!(value(bridge_needs, "[b, {pipeline: g/q}]").mirror.as_deref(), Some("g/q"));
}

#[test]
fn instances_that_are_needed() {
    let found = value(needs, "[{job: b, parallel: {matrix: [{A: [1, 2], B: x}]}}]");
    let NeedTarget::Matrix(matrix) = &found.jobs[0].target else { panic!("a matrix") };
    assert_eq!(serde_json::to_value(matrix).expect("JSON"), json!([{"A": ["1", "2"], "B": ["x"]}]));
}

#[test]
fn needs_that_are_none() {
    refused(
        needs,
        "jobs:a:needs",
        &[
            ("b", &["@ config can only be a hash or an array"]),
            ("{}", &["@ config can not be an empty hash"]),
            ("[1]", &["@:need has an unsupported type"]),
            ("[{artifacts: true}]", &["@:need has an unsupported type"]),
            ("[{job: b, ref: r}]", &["@:need has an unsupported type"]),
            ("['']", &["@:need config can't be blank"]),
            ("[{job: b, when: x}]", &["@:need config contains unknown keys: when"]),
            ("[{job: 1}]", &["@:need job should be a string"]),
            ("[{job: null}]", &["@:need job should be a string", "@:need job can't be blank"]),
            (
                "[{job: b, artifacts: x, optional: y}]",
                &["@:need artifacts should be a boolean value", "@:need optional should be a boolean value"],
            ),
            ("[{job: b, parallel: 2}]", &["@ config cannot use \"parallel: <number>\"."]),
            (
                "[{job: b, parallel: {matrix: [{}]}}]",
                &["@:need:parallel:matrix:variables config requires at least 1 items"],
            ),
            ("[{pipeline: g/q}]", &["@ config uses invalid types: bridge"]),
            (
                "[{pipeline: $P, job: j}, {pipeline: $P, job: j}, {pipeline: $P, job: j}, {pipeline: $P, job: j}, \
                 {pipeline: $P, job: j}, {pipeline: $P, job: j}]",
                &["@ config must be less than or equal to 5"],
            ),
            ("[{pipeline: 1, job: j}]", &["@:need pipeline should be a string"]),
        ],
    );
    refused(
        bridge_needs,
        "jobs:a",
        &[
            ("[{pipeline: $P, job: j}]", &["@:needs config uses invalid types: cross_dependency"]),
            ("[{pipeline: g/q}, {pipeline: g/r}]", &["@ config should contain at most one bridge need"]),
        ],
    );
}

#[test]
fn parallels() {
    assert!(matches!(value(parallel, "3"), Parallel::Number(3)));
    let Parallel::Matrix(matrix) = value(parallel, "{matrix: [{A: [1, 2], B: x}, {C: []}]}") else {
        panic!("a matrix")
    };
    assert_eq!(
        serde_json::to_value(&matrix).expect("JSON"),
        json!([{"A": ["1", "2"], "B": ["x"]}, {"C": []}])
    );
    let odd: &[&str] =
        &["@:matrix:variables config should be a hash of key value pairs, value can be an array"];
    let fifteen = (0..15).map(|number| number.to_string()).collect::<Vec<_>>().join(", ");
    let large = format!("{{matrix: [{{A: [{fifteen}], B: [{fifteen}]}}]}}");
    refused(
        parallel,
        "jobs:a:parallel",
        &[
            ("'2'", &["@ should be an integer or a hash"]),
            ("0", &["@ config must be greater than or equal to 1"]),
            ("201", &["@ config must be less than or equal to 200"]),
            ("2.5", &["@ config must be an integer"]),
            ("{}", &["@ config missing required keys: matrix"]),
            (
                "{marix: []}",
                &["@ config contains unknown keys: marix", "@ config missing required keys: matrix"],
            ),
            ("{matrix: {A: [1]}}", &["@:matrix config should be an array of hashes"]),
            ("{matrix: [a]}", &["@:matrix config should be an array of hashes"]),
            ("{matrix: [{}]}", &["@:matrix:variables config requires at least 1 items"]),
            ("{matrix: [{A: [true]}]}", odd),
            ("{matrix: [{A: null}]}", odd),
            ("{matrix: [{A: 1.5}]}", odd),
            ("{matrix: [{A: [[1]]}]}", odd),
            (&large, &["@:matrix config generates too many jobs (maximum is 200)"]),
        ],
    );
    refused(bridge_parallel, "jobs:a:parallel", &[("2", &["@ config cannot use \"parallel: <number>\"."])]);
    assert!(matches!(value(bridge_parallel, "{matrix: [{A: 1}]}"), Parallel::Matrix(_)));
}

#[test]
fn tokens_secrets_and_their_like() {
    accepted(
        id_tokens,
        &[("{T: {aud: x}, U: {aud: [y, z]}}", json!({"T": {"aud": ["x"]}, "U": {"aud": ["y", "z"]}}))],
    );
    let missing = "jobs:a:id_tokens:token config missing required keys: aud";
    let shape = "jobs:a:id_tokens:token aud should be an array of strings or a string";
    refused(
        id_tokens,
        "jobs:a:id_tokens",
        &[
            ("x", &["@ config should be a hash"]),
            ("{TOKEN: {}}", &[missing, shape]),
            ("{TOKEN: }", &[missing, shape]),
            ("{TOKEN: x}", &[missing, shape]),
            ("{TOKEN: {aud: 1}}", &[shape]),
            ("{TOKEN: {aud: x, sub: y}}", &["@:token config contains unknown keys: sub"]),
        ],
    );
    accepted(
        secrets,
        &[
            ("{P: {vault: a/b/c@ops, file: false}}", json!({"P": {"vault": "a/b/c@ops", "file": false}})),
            (
                "{P: {vault: {engine: {name: kv, path: p}, path: x, field: y}, token: $T}}",
                json!({"P": {"vault": {"engine": {"name": "kv", "path": "p"}, "path": "x", "field": "y"}, "token": "$T"}}),
            ),
            (
                "{P: {gcp_secret_manager: {name: n, version: 2}}}",
                json!({"P": {"gcp_secret_manager": {"name": "n", "version": 2}}}),
            ),
        ],
    );
    refused(
        secrets,
        "jobs:a:secrets",
        &[
            ("[x]", &["@ config should be a hash"]),
            ("{P: {vault: a/b, file: x}}", &["@:p:file config should be a boolean value"]),
            ("{P: {vault: a}}", &["@:p:vault config should be a path and a field, as in `path/field`"]),
            (
                "{P: {azure_key_vault: {}}}",
                &["@:p:azure_key_vault name should be a string", "@:p:azure_key_vault name can't be blank"],
            ),
        ],
    );
    accepted(identity, &[("google_cloud", json!("google_cloud"))]);
    refused(identity, "jobs:a:identity", &[("aws", &["@ config is not included in the list"])]);
    accepted(dast_configuration, &[("{site_profile: s}", json!({"site_profile": "s"}))]);
    refused(
        dast_configuration,
        "jobs:a:dast_configuration",
        &[("{site: s}", &["@ config contains unknown keys: site"])],
    );
}

#[test]
fn sites() {
    let folder = |job, text: &str, of_job: Option<&str>| {
        let of_job = of_job.map(Into::into);
        let keyword = (!text.is_empty()).then(|| value(pages, text));
        pages_job(job, keyword, of_job.as_ref()).map(|pages| pages.publish.to_string())
    };
    assert_eq!(folder("pages", "", None).as_deref(), Some("public"));
    assert_eq!(folder("pages", "{}", Some("dist")).as_deref(), Some("dist"));
    assert_eq!(folder("pages", "false", None), None);
    assert_eq!(folder("a", "{}", None), None);
    assert_eq!(folder("a", "true", None).as_deref(), Some("public"));
    assert_eq!(folder("a", "{publish: site, expire_in: $FOREVER}", Some("dist")).as_deref(), Some("site"));
    refused(
        pages,
        "jobs:a:pages",
        &[
            ("x", &["@ config should be a hash or a boolean value"]),
            ("{path: x}", &["@ config contains unknown keys: path"]),
            (
                "{path_prefix: 1, expire_in: soon}",
                &["@ path prefix should be a string", "@ expire in should be a duration"],
            ),
        ],
    );
    refused(publish, "jobs:a:publish", &[("[x]", &["@ config should be a string"])]);
}

#[test]
fn steps() {
    accepted(
        run,
        &[(
            "[{name: a, step: g/s@1, inputs: {x: 1}}, {name: b, script: ls, env: {A: b}}]",
            json!([{"name": "a", "step": "g/s@1", "inputs": {"x": 1}}, {"name": "b", "script": "ls", "env": {"A": "b"}}]),
        )],
    );
    refused(
        run,
        "jobs:a",
        &[
            ("x", &["@ run value at root is not an array"]),
            ("[{script: x}]", &["@ run object at `/0` is missing required properties: name"]),
            (
                "[{name: a, step: x, script: y}]",
                &["@ run value at /0 should use only one of: step, func, script"],
            ),
            (
                "[{name: 1a, script: x}]",
                &["@ run string at `/0/name` does not match pattern: ^[a-za-z_][a-za-z0-9_]*$"],
            ),
            (
                "[{name: a, script: x, inputs: {}}]",
                &["@ run object property at `/0/inputs` is a disallowed additional property"],
            ),
            ("[{name: a, script: x, env: {A: 1}}]", &["@ run value at `/0/env/a` is not a string"]),
        ],
    );
}

#[test]
fn inputs_of_jobs() {
    accepted(
        inputs,
        &[(
            "{n: {type: number, default: 3}, s: {default: x, options: [x, y]}}",
            json!({"n": {"type": "number", "default": 3}, "s": {"default": "x", "options": ["x", "y"]}}),
        )],
    );
    refused(
        inputs,
        "jobs:a:inputs",
        &[
            ("[x]", &["@ config should be a hash"]),
            ("{x: }", &["@:x must have a default value"]),
            ("{x: {default: 1, type: money}}", &["@:x input type unknown value: money"]),
            ("{x: {default: 1, options: y}}", &["@:x input options should be an array"]),
            ("{x: {default: y, type: number}}", &["@:x default value is not a number"]),
            (
                "{x: {defualt: y}}",
                &["@:x config contains unknown keys: defualt", "@:x must have a default value"],
            ),
        ],
    );
}
