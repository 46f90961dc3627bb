//! All jobs: which entries of the top level are some, and of what kind (`Entry::Jobs`).

use super::keyword::{Keyword, Side};
use super::processable::Shared;
use super::root::KEYWORDS;
use super::{Report, bridge, job};
use crate::config::size::{self, Budget};
use crate::config::{Config, Job};
use crate::diagnostic::nearest;
use crate::{Diagnostic, Entry, Key, Kind, Map};
use std::sync::Arc;

/// Of so many entries that are no jobs it is said what they may be meant for: looking for spellings takes time.
const MOST_ADVICE: usize = 100;

/// What an entry of the top level is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sort {
    /// Its name begins with a dot.
    Hidden,
    /// A job or a bridge.
    Visible(Side),
}

/// What an entry is, if it is a job at all (`Jobs.find_type`).
pub(super) fn sort(key: &Key, entry: &Entry) -> Option<Sort> {
    let hidden = match key {
        Key::Str(name) | Key::Other(name) => name.starts_with('.'),
        Key::Null | Key::Bool(_) | Key::Int(_) => false,
    };
    if hidden {
        return Some(Sort::Hidden);
    }
    let map = entry.value.as_map()?;
    if map.has("script") || map.has("run") {
        Some(Sort::Visible(Side::Job))
    } else if map.has("trigger") || map.has("needs") {
        Some(Sort::Visible(Side::Bridge))
    } else {
        None
    }
}

/// The name of a job as text.
pub(super) fn name_of(key: &Key) -> Arc<str> {
    match key {
        Key::Str(name) => name.clone(),
        _ => key.to_string().into(),
    }
}

/// Reads all jobs into the configuration and reports what is wrong with them.
pub(super) fn jobs(
    entries: &[(&Key, &Entry)],
    shared: &mut Shared<'_>,
    config: &mut Config,
    parent: &mut Report<'_>,
) {
    let mut report = parent.within("jobs");
    let count = report.count();
    let sorts: Vec<_> = entries.iter().map(|(key, entry)| sort(key, entry)).collect();
    let no_jobs = entries.iter().zip(&sorts).filter(|(_, sort)| sort.is_none());
    for (index, ((key, entry), _)) in no_jobs.enumerate() {
        let error = no_job(key, entry, &mut report);
        if index < MOST_ADVICE {
            advise(key, entry, error);
        }
    }
    if !sorts.iter().any(|sort| matches!(sort, Some(Sort::Visible(_)))) {
        none_visible(entries, &mut report);
    }
    let refused = report.failed_since(count);
    let first_child = report.count();
    config.jobs.reserve(entries.len());
    let mut budget = Budget::new();
    let inherited = size::inherited_by_each(config);
    for ((key, entry), sort) in entries.iter().zip(sorts) {
        let found = match sort {
            Some(Sort::Hidden) => {
                hidden(key, entry, &mut report);
                continue;
            }
            Some(Sort::Visible(side)) => visible(key, entry, side, shared, &mut report),
            None => None,
        };
        let Some(job) = found else {
            config.invalid_jobs.insert(name_of(key));
            continue;
        };
        if budget.take(1, size::size(&job) + size::inherited(&job, inherited)).is_err() {
            report.push(too_large(&job));
            break;
        }
        config.jobs.insert(job.name.clone(), job);
    }
    if refused {
        report.mark_later(first_child);
    }
}

fn visible(
    key: &Key,
    entry: &Entry,
    side: Side,
    shared: &mut Shared<'_>,
    report: &mut Report<'_>,
) -> Option<Job> {
    let map = entry.value.as_map()?;
    match side {
        Side::Job => job::job(key, entry, map, shared, &mut report.within(&path_of("job", key))),
        Side::Bridge => bridge::bridge(key, entry, map, shared, &mut report.within(&path_of("bridge", key))),
    }
}

