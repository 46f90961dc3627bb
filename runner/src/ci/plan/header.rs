//! What a plan is for, in a line or two.

use crate::ci::context::{Changes, Scene};
use crate::ci::session::Evaluated;
use crate::terminal::{Paint, Style, clean, counted, cut, wrap};
use ci_yaml::pipeline::{Outcome, Pipeline};
use ci_yaml::{Changed, Context, Ref};
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// `Push to main`, `Merge request from a into b`.
pub(in crate::ci) fn title(context: &Context) -> String {
    let name = clean(context.reference.name());
    match (&context.reference, &context.merge_request) {
        (Ref::MergeRequest(_), Some(request)) => {
            format!("Merge request from {name} into {}", clean(&request.target))
        }
        (Ref::MergeRequest(_), None) => format!("Merge request from {name}"),
        (Ref::Tag(_), _) if context.source.as_str() == "push" => format!("Tag {name}"),
        (Ref::Tag(_), _) => format!("{} on tag {name}", capital(context.source.as_str())),
        (Ref::Branch(_), _) if context.source.as_str() == "push" => format!("Push to {name}"),
        (Ref::Branch(_), _) => format!("{} on {name}", capital(context.source.as_str())),
    }
}

/// A source at the beginning of a line.
fn capital(word: &str) -> String {
    match word {
        "web" => return "Manual run".to_owned(),
        "api" => return "API call".to_owned(),
        _ => {}
    }
    let word = word.replace('_', " ");
    let mut chars = word.chars();
    chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
}

/// What is known of the changed paths; nothing where no one asks.
fn changed(scene: &Scene) -> Option<String> {
    let since = match &scene.changes {
        Changes::Since(_, name) => format!(" since {}", clean(name)),
        Changes::Settled(_) => String::new(),
    };
    match &scene.context.changed {
        Changed::Unknown if matches!(scene.changes, Changes::Since(..)) => None,
        Changed::Unknown => Some("changed paths unknown: `changes` holds".to_owned()),
        Changed::Paths(paths) => Some(format!("{} changed{since}", counted(paths.len(), "path"))),
    }
}

/// Writes what a plan is for.
pub(in crate::ci) fn write(out: &mut String, evaluated: &Evaluated, style: Style) {
    let context = &evaluated.scene.context;
    if evaluated.lint_only {
        let jobs =
            evaluated.checked.iter().flat_map(|checked| &checked.config).map(|config| config.jobs.len());
        let text = match evaluated.is_refused() {
            true => "The configuration is refused.".to_owned(),
            false => format!("The configuration is valid: {}.", counted(jobs.sum(), "job")),
        };
        let paint = if evaluated.is_refused() { Paint::Bad } else { Paint::Good };
        let _ = writeln!(out, "{}", style.paint(paint, text));
        return;
    }
    let mut head = format!("{} of {}", title(context), clean(&context.project.path));
    let message = context.commit.message.lines().next().unwrap_or_default();
    if evaluated.scene.has_commit && !message.is_empty() {
        let _ = write!(head, " at {}: {}", context.commit.sha.get(..8).unwrap_or_default(), clean(message));
    }
    let _ = writeln!(out, "{}", style.paint(Paint::Strong, cut(&head, style.columns())));
    let asks = evaluated
        .checked
        .as_ref()
        .is_some_and(|checked| checked.files.iter().any(|(_, file)| file.text.contains("changes")));
    for line in changed(&evaluated.scene).filter(|_| asks).iter().chain(&evaluated.scene.assumed) {
        for line in wrap(&clean(line), style.columns().saturating_sub(2)) {
            let _ = writeln!(out, "{}", style.paint(Paint::Dim, format!("({line})")));
        }
    }
    let (text, paint) = outcome(evaluated);
    for line in wrap(&text, style.columns()) {
        let _ = writeln!(out, "{}", style.paint(paint, line));
    }
}

fn outcome(evaluated: &Evaluated) -> (String, Paint) {
    let valid = evaluated.checked.as_ref().is_some_and(ci_yaml::Checked::is_valid);
    match &evaluated.evaluation.outcome {
        Outcome::Created(pipeline) => (created(pipeline), Paint::Good),
        Outcome::Skipped => ("A pipeline without jobs: it is skipped.".to_owned(), Paint::Warn),
        Outcome::Empty(diagnostic) => (format!("No pipeline: {}", clean(&diagnostic.message)), Paint::Warn),
        // The configuration may be fine for other events.
        Outcome::Invalid if valid => ("No pipeline: it is refused for this event.".to_owned(), Paint::Bad),
        Outcome::Invalid => ("No pipeline: the configuration is refused.".to_owned(), Paint::Bad),
    }
}

fn created(pipeline: &Pipeline) -> String {
    let stages: BTreeSet<usize> = pipeline.jobs.iter().map(|job| job.stage_index).collect();
    let counts = format!("{} in {}", counted(pipeline.jobs.len(), "job"), counted(stages.len(), "stage"));
    match &pipeline.name {
        Some(name) => format!("Pipeline “{}”: {counts}", clean(name)),
        None => format!("Pipeline: {counts}"),
    }
}
