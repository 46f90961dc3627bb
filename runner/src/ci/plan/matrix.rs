//! Jobs and events: which job is in which pipeline.

use super::header;
use crate::ci::session::Evaluated;
use crate::ci::table::{Cell, Table};
use crate::terminal::{Paint, Style, clean, wrap};
use ci_yaml::config::When;
use ci_yaml::pipeline::{Job, Outcome};
use indexmap::IndexMap;
use std::fmt::Write as _;

/// A job's place in the table: its stage and name.
type Place<'a> = (usize, &'a str);

/// Writes a table of jobs and events.
pub(super) fn write(out: &mut String, plans: &[Evaluated], style: Style) {
    for plan in plans {
        let label = style.paint(Paint::Strong, format!("{}:", plan.scene.label)).into_owned();
        let _ = writeln!(
            out,
            "{label} {}{}",
            header::title(&plan.scene.context),
            remark(&plan.evaluation.outcome)
        );
        for line in plan.scene.assumed.iter().flat_map(|text| wrap(&clean(text), style.columns() - 6)) {
            let _ = writeln!(out, "{}", style.paint(Paint::Dim, format!("  ({line})")));
        }
    }
    let mut jobs: IndexMap<Place<'_>, (&str, Vec<Option<&Job>>)> = IndexMap::new();
    for (column, plan) in plans.iter().enumerate() {
        for job in plan.pipeline().iter().flat_map(|pipeline| &pipeline.jobs) {
            let place = (job.stage_index, &**job.name());
            let stage = &*job.config.stage.value;
            let row = jobs.entry(place).or_insert_with(|| (stage, vec![None; plans.len()]));
            row.1[column] = Some(job);
        }
    }
    jobs.sort_by(|one, _, other, _| one.0.cmp(&other.0));
    let mut table =
        Table::new(std::iter::once("JOB").chain(plans.iter().map(|plan| plan.scene.label.as_str())));
    let mut last = None;
    for ((index, name), (stage, row)) in &jobs {
        if last != Some(index) {
            last = Some(index);
            table.heading(stage);
        }
        let cells = row.iter().map(|job| cell(*job));
        table.row(std::iter::once(Cell::new(name)).chain(cells).collect());
    }
    if !table.is_empty() {
        out.push('\n');
        table.write(out, style);
    }
}

fn remark(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Created(_) => String::new(),
        Outcome::Skipped => ", skipped".to_owned(),
        Outcome::Empty(_) => ", no pipeline".to_owned(),
        Outcome::Invalid => ", refused".to_owned(),
    }
}

fn cell(job: Option<&Job>) -> Cell {
    match job.map(|job| job.when) {
        None => Cell::new("-").painted(Paint::Dim),
        Some(When::OnSuccess) => Cell::new("run").painted(Paint::Good),
        Some(when @ (When::Manual | When::Delayed)) => Cell::new(when.as_str()).painted(Paint::Warn),
        Some(when) => Cell::new(when.as_str()).painted(Paint::Name),
    }
}
