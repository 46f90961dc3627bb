//! `only: [feat*]`: a name that no branch can have, since GitLab takes it as it is.

use crate::config::{Config, Policy, Refs};
use crate::matching::pattern;
use crate::{Diagnostic, Span};
use std::collections::HashSet;

pub(super) fn lint(config: &Config, found: &mut Vec<Diagnostic>) {
    let mut seen: HashSet<Span> = HashSet::new();
    for job in config.jobs.values() {
        for (key, policy) in [("only", &job.only), ("except", &job.except)] {
            let Some(policy) = policy else { continue };
            found.extend(
                never_named(key, policy).filter(|warning| warning.span.is_some_and(|span| seen.insert(span))),
            );
        }
    }
}

fn never_named<'a>(key: &'a str, policy: &'a Policy) -> impl Iterator<Item = Diagnostic> + 'a {
    let refs = match &policy.refs {
        Refs::Absent => [].iter(),
        Refs::List(refs) => refs.iter(),
    };
    refs.filter_map(move |element| {
        let name = element.value.split_once('@').map_or(&*element.value, |(name, _)| name);
        if is_ref_name(name) || pattern::literal(name).is_some() {
            return None;
        }
        let warning = Diagnostic::lint(
            "ref-is-no-pattern",
            format!("`{key}: {name}` is taken as a name, and no branch or tag can be called so"),
        )
        .at(element.span)
        .note("neither a glob nor a regular expression");
        Some(match as_regex(name) {
            Some(regex) => warning.help(format!("write a regular expression: `{regex}`")),
            None => warning,
        })
    })
}

/// Whether git accepts it as the name of a branch or a tag, as far as patterns are concerned.
pub(super) fn is_ref_name(name: &str) -> bool {
    !name.contains(['*', '?', '[', '\\', '^', '~', ':', ' ']) && !name.contains("..")
}

/// The regular expression that somebody who wrote a glob meant, for `only` and for expressions alike.
pub(super) fn as_regex(name: &str) -> Option<String> {
    if let Some(body) = name.strip_prefix('/') {
        // Looks like a regular expression with flags that there are not.
        return body.rsplit_once('/').map(|(body, _)| format!("/{body}/"));
    }
    if name.contains(['\\', '^', '[']) {
        return Some(format!("/{}/", name.trim_matches('/')));
    }
    let body: String = name
        .chars()
        .map(|c| match c {
            '*' => ".*".to_owned(),
            '?' => ".".to_owned(),
            '.' | '+' | '(' | ')' | '{' | '}' | '|' | '$' | '/' => format!("\\{c}"),
            other => other.to_string(),
        })
        .collect();
    let (start, body) = match body.strip_prefix(".*") {
        Some(rest) => ("", rest.to_owned()),
        None => ("^", body),
    };
    let (body, end) = match body.strip_suffix(".*") {
        Some(rest) => (rest.to_owned(), ""),
        None => (body, "$"),
    };
    Some(format!("/{start}{body}{end}/"))
}
