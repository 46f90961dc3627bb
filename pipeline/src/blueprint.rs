//! A pipeline before it moves: what its jobs wait for, and what they do.

mod spec;

use crate::bridge::Bridge;
use crate::template::Template;
use crate::{AutoCancel, OnNewCommit, Spec};
use ci_yaml::config;
use ci_yaml::variables::{Builder, ExpansionError};
use ci_yaml::{Context, pipeline};
use serde::{Deserialize, Serialize};

/// A pipeline before it moves. It holds no secrets of settings but what a name of an environment or a resource group
/// was made of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Blueprint {
    /// Its name, expanded.
    pub name: Option<String>,
    /// All stages of the configuration, with `.pre` and `.post`; [`Spec::stage_index`] counts in it.
    pub stages: Vec<String>,
    /// What cancels it.
    pub auto_cancel: AutoCancel,
    /// Its jobs, in stage order, then in the order of their definition.
    pub jobs: Vec<Planned>,
}

/// A job of a [`Blueprint`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Planned {
    /// What processing has to know of it.
    pub spec: Spec,
    /// What it does.
    pub work: Work,
}

/// What a job does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Work {
    /// It runs on a runner.
    Build(Box<Template>),
    /// It starts another pipeline.
    Bridge(Box<Bridge>),
}

/// Why a pipeline cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BlueprintError {
    /// A name that a job makes of variables would not end.
    #[error("{keyword} of job {job} cannot be expanded")]
    Expansion {
        /// The job.
        job: String,
        /// The keyword.
        keyword: &'static str,
        /// Why.
        source: ExpansionError,
    },
    /// A delayed job without a time that can be read.
    #[error("start_in of job {job} is no duration")]
    StartIn {
        /// The job.
        job: String,
    },
}

impl Blueprint {
    /// Makes it of what was evaluated.
    ///
    /// # Errors
    /// Where a name cannot be expanded.
    pub fn of(pipeline: &pipeline::Pipeline, context: &Context) -> Result<Self, BlueprintError> {
        let builder = Builder::new(context);
        let jobs = pipeline.jobs.iter().map(|job| planned(&builder, job)).collect::<Result<_, _>>()?;
        Ok(Self {
            name: pipeline.name.clone(),
            stages: pipeline.stages.iter().map(ToString::to_string).collect(),
            auto_cancel: auto_cancel(pipeline.auto_cancel),
            jobs,
        })
    }
}

fn planned(builder: &Builder<'_>, job: &pipeline::Job) -> Result<Planned, BlueprintError> {
    let spec = spec::of(builder, job)?;
    let work = match &job.config.kind {
        config::Kind::Build => Work::Build(Box::new(Template::of(builder, job)?)),
        config::Kind::Bridge(trigger) => Work::Bridge(Box::new(Bridge::of(builder, job, trigger.as_ref())?)),
    };
    Ok(Planned { spec, work })
}

fn auto_cancel(written: config::AutoCancel) -> AutoCancel {
    AutoCancel {
        on_new_commit: match written.on_new_commit {
            None | Some(config::OnNewCommit::Conservative) => OnNewCommit::Conservative,
            Some(config::OnNewCommit::Interruptible) => OnNewCommit::Interruptible,
            Some(config::OnNewCommit::None) => OnNewCommit::None,
        },
        on_job_failure: written.on_job_failure == Some(config::OnJobFailure::All),
    }
}

/// What could not be expanded, and of which job.
pub(crate) fn failed<'j>(
    job: &'j pipeline::Job,
    keyword: &'static str,
) -> impl FnOnce(ExpansionError) -> BlueprintError + 'j {
    move |source| BlueprintError::Expansion { job: job.name().to_string(), keyword, source }
}
