//! The payload of a job, when it starts (`Ci::BuildRunnerPresenter`).

mod caches;
mod features;
mod git;
mod unsupported;
mod variables;

pub use unsupported::Unsupported;
pub(crate) use variables::{Given, Layers, layers};

use crate::PipelineId;
use crate::facts::{self, Facts};
use crate::template::Template;
use ci_yaml::Context;
use ci_yaml::variables::{Collection, ExpansionError, Undefined};
use protocol::{Credentials, Dependency, Job, JobInfo, RunnerInfo, Secret, Step, Variable};
use std::collections::BTreeMap;

/// Why a job has no payload.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PayloadError {
    /// Its variables would not end.
    #[error("the variables of job {job} cannot be expanded")]
    Variables {
        /// The job.
        job: String,
        /// Why.
        source: ExpansionError,
    },
}

/// A job of another pipeline of the family, of which artifacts are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// Its pipeline; nothing where that came to no number.
    pub pipeline: Option<PipelineId>,
    /// Its name.
    pub job: String,
}

impl PayloadError {
    /// GitLab's word for it.
    pub fn failure_reason(&self) -> &'static str {
        match self {
            Self::Variables { .. } => "scheduler_failure",
        }
    }
}

impl Template {
    /// The payload, complete.
    ///
    /// # Errors
    /// Where variables refer to one another without measure.
    pub fn payload(&self, context: &Context, facts: &Facts<'_>) -> Result<Job, PayloadError> {
        let collection = self.collection(context, facts)?;
        let timeout = facts::timeout(self.timeout, facts.project.timeout, facts.project.runner_timeout);
        Ok(Job {
            id: facts.job.0,
            token: facts.token.clone(),
            allow_git_fetch: facts.project.fetch,
            job_info: self.job_info(context, facts),
            git_info: git::info(context, facts, &collection),
            runner_info: RunnerInfo { timeout: seconds(timeout), uuid: String::new() },
            inputs: self.inputs.clone(),
            steps: self.steps(facts, timeout),
            run: self.run.as_ref().map(ToString::to_string),
            hooks: self.hooks.clone(),
            image: self.image.clone(),
            services: self.services.clone(),
            artifacts: self.artifacts.clone(),
            cache: self.caches.iter().map(|cache| caches::entry(cache, context, &facts.project)).collect(),
            credentials: credentials(context, facts),
            dependencies: dependencies(facts),
            features: features::features(),
            secrets: self.missing_secrets(&collection),
            variables: wire(&collection),
            ..Job::default()
        })
    }

    /// The variables of a job, references among them resolved as far as a server does it.
    fn collection(&self, context: &Context, facts: &Facts<'_>) -> Result<Collection, PayloadError> {
        let all = variables::of(self, context, facts).map_err(|error| self.failed(error))?;
        all.handed_over().map_err(|error| self.failed(error))
    }

    fn failed(&self, source: ExpansionError) -> PayloadError {
        PayloadError::Variables { job: self.name.clone(), source }
    }

    /// The address of the environment once the job is over: with what its own dotenv report says. Nothing where there
    /// is none.
    ///
    /// # Errors
    /// Where variables refer to one another without measure.
    pub fn environment_url(
        &self,
        context: &Context,
        facts: &Facts<'_>,
        reported: &[(String, String)],
    ) -> Result<Option<String>, PayloadError> {
        let Some(url) = self.environment.as_ref().and_then(|environment| environment.url.as_deref()) else {
            return Ok(None);
        };
        let dotenv: Vec<_> = facts.dotenv.iter().chain(reported).cloned().collect();
        let facts = Facts { dotenv: &dotenv, ..facts.clone() };
        let collection = self.collection(context, &facts)?;
        let url = collection.expand(url, Undefined::Empty).map_err(|error| self.failed(error))?;
        Ok(Some(url).filter(|url| !url.trim().is_empty()))
    }

