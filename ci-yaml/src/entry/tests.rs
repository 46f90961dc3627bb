//! What validation says of whole configurations. Expected messages were computed with GitLab's own classes.

mod any;
mod config;
mod defaults;
mod messages;
mod order;

use super::Validated;
use crate::config::Job;
use crate::{Diagnostic, FileId, Node, yaml};

/// A value as the reader of YAML makes it.
pub(super) fn parse(text: &str) -> Node {
    // A scalar alone is no configuration.
    let whole = format!("value: {text}");
    let loaded = yaml::load(&whole, FileId(0), &yaml::Limits::default()).expect("valid YAML");
    loaded.content.get("value").expect("the value").clone()
}

fn validate(text: &str) -> Validated {
    let loaded = yaml::load(text, FileId(0), &yaml::Limits::default()).expect("valid YAML");
    super::validate(loaded.content.as_map().expect("a map"))
}

/// All errors that GitLab would tell of.
pub(super) fn messages(diagnostics: &[Diagnostic]) -> Vec<String> {
    let shown = diagnostics.iter().filter(|found| found.is_error() && !found.later);
    shown.map(|found| found.message.clone()).collect()
}

fn errors(text: &str) -> Vec<String> {
    messages(&validate(text).diagnostics)
}

fn job(text: &str, name: &str) -> Job {
    let Validated { config, diagnostics } = validate(text);
    assert!(diagnostics.iter().all(|found| !found.is_error()), "{diagnostics:?}");
    config.jobs.get(name).expect("the job").clone()
}

/// The one diagnostic whose message contains this.
fn found(text: &str, part: &str) -> Diagnostic {
    let diagnostics = validate(text).diagnostics;
    let all: Vec<_> = diagnostics.iter().filter(|found| found.message.contains(part)).collect();
    assert_eq!(all.len(), 1, "{diagnostics:?}");
    all[0].clone()
}
