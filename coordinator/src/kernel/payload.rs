//! What a runner gets of a job that it took.

use super::claim::Claim;
use super::evaluate::settle;
use super::keys::Vault;
use super::open::Kernel;
use crate::error::KernelError;
use crate::model::{PipelineRow, PipelineVariable, RunnerKind};
use crate::store::kept::{KeptContext, given, user};
use crate::store::{artifacts, jobs, pipelines, plans};
use ci_yaml::{Context, GivenVariable};
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

    /// The coordinator's address as the job is to know it.
    fn url<'u>(&'u self, known: &'u str) -> &'u str {
        self.base.as_deref().unwrap_or(known)
    }

    /// What is kept encrypted or as text, opened.
    fn open(&self, vault: &Vault, server: &str) -> Result<Opened, KernelError> {
        let kept: KeptContext = vault.open_sealed("context", &self.sealed.context)?;
        let variables: Vec<PipelineVariable> = match &self.sealed.variables {
            Some(sealed) => vault.open_sealed("variables", sealed)?,
            None => Vec::new(),
        };
        let Work::Build(template) = plans::read_work(&self.work)? else {
            return Err(KernelError::Internal("a job is a bridge"));
        };
        let mut context = kept.context();
        let (instance, own) = &self.settings;
        settle(&mut context, &self.project, server, (instance.to_vec(), own.to_vec()));
        let by = self.user.as_ref().filter(|by| by.id != kept.user.id).map(user);
        Ok(Opened {
            variables: variables.iter().map(given).collect(),
            dotenv: dotenv_of(vault, &self.sealed.dotenv)?,
            url: repository_url(server, &self.project.path, &self.token),
            by,
            context,
            template,
        })
    }
}

/// A claim, opened.
struct Opened {
    template: Box<Template>,
    /// The context of its pipeline, with the settings of now.
    context: Context,
    /// Who the job is for, where that is not who the pipeline is for.
    by: Option<ci_yaml::User>,
    variables: Vec<GivenVariable>,
    dotenv: Vec<(String, String)>,
    url: Secret,
}

impl Kernel {
    /// The payload of a claimed job.
    pub(super) async fn payload(&self, claim: &mut Claim) -> Result<protocol::Job, NoPayload> {
        let mut opened = claim.open(&self.inner.vault, claim.url(&self.inner.url))?;
        if !opened.template.needs_pipeline.is_empty() {
            self.add_relatives(claim, &mut opened).await?;
        }
        with_facts(claim, &opened, |facts| {
            opened.template.payload(&opened.context, facts).map_err(|error| NoPayload {
                reason: error.failure_reason(),
                message: super::evaluate::in_words(&error),
            })
        })
    }

    /// Jobs of other pipelines of the family whose artifacts are wanted (`needs:pipeline:job`).
    async fn add_relatives(&self, claim: &mut Claim, opened: &mut Opened) -> Result<(), NoPayload> {
        let wanted = with_facts(claim, opened, |facts| {
            opened.template.upstream(&opened.context, facts).map_err(|error| NoPayload {
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
        opened.dotenv.extend(variables);
        Ok(())
    }

    /// The address of an environment once a job that deployed to it is over, and when it stops by itself.
    pub(super) fn environment_url(&self, claim: &Claim) -> Result<Option<String>, NoPayload> {
        let opened = claim.open(&self.inner.vault, claim.url(&self.inner.url))?;
        with_facts(claim, &opened, |facts| {
            opened.template.environment_url(&opened.context, facts, &[]).map_err(|error| NoPayload {
                reason: error.failure_reason(),
                message: super::evaluate::in_words(&error),
            })
        })
    }
}

fn with_facts<T>(claim: &Claim, opened: &Opened, work: impl FnOnce(&Facts<'_>) -> T) -> T {
    let (project, job) = (&claim.project, &claim.job);
    let count = match claim.runner.kind {
        RunnerKind::InstanceType => claim.running.to_string(),
        RunnerKind::ProjectType => NOT_COUNTED.to_owned(),
    };
    let waited = job.queued_at.map_or(0, |at| claim.now.0.saturating_sub(at.0));
    work(&Facts {
        queued_seconds: std::time::Duration::from_millis(waited).as_secs_f64(),
        running_count: &count,
        runner: Some(RunnerFacts {
            id: claim.runner.id.0,
            description: &claim.runner.description,
            tags: &claim.runner.tags,
        }),
        user: opened.by.as_ref(),
        dependencies: &claim.dependencies,
        dotenv: &opened.dotenv,
        job_variables: &opened.variables,
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
                ..ProjectFacts::new(&opened.url)
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
    dotenv_of(vault, &artifacts::dotenv(db, of)?)
}

fn dotenv_of(vault: &Vault, sealed: &[Vec<u8>]) -> Result<Vec<(String, String)>, KernelError> {
    let opened = sealed.iter().map(|sealed| vault.open_sealed::<Vec<(String, String)>>("dotenv", sealed));
    Ok(opened.collect::<Result<Vec<_>, _>>()?.concat())
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
