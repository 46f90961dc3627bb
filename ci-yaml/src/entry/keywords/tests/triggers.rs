//! `trigger`.

use super::super::trigger;
use super::{accepted, refused};
use serde_json::json;

#[test]
fn pipelines_to_start() {
    let forward = json!({"yaml_variables": true, "pipeline_variables": false});
    accepted(
        trigger,
        &[
            ("g/q", json!({"project": "g/q", "forward": forward})),
            (
                "{project: g/q, branch: main, strategy: mirror, inputs: {a: 1}, forward: {pipeline_variables: true}}",
                json!({
                    "project": "g/q", "branch": "main", "strategy": "mirror", "inputs": {"a": 1},
                    "forward": {"yaml_variables": true, "pipeline_variables": true}
                }),
            ),
            (
                "{include: child.yml, strategy: depend}",
                json!({"include": [{"local": "child.yml"}], "strategy": "depend", "forward": forward}),
            ),
            (
                "{include: [{artifact: c.yml, job: gen}, 'https://x/y.yml', {project: g/p, file: [f.yml]}]}",
                json!({
                    "include": [
                        {"artifact": "c.yml", "job": "gen"}, {"remote": "https://x/y.yml"},
                        {"project": "g/p", "file": ["f.yml"]}
                    ],
                    "forward": forward
                }),
            ),
        ],
    );
}

#[test]
fn refusals() {
    refused(
        trigger,
        "jobs:a:trigger",
        &[
            ("''", &["@ config can't be blank"]),
            ("[g/q]", &["@ has to be either a string or a hash"]),
            ("{}", &["@ config can't be blank", "@ project should be a string", "@ project can't be blank"]),
            ("{project: g/q, strategy: wait}", &["@ strategy should be depend or mirror"]),
            (
                "{project: g/q, strategy: 1}",
                &["@ strategy should be a string", "@ strategy should be depend or mirror"],
            ),
            ("{project: g/q, inputs: x}", &["@ inputs should be a hash"]),
            ("{project: g/q, branch: 1}", &["@ branch should be a string"]),
            (
                "{project: g/q, forward: {yaml_variables: x}}",
                &["@:forward yaml variables should be a boolean value"],
            ),
            ("{project: g/q, forward: {yaml: true}}", &["@:forward config contains unknown keys: yaml"]),
            ("{include: a.yml, project: g/q}", &["@ config contains unknown keys: project"]),
            ("{include: [a.yml, b.yml, c.yml, d.yml]}", &["@:include config is too long (maximum is 3)"]),
            ("{include: {local: a.yml}}", &["@:include config should be an array or a string"]),
            ("{include: [1]}", &["@:include:include config should be a hash or a string"]),
            ("{include: [{file: a, path: x}]}", &["@:include:include config contains unknown keys: path"]),
            (
                "{include: [{artifact: c.yml}]}",
                &["@:include:include config must specify the job where to fetch the artifact from"],
            ),
            (
                "{include: [{project: g/p}]}",
                &["@:include:include config must specify the file where to fetch the config from"],
            ),
            (
                "{include: [{local: a.yml, integrity: md5-x}]}",
                &[
                    "@:include:include config integrity can only be specified for remote includes",
                    "@:include:include config integrity hash must start with 'sha256-'",
                ],
            ),
            (
                "{include: [{remote: 'https://x', integrity: sha256-?}]}",
                &["@:include:include config integrity hash must be base64 encoded"],
            ),
            (
                "{include: [{local: a.yml, rules: x}]}",
                &["@:include:include rules should be an array of hashes"],
            ),
            (
                "{include: [{local: a.yml, rules: [{if: '('}]}]}",
                &["@:include:include:rules:rule if invalid expression syntax"],
            ),
        ],
    );
}
