//! What a job says of another beside `needs` and `dependencies`: `trigger:include:job`, `environment:on_stop`. And
//! where its pages are.

use super::checks::{Checker, Link};
use crate::config::{Environment, Job, Kind as JobKind};
use crate::{Diagnostic, Kind, Span};
use serde_json::Value as Json;
use std::sync::Arc;

/// Checks all three, in GitLab's order.
pub(super) fn check<'a>(checker: &mut Checker<'a, '_>, job: &'a Job) {
    artifact_jobs(checker, job);
    if let Some(environment) = &job.environment
        && let Some(stop) = &environment.on_stop
    {
        on_stop(checker, job, environment, stop);
    }
    if job.pages.as_ref().is_some_and(|pages| pages.named_twice) {
        let span = keyword(job, "publish");
        checker.report.error(job, span, "duplicate-publish", || published_twice(job));
    }
}

/// Jobs whose artifacts hold the configuration of a child pipeline.
fn artifact_jobs(checker: &mut Checker<'_, '_>, job: &Job) {
    let JobKind::Bridge(Some(trigger)) = &job.kind else { return };
    for include in &trigger.include {
        if let Some(name) = include.0.get("job").and_then(Json::as_str) {
            checker.link(job, &Arc::from(name), keyword(job, "trigger"), Link::Dependency);
        }
    }
}

fn on_stop<'a>(checker: &mut Checker<'a, '_>, job: &Job, environment: &Environment, stop: &str) {
    let span = keyword(job, "environment");
    let Some(other) = checker.config.jobs.get(stop) else {
        if !checker.is_invalid(stop) {
            let error = error(job, "undefined-on-stop", &format!("{stop} is not defined"));
            let error = checker.explain(error, stop);
            checker.report.error(job, span, "undefined-on-stop", || error);
        }
        return;
    };
    let wanted = format!("environment: {{name: {}, action: stop}}", environment.name);
    let help = format!("Give `{stop}` the environment it stops: `{wanted}`.");
    let (rule, what) = match &other.environment {
        None => ("on-stop-without-environment", "does not have environment defined"),
        Some(found) if found.name != environment.name => {
            ("on-stop-elsewhere", "have different environment name")
        }
        Some(found) if &*found.action != "stop" => {
            ("on-stop-without-stop", "needs to have action stop defined")
        }
        Some(_) => return,
    };
    checker.report.error(job, span, rule, || {
        error(job, rule, &format!("{stop} {what}"))
            .label(keyword(other, "environment"), format!("the job `{stop}`"))
            .help(help)
    });
}

fn error(job: &Job, rule: &'static str, what: &str) -> Diagnostic {
    Diagnostic::error(Kind::Logic, rule, format!("{} job: on_stop job {what}", job.name))
}

fn published_twice(job: &Job) -> Diagnostic {
    let name = &job.name;
    let message = format!("{name} job: use either {name}:publish or {name}:pages:publish");
    Diagnostic::error(Kind::Logic, "duplicate-publish", message)
}

/// Where a keyword was written; the job's name where it was not.
fn keyword(job: &Job, name: &str) -> Span {
    job.keywords.get(name).copied().unwrap_or(job.span)
}
