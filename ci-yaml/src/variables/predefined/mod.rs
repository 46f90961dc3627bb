//! Predefined variables: what GitLab tells of the server, the project, the commit, the event and the job.
//!
//! Those that only a running pipeline has (`CI_JOB_ID`, `CI_PIPELINE_ID`, `CI_JOB_TOKEN`, `CI_PROJECT_DIR`, …) are
//! undefined while a pipeline is created, here as there.

mod commit;
mod job;
mod merge_request;
mod project;

pub(super) use job::{JobFacts, is_of_job};

use super::{Collection, Item, Origin};
use crate::Context;
use std::sync::Arc;

/// The GitLab whose behaviour is evaluated, as `CI_SERVER_VERSION` tells it.
pub const SERVER_VERSION: &str = "18.11.0";

/// Its revision, of which only that it is there can be told.
const SERVER_REVISION: &str = "00000000000";

/// Those that GitLab or the runner define when a job runs, and that no pipeline has while it is created.
const RUN_TIME_ONLY: &[&str] = &[
    "CI_BUILDS_DIR",
    "CI_CONCURRENT_ID",
    "CI_CONCURRENT_PROJECT_ID",
    "CI_DEPLOY_PASSWORD",
    "CI_DEPLOY_USER",
    "CI_DISPOSABLE_ENVIRONMENT",
    "CI_JOB_ID",
    "CI_JOB_IMAGE",
    "CI_JOB_STARTED_AT",
    "CI_JOB_STATUS",
    "CI_JOB_TIMEOUT",
    "CI_JOB_TOKEN",
    "CI_JOB_URL",
    "CI_PAGES_HOSTNAME",
    "CI_PAGES_URL",
    "CI_PIPELINE_CREATED_AT",
    "CI_PIPELINE_ID",
    "CI_PIPELINE_URL",
    "CI_PROJECT_DIR",
    "CI_REGISTRY_PASSWORD",
    "CI_REGISTRY_USER",
    "CI_REPOSITORY_URL",
    "CI_SERVER",
    "CI_SHARED_ENVIRONMENT",
    "CI_TRIGGER_SHORT_TOKEN",
];

/// Whether a variable is defined by GitLab or the runner, but only when a job runs: conditions never see it.
pub fn is_run_time_only(name: &str) -> bool {
    RUN_TIME_ONLY.contains(&name) || name.starts_with("CI_RUNNER_")
}

/// Collects variables.
pub(super) struct Writer<'c>(&'c mut Collection);

impl Writer<'_> {
    fn set(&mut self, name: &'static str, value: impl Into<Arc<str>>) {
        self.0.push(Item::new(name, value, Origin::Predefined));
    }

    fn set_if(&mut self, name: &'static str, value: Option<impl Into<Arc<str>>>) {
        if let Some(value) = value {
            self.set(name, value);
        }
    }
}

fn truth(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// What is the same for all jobs of a pipeline, without `CI_PIPELINE_IID`.
///
/// [`Context::predefined`] goes over it.
pub(super) fn of_pipeline(context: &Context) -> Collection {
    let mut collection = computed_of_project(context);
    collection.extend(computed_of_pipeline(context).iter().cloned());
    override_with(collection, given(context, false))
}

/// The same in two: of server and project, and of the pipeline. What was given stands where it would have been computed.
pub(super) fn by_group(context: &Context) -> (Collection, Collection) {
    let given: Collection = given(context, false).collect();
    let over = |computed: Collection| -> Collection {
        computed.iter().map(|item| given.get(&item.name).unwrap_or(item).clone()).collect()
    };
    let (project, mut pipeline) = (over(computed_of_project(context)), over(computed_of_pipeline(context)));
    let further = given.iter().filter(|item| project.get(&item.name).or(pipeline.get(&item.name)).is_none());
    let further: Vec<_> = further.cloned().collect();
    pipeline.extend(further);
    (project, pipeline)
}

/// `CI_CONFIG_REF_URI`.
pub(super) fn config_ref_uri(context: &Context) -> Item {
    Item::new("CI_CONFIG_REF_URI", job::config_ref_uri(context), Origin::Predefined)
}

fn computed_of_project(context: &Context) -> Collection {
    let mut collection = Collection::default();
    project::write(&mut Writer(&mut collection), context);
    collection
}

fn computed_of_pipeline(context: &Context) -> Collection {
    let mut collection = Collection::default();
    let mut writer = Writer(&mut collection);
    writer.set("CI_PIPELINE_SOURCE", context.source.as_str());
    if context.source.as_str() == "schedule" {
        writer.set_if("CI_PIPELINE_SCHEDULE_DESCRIPTION", context.schedule_description.as_deref());
    }
    commit::write(&mut writer, context);
    merge_request::write(&mut writer, context);
    upstream(&mut writer, context);
    collection
}

/// Those of a job whose values were given with the context; they go over what is computed of the job.
pub(super) fn given_of_jobs(context: &Context) -> Collection {
    given(context, true).collect()
}

/// Who started the pipeline.
pub(super) fn of_user(context: &Context) -> impl Iterator<Item = Item> {
    let user = &context.user;
    [
        ("GITLAB_USER_ID", user.id.to_string()),
        ("GITLAB_USER_EMAIL", user.email.clone()),
        ("GITLAB_USER_LOGIN", user.login.clone()),
        ("GITLAB_USER_NAME", user.name.clone()),
    ]
    .into_iter()
    .map(|(name, value)| match context.predefined.get(name) {
        Some(value) => given_item(name, value.as_deref()),
        None => Item::new(name, value, Origin::Predefined),
    })
}

fn upstream(writer: &mut Writer<'_>, context: &Context) {
    if let Some(parent) = &context.parent {
        writer.set("CI_UPSTREAM_PROJECT_ID", parent.project_id.to_string());
        writer.set("CI_UPSTREAM_PIPELINE_ID", parent.pipeline_id.to_string());
        writer.set("CI_UPSTREAM_JOB_ID", parent.job_id.to_string());
    }
}

/// Values that were given for predefined variables: of jobs, or all others.
fn given(context: &Context, of_jobs: bool) -> impl Iterator<Item = Item> {
    context
        .predefined
        .iter()
        .filter(move |(name, _)| !name.starts_with("GITLAB_USER_") && job::is_of_job(name) == of_jobs)
        .map(|(name, value)| given_item(name, value.as_deref()))
}

fn given_item(name: &str, value: Option<&str>) -> Item {
    Item { value: value.map(Into::into), ..Item::new(name, "", Origin::PredefinedAsGiven) }
}

fn override_with(computed: Collection, given: impl Iterator<Item = Item>) -> Collection {
    let given: Collection = given.collect();
    if given.is_empty() {
        return computed;
    }
    computed.iter().filter(|item| given.get(&item.name).is_none()).chain(given.iter()).cloned().collect()
}

#[cfg(test)]
mod tests;
