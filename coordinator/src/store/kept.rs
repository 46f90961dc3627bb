//! What is kept of pipelines and jobs beside what everybody sees.

use crate::error::StoreError;
use crate::model::{PipelineVariable, RunnerId, TimeoutSource, User, UserId};
use ci_yaml::{Context, GivenVariable, Parent, Ref, Source};
use pipeline::{AutoCancel, Hold, Job, JobId, Moment, Pipeline, PipelineId, StageState, Status};
use serde::{Deserialize, Serialize};

/// What is kept of a job beside its state.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Extra {
    pub(crate) user: UserId,
    pub(crate) runner: Option<RunnerId>,
    pub(crate) system_id: Option<String>,
    pub(crate) timeout: Option<u64>,
    pub(crate) timeout_source: Option<TimeoutSource>,
    pub(crate) erased_at: Option<Moment>,
    pub(crate) erased_by: Option<UserId>,
    pub(crate) artifacts_expire_at: Option<Moment>,
    pub(crate) debug_trace: bool,
    pub(crate) message: Option<String>,
}

impl Default for Extra {
    fn default() -> Self {
        Self::of(UserId::ROOT)
    }
}

impl Extra {
    /// A job of a person, of which nothing else is known.
    pub(crate) fn of(user: UserId) -> Self {
        Self {
            user,
            runner: None,
            system_id: None,
            timeout: None,
            timeout_source: None,
            erased_at: None,
            erased_by: None,
            artifacts_expire_at: None,
            debug_trace: false,
            message: None,
        }
    }
}

/// What is read of a job's plan often enough not to read all of its template for it.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct PlanFacts {
    pub(crate) tags: Vec<String>,
    pub(crate) environment: Option<pipeline::Environment>,
    pub(crate) manual_confirmation: Option<String>,
    pub(crate) coverage: Option<String>,
    pub(crate) timeout: Option<u64>,
    pub(crate) artifact_access: pipeline::ArtifactAccess,
    /// Features that a runner must have.
    pub(crate) required: Vec<String>,
}

/// A pipeline's state without its jobs.
#[derive(Serialize)]
struct Header<'a> {
    id: PipelineId,
    status: Status,
    stages: &'a [StageState],
    auto_cancel: AutoCancel,
    created_at: Moment,
    started_at: Option<Moment>,
    finished_at: Option<Moment>,
    // All that are stored have begun.
    begun: bool,
}

/// A pipeline's state without its jobs, as it is kept.
pub(crate) fn header(pipeline: &Pipeline) -> Result<String, StoreError> {
    super::json::write(&Header {
        id: pipeline.id,
        status: pipeline.status,
        stages: &pipeline.stages,
        auto_cancel: pipeline.auto_cancel,
        created_at: pipeline.created_at,
        started_at: pipeline.started_at,
        finished_at: pipeline.finished_at,
        begun: true,
    })
}

/// A job's state without its spec, which never changes.
#[derive(Serialize)]
struct State<'a> {
    id: JobId,
    planned: usize,
    status: Status,
    allow_failure: bool,
    failure_reason: Option<&'a str>,
    exit_code: Option<i64>,
    created_at: Moment,
    queued_at: Option<Moment>,
    started_at: Option<Moment>,
    finished_at: Option<Moment>,
    scheduled_at: Option<Moment>,
    retried: bool,
    retry_of: Option<JobId>,
    at_once: bool,
    graceful: bool,
    downstream: Option<PipelineId>,
    downstream_status: Option<Status>,
    resource: Hold,
}

/// A job's state as it is kept.
pub(crate) fn state(job: &Job) -> Result<String, StoreError> {
    super::json::write(&State {
        id: job.id,
        planned: job.planned,
        status: job.status,
        allow_failure: job.allow_failure,
        failure_reason: job.failure_reason.as_deref(),
        exit_code: job.exit_code,
        created_at: job.created_at,
        queued_at: job.queued_at,
        started_at: job.started_at,
        finished_at: job.finished_at,
        scheduled_at: job.scheduled_at,
        retried: job.retried,
        retry_of: job.retry_of,
        at_once: job.at_once,
        graceful: job.graceful,
        downstream: job.downstream,
        downstream_status: job.downstream_status,
        resource: job.resource,
    })
}

