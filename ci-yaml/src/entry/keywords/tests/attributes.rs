//! `retry`, `timeout`, `coverage`, `environment`.

use super::super::{coverage, environment, retry, timeout};
use super::{accepted, read, refused};
use serde_json::json;

#[test]
fn retries() {
    accepted(
        retry,
        &[
            ("0", json!({"max": 0})),
            ("2", json!({"max": 2})),
            ("{max: '1', when: script_failure}", json!({"max": 1, "when": ["script_failure"]})),
            (
                "{max: 2, when: [always, stuck_pending_no_matching_runners], exit_codes: 137}",
                json!({"max": 2, "when": ["always", "stuck_pending_no_matching_runners"], "exit_codes": [137]}),
            ),
            ("{exit_codes: [1, 2]}", json!({"exit_codes": [1, 2]})),
            ("{}", json!({})),
        ],
    );
    refused(
        retry,
        "retry",
        &[
            ("3", &["@ config must be less than or equal to 2"]),
            ("-1", &["@ config must be greater than or equal to 0"]),
            ("often", &["@ config has to be either an integer or a hash"]),
            ("{max: 5}", &["@ max must be less than or equal to 2"]),
            ("{max: 1.5}", &["@ max must be an integer"]),
            ("{max: many}", &["@ max is not a number"]),
            ("{max: 1, when: [bad_luck]}", &["@ when contains unknown values: bad_luck"]),
            ("{max: 1, when: [stuck_pending_]}", &["@ when contains unknown values: stuck_pending_"]),
            ("{max: 1, when: bad_luck}", &["@ when is not included in the list"]),
            ("{max: 1, when: 1}", &["@ when should be an array of strings or a string"]),
            ("{exit_codes: one}", &["@ exit codes should be an array of integers or an integer"]),
            ("{tries: 1}", &["@ config contains unknown keys: tries"]),
        ],
    );
}

#[test]
fn timeouts() {
    accepted(
        timeout,
        &[
            ("1 hour", json!(3600)),
            ("1h 30m", json!(5400)),
            ("'1.5 hours'", json!(5400)),
            ("'45'", json!(45)),
            ("1 week", json!(604_800)),
        ],
    );
    let both: &[&str] = &["@ config should be a duration", "@ config should not exceed the limit"];
    refused(
        timeout,
        "jobs:a:timeout",
        &[
            ("3600", both),
            ("soon", both),
            ("''", both),
            ("[1h]", both),
            ("2 months", &["@ config should not exceed the limit"]),
        ],
    );
    let (_, found) = read(timeout, "3600");
    assert_eq!(found[0].help, ["Write a number and a unit, as in `3600 seconds`."]);
}

#[test]
fn coverage_patterns() {
    accepted(
        coverage,
        &[(r"'/Lines: \d+/'", json!(r"Lines: \d+")), ("'/x/i'", json!("x/")), ("'//'", json!(""))],
    );
    let expected: &[&str] = &["@ config must be a regular expression with re2 syntax"];
    let table = [("Lines", expected), ("1", expected), ("'/(/'", expected), ("'/(?=a)/'", expected)];
    refused(coverage, "jobs:a:coverage", &table);
}

#[test]
fn environments() {
    accepted(
        environment,
        &[
            ("prod", json!({"name": "prod", "action": "start"})),
            (
                "{name: review/$CI_COMMIT_REF_SLUG, url: 'https://x', action: stop, deployment_tier: $TIER}",
                json!({
                    "name": "review/$CI_COMMIT_REF_SLUG", "url": "https://x", "action": "stop",
                    "deployment_tier": "$TIER"
                }),
            ),
            (
                "{name: e, on_stop: s, auto_stop_in: 1 day, kubernetes: {namespace: n, agent: g/p:a}}",
                json!({
                    "name": "e", "action": "start", "on_stop": "s", "auto_stop_in": "1 day",
                    "kubernetes": {"namespace": "n", "agent": "g/p:a"}
                }),
            ),
        ],
    );
    let names = "@ name can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', and spaces, \
                 but it cannot start or end with '/'";
    refused(
        environment,
        "jobs:a:environment",
        &[
            ("[a]", &["@ config should be a hash or a string", "@ name can't be blank", names, names]),
            ("{url: x}", &["@ name can't be blank", names, names]),
            ("{name: 'a,b'}", &[names]),
            ("/a", &[names]),
            ("a/", &[names]),
            ("{name: 1}", &[names]),
            ("{name: e, action: destroy}", &["@ action should be start, stop, prepare, verify, or access"]),
            ("{name: e, on_stop: [s]}", &["@ on stop should be a string"]),
            ("{name: e, auto_stop_in: 1}", &["@ auto stop in should be a string"]),
            ("{name: e, deployment_tier: 1}", &["@ deployment tier should be a string"]),
            ("{name: e, kubernetes: x}", &["@ kubernetes should be a hash"]),
            ("{name: e, kubernetes: {}}", &["@:kubernetes config can't be blank"]),
            ("{name: e, kubernetes: {cluster: x}}", &["@:kubernetes config contains unknown keys: cluster"]),
            (
                "{name: e, kubernetes: {flux_resource_path: p}}",
                &["@:kubernetes namespace can't be blank", "@:kubernetes agent can't be blank"],
            ),
            (
                "{name: e, kubernetes: {agent: a, managed_resources: {enabled: 'yes'}}}",
                &["@:kubernetes managed resources value at `/enabled` is not a boolean"],
            ),
            (
                "{name: e, kubernetes: {agent: a, namespace: n, dashboard: {namespace: n}}}",
                &["@:kubernetes namespace cannot be specified when dashboard.namespace is set"],
            ),
            (
                "{name: e, kubernetes: {agent: a, dashboard: {flux_resource_path: p}}}",
                &["@:kubernetes dashboard object at root is missing required properties: namespace"],
            ),
        ],
    );
}
