//! `cache`.

use super::super::cache;
use super::{accepted, read, refused};
use serde_json::json;

#[test]
fn defaults_are_filled_in() {
    accepted(
        cache,
        &[
            ("[]", json!([])),
            (
                "{}",
                json!([{
                    "key": "default", "policy": "pull-push", "when": "on_success", "unprotect": false,
                    "fallback_keys": []
                }]),
            ),
            (
                "[{key: $CI_COMMIT_REF_SLUG, paths: [v], policy: pull, when: always, unprotect: true, fallback_keys: [m]}, \
                 {key: two, untracked: true, policy: $POLICY}]",
                json!([
                    {
                        "key": "$CI_COMMIT_REF_SLUG", "paths": ["v"], "policy": "pull", "when": "always",
                        "unprotect": true, "fallback_keys": ["m"]
                    },
                    {
                        "key": "two", "untracked": true, "policy": "$POLICY", "when": "on_success",
                        "unprotect": false, "fallback_keys": []
                    },
                ]),
            ),
            (
                "{key: {files: [/a.lock, b], prefix: p}}",
                json!([{
                    "key": {"files": ["a.lock", "b"], "prefix": "p"}, "policy": "pull-push",
                    "when": "on_success", "unprotect": false, "fallback_keys": []
                }]),
            ),
            (
                "{key: {files_commits: [a]}, policy: '${POLICY}'}",
                json!([{
                    "key": {"files_commits": ["a"]}, "policy": "${POLICY}",
                    "when": "on_success", "unprotect": false, "fallback_keys": []
                }]),
            ),
        ],
    );
}

#[test]
fn refusals() {
    refused(
        cache,
        "jobs:a:cache",
        &[
            ("x", &["jobs:a:caches config can only be a hash or an array"]),
            ("[{}, {}, {}, {}, {}]", &["jobs:a:caches config no more than 4 caches can be created"]),
            ("[1]", &["@ config should be a hash", "@ config should be a hash"]),
            ("{path: v}", &["@ config contains unknown keys: path"]),
            ("{policy: none}", &["@ policy should be a variable or one of: pull-push, push, pull"]),
            ("{policy: pull-pushy}", &["@ policy should be a variable or one of: pull-push, push, pull"]),
            (
                "{policy: 1}",
                &[
                    "@ policy should be a string",
                    "@ policy should be a variable or one of: pull-push, push, pull",
                ],
            ),
            ("{when: manual}", &["@ when should be one of: on_success, on_failure, always"]),
            ("{fallback_keys: [a, b, c, d, e, f]}", &["@ fallback keys has to many entries (maximum 5)"]),
            ("{fallback_keys: x}", &["@:fallback_keys config should be an array of strings"]),
            ("{paths: v}", &["@:paths config should be an array of strings"]),
            (
                "{unprotect: x, untracked: y}",
                &[
                    "@:unprotect config should be a boolean value",
                    "@:untracked config should be a boolean value",
                ],
            ),
            ("{key: 1}", &["@:key should be a hash, a string or a symbol"]),
            ("{key: a/b}", &["@:key config cannot contain the \"/\" character"]),
            ("{key: a%2fb}", &["@:key config cannot contain the \"/\" character"]),
            ("{key: ..}", &["@:key config cannot be \".\" or \"..\""]),
            ("{key: {}}", &["@:key config must use exactly one of these keys: files, files_commits"]),
            (
                "{key: {files: [a], files_commits: [b]}}",
                &["@:key config must use exactly one of these keys: files, files_commits"],
            ),
            ("{key: {files: []}}", &["@:key:files config requires at least 1 item"]),
            ("{key: {files: [a, b, c]}}", &["@:key:files config has too many items (maximum is 2)"]),
            ("{key: {files: [a], prefix: 1}}", &["@:key:prefix config should be a string or symbol"]),
            ("{key: {files: [a], prefix: a/b}}", &["@:key:prefix config cannot contain the \"/\" character"]),
            (
                "{key: {files: lock}}",
                &[
                    "@:key:files config should be an array of strings",
                    "@:key:files config has too many items (maximum is 2)",
                ],
            ),
        ],
    );
}

#[test]
fn what_only_we_refuse_is_marked() {
    for (policy, from_gitlab) in [("none", true), ("pull-pushy", false), ("'$'", false)] {
        let (_, found) = read(cache, &format!("{{policy: {policy}}}"));
        assert_eq!(found[0].from_gitlab, from_gitlab, "{policy}");
    }
}
