//! `artifacts` and `release`.

use super::super::{artifacts, release};
use super::{accepted, read, refused};
use serde_json::json;

#[test]
fn kept_as_written() {
    accepted(
        artifacts,
        &[
            ("{}", json!({})),
            (
                "{name: out, paths: [o/, '*.log'], exclude: [o/s], expire_in: 1 week, when: always, untracked: true}",
                json!({
                    "name": "out", "paths": ["o/", "*.log"], "exclude": ["o/s"], "expire_in": "1 week",
                    "when": "always", "untracked": true
                }),
            ),
            (
                "{reports: {junit: r.xml, dotenv: [d.env], sast: null}}",
                json!({"reports": {"junit": ["r.xml"], "dotenv": ["d.env"]}}),
            ),
            (
                "{reports: {coverage_report: {coverage_format: cobertura, path: c.xml}}}",
                json!({"reports": {"coverage_report": {"coverage_format": "cobertura", "path": "c.xml"}}}),
            ),
            ("{paths: [o], expire_in: NEVER}", json!({"paths": ["o"], "expire_in": "NEVER"})),
            ("{paths: [o], access: maintainer}", json!({"paths": ["o"], "access": "maintainer"})),
            ("{paths: [o], expose_as: The site-1}", json!({"paths": ["o"], "expose_as": "The site-1"})),
            ("{public: false}", json!({"public": false})),
        ],
    );
}

#[test]
fn refusals() {
    refused(
        artifacts,
        "jobs:a:artifacts",
        &[
            ("[o]", &["@ config should be a hash", "@ config should be a hash"]),
            ("{path: o}", &["@ config contains unknown keys: path"]),
            ("{paths: o}", &["@ paths should be an array of strings"]),
            ("{paths: [o], when: manual}", &["@ when should be one of: on_success, on_failure, always"]),
            (
                "{when: 1}",
                &["@ when should be a string", "@ when should be one of: on_success, on_failure, always"],
            ),
            ("{expire_in: 42}", &["@ expire in should be a duration"]),
            ("{expire_in: soon}", &["@ expire in should be a duration"]),
            (
                "{paths: [o], public: false, access: none}",
                &["@ config these keys cannot be used together: public, access"],
            ),
            ("{access: all of them}", &["@ access should be one of: none, developer, maintainer, all"]),
            ("{public: 'yes'}", &["@ public should be a boolean value"]),
            ("{expose_as: x}", &["@ paths can't be blank"]),
            ("{expose_as: x, paths: ['a*']}", &["@ paths can't contain '*' when used with 'expose_as'"]),
            (
                "{expose_as: a/b, paths: [a]}",
                &["@ expose as can contain only letters, digits, '-', '_' and spaces"],
            ),
            (
                "{expose_as: 1, paths: x}",
                &[
                    "@ paths should be an array of strings",
                    "@ paths should be an array of strings",
                    "@ expose as should be a string",
                ],
            ),
            ("{reports: [a]}", &["@ reports should be a hash"]),
            ("{reports: {xunit: r.xml}}", &["@:reports config contains unknown keys: xunit"]),
            ("{reports: {junit: 1}}", &["@:reports junit should be an array of strings or a string"]),
            (
                "{reports: {coverage_report: {path: 1}}}",
                &[
                    "@:reports:coverage_report coverage format can't be blank",
                    "@:reports:coverage_report coverage format must be one of supported formats: cobertura, jacoco.",
                    "@:reports:coverage_report path should be a string",
                ],
            ),
            (
                "{Name: [], untracked: 1, exclude: x}",
                &[
                    "@ config contains unknown keys: name",
                    "@ untracked should be a boolean value",
                    "@ exclude should be an array of strings",
                ],
            ),
        ],
    );
}

#[test]
fn cobertura_has_a_successor() {
    let (_, found) = read(artifacts, "{reports: {cobertura: c.xml}}");
    assert_eq!(found[0].message, "jobs:a:artifacts:reports config contains unknown keys: cobertura");
    assert!(found[0].help[0].contains("coverage_report"), "{found:?}");
}

#[test]
fn what_is_below_is_told_later() {
    let (_, found) = read(artifacts, "{path: o, reports: {xunit: r}}");
    let told: Vec<_> = found.iter().map(|found| (found.message.as_str(), found.later)).collect();
    assert_eq!(
        told,
        [
            ("jobs:a:artifacts config contains unknown keys: path", false),
            ("jobs:a:artifacts:reports config contains unknown keys: xunit", true),
        ]
    );
}

#[test]
fn releases() {
    accepted(
        release,
        &[
            (
                "{tag_name: $CI_COMMIT_TAG, description: x}",
                json!({"tag_name": "$CI_COMMIT_TAG", "description": "x"}),
            ),
            (
                "{tag_name: v, description: d, name: 1, ref: main, milestones: m, released_at: '2021-03-15T08:00:00Z', \
                 assets: {links: [{name: n, url: u}]}}",
                json!({
                    "tag_name": "v", "description": "d", "name": "1", "ref": "main", "milestones": ["m"],
                    "released_at": "2021-03-15T08:00:00Z", "assets": {"links": [{"name": "n", "url": "u"}]}
                }),
            ),
        ],
    );
    refused(
        release,
        "jobs:a:release",
        &[
            ("x", &["@ config should be a hash"]),
            (
                "{name: r}",
                &[
                    "@ tag name should be a string",
                    "@ tag name can't be blank",
                    "@ description should be a string",
                    "@ description can't be blank",
                ],
            ),
            ("{tag_name: v, description: ' '}", &["@ description can't be blank"]),
            ("{tag_name: v, description: d, released_at: soon}", &["@ released at must be a valid datetime"]),
            ("{tag_name: v, description: d, ref: 'a b'}", &["@ ref must be a valid ref"]),
            ("{tag_name: v, description: d, tags: x}", &["@ config contains unknown keys: tags"]),
            (
                "{tag_name: v, description: d, assets: {links: x}}",
                &["@:assets links should be an array of hashes"],
            ),
            ("{tag_name: v, description: d, assets: {links: []}}", &["@:assets links can't be blank"]),
        ],
    );
}
