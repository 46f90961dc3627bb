//! What processing has to know of a job.

use super::{BlueprintError, failed};
use crate::{Kind, Need, Retry, Spec, Strategy, When};
use ci_yaml::matching::duration;
use ci_yaml::variables::{Builder, Undefined};
use ci_yaml::{config, pipeline};
use std::sync::Arc;

pub(super) fn of(builder: &Builder<'_>, job: &pipeline::Job) -> Result<Spec, BlueprintError> {
    let written = &job.config;
    let needs = job.needs.as_ref().map(|needs| needs.iter().map(need).collect());
    let dependencies = written.dependencies.as_ref();
    Ok(Spec {
        name: written.name.to_string(),
        stage: written.stage.value.to_string(),
        stage_index: job.stage_index,
        kind: kind(written),
        when: when(job.when),
        start_in: start_in(job)?,
        allow_failure: job.allow_failure.allowed,
        allow_exit_codes: job.allow_failure.exit_codes.clone().unwrap_or_default(),
        needs,
        dependencies: dependencies.map(|names| names.iter().map(|name| name.value.to_string()).collect()),
        retry: written.retry.as_ref().map(retry).unwrap_or_default(),
        interruptible: job.interruptible.unwrap_or(false),
        resource_group: resource_group(builder, job)?,
    })
}

fn need(need: &config::Need) -> Need {
    Need { job: need.job.to_string(), artifacts: need.artifacts }
}

fn kind(job: &config::Job) -> Kind {
    let config::Kind::Bridge(trigger) = &job.kind else { return Kind::Build };
    let mirrors = job.needs.as_ref().is_some_and(|needs| needs.mirror.is_some());
    let strategy = match trigger.as_ref().and_then(|trigger| trigger.strategy.as_deref()) {
        Some("depend") => Strategy::Depend,
        Some("mirror") => Strategy::Mirror,
        // A bridge without `trigger` shows the status of a pipeline that is there already.
        _ if trigger.is_none() && mirrors => Strategy::Mirror,
        _ => Strategy::None,
    };
    Kind::Bridge { strategy }
}

fn when(when: config::When) -> When {
    match when {
        // Jobs that never run are in no pipeline.
        config::When::OnSuccess | config::When::Never => When::OnSuccess,
        config::When::OnFailure => When::OnFailure,
        config::When::Always => When::Always,
        config::When::Manual => When::Manual,
        config::When::Delayed => When::Delayed,
    }
}

/// In whole seconds, any fraction making one more.
fn start_in(job: &pipeline::Job) -> Result<Option<u64>, BlueprintError> {
    if job.when != config::When::Delayed {
        return Ok(None);
    }
    let seconds = job.start_in.as_deref().and_then(duration::seconds).map(f64::ceil);
    // A week is the most that is accepted; whatever is beyond would be no number of seconds here.
    match seconds.filter(|seconds| *seconds <= f64::from(u32::MAX)) {
        Some(seconds) => Ok(Some(whole(seconds))),
        None => Err(BlueprintError::StartIn { job: job.name().to_string() }),
    }
}

fn whole(seconds: f64) -> u64 {
    std::time::Duration::try_from_secs_f64(seconds).map_or(0, |duration| duration.as_secs())
}

fn retry(retry: &config::Retry) -> Retry {
    let words = |list: &Vec<Arc<str>>| list.iter().map(ToString::to_string).collect();
    Retry { max: retry.max, when: retry.when.as_ref().map(words), exit_codes: retry.exit_codes.clone() }
}

/// Expanded with what the job sees when it is made; nothing where nothing is left of it.
fn resource_group(builder: &Builder<'_>, job: &pipeline::Job) -> Result<Option<String>, BlueprintError> {
    let Some(written) = &job.config.resource_group else { return Ok(None) };
    let scope = builder.for_planned(job);
    let group = scope.expand_nested(written, Undefined::Empty).map_err(failed(job, "resource_group"))?;
    Ok((!group.trim().is_empty()).then_some(group))
}
