//! Tables of what is refused, with GitLab's messages, and of what is accepted, in its normal form.

mod anything;
mod artifacts;
mod attributes;
mod caches;
mod conditions;
mod images;
mod jobs;
mod places;
mod policies;
mod triggers;

use crate::entry::Report;
use crate::entry::tests::{messages, parse};
use crate::{Diagnostic, Kind, Node};
use serde::Serialize;
use serde_json::Value as Json;

/// A function of a keyword.
type Keyword<T> = fn(&Node, &mut Report<'_>) -> Option<T>;

/// What a keyword of the job `a` makes of a value.
fn read<T>(keyword: Keyword<T>, text: &str) -> (Option<T>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let value = keyword(&parse(text), &mut Report::new(&mut diagnostics, Kind::Structure).rooted("jobs:a"));
    (value, diagnostics)
}

/// Checks the messages of values that are refused. `@` stands for the path of the keyword.
fn refused<T>(keyword: Keyword<T>, path: &str, table: &[(&str, &[&str])]) {
    for (text, expected) in table {
        let (value, diagnostics) = read(keyword, text);
        let expected: Vec<String> = expected.iter().map(|message| message.replace('@', path)).collect();
        assert_eq!(messages(&diagnostics), expected, "{text}");
        assert!(value.is_none(), "{text}");
    }
}

/// Checks the normal form of values that are accepted.
fn accepted<T: Serialize>(keyword: Keyword<T>, table: &[(&str, Json)]) {
    for (text, expected) in table {
        let (value, diagnostics) = read(keyword, text);
        assert_eq!(messages(&diagnostics), Vec::<String>::new(), "{text}");
        let value = value.unwrap_or_else(|| panic!("{text} is accepted"));
        assert_eq!(serde_json::to_value(value).expect("JSON"), *expected, "{text}");
    }
}

/// The value of something that is accepted.
fn value<T>(keyword: Keyword<T>, text: &str) -> T {
    let (value, diagnostics) = read(keyword, text);
    assert!(diagnostics.is_empty(), "{text}: {diagnostics:?}");
    value.unwrap_or_else(|| panic!("{text} is accepted"))
}
