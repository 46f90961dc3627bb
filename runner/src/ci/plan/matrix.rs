//! Jobs and events: which job is in which pipeline.

use super::header;
use super::instances::{self, Member};
use crate::ci::session::Evaluated;
use crate::ci::table::{Cell, Table};
use crate::terminal::{Paint, Style, clean, wrap};
use ci_yaml::config::When;
use ci_yaml::pipeline::Outcome;
use indexmap::IndexMap;
use std::fmt::Write as _;

/// A job and when it runs in each pipeline.
#[derive(Clone, Debug)]
struct Row<'a> {
    /// Its stage's place and name.
    stage: (usize, &'a str),
    member: Member<'a>,
    when: Vec<Option<When>>,
}

impl Row<'_> {
    /// Whether it is another instance of the same job, at the same times.
    fn is_like(&self, other: &Self) -> bool {
        let base = |row: &Self| row.member.1.map(|instance| instance.base.clone());
        base(self).is_some()
            && (self.stage, base(self), &self.when) == (other.stage, base(other), &other.when)
    }
}

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
    let mut table =
        Table::new(std::iter::once("JOB").chain(plans.iter().map(|plan| plan.scene.label.as_str())));
    let mut last = None;
    for row in rows(plans).chunk_by(Row::is_like).flat_map(instances::told) {
        let Some(first) = row.first() else { continue };
        if last.replace(first.stage) != Some(first.stage) {
            table.heading(first.stage.1);
        }
        let members: Vec<Member<'_>> = row.iter().map(|row| row.member).collect();
        let (name, parts) = instances::named(&members);
        table.row(
            std::iter::once(Cell::new(&name)).chain(first.when.iter().map(|when| cell(*when))).collect(),
        );
        if !parts.is_empty() {
            table.list(parts);
        }
    }
    if !table.is_empty() {
        out.push('\n');
        table.write(out, style);
    }
}

/// The jobs of all plans by stage.
fn rows(plans: &[Evaluated]) -> Vec<Row<'_>> {
    let mut rows: IndexMap<(usize, &str), Row<'_>> = IndexMap::new();
    for (column, plan) in plans.iter().enumerate() {
        for job in plan.pipeline().iter().flat_map(|pipeline| &pipeline.jobs) {
            let row = rows.entry((job.stage_index, &**job.name())).or_insert_with(|| Row {
                stage: (job.stage_index, &job.config.stage.value),
                member: (job.name(), job.config.instance.as_ref()),
                when: vec![None; plans.len()],
            });
            row.when[column] = Some(job.when);
        }
    }
    let mut rows: Vec<Row<'_>> = rows.into_values().collect();
    rows.sort_by_key(|row| row.stage.0);
    rows
}

fn remark(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Created(_) => String::new(),
        Outcome::Skipped => ", skipped".to_owned(),
        Outcome::Empty(_) => ", no pipeline".to_owned(),
        Outcome::Invalid => ", refused".to_owned(),
    }
}

fn cell(when: Option<When>) -> Cell {
    match when {
        None => Cell::new("-").painted(Paint::Dim),
        Some(When::OnSuccess) => Cell::new("run").painted(Paint::Good),
        Some(when @ (When::Manual | When::Delayed)) => Cell::new(when.as_str()).painted(Paint::Warn),
        Some(when) => Cell::new(when.as_str()).painted(Paint::Name),
    }
}
