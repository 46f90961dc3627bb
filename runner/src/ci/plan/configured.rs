//! All jobs of a configuration, whatever lets them in.

use super::jobs;
use crate::ci::table::{Cell, Table};
use crate::terminal::{Paint, Style};
use ci_yaml::config::{Config, Job};
use std::collections::HashMap;

/// Writes the jobs by stage.
pub(super) fn write(out: &mut String, config: &Config, style: Style) {
    let order: HashMap<&str, usize> =
        config.stages.iter().enumerate().map(|(index, stage)| (&*stage.value, index)).collect();
    let place = |job: &Job| order.get(&*job.stage.value).copied().unwrap_or(usize::MAX);
    let mut all: Vec<&Job> = config.jobs.values().collect();
    all.sort_by_key(|job| place(job));
    let mut table = Table::new(["JOB", "WHEN", "CONDITION", "NEEDS", "TAGS", "IMAGE"]).keeping(2);
    let mut stage = None;
    for job in all {
        if stage != Some(&job.stage.value) {
            stage = Some(&job.stage.value);
            table.heading(&job.stage.value);
        }
        let needs = job.needs.as_ref().map(|needs| jobs::needs(&needs.jobs)).unwrap_or_default();
        table.row(vec![
            Cell::new(&job.name),
            Cell::new(&jobs::when(job.when, job.start_in.as_deref(), &job.allow_failure))
                .painted(Paint::Name),
            Cell::new(&condition(job)).painted(Paint::Dim),
            Cell::new(&needs),
            Cell::new(&jobs::list(&job.tags)),
            Cell::new(&job.image.as_ref().map(jobs::image).unwrap_or_default()),
        ]);
    }
    table.write(out, style);
}

fn condition(job: &Job) -> String {
    if let Some(rules) = &job.rules {
        return match rules.as_slice() {
            [] => "never: an empty list of rules".to_owned(),
            [rule] => jobs::clauses(rule),
            rules => format!("{} rules", rules.len()),
        };
    }
    let only =
        job.only.as_ref().filter(|only| !only.implicit).map(|only| format!("only {}", jobs::policy(only)));
    let except = job.except.as_ref().map(|except| format!("except {}", jobs::policy(except)));
    only.into_iter().chain(except).collect::<Vec<_>>().join(", ")
}
