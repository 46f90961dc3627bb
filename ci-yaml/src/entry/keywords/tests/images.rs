//! `image` and `services`.

use super::super::{image, services};
use super::{accepted, refused};
use serde_json::json;

#[test]
fn images() {
    accepted(
        image,
        &[
            ("ruby:3.2", json!({"name": "ruby:3.2"})),
            (
                "{name: r, entrypoint: [''], pull_policy: always}",
                json!({"name": "r", "entrypoint": [""], "pull_policy": ["always"]}),
            ),
            (
                "{name: r, pull_policy: [always, if-not-present], docker: {user: dev, platform: linux/arm64}}",
                json!({
                    "name": "r", "pull_policy": ["always", "if-not-present"],
                    "docker": {"user": "dev", "platform": "linux/arm64"}
                }),
            ),
            ("{name: r, kubernetes: {user: 1000}}", json!({"name": "r", "kubernetes": {"user": "1000"}})),
            ("{name: r, entrypoint: null, pull_policy: null, docker: null}", json!({"name": "r"})),
        ],
    );
}

#[test]
fn images_that_are_none() {
    refused(
        image,
        "jobs:a:image",
        &[
            (
                "[r]",
                &[
                    "@ config should be a hash or a string",
                    "@ name should be a string",
                    "@ name can't be blank",
                ],
            ),
            (
                "1",
                &[
                    "@ config should be a hash or a string",
                    "@ name should be a string",
                    "@ name can't be blank",
                ],
            ),
            ("''", &["@ name can't be blank"]),
            ("{entrypoint: [sh]}", &["@ name should be a string", "@ name can't be blank"]),
            ("{name: 1}", &["@ name should be a string"]),
            ("{name: r, command: [sh]}", &["@ config contains unknown keys: command"]),
            ("{name: r, entrypoint: sh}", &["@ entrypoint should be an array of strings"]),
            ("{name: r, ports: [80]}", &["@ config contains disallowed keys: ports"]),
            (
                "{Name: R}",
                &[
                    "@ name should be a string",
                    "@ name can't be blank",
                    "@ config contains unknown keys: name",
                ],
            ),
            ("{name: r, pull_policy: sometimes}", &["@:pull_policy config is not included in the list"]),
            (
                "{name: r, pull_policy: [sometimes]}",
                &["@:pull_policy config contains unknown values: sometimes"],
            ),
            ("{name: r, pull_policy: []}", &["@:pull_policy config can't be blank"]),
            (
                "{name: r, pull_policy: [1]}",
                &[
                    "@:pull_policy config should be an array of strings or a string",
                    "@:pull_policy config contains unknown values: 1",
                ],
            ),
            (
                "{name: r, docker: {user: 1, hue: 2}}",
                &[
                    "@ executor opts value at `/docker/user` is not a string",
                    "@ executor opts object property at `/docker/hue` is a disallowed additional property",
                ],
            ),
            (
                "{name: r, docker: {platform: ''}}",
                &["@ executor opts string length at `/docker/platform` is less than: 1"],
            ),
            ("{name: r, docker: x}", &["@ executor opts value at `/docker` is not an object"]),
            (
                "{name: r, kubernetes: {user: [a]}}",
                &[
                    r#"@ executor opts value at `/kubernetes/user` is not one of the types: ["string", "integer"]"#,
                ],
            ),
        ],
    );
}

#[test]
fn service_containers() {
    accepted(
        services,
        &[
            ("[]", json!([])),
            ("[pg, [redis, [x]]]", json!([{"name": "pg"}, {"name": "redis"}, {"name": "x"}])),
            (
                "[{name: d, alias: docker, command: [--tls=false], entrypoint: [e], variables: {A: 1, B: true}}]",
                json!([{
                    "name": "d", "alias": "docker", "command": ["--tls=false"], "entrypoint": ["e"],
                    "variables": {"A": "1", "B": "true"}
                }]),
            ),
            ("[{name: d, command: serve}]", json!([{"name": "d", "command": ["serve"]}])),
        ],
    );
}

#[test]
fn services_that_are_none() {
    refused(
        services,
        "jobs:a:services",
        &[
            ("redis", &["@ config should be an array"]),
            (
                "[1]",
                &[
                    "@:service config should be a hash or a string",
                    "@:service name should be a string",
                    "@:service name can't be blank",
                ],
            ),
            ("[{alias: db}]", &["@:service name should be a string", "@:service name can't be blank"]),
            ("[{name: x, alias: [a]}]", &["@:service alias should be a string"]),
            (
                "[{name: x, command: {a: b}}]",
                &[
                    "@:service:command config should be a string or a nested array of strings up to 10 levels deep",
                ],
            ),
            ("[{name: x, variables: {V: {value: y}}}]", &["@:service:variables:v config must be a string"]),
            ("[{name: x, variables: {V: [y]}}]", &["variable definition must be either a string or a hash"]),
            (
                "[{name: x, port: 1}, {name: ''}]",
                &["@:service config contains unknown keys: port", "@:service name can't be blank"],
            ),
        ],
    );
}