    /// The jobs of other pipelines of the family whose artifacts it is to have, named by numbers.
    ///
    /// # Errors
    /// Where variables refer to one another without measure.
    pub fn upstream(&self, context: &Context, facts: &Facts<'_>) -> Result<Vec<Upstream>, PayloadError> {
        let wanted: Vec<_> = self.needs_pipeline.iter().filter(|need| need.artifacts).collect();
        if wanted.is_empty() {
            return Ok(Vec::new());
        }
        let collection = self.collection(context, facts)?;
        let expand =
            |text: &str| collection.expand(text, Undefined::Empty).map_err(|error| self.failed(error));
        let of = |need: &&crate::OtherPipeline| {
            let pipeline = expand(&need.pipeline)?.trim().parse().ok().map(PipelineId);
            Ok(Upstream { pipeline, job: expand(&need.job)? })
        };
        wanted.iter().map(of).collect()
    }

    fn job_info(&self, context: &Context, facts: &Facts<'_>) -> JobInfo {
        let project = &context.project;
        let name = project.path.rsplit('/').next().unwrap_or(&project.path);
        let user = facts.user.unwrap_or(&context.user);
        JobInfo {
            name: self.name.clone(),
            stage: self.stage.clone(),
            pipeline_id: facts.pipeline.id.0,
            project_id: number(project.id),
            project_name: project.title.clone().unwrap_or_else(|| name.to_owned()),
            project_full_path: project.path.clone(),
            // Only a server numbers namespaces; `CI_PROJECT_NAMESPACE_ID` says the same.
            namespace_id: 1,
            root_namespace_id: 1,
            organization_id: 1,
            user_id: number(user.id),
            time_in_queue_seconds: facts.queued_seconds,
            project_jobs_running_on_instance_runners_count: facts.running_count.to_owned(),
            ..JobInfo::default()
        }
    }

    fn steps(&self, facts: &Facts<'_>, timeout: u64) -> Vec<Step> {
        // Steps of `run` take the place of scripts.
        let steps = self.steps.iter().filter(|_| self.run.is_none());
        let steps = steps.filter(|step| facts.releases || step.name != crate::template::RELEASE);
        steps.map(|step| Step { timeout: seconds(timeout), ..step.clone() }).collect()
    }

    /// Secrets of outside that nobody has given a value here.
    fn missing_secrets(&self, collection: &Collection) -> BTreeMap<String, serde_json::Value> {
        let missing = self.secrets.iter().filter(|(name, _)| collection.get(name).is_none());
        missing.map(|(name, secret)| (name.clone(), secret.clone())).collect()
    }
}

fn wire(collection: &Collection) -> Vec<Variable> {
    let defined = collection.iter().filter_map(|item| Some((item, item.value.as_deref()?)));
    defined
        .map(|(item, value)| Variable {
            key: item.name.to_string(),
            value: value.to_owned(),
            public: item.public,
            masked: item.masked,
            file: item.file,
            raw: item.raw,
        })
        .collect()
}

fn credentials(context: &Context, facts: &Facts<'_>) -> Vec<Credentials> {
    let login = context.project.registry.as_deref().zip(facts.registry);
    let login = login.map(|(registry, login)| Credentials {
        kind: "registry".into(),
        url: registry.to_owned(),
        username: login.user.to_owned(),
        password: login.password.clone(),
    });
    login.into_iter().collect()
}

/// With the token of the job that runs.
fn dependencies(facts: &Facts<'_>) -> Vec<Dependency> {
    let of = |dependency: &facts::Dependency| Dependency {
        id: dependency.job.0,
        name: dependency.name.clone(),
        token: Secret::clone(facts.token),
        artifacts_file: dependency.archive.clone().unwrap_or_default(),
    };
    facts.dependencies.iter().map(of).collect()
}

fn seconds(seconds: u64) -> i64 {
    i64::try_from(seconds).unwrap_or(i64::MAX)
}

fn number(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