/// Puts state and spec together again, as text.
pub(crate) fn whole(state: &str, spec: &str) -> Result<String, StoreError> {
    let rest = state.strip_prefix('{').ok_or(StoreError::Unreadable { what: "a job" })?;
    Ok(format!("{{\"spec\":{spec},{rest}"))
}

/// A job of its state and its spec.
pub(crate) fn job(state: &str, spec: &str) -> Result<Job, StoreError> {
    super::json::read("a job", &whole(state, spec)?)
}

/// A pipeline of its header and its jobs' texts.
pub(crate) fn pipeline(header: &str, jobs: &[String]) -> Result<Pipeline, StoreError> {
    let head = header.strip_suffix('}').ok_or(StoreError::Unreadable { what: "a pipeline" })?;
    super::json::read("a pipeline", &format!("{head},\"jobs\":[{}]}}", jobs.join(",")))
}

/// What a pipeline was made for, as far as settings do not say it. It holds given variables, so it is kept encrypted.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct KeptContext {
    pub(crate) source: String,
    pub(crate) reference: crate::model::GitRef,
    pub(crate) protected: bool,
    pub(crate) sha: String,
    pub(crate) before_sha: String,
    pub(crate) message: String,
    pub(crate) author: String,
    pub(crate) timestamp: String,
    pub(crate) tag_message: String,
    pub(crate) tree: (String, String),
    pub(crate) user: User,
    pub(crate) parent: Option<(u64, u64, u64)>,
    pub(crate) variables: Vec<PipelineVariable>,
}

impl KeptContext {
    /// Of the context that a pipeline was evaluated with.
    pub(crate) fn of(context: &Context, reference: crate::model::GitRef, user: User) -> Self {
        let commit = &context.commit;
        Self {
            source: context.source.as_str().to_owned(),
            reference,
            protected: context.protected,
            sha: commit.sha.clone(),
            before_sha: commit.before_sha.clone(),
            message: commit.message.clone(),
            author: commit.author.clone(),
            timestamp: commit.timestamp.clone(),
            tag_message: commit.tag_message.clone(),
            tree: (context.tree.project.to_string(), context.tree.revision.to_string()),
            user,
            parent: context.parent.as_ref().map(|of| (of.project_id, of.pipeline_id, of.job_id)),
            variables: context.variables.iter().map(kept).collect(),
        }
    }

    /// The context again; what settings say is put in by the caller.
    pub(crate) fn context(&self) -> Context {
        let mut context = Context::push(self.reference.name());
        context.source = Source::new(&self.source).unwrap_or_else(Source::push);
        context.reference = reference(&self.reference);
        context.protected = self.protected;
        context.commit = ci_yaml::Commit {
            sha: self.sha.clone(),
            before_sha: self.before_sha.clone(),
            message: self.message.clone(),
            author: self.author.clone(),
            timestamp: self.timestamp.clone(),
            tag_message: self.tag_message.clone(),
        };
        context.tree =
            ci_yaml::Tree { project: self.tree.0.as_str().into(), revision: self.tree.1.as_str().into() };
        context.user = user(&self.user);
        let parent = |(project_id, pipeline_id, job_id)| Parent { project_id, pipeline_id, job_id };
        context.parent = self.parent.map(parent);
        context.variables = self.variables.iter().map(given).collect();
        context
    }
}

/// A branch or tag as the evaluator has it.
pub(crate) fn reference(of: &crate::model::GitRef) -> Ref {
    match of {
        crate::model::GitRef::Branch(name) => Ref::Branch(name.clone()),
        crate::model::GitRef::Tag(name) => Ref::Tag(name.clone()),
    }
}

/// A person as the evaluator has them.
pub(crate) fn user(of: &User) -> ci_yaml::User {
    ci_yaml::User {
        id: u64::try_from(of.id.0).unwrap_or_default(),
        login: of.login.clone(),
        name: of.name.clone(),
        email: of.email.clone(),
    }
}

/// A given variable as the evaluator has it.
pub(crate) fn given(of: &PipelineVariable) -> GivenVariable {
    GivenVariable { name: of.key.clone(), value: of.value.clone(), raw: of.raw, file: of.file }
}

/// A given variable as it is kept.
pub(crate) fn kept(of: &GivenVariable) -> PipelineVariable {
    PipelineVariable { key: of.name.clone(), value: of.value.clone(), raw: of.raw, file: of.file }
}
