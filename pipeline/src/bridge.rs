//! A job that starts another pipeline.

mod child;
mod family;
mod forward;

pub use child::{BridgeError, BridgeFacts, ChildContext, Downstream, IncludedArtifact, ProjectTrigger};
pub use family::{Ancestor, MOST_NESTED, is_loop};

use crate::blueprint::BlueprintError;
use crate::template::{Brought, Environment, Variable};
use ci_yaml::config;
use ci_yaml::pipeline;
use ci_yaml::variables::Builder;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

/// A job that starts another pipeline.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Bridge {
    /// Its name.
    pub name: String,
    /// Its stage.
    pub stage: String,
    /// Predefined variables of the job.
    pub predefined: Vec<Variable>,
    /// Variables of the configuration, not expanded.
    pub variables: Vec<Variable>,
    /// Its environment.
    pub environment: Option<Environment>,
    /// The other project, not expanded; nothing for a child pipeline.
    pub project: Option<String>,
    /// Its branch, not expanded.
    pub branch: Option<String>,
    /// What a child pipeline is made of, each as written.
    pub include: Vec<IndexMap<String, Json>>,
    /// Inputs for the other project's configuration.
    pub inputs: IndexMap<String, Json>,
    /// Whether variables of the configuration are passed on.
    pub forward_yaml: bool,
    /// Whether variables given for the pipeline are passed on.
    pub forward_pipeline: bool,
    /// The project whose pipeline it mirrors, not expanded.
    pub mirror: Option<String>,
}

impl Bridge {
    pub(crate) fn of(
        builder: &Builder<'_>,
        job: &pipeline::Job,
        trigger: Option<&config::Trigger>,
    ) -> Result<Self, BlueprintError> {
        let written = &*job.config;
        let Brought { predefined, variables, environment } = Brought::of(builder, job)?;
        let forward = trigger.map(|trigger| trigger.forward).unwrap_or_default();
        let text = |text: &std::sync::Arc<str>| text.to_string();
        let include = trigger.into_iter().flat_map(|trigger| &trigger.include);
        let inputs = trigger.and_then(|trigger| trigger.inputs.as_ref()).and_then(Json::as_object);
        Ok(Self {
            name: written.name.to_string(),
            stage: written.stage.value.to_string(),
            predefined,
            variables,
            environment,
            project: trigger.and_then(|trigger| trigger.project.as_ref()).map(text),
            branch: trigger.and_then(|trigger| trigger.branch.as_ref()).map(text),
            include: include
                .map(|include| {
                    include.0.iter().map(|(key, value)| (key.to_string(), value.clone())).collect()
                })
                .collect(),
            inputs: inputs.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect(),
            forward_yaml: forward.yaml_variables,
            forward_pipeline: forward.pipeline_variables,
            mirror: written.needs.as_ref().and_then(|needs| needs.mirror.as_ref()).map(text),
        })
    }
}
