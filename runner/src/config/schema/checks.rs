//! Checks of single values.

use super::Complaint;
use super::key::Check;
use crate::config::reading::Value;
use crate::config::suggest;
use job::variables::{ALL_FLAGS, Flags};

/// `http://` or `https://` and a host. Texts with variables are checked after their replacement.
pub(crate) const URL: Check = Check::With(url);
/// Labels as GitLab takes them.
pub(crate) const LABELS: Check = Check::With(labels);
/// `KEY=value` items.
pub(crate) const ASSIGNMENTS: Check = Check::With(assignments);
/// Names of feature flags.
pub(crate) const FEATURES: Check = Check::With(features);

fn complaint(message: String, expected: &str, fatal: bool) -> Complaint {
    Complaint { message, expected: expected.to_owned(), help: None, fatal }
}

fn url(value: &Value) -> Vec<Complaint> {
    match value {
        Value::Text(text) if !text.contains('$') => url_complaint(text).into_iter().collect(),
        _ => Vec::new(),
    }
}

/// What is wrong with a coordinator's address, if anything.
pub(crate) fn url_complaint(text: &str) -> Option<Complaint> {
    let expected = "expected `https://` or `http://` and a host";
    let Some((scheme, rest)) = text.split_once("://") else {
        let mut complaint = complaint(format!("`{text}` is not a URL"), expected, true);
        if !text.is_empty() && !text.contains(char::is_whitespace) {
            complaint.help = Some(format!("did you mean `https://{text}`?"));
        }
        return Some(complaint);
    };
    if !["http", "https"].iter().any(|known| scheme.eq_ignore_ascii_case(known)) {
        return Some(complaint(format!("the scheme `{scheme}` cannot be used"), expected, true));
    }
    let host = rest.split(['/', '?', '#']).next().unwrap_or("");
    let broken = host.rsplit('@').next().unwrap_or("").is_empty() || text.contains(char::is_whitespace);
    broken.then(|| complaint("the URL has no usable host".to_owned(), expected, true))
}

fn labels(value: &Value) -> Vec<Complaint> {
    let Value::TextMap(map) = value else { return Vec::new() };
    let mut out = Vec::new();
    if map.len() > 32 {
        out.push(complaint(format!("{} labels", map.len()), "expected at most 32", true));
    }
    for (key, value) in map {
        if !label_key(key) {
            let expected = "expected 3 to 65 of letters, digits, `_`, `.`, `-`, not starting with `.` or `-`";
            out.push(complaint(format!("invalid label key `{key}`"), expected, true));
        }
        if !label_value(value) {
            let expected = "expected 1 to 256 of letters, digits, `_`, `.`, `-`";
            out.push(complaint(format!("invalid value of label `{key}`"), expected, true));
        }
    }
    out
}

fn label_key(text: &str) -> bool {
    let starts = |c: char| c.is_ascii_alphanumeric() || c == '_';
    (3..=65).contains(&text.len()) && text.starts_with(starts) && text.chars().all(label_character)
}

fn label_value(text: &str) -> bool {
    (1..=256).contains(&text.len()) && text.chars().all(label_character)
}

fn label_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "._-".contains(c)
}

fn assignments(value: &Value) -> Vec<Complaint> {
    let Value::Texts(items) = value else { return Vec::new() };
    let broken = items.iter().enumerate().filter(|(_, item)| !item.contains('='));
    broken
        .map(|(index, _)| {
            // The item is not shown: it may be a secret whose name was forgotten.
            let message = format!("item {} has no `=` and is left out", index + 1);
            complaint(message, "expected `KEY=value`", false)
        })
        .collect()
}

fn features(value: &Value) -> Vec<Complaint> {
    let Value::BooleanMap(map) = value else { return Vec::new() };
    let mut out = Vec::new();
    for (name, on) in map {
        if !Flags::is_flag(name) {
            let mut unknown = complaint(format!("unknown feature flag `{name}`"), "has no effect", false);
            unknown.help = suggest::nearest(name, ALL_FLAGS.iter().map(|(flag, _)| *flag));
            out.push(unknown);
        } else if super::unsupported_when(name) == Some(*on) {
            let message = format!("`{name} = {on}` is not supported in this version");
            out.push(complaint(message, "has no effect", false));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls() {
        for good in ["https://gitlab.com/", "http://127.0.0.1:8080", "HTTPS://x/sub/path", "http://u:p@host"]
        {
            assert_eq!(url_complaint(good), None, "{good}");
        }
        for bad in ["", "gitlab.com", "ftp://x", "http://", "https:///path", "http://a b", "ssh://git@x"] {
            assert!(url_complaint(bad).is_some_and(|c| c.fatal), "{bad}");
        }
    }

    #[test]
    fn label_patterns() {
        assert!(label_key("a.b") && label_key("_-.") && label_key(&"x".repeat(65)));
        assert!(!label_key("ab") && !label_key("-ab") && !label_key(&"x".repeat(66)) && !label_key("a b"));
        assert!(label_value("-") && !label_value("") && !label_value("ü"));
    }
}
