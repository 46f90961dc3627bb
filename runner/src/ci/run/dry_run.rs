//! `--dry-run`: what would run, in which order, and on what.

use super::local::Executors;
use super::prepared::Prepared;
use super::select::Picked;
use crate::ci::World;
use crate::terminal::{Paint, Style, clean, wrap};
use pipeline::{Kind, Template, When, Work};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::io::Write as _;

/// Prints it.
pub(super) async fn print(prepared: &Prepared, world: &World<'_>) {
    let executors = Executors::new(&prepared.settings, world.environment);
    let mut out = String::new();
    for note in &prepared.selection.notes {
        paragraph(&mut out, "", note, world.style);
    }
    let picked = &prepared.selection.picked;
    let waves = waves(picked);
    let most = waves.iter().copied().max().unwrap_or(0);
    for wave in 0..=most {
        let _ = writeln!(out, "{}", world.style.paint(Paint::Strong, format!("{}.", wave + 1)));
        for (job, _) in picked.iter().zip(&waves).filter(|(_, of)| **of == wave) {
            write_job(&mut out, job, prepared, &executors, world.style).await;
        }
    }
    let mut stdout = std::io::stdout().lock();
    // A reader that went away is no failure.
    let _ = stdout.write_all(out.as_bytes()).and_then(|()| stdout.flush());
}

async fn write_job(out: &mut String, job: &Picked, prepared: &Prepared, executors: &Executors, style: Style) {
    let spec = &job.spec;
    let name = style.paint(Paint::Name, clean(&spec.name).into_owned());
    let _ = writeln!(out, "   {name}  {}", style.paint(Paint::Dim, clean(&spec.stage).into_owned()));
    if job.reuse.is_some() {
        paragraph(out, "", "not run: it succeeded in the last run", style);
        return;
    }
    if let Some(when) = when(job) {
        paragraph(out, "", when, style);
    }
    if let Some(needs) = spec.needs.as_ref().filter(|needs| !needs.is_empty()) {
        let names: Vec<&str> = needs.iter().map(|need| need.job.as_str()).collect();
        paragraph(out, "needs", &names.join(", "), style);
    }
    if matches!(spec.kind, Kind::Bridge { .. }) {
        paragraph(out, "", "starts another pipeline", style);
    }
    if let Some(Work::Build(template)) = prepared.line.work(job.planned) {
        write_template(out, &spec.name, template, executors, style).await;
    }
}

async fn write_template(
    out: &mut String,
    name: &str,
    template: &Template,
    executors: &Executors,
    style: Style,
) {
    let image = template.image.name.as_str();
    match executors.choose(name, image).await {
        Ok(choice) if choice.in_docker => paragraph(out, "executor", "docker", style),
        Ok(_) => paragraph(out, "executor", "shell", style),
        Err(error) => paragraph(out, "executor", &format!("none: {}", error.one_line()), style),
    }
    if !image.is_empty() {
        paragraph(out, "image", image, style);
    }
    let services: Vec<&str> = template.services.iter().map(|service| service.name.as_str()).collect();
    list(out, "services", &services, style);
    for cache in &template.caches {
        let text =
            format!("{} ({}): {}", cache.entry.key, policy(&cache.entry), cache.entry.paths.join(", "));
        paragraph(out, "cache", &text, style);
    }
    for artifact in &template.artifacts {
        let kind = artifact.artifact_type.as_str();
        let kind = if kind.is_empty() || kind == "archive" { String::new() } else { format!("{kind}: ") };
        paragraph(out, "artifacts", &format!("{kind}{}", artifact.paths.join(", ")), style);
    }
}

fn policy(entry: &protocol::CacheEntry) -> String {
    let text = serde_json::to_value(entry).unwrap_or_default();
    text.get("policy").and_then(|policy| policy.as_str()).unwrap_or("pull-push").to_owned()
}

fn when(job: &Picked) -> Option<&'static str> {
    match (job.spec.when, job.named) {
        (When::OnSuccess, _) => None,
        (When::OnFailure, _) => Some("only if something before it fails"),
        (When::Always, _) => Some("always"),
        (When::Manual, true) => Some("manual, and played"),
        (When::Manual, false) => Some("manual: it waits"),
        (When::Delayed, true) => Some("delayed, and started at once"),
        (When::Delayed, false) => Some("delayed: it waits its time"),
    }
}

fn list(out: &mut String, label: &str, items: &[&str], style: Style) {
    if !items.is_empty() {
        paragraph(out, label, &items.join(", "), style);
    }
}

/// Lines that are not wider than the terminal.
fn paragraph(out: &mut String, label: &str, text: &str, style: Style) {
    let lead = if label.is_empty() { String::new() } else { format!("{label}: ") };
    for line in wrap(&clean(&format!("{lead}{text}")), style.columns().saturating_sub(6)) {
        let _ = writeln!(out, "      {line}");
    }
}

/// For each job, how many come one after another before it. Jobs are in the order of stages.
fn waves(picked: &[Picked]) -> Vec<usize> {
    let places: HashMap<&str, usize> =
        picked.iter().enumerate().map(|(place, job)| (job.spec.name.as_str(), place)).collect();
    let mut waves = vec![0; picked.len()];
    // Needs within a stage may go against the order: there are no circles, so that this ends.
    for _ in 0..picked.len() {
        let mut moved = false;
        for place in 0..picked.len() {
            let spec = &picked[place].spec;
            let before = |other: &usize| match &spec.needs {
                None => picked[*other].spec.stage_index < spec.stage_index,
                Some(_) => false,
            };
            let needed =
                spec.needs.iter().flatten().filter_map(|need| places.get(need.job.as_str()).copied());
            let earlier = needed.chain((0..picked.len()).filter(before));
            let wave = earlier.map(|other| waves[other] + 1).max().unwrap_or(0);
            moved |= wave != waves[place];
            waves[place] = wave;
        }
        if !moved {
            break;
        }
    }
    waves
}
