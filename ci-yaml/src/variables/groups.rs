//! Variables by the groups that GitLab puts them in, for whoever puts the list of a job together
//! (`Variables::Builder#scoped_variables`).

use super::{Builder, Collection, Item, builder, predefined, settings};
use crate::{Context, pipeline};
use std::sync::Arc;

/// What a job itself brings along.
#[derive(Clone, Debug)]
pub struct JobGroups {
    /// Predefined ones, in GitLab's order; `CI_PIPELINE_IID` and `CI_CONFIG_REF_URI` are of the pipeline and not here.
    pub predefined: Vec<Item>,
    /// The configuration's: the top level's as inherited, the workflow rule's, the job's, the matrix's, the rule's.
    pub yaml: Vec<Item>,
    /// The name of its environment, expanded; nothing where there is none or nothing is left of it.
    pub environment: Option<Arc<str>>,
}

/// What all jobs of a pipeline get, those of an environment aside.
#[derive(Clone, Debug)]
pub struct Surroundings {
    /// Of the server and the project.
    pub project: Vec<Item>,
    /// Of the pipeline, its commit and what it was made for, beginning with `CI_PIPELINE_SOURCE`. Values given with the
    /// context for names that nothing computes are at the end.
    pub pipeline: Vec<Item>,
    /// Address of the configuration: `CI_CONFIG_REF_URI`.
    pub config_ref_uri: Option<Item>,
    /// A value that was given with the context for `CI_PIPELINE_IID`.
    pub pipeline_iid: Option<Item>,
    /// Of who started it.
    pub user: Vec<Item>,
    /// Settings of the instance, the groups and the project, as far as they are for this environment.
    pub settings: Vec<Item>,
    /// Given for the pipeline, then of its schedule.
    pub given: Vec<Item>,
}

impl Surroundings {
    /// Those of a context, with the settings for an environment.
    pub fn new(context: &Context, environment: Option<&str>) -> Self {
        let (project, pipeline) = predefined::by_group(context);
        let given_of_jobs = predefined::given_of_jobs(context);
        let config_ref_uri = match given_of_jobs.get("CI_CONFIG_REF_URI") {
            Some(given) => Some(given.clone()),
            None => Some(predefined::config_ref_uri(context)),
        };
        Self {
            project: defined(project),
            pipeline: defined(pipeline),
            config_ref_uri: config_ref_uri.filter(|item| item.value.is_some()),
            pipeline_iid: given_of_jobs.get("CI_PIPELINE_IID").cloned(),
            user: predefined::of_user(context).filter(|item| item.value.is_some()).collect(),
            settings: settings::for_environment(context, environment).collect(),
            given: builder::given(context).collect(),
        }
    }
}

fn defined(collection: Collection) -> Vec<Item> {
    collection.iter().filter(|item| item.value.is_some()).cloned().collect()
}

impl Builder<'_> {
    /// What a job of a pipeline brings along.
    pub fn groups_of(&self, job: &pipeline::Job) -> JobGroups {
        let scope = self.for_planned(job);
        let facts = scope.job.as_ref();
        let of_pipeline = |item: &Item| matches!(&*item.name, "CI_PIPELINE_IID" | "CI_CONFIG_REF_URI");
        let predefined = facts.into_iter().flat_map(predefined::JobFacts::iter);
        let predefined = predefined.filter(|item| item.value.is_some() && !of_pipeline(item)).collect();
        let environment = facts.and_then(|facts| facts.environment.clone());
        JobGroups {
            predefined,
            yaml: job.variables().collect(),
            environment: environment.filter(|name| !name.trim().is_empty()),
        }
    }
}
