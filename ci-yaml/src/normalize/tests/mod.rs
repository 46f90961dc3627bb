//! From text to the normalised configuration, through the phases before.

mod expansion;
mod hostile;
mod links;

use super::{Normalized, normalize};
use crate::config::Job;
use crate::include::Included;
use crate::{Diagnostic, FileId, entry, extend, yaml};
use std::sync::Arc;

/// Normalises a text that may have structural errors.
fn normalized(text: &str) -> Normalized {
    let content = yaml::load(text, FileId(0), &yaml::Limits::default()).unwrap().content;
    let root = Arc::new(content.as_map().unwrap().clone());
    let root = extend::resolve(&Included { root }).unwrap().root;
    normalize(&entry::validate(&root).config)
}

fn job(text: &str, name: &str) -> Job {
    normalized(text).config.jobs.get(name).unwrap_or_else(|| panic!("no {name}")).clone()
}

fn names(text: &str) -> Vec<String> {
    let Normalized { config, diagnostics } = normalized(text);
    assert!(!diagnostics.iter().any(Diagnostic::is_error), "{diagnostics:?}");
    config.jobs.values().map(|job| job.name.to_string()).collect()
}

fn needs(text: &str, name: &str) -> Vec<String> {
    job(text, name).needs.unwrap().jobs.iter().map(|need| need.job.to_string()).collect()
}

fn errors(text: &str) -> Vec<Diagnostic> {
    let errors: Vec<_> = normalized(text).diagnostics.into_iter().filter(Diagnostic::is_error).collect();
    assert!(errors.iter().enumerate().all(|(index, error)| error.later == (index > 0)), "{errors:?}");
    errors
}

fn messages(text: &str) -> Vec<String> {
    errors(text).into_iter().map(|error| error.message).collect()
}

fn valid(text: &str) {
    assert_eq!(messages(text), Vec::<String>::new());
}
