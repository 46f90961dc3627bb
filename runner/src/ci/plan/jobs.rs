//! The jobs of a pipeline, and all jobs of a configuration.

use super::lines::{self, Line};
use super::{instances, words};
use crate::terminal::Style;
use ci_yaml::config::{Config, Job, Need, When};
use ci_yaml::pipeline::{self, Pipeline};
use std::collections::HashMap;

/// Names of instances, each with the name of its parallel job.
type Bases<'a> = HashMap<&'a str, &'a str>;

/// Writes the jobs of a pipeline by stage.
pub(in crate::ci) fn write(out: &mut String, pipeline: &Pipeline, style: Style) {
    let bases = bases(pipeline.jobs.iter().map(|job| &*job.config));
    let lines: Vec<Line<'_>> = pipeline.jobs.iter().map(|job| created(job, &bases)).collect();
    lines::write(out, &lines, "WHY", style);
}

/// Writes all jobs of a configuration by stage, whatever lets them in.
pub(super) fn write_configured(out: &mut String, config: &Config, style: Style) {
    let order: HashMap<&str, usize> =
        config.stages.iter().enumerate().map(|(index, stage)| (&*stage.value, index)).collect();
    let place = |job: &Job| order.get(&*job.stage.value).copied().unwrap_or(usize::MAX);
    let mut all: Vec<&Job> = config.jobs.values().collect();
    all.sort_by_key(|job| place(job));
    let bases = bases(all.iter().copied());
    let lines: Vec<Line<'_>> = all.iter().map(|job| configured(job, &bases)).collect();
    lines::write(out, &lines, "CONDITION", style);
}

fn created<'a>(job: &'a pipeline::Job, bases: &Bases<'_>) -> Line<'a> {
    Line {
        when: words::when(job.when, job.start_in.as_deref(), &job.allow_failure),
        manual: job.when == When::Manual,
        why: words::why(job),
        needs: needs(job.needs.as_deref(), bases),
        tags: words::list(&job.tags),
        ..of_config(&job.config)
    }
}

fn configured<'a>(job: &'a Job, bases: &Bases<'_>) -> Line<'a> {
    Line {
        when: words::when(job.when, job.start_in.as_deref(), &job.allow_failure),
        manual: job.when == When::Manual,
        why: words::condition(job),
        needs: needs(job.needs.as_ref().map(|needs| needs.jobs.as_slice()), bases),
        tags: words::list(&job.tags),
        ..of_config(job)
    }
}

/// What no context changes.
fn of_config(job: &Job) -> Line<'_> {
    Line {
        stage: &job.stage.value,
        name: &job.name,
        instance: job.instance.as_ref(),
        image: job.image.as_ref().map(words::image).unwrap_or_default(),
        when: String::new(),
        manual: false,
        why: String::new(),
        needs: String::new(),
        tags: String::new(),
    }
}

fn bases<'a>(jobs: impl Iterator<Item = &'a Job>) -> Bases<'a> {
    jobs.filter_map(|job| Some((&*job.name, &*job.instance.as_ref()?.base))).collect()
}

fn needs(needs: Option<&[Need]>, bases: &Bases<'_>) -> String {
    needs.map_or_else(String::new, |needs| {
        instances::needs(needs.iter().map(|need| (&*need.job, bases.get(&*need.job).copied())))
    })
}
