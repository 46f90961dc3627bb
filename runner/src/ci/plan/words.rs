//! What is said of a job, in a few words each.

use ci_yaml::config::{self, Image, Policy, Refs, Rule, When};
use ci_yaml::pipeline::Job;

/// Longer names of images are cut to their last part: bytes.
const LONG_IMAGE: usize = 24;

/// An image's name; of a long one the part that tells images apart.
pub(super) fn image(image: &Image) -> String {
    // A digest says nothing to people.
    let name = image.name.split_once('@').map_or(&*image.name, |(name, _)| name);
    match name.rsplit_once('/') {
        Some((_, last)) if name.len() > LONG_IMAGE => format!("…/{last}"),
        _ => name.to_owned(),
    }
}

pub(super) fn list(items: &[std::sync::Arc<str>]) -> String {
    items.iter().map(|item| &**item).collect::<Vec<_>>().join(",")
}

/// When a job runs, if that is not what one expects, and whether it may fail.
pub(super) fn when(when: When, start_in: Option<&str>, allow_failure: &config::AllowFailure) -> String {
    let mut parts = Vec::new();
    match (when, start_in) {
        (When::OnSuccess, _) => {}
        (When::Delayed, Some(time)) => parts.push(format!("in {time}")),
        (other, _) => parts.push(other.as_str().to_owned()),
    }
    // A manual job is one that may fail; only where it is not it says something.
    match (when, allow_failure.allowed, &allow_failure.exit_codes) {
        (_, _, Some(_)) => parts.push("may fail with some codes".to_owned()),
        (When::Manual, false, None) => parts.push("blocks".to_owned()),
        (When::Manual, true, None) | (_, false, None) => {}
        (_, true, None) => parts.push("may fail".to_owned()),
    }
    parts.join(", ")
}

/// What let a job in, in a few words; nothing where nothing was asked.
pub(super) fn why(job: &Job) -> String {
    if let (Some(index), Some(rule)) = (job.rule, job.matched_rule()) {
        let only = job.config.rules.as_ref().is_some_and(|rules| rules.len() == 1);
        return match () {
            () if rule.condition.is_none() && rule.changes.is_none() && rule.exists.is_none() => {
                String::new()
            }
            () if only => clauses(rule),
            () => format!("rule {}: {}", index + 1, clauses(rule)),
        };
    }
    match (&job.config.only, &job.config.except) {
        (Some(only), _) if !only.implicit => format!("only {}", policy(only)),
        (_, Some(except)) => format!("not except {}", policy(except)),
        _ => String::new(),
    }
}

/// The clauses of a rule in a few words.
pub(in crate::ci) fn clauses(rule: &Rule) -> String {
    let mut parts = Vec::new();
    if let Some(condition) = &rule.condition {
        parts.push(condition.value.text().to_owned());
    }
    if rule.changes.is_some() {
        parts.push("changes".to_owned());
    }
    if rule.exists.is_some() {
        parts.push("exists".to_owned());
    }
    if parts.is_empty() { "always".to_owned() } else { parts.join(" and ") }
}

/// A policy in a few words.
pub(in crate::ci) fn policy(policy: &Policy) -> String {
    let mut parts = Vec::new();
    if let Refs::List(names) = &policy.refs {
        parts.push(names.iter().map(|name| &*name.value).collect::<Vec<_>>().join(", "));
    }
    if let Some(variables) = &policy.variables {
        parts.push(variables.iter().map(|one| one.value.text()).collect::<Vec<_>>().join(" or "));
    }
    if policy.changes.is_some() {
        parts.push("changes".to_owned());
    }
    if policy.kubernetes {
        parts.push("kubernetes".to_owned());
    }
    parts.join(" and ")
}

/// What a job asks for, whatever the context.
pub(super) fn condition(job: &config::Job) -> String {
    if let Some(rules) = &job.rules {
        return match rules.as_slice() {
            [] => "never: an empty list of rules".to_owned(),
            [rule] => clauses(rule),
            rules => format!("{} rules", rules.len()),
        };
    }
    let only = job.only.as_ref().filter(|only| !only.implicit).map(|only| format!("only {}", policy(only)));
    let except = job.except.as_ref().map(|except| format!("except {}", policy(except)));
    only.into_iter().chain(except).collect::<Vec<_>>().join(", ")
}
