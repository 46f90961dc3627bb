//! Objects as GitLab's API shows them.

mod commit;
mod environment;
mod job;
mod pipeline;
mod project;
mod runner;
mod status;
#[cfg(test)]
mod tests;
mod user;
mod variable;

pub(super) use commit::{commit_row, repository};
pub(super) use environment::{deployment, deployment_status, environment};
pub(super) use job::{bridge, job};
pub(super) use pipeline::{pipeline, pipeline_basic};
pub(super) use project::{project, project_short};
pub(super) use runner::{manager, runner, runner_details};
pub(super) use user::{user, user_full};
pub(super) use variable::{pipeline_variable, variable};

use crate::model::{Project, ProjectId, User};
use ::pipeline::Moment;
use serde_json::Value;
use std::collections::HashMap;
use time::OffsetDateTime;

/// What objects need that is not in their rows.
#[derive(Clone, Debug)]
pub(super) struct Scene<'a> {
    /// Address of the coordinator, without a slash at the end.
    pub(super) url: &'a str,
    /// People who are named in rows.
    pub(super) users: &'a HashMap<crate::model::UserId, User>,
    /// Now.
    pub(super) now: Moment,
}

impl Scene<'_> {
    /// The address of a project's page, or of one below it.
    pub(super) fn page(&self, project: &Project, below: &str) -> String {
        let slash = if below.is_empty() { "" } else { "/-/" };
        format!("{}/{}{slash}{below}", self.url, project.path)
    }
}

/// Why a list of another project's rows cannot be shown without it.
pub(super) type Projects = HashMap<ProjectId, Project>;

/// ISO 8601 with milliseconds.
pub(super) fn moment(of: Moment) -> String {
    let seconds = i64::try_from(of.0 / 1000).unwrap_or_default();
    let at = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    format!(
        "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z",
        at.year(),
        u8::from(at.month()),
        at.day(),
        at.hour(),
        at.minute(),
        at.second(),
        of.0 % 1000
    )
}

/// The same where there is one.
pub(super) fn moment_of(of: Option<Moment>) -> Option<String> {
    of.map(moment)
}

/// Seconds with a fraction.
pub(super) fn seconds(milliseconds: Option<u64>) -> Option<f64> {
    // Exact for all that a job can take.
    #[allow(clippy::cast_precision_loss, reason = "milliseconds of jobs are far below 2^53")]
    milliseconds.map(|ms| ms as f64 / 1000.0)
}

/// The fields of both.
fn merged(mut one: Value, other: Value) -> Value {
    if let (Value::Object(one), Value::Object(other)) = (&mut one, other) {
        one.extend(other);
    }
    one
}
