//! A job in a plan.

use super::Place;
use crate::config::{
    self, Artifacts, Cache, CrossNeed, Environment, Hooks, IdToken, Image, Instance, Kind, Need, Pages,
    ProjectNeed, Release, Service, Trigger, When,
};
use crate::variables::{Item, TopLevel};
use crate::{SourceMap, pipeline};
use indexmap::IndexMap;
use serde::ser::{Serialize, SerializeMap, Serializer};
use serde_json::Value as Json;
use std::sync::Arc;

/// Keywords that are checked and shown, and that only a server acts on.
const NOT_ACTED_ON: &[&str] = &["dast_configuration", "identity", "pages", "release", "secrets"];

/// A job with the attributes it has in a pipeline, or as configured.
#[derive(Clone, Debug, serde::Serialize)]
pub struct PlannedJob<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its stage.
    pub stage: &'a str,
    /// `build` or `bridge`.
    pub kind: &'static str,
    /// When it runs.
    pub when: When,
    /// How long it is delayed, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start_in: Option<&'a str>,
    /// What is asked before it is started by hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub manual_confirmation: Option<&'a str>,
    /// Whether any failure is forgiven.
    pub allow_failure: bool,
    /// Exit codes that are forgiven.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub allow_failure_exit_codes: Option<&'a [i64]>,
    /// Tags; expanded in a pipeline.
    pub tags: &'a [Arc<str>],
    /// `dag` where it waits for what it needs, `stage` where it waits for stages.
    pub scheduling: &'static str,
    /// Jobs it waits for. Left out where it waits for stages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub needs: Option<&'a [Need]>,
    /// Artifacts of other pipelines.
    #[serde(skip_serializing_if = "<[CrossNeed]>::is_empty")]
    pub needs_pipeline: &'a [CrossNeed],
    /// Artifacts of other projects.
    #[serde(skip_serializing_if = "<[ProjectNeed]>::is_empty")]
    pub needs_project: &'a [ProjectNeed],
    /// The pipeline that a bridge mirrors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mirrors: Option<&'a str>,
    /// Jobs whose artifacts it fetches, if not all of those it could.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dependencies: Option<Vec<&'a str>>,
    /// `before_script` and `script`; nothing for a bridge.
    pub script: Vec<&'a str>,
    /// `after_script`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub after_script: Option<&'a [Arc<str>]>,
    /// `hooks`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hooks: Option<&'a Hooks>,
    /// `run`, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<&'a Json>,
    /// The image's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<&'a str>,
    /// The whole of it, where there is more to it than a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_config: Option<&'a Image>,
    /// The services' image names.
    pub services: Vec<&'a str>,
    /// The whole of them, where there is more to one than a name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub services_config: Option<&'a [Service]>,
    /// Variables of the configuration, not expanded.
    pub variables: PlannedVariables<'a>,
    /// The environment's name, not expanded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment: Option<&'a str>,
    /// The whole of it, where it is not simply started.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub environment_config: Option<&'a Environment>,
    /// Caches with their defaults; in a pipeline with computed keys.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cache: Option<&'a [Cache]>,
    /// `artifacts`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub artifacts: Option<&'a Artifacts>,
    /// How long it may run, in seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timeout: Option<u64>,
    /// How often it is retried at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry: Option<u8>,
    /// For which failure reasons.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_when: Option<&'a [Arc<str>]>,
    /// For which exit codes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_exit_codes: Option<&'a [i64]>,
    /// Whether a newer pipeline may cancel it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub interruptible: Option<bool>,
    /// `resource_group`, not expanded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource_group: Option<&'a str>,
    /// `coverage`, without slashes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<&'a str>,
    /// Which instance of a parallel job: `2/3`, or the values of the matrix.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parallel: Option<PlannedParallel<'a>>,
    /// `trigger`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trigger: Option<&'a Trigger>,
    /// `release`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub release: Option<&'a Release>,
    /// `id_tokens`.
    #[serde(skip_serializing_if = "IndexMap::is_empty")]
    pub id_tokens: &'a IndexMap<Arc<str>, IdToken>,
    /// `secrets`, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secrets: Option<&'a Json>,
    /// `dast_configuration`, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dast_configuration: Option<&'a Json>,
    /// `identity`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<&'a str>,
    /// `pages`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pages: Option<&'a Pages>,
    /// `inputs`, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inputs: Option<&'a Json>,
    /// Keywords of this job that only a server acts on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub not_acted_on: Vec<&'static str>,
    /// Where its name was written.
    #[serde(flatten)]
    pub place: Option<Place<'a>>,
}

impl<'a> PlannedJob<'a> {
    /// A job of a pipeline.
    pub fn of_pipeline(job: &'a pipeline::Job, files: &'a SourceMap) -> Self {
        Self {
            when: job.when,
            start_in: job.start_in.as_deref(),
            allow_failure: job.allow_failure.allowed,
            allow_failure_exit_codes: job.allow_failure.exit_codes.as_deref(),
            tags: &job.tags,
            scheduling: scheduling(job.needs.is_some()),
            needs: job.needs.as_deref(),
            cache: caches(job.cache.as_deref()),
            interruptible: job.interruptible,
            ..Self::new(&job.config, PlannedVariables::OfPipeline(job), files)
        }
    }

    /// A job as configured, with the variables of the top level.
    pub fn of_config(job: &'a config::Job, top: &Arc<TopLevel>, files: &'a SourceMap) -> Self {
        Self::new(job, PlannedVariables::OfConfig(job, top.clone()), files)
    }

