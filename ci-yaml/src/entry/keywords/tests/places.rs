//! Where messages point, and what they add.

use super::super::{artifacts, cache, image, job_rules, needs, only, retry, services};
use super::{Keyword, read};

/// The place, the note and the help of the first message.
fn first<T>(keyword: Keyword<T>, text: &str) -> (u32, u32, String, String) {
    let (_, diagnostics) = read(keyword, text);
    let found = diagnostics.first().expect("a message");
    let start = found.span.expect("a place").start;
    (start.line, start.column, found.note.clone().unwrap_or_default(), found.help.join(" "))
}

#[test]
fn unknown_keys_are_pointed_at_with_the_nearest_spelling() {
    let (line, column, note, _) = first(artifacts, "{name: x, path: [o]}");
    assert_eq!((line, column, note.as_str()), (1, 18, "did you mean `paths`?"));
}

#[test]
fn expressions_are_pointed_at_where_they_go_wrong() {
    // `value: ` comes before, and quotes count.
    assert_eq!(first(job_rules, "[{if: '$A = 1'}]").1, 18);
    assert_eq!(first(job_rules, "[{if: $A = 1}]").1, 17);
    assert_eq!(first(job_rules, r#"[{if: "$A == \"é\" foo"}]"#).1, 14);
    assert_eq!(first(only, "{variables: [$A, '$B &&']}").1, 29);
    let (line, column, ..) = first(job_rules, "\n  - if: |\n      $A = 1\n");
    assert_eq!((line, column > 8), (2, true));
}

#[test]
fn entries_of_lists_are_pointed_at() {
    assert_eq!(first(artifacts, "{paths: [o, 1]}").1, 20);
    assert_eq!(first(services, "[a, {alias: b}]").1, 12);
    assert_eq!(first(needs, "[a, {job: b, parallel: 2}]").1, 31);
    assert_eq!(first(only, "[main, '/(/']").1, 15);
    assert_eq!(first(retry, "{when: [always, bad]}").1, 24);
}

#[test]
fn mends_are_offered() {
    assert_eq!(first(artifacts, "{paths: o}").3, "Write a list of one entry: `[o]`.");
    assert_eq!(first(cache, "{key: 1}").3, "Put it into quotes to make it text.");
    assert_eq!(first(image, "{entrypoint: [x]}").2, "`name` is missing here");
    assert_eq!(first(cache, "{policy: pul}").2, "did you mean `pull`?");
    assert_eq!(first(cache, "{when: on-success}").2, "did you mean `on_success`?");
    assert!(first(cache, "{key: '$CI_COMMIT_REF_NAME/x'}").3.contains("CI_COMMIT_REF_SLUG"));
    assert!(first(only, "['/^(?!main)/']").3.contains("!~"));
}
