//! What a runner gets of a job that it took.

use super::claim::Claim;
use super::evaluate::settle;
use super::keys::Vault;
use super::open::Kernel;
use crate::error::KernelError;
use crate::model::{PipelineRow, RunnerKind};
use crate::store::kept::{given, user};
use crate::store::{artifacts, jobs, pipelines, plans};
use ci_yaml::Context;
use pipeline::{
    Dependency, Facts, JobId, PersistentRef, PipelineFacts, PipelineId, ProjectFacts, RunnerFacts, Template,
    Work,
};
use protocol::{ArtifactsFile, Secret};
use rusqlite::Connection;

/// Why a claimed job has no payload.
pub(super) struct NoPayload {
    /// GitLab's word.
    pub(super) reason: &'static str,
    /// In words.
    pub(super) message: String,
}

impl From<KernelError> for NoPayload {
    fn from(error: KernelError) -> Self {
        Self { reason: "scheduler_failure", message: error.to_string() }
    }
}

/// What a runner that is not of the instance is told of running jobs.
const NOT_COUNTED: &str = "+Inf";

impl Claim {
    fn pipeline_facts(&self) -> PipelineFacts<'_> {
        PipelineFacts {
            id: self.row.id,
            iid: self.row.iid,
            name: self.row.name.as_deref(),
            created_at: self.row.created_at,
            trigger_short_token: None,
        }
    }

    /// The context of its pipeline, with the settings of now.
    fn context(&self, url: &str) -> Context {
        let mut context = self.kept.context();
        settle(&mut context, &self.project, url, self.settings.clone());
        context
    }

    fn template(&self) -> Result<Box<Template>, KernelError> {
        match plans::read_work(&self.work)? {
            Work::Build(template) => Ok(template),
            Work::Bridge(_) => Err(KernelError::Internal("a job is a bridge")),
        }
    }
}

impl Kernel {
    /// The payload of a claimed job.
    pub(super) async fn payload(&self, claim: &mut Claim) -> Result<protocol::Job, NoPayload> {
        let template = claim.template()?;
        let context = claim.context(&self.inner.url);
        let url = repository_url(&self.inner.url, &claim.project.path, &claim.token);
        if !template.needs_pipeline.is_empty() {
            self.add_relatives(claim, &template, &context, &url).await?;
        }
        with_facts(claim, &url, |facts| {
            template.payload(&context, facts).map_err(|error| NoPayload {
                reason: error.failure_reason(),
                message: super::evaluate::in_words(&error),
            })
        })
    }

    /// Jobs of other pipelines of the family whose artifacts are wanted (`needs:pipeline:job`).
    async fn add_relatives(
        &self,
        claim: &mut Claim,
        template: &Template,
        context: &Context,
        url: &Secret,
    ) -> Result<(), NoPayload> {
        let wanted = with_facts(claim, url, |facts| {
            template.upstream(context, facts).map_err(|error| NoPayload {
                reason: error.failure_reason(),
                message: super::evaluate::in_words(&error),
            })
        })?;
        let (own, vault) = (claim.row.id, self.inner.vault.clone());
        let found = self.inner.store.read(move |db| {
            let mut found = Vec::new();
            for upstream in wanted {
                let Some(pipeline) = upstream.pipeline.filter(|id| *id != own) else { continue };
                if root(db, pipeline)? != root(db, own)? {
                    continue;
                }
                found.extend(relative(db, pipeline, &upstream.job)?);
            }
            let ids: Vec<JobId> = found.iter().map(|dependency| dependency.job).collect();
            Ok::<_, KernelError>((found, dotenv(db, &vault, &ids)?))
        });
        let (dependencies, variables) = found.await?;
        claim.dependencies.extend(dependencies);
        claim.dotenv.extend(variables);
        Ok(())
    }