/// The refusal of jobs that inherit too much, at the one where there is no room left.
fn too_large(job: &Job) -> Diagnostic {
    let limit = size::MOST >> 20;
    let message =
        format!("{} job: the jobs take more than {limit} MiB, with all that they inherit", job.name);
    Diagnostic::error(Kind::Structure, "jobs-too-large", message)
        .ours()
        .at(job.span)
        .help("Let fewer jobs inherit long lists and many variables: `inherit` says what a job takes over.")
}

/// A name in messages: that of the entry's class where it is blank (`Node#location`).
fn path_of(class: &str, key: &Key) -> String {
    match key {
        Key::Null | Key::Bool(false) => class.to_owned(),
        Key::Str(name) if name.is_empty() => class.to_owned(),
        _ => key.to_string(),
    }
}

/// A hidden entry may be anything but blank (`Entry::Hidden`).
fn hidden(key: &Key, entry: &Entry, report: &mut Report<'_>) {
    if entry.value.is_blank() {
        let mut report = report.within(&key.to_string());
        report.error(entry.key_span, "missing-value", "config can't be blank").help.push("Remove it.".into());
    }
}

/// An entry that is neither a keyword nor a job.
fn no_job<'r>(key: &Key, entry: &Entry, report: &'r mut Report<'_>) -> &'r mut Diagnostic {
    let mut name = key.to_string();
    // A name of letters and spaces is shown with underscores (`Validator#messages`).
    if name.chars().all(|c| c.is_ascii_alphabetic() || matches!(c, ' ' | '\t'..='\r')) {
        name = name.replace(' ', "_");
    }
    let text = format!("{name} config should implement the script:, run:, or trigger: keyword");
    report.error(entry.key_span, "not-a-job", text)
}

/// Says what was probably meant by it.
fn advise(key: &Key, entry: &Entry, error: &mut Diagnostic) {
    let keywords = KEYWORDS.iter().map(|(keyword, _)| *keyword);
    let keyword = key.as_str().and_then(|name| nearest(name, keywords));
    let script = entry.value.as_map().and_then(|map| {
        let near = |key: &Key| {
            let key = key.as_str()?;
            nearest(key, ["script", "trigger"])
                .or(matches!(key, "scripts" | "steps" | "commands").then_some("script"))
        };
        map.iter().find_map(|(key, entry)| Some((near(key)?, key, entry)))
    });
    if let Some(keyword) = keyword {
        error.note = Some(format!("did you mean `{keyword}`?"));
    } else if let Some((near, key, entry)) = script {
        error.labels.push(crate::Label { span: entry.key_span, text: format!("did you mean `{near}`?") });
        error.help.push(format!("Rename `{key}` to `{near}`."));
    } else if key.as_str().is_some_and(|name| Keyword::parse(name).is_some()) {
        error.note = Some("a keyword of jobs".into());
        error.help.push("It belongs into a job, or under `default` if that takes it.".into());
    } else if entry.value.as_map().is_some() {
        error.help.push("If it is a template for other jobs, begin its name with a dot.".into());
    } else {
        error
            .help
            .push("Everything at the top level that is no keyword is a job: a map with a `script`.".into());
    }
}

fn none_visible(entries: &[(&Key, &Entry)], report: &mut Report<'_>) {
    let text = "jobs config should contain at least one visible job";
    let mut error = Diagnostic::error(Kind::Structure, "no-visible-job", text);
    error.span = entries.first().map(|(_, entry)| entry.key_span);
    if entries.iter().any(|(key, entry)| sort(key, entry) == Some(Sort::Hidden)) {
        error.help.push("Jobs whose names begin with a dot are templates: they do not run.".into());
    } else {
        error.help.push("Add a job: a name, and under it a `script`.".into());
    }
    report.push(error);
}

/// The entries of the top level that are jobs: all but keywords, and `default` and `workflow` where they look like
/// jobs (`Root#filter_jobs!`).
pub(super) fn entries(root: &Map) -> Vec<(&Key, &Entry)> {
    let is_job = |key: &Key, entry: &Entry| match key.as_str().and_then(super::root::keyword) {
        Some(reserved) => !reserved && sort(key, entry).is_some(),
        None => true,
    };
    root.iter().filter(|(key, entry)| is_job(key, entry)).collect()
}