    fn new(job: &'a config::Job, variables: PlannedVariables<'a>, files: &'a SourceMap) -> Self {
        let needs = job.needs.as_ref();
        let retry = job.retry.as_ref();
        Self {
            name: &job.name,
            stage: &job.stage.value,
            kind: if matches!(job.kind, Kind::Build) { "build" } else { "bridge" },
            when: job.when,
            start_in: job.start_in.as_deref(),
            manual_confirmation: job.manual_confirmation.as_deref(),
            allow_failure: job.allow_failure.allowed,
            allow_failure_exit_codes: job.allow_failure.exit_codes.as_deref(),
            tags: &job.tags,
            scheduling: scheduling(needs.is_some()),
            needs: needs.map(|needs| needs.jobs.as_slice()),
            needs_pipeline: needs.map(|needs| needs.cross_pipeline.as_slice()).unwrap_or_default(),
            needs_project: needs.map(|needs| needs.cross_project.as_slice()).unwrap_or_default(),
            mirrors: needs.and_then(|needs| needs.mirror.as_deref()),
            dependencies: job.dependencies.as_ref().map(|list| list.iter().map(|job| &*job.value).collect()),
            script: script(job),
            after_script: job.after_script.as_deref(),
            hooks: job.hooks.as_ref(),
            run: job.run.as_ref(),
            image: job.image.as_ref().map(|image| &*image.name),
            image_config: job.image.as_ref().filter(|image| !is_only_a_name(image)),
            services: job.services.iter().map(|service| &*service.image.name).collect(),
            services_config: services(&job.services),
            variables,
            environment: job.environment.as_ref().map(|environment| &*environment.name),
            environment_config: job
                .environment
                .as_ref()
                .filter(|environment| !is_simply_started(environment)),
            cache: caches(job.cache.as_deref()),
            artifacts: job.artifacts.as_ref(),
            timeout: job.timeout,
            retry: retry.and_then(|retry| retry.max),
            retry_when: retry.and_then(|retry| retry.when.as_deref()),
            retry_exit_codes: retry.and_then(|retry| retry.exit_codes.as_deref()),
            interruptible: job.interruptible,
            resource_group: job.resource_group.as_deref(),
            coverage: job.coverage.as_deref(),
            parallel: job.instance.as_ref().map(PlannedParallel),
            trigger: match &job.kind {
                Kind::Bridge(trigger) => trigger.as_ref(),
                Kind::Build => None,
            },
            release: job.release.as_ref(),
            id_tokens: &job.id_tokens,
            secrets: job.secrets.as_ref(),
            dast_configuration: job.dast_configuration.as_ref(),
            identity: job.identity.as_deref(),
            pages: job.pages.as_ref(),
            inputs: job.inputs.as_ref(),
            not_acted_on: not_acted_on(job),
            place: Place::new(job.span, files),
        }
    }
}

fn scheduling(by_needs: bool) -> &'static str {
    if by_needs { "dag" } else { "stage" }
}

fn script(job: &config::Job) -> Vec<&str> {
    let Some(script) = &job.script else { return Vec::new() };
    job.before_script.iter().flatten().chain(script).map(|line| &**line).collect()
}

/// `cache: []` is none.
fn caches(caches: Option<&[Cache]>) -> Option<&[Cache]> {
    caches.filter(|caches| !caches.is_empty())
}

fn services(services: &[Service]) -> Option<&[Service]> {
    let plain = |service: &Service| {
        let more = service.alias.is_some() || service.command.is_some() || service.variables.is_some();
        !more && is_only_a_name(&service.image)
    };
    (!services.iter().all(plain)).then_some(services)
}

fn is_only_a_name(image: &Image) -> bool {
    *image == Image { name: image.name.clone(), ..Image::default() }
}

fn is_simply_started(environment: &Environment) -> bool {
    let plain =
        Environment { name: environment.name.clone(), action: "start".into(), ..Environment::default() };
    *environment == plain
}

fn not_acted_on(job: &config::Job) -> Vec<&'static str> {
    let has = |keyword: &str| match keyword {
        "dast_configuration" => job.dast_configuration.is_some(),
        "identity" => job.identity.is_some(),
        "pages" => job.pages.is_some(),
        "release" => job.release.is_some(),
        _ => job.secrets.is_some(),
    };
    NOT_ACTED_ON.iter().filter(|keyword| has(keyword)).copied().collect()
}

/// Names and values, put together when they are written: every job may have all variables of the top level.
#[derive(Clone, Debug)]
pub enum PlannedVariables<'a> {
    /// Of a job of a pipeline.
    OfPipeline(&'a pipeline::Job),
    /// Of a job as configured.
    OfConfig(&'a config::Job, Arc<TopLevel>),
}

impl Serialize for PlannedVariables<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::OfPipeline(job) => write(job.variables(), serializer),
            Self::OfConfig(job, top) => write(top.of_job(job, None), serializer),
        }
    }
}

fn write<S: Serializer>(items: impl Iterator<Item = Item>, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    for item in items {
        map.serialize_entry(&item.name, item.value.as_deref().unwrap_or_default())?;
    }
    map.end()
}

/// Which instance of a parallel job.
#[derive(Clone, Copy, Debug)]
pub struct PlannedParallel<'a>(&'a Instance);

impl Serialize for PlannedParallel<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match &self.0.matrix {
            Some(values) => values.serialize(serializer),
            None => serializer.collect_str(&format_args!("{}/{}", self.0.index, self.0.total)),
        }
    }
}