    /// The address of an environment once a job that deployed to it is over, and when it stops by itself.
    pub(super) fn environment_url(&self, claim: &Claim) -> Result<Option<String>, NoPayload> {
        let template = claim.template()?;
        let context = claim.context(&self.inner.url);
        let url = repository_url(&self.inner.url, &claim.project.path, &claim.token);
        with_facts(claim, &url, |facts| {
            template.environment_url(&context, facts, &[]).map_err(|error| NoPayload {
                reason: error.failure_reason(),
                message: super::evaluate::in_words(&error),
            })
        })
    }
}

fn with_facts<T>(claim: &Claim, url: &Secret, work: impl FnOnce(&Facts<'_>) -> T) -> T {
    let (project, job) = (&claim.project, &claim.job);
    let count = match claim.runner.kind {
        RunnerKind::InstanceType => claim.running.to_string(),
        RunnerKind::ProjectType => NOT_COUNTED.to_owned(),
    };
    let by = user(&claim.user);
    let variables: Vec<_> = claim.variables.iter().map(given).collect();
    let waited = job.queued_at.map_or(0, |at| claim.now.0.saturating_sub(at.0));
    work(&Facts {
        queued_seconds: std::time::Duration::from_millis(waited).as_secs_f64(),
        running_count: &count,
        runner: Some(RunnerFacts {
            id: claim.runner.id.0,
            description: &claim.runner.description,
            tags: &claim.runner.tags,
        }),
        user: (claim.user.id != claim.kept.user.id).then_some(&by),
        dependencies: &claim.dependencies,
        dotenv: &claim.dotenv,
        job_variables: &variables,
        ..Facts::new(
            job.id,
            &claim.token,
            claim.pipeline_facts(),
            ProjectFacts {
                persistent_ref: PersistentRef::Pipeline,
                depth: project.git_depth,
                fetch: project.git_fetch,
                timeout: project.timeout,
                runner_timeout: claim.runner.maximum_timeout,
                cache_index: (project.cache_index > 0).then_some(project.cache_index),
                separate_caches: project.separate_caches,
                ..ProjectFacts::new(url)
            },
            claim.now,
        )
    })
}

/// Where a job fetches its project.
fn repository_url(server: &str, path: &str, token: &Secret) -> Secret {
    let (scheme, host) = server.split_once("://").unwrap_or(("http", server));
    let host = host.trim_end_matches('/');
    Secret::new(format!("{scheme}://gitlab-ci-token:{}@{host}/{path}.git", token.expose()))
}

/// Variables of the dotenv reports of some jobs, in their order.
pub(super) fn dotenv(
    db: &Connection,
    vault: &Vault,
    of: &[JobId],
) -> Result<Vec<(String, String)>, KernelError> {
    let mut all = Vec::new();
    for job in of {
        if let Some(sealed) = artifacts::dotenv(db, *job)? {
            let mut found: Vec<(String, String)> = vault.open_sealed("dotenv", &sealed)?;
            all.append(&mut found);
        }
    }
    Ok(all)
}

/// The first pipeline of a family of children.
fn root(db: &Connection, of: PipelineId) -> Result<Option<PipelineId>, KernelError> {
    let mut row: Option<PipelineRow> = pipelines::row(db, of)?;
    for _ in 0..10 {
        let Some(now) = &row else { return Ok(None) };
        match now.parent.filter(|_| now.source == "parent_pipeline") {
            Some(parent) => row = pipelines::row(db, parent.pipeline)?,
            None => break,
        }
    }
    Ok(row.map(|row| row.id))
}

/// The latest successful job of a name, with what it left.
fn relative(db: &Connection, of: PipelineId, name: &str) -> Result<Option<Dependency>, KernelError> {
    let all = jobs::of_pipeline(db, of)?;
    let fits = |job: &&crate::model::JobRow| {
        job.name == name && !job.retried && job.status == pipeline::Status::Success
    };
    let Some(job) = all.iter().find(fits) else { return Ok(None) };
    let archive = artifacts::one(db, job.id, "archive")?.map(|archive| ArtifactsFile {
        filename: archive.filename,
        size: i64::try_from(archive.size).unwrap_or(i64::MAX),
    });
    Ok(Some(Dependency { job: job.id, name: job.name.clone(), archive }))
}
