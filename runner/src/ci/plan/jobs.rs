//! The jobs of a pipeline as a table.

use crate::ci::table::{Cell, Table};
use crate::terminal::{Paint, Style};
use ci_yaml::config::{self, Image, Policy, Refs, Rule, When};
use ci_yaml::pipeline::{Job, Pipeline};

/// Longer names of images are cut to their last part: bytes.
const LONG_IMAGE: usize = 24;

/// Writes the jobs by stage. What let each in stands in a column if that leaves room for the others, else below.
pub(super) fn write(out: &mut String, pipeline: &Pipeline, style: Style) {
    let one_line = table(pipeline, true);
    match one_line.fits(style.columns()) {
        true => one_line.write(out, style),
        false => table(pipeline, false).write(out, style),
    }
}

fn table(pipeline: &Pipeline, with_why: bool) -> Table {
    let mut table = Table::new(["JOB", "WHEN", "WHY", "NEEDS", "TAGS", "IMAGE"]);
    let mut stage = None;
    for job in &pipeline.jobs {
        if stage != Some(job.stage_index) {
            stage = Some(job.stage_index);
            table.heading(&job.config.stage.value);
        }
        let when = when(job.when, job.start_in.as_deref(), &job.allow_failure);
        let paint = if job.when == When::Manual { Paint::Warn } else { Paint::Name };
        let why = why(job);
        table.row(vec![
            Cell::new(job.name()),
            Cell::new(&when).painted(paint),
            Cell::new(if with_why { &why } else { "" }).painted(Paint::Dim),
            Cell::new(&job.needs.as_deref().map(needs).unwrap_or_default()),
            Cell::new(&list(&job.tags)),
            Cell::new(&job.config.image.as_ref().map(image).unwrap_or_default()),
        ]);
        if !with_why && !why.is_empty() {
            table.note(&why);
        }
    }
    table
}

/// An image's name; of a long one the part that tells images apart.
pub(super) fn image(image: &Image) -> String {
    match image.name.rsplit_once('/') {
        Some((_, last)) if image.name.len() > LONG_IMAGE => format!("…/{last}"),
        _ => image.name.to_string(),
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

/// What a job waits for.
pub(super) fn needs(needs: &[config::Need]) -> String {
    if needs.is_empty() {
        return "nothing".to_owned();
    }
    needs.iter().map(|need| &*need.job).collect::<Vec<_>>().join(", ")
}

/// What let a job in, in a few words; nothing where nothing was asked.
fn why(job: &Job) -> String {
    if let (Some(index), Some(rule)) = (job.rule, job.matched_rule()) {
        let only = job.config.rules.as_ref().is_some_and(|rules| rules.len() == 1);
        return if only { clauses(rule) } else { format!("rule {}: {}", index + 1, clauses(rule)) };
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
    if policy.variables.is_some() {
        parts.push("variables".to_owned());
    }
    if policy.changes.is_some() {
        parts.push("changes".to_owned());
    }
    if policy.kubernetes {
        parts.push("kubernetes".to_owned());
    }
    parts.join(" and ")
}
