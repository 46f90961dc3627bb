//! The pipeline that a bridge starts (`Ci::CreateDownstreamPipelineService`).

use super::{Bridge, MOST_NESTED, forward};
use crate::JobId;
use crate::facts::PipelineFacts;
use crate::payload::{Given, Layers, layers};
use ci_yaml::include::Main;
use ci_yaml::variables::{Builder, Collection, ExpansionError, Item, Origin, Undefined};
use ci_yaml::{Context, GivenVariable, Parent, Source, User};
use indexmap::IndexMap;
use serde_json::{Value as Json, json};

/// What is known of a bridge only when it starts.
#[derive(Clone, Copy, Debug)]
pub struct BridgeFacts<'a> {
    /// The bridge.
    pub job: JobId,
    /// Its pipeline.
    pub pipeline: PipelineFacts<'a>,
    /// How many parents its pipeline has: none where it is no child.
    pub depth: u32,
    /// Who started the bridge, where that is not who started the pipeline.
    pub user: Option<&'a User>,
    /// Variables of the dotenv reports of jobs before it.
    pub dotenv: &'a [(String, String)],
    /// Variables given when somebody started this very bridge.
    pub job_variables: &'a [GivenVariable],
}

/// What a bridge starts.
#[derive(Clone, Debug)]
pub enum Downstream {
    /// A pipeline of the same commit.
    Child(Box<ChildContext>),
    /// A pipeline of another project.
    Project(ProjectTrigger),
    /// Nothing: it shows the status of the last pipeline of this project.
    Mirror(String),
}

/// What a child pipeline is made of.
#[derive(Clone, Debug)]
pub struct ChildContext {
    /// What it is made for.
    pub context: Context,
    /// Its configuration. Includes of artifacts are asked for with `Sources::artifact`.
    pub main: Main,
    /// Those artifacts.
    pub artifacts: Vec<IncludedArtifact>,
}

/// A file that a job of the parent pipeline made, as configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncludedArtifact {
    /// The job.
    pub job: String,
    /// The path in its archive.
    pub path: String,
}

/// What a pipeline of another project is made for.
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectTrigger {
    /// The project.
    pub project: String,
    /// Its branch or tag; the one it checks out by default where there is none.
    pub branch: Option<String>,
    /// Inputs of its configuration.
    pub inputs: IndexMap<String, Json>,
    /// Variables that are passed on.
    pub variables: Vec<GivenVariable>,
}

/// Why a bridge starts no pipeline.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BridgeError {
    /// Its pipeline is a descendant of too many.
    #[error("a child of a child of a pipeline can have no children: does the pipeline start itself?")]
    TooDeep,
    /// The name of the other project came to nothing.
    #[error("the project of bridge {job} is empty when its variables are expanded")]
    NoProject {
        /// The bridge.
        job: String,
    },
    /// It wants a pipeline of another project, of which nothing is here.
    #[error("bridge {job} starts a pipeline of project {project}, which cannot run here")]
    OtherProject {
        /// The bridge.
        job: String,
        /// The project.
        project: String,
    },
    /// It shows the status of a pipeline of another project, of which nothing is here.
    #[error("bridge {job} mirrors a pipeline of project {project}, which is not here")]
    Mirror {
        /// The bridge.
        job: String,
        /// The project.
        project: String,
    },
    /// Its variables would not end.
    #[error("the variables of bridge {job} cannot be expanded")]
    Variables {
        /// The bridge.
        job: String,
        /// Why.
        source: ExpansionError,
    },
}

impl BridgeError {
    /// GitLab's word for it.
    pub fn failure_reason(&self) -> &'static str {
        match self {
            Self::TooDeep => "reached_max_descendant_pipelines_depth",
            Self::NoProject { .. } => "downstream_project_trigger_resolved_to_empty",
            Self::OtherProject { .. } | Self::Mirror { .. } => "downstream_bridge_project_not_found",
            Self::Variables { .. } => "downstream_pipeline_creation_failed",
        }
    }
}

impl Bridge {
    /// What it starts.
    ///
    /// # Errors
    /// Where that cannot be told, or goes too deep.
    pub fn downstream(&self, parent: &Context, facts: &BridgeFacts<'_>) -> Result<Downstream, BridgeError> {
        let seen = self.seen(parent, facts).map_err(|error| self.failed(error))?;
        let expanded = |text: &str| seen.expand(text, Undefined::Empty).map_err(|error| self.failed(error));
        if let Some(project) = &self.mirror {
            return Ok(Downstream::Mirror(expanded(project)?));
        }
        let variables = forward::variables(self, parent, facts.dotenv, &seen);
        if let Some(project) = &self.project {
            let project = expanded(project)?;
            if project.trim().is_empty() {
                return Err(BridgeError::NoProject { job: self.name.clone() });
            }
            let branch = self.branch.as_deref().map(expanded).transpose()?;
            let branch = branch.filter(|branch| !branch.trim().is_empty());
            let inputs = self.inputs.clone();
            return Ok(Downstream::Project(ProjectTrigger { project, branch, inputs, variables }));
        }
        if facts.depth >= MOST_NESTED {
            return Err(BridgeError::TooDeep);
        }
        self.child_with(parent, facts, variables).map(|child| Downstream::Child(Box::new(child)))
    }

    /// The child pipeline it starts, for those who have no other projects.
    ///
    /// # Errors
    /// As [`Bridge::downstream`], and where it starts none.
    pub fn child(&self, parent: &Context, facts: &BridgeFacts<'_>) -> Result<ChildContext, BridgeError> {
        let job = || self.name.clone();
        match self.downstream(parent, facts)? {
            Downstream::Child(child) => Ok(*child),
            Downstream::Project(ProjectTrigger { project, .. }) => {
                Err(BridgeError::OtherProject { job: job(), project })
            }
            Downstream::Mirror(project) => Err(BridgeError::Mirror { job: job(), project }),
        }
    }

    fn failed(&self, source: ExpansionError) -> BridgeError {
        BridgeError::Variables { job: self.name.clone(), source }
    }

    /// The variables of the bridge: as those of a job, with those of the stored pipeline behind.
    fn seen(&self, parent: &Context, facts: &BridgeFacts<'_>) -> Result<Collection, ExpansionError> {
        let mut all = layers(
            parent,
            &Layers {
                predefined: &self.predefined,
                yaml: &self.variables,
                environment: self.environment.as_ref(),
                pipeline: facts.pipeline,
                given: Given {
                    user: facts.user,
                    runner: None,
                    dotenv: facts.dotenv,
                    job_variables: facts.job_variables,
                },
            },
        );
        let id = facts.pipeline.id;
        let project = format!("{}/{}", parent.project.server_url, parent.project.path);
        all.push(Item::new("CI_PIPELINE_ID", id.to_string(), Origin::Run));
        all.push(Item::new("CI_PIPELINE_URL", format!("{project}/-/pipelines/{id}"), Origin::Run));
        all.handed_over()
    }

    fn child_with(
        &self,
        parent: &Context,
        facts: &BridgeFacts<'_>,
        variables: Vec<GivenVariable>,
    ) -> Result<ChildContext, BridgeError> {
        let number = |number: i64| u64::try_from(number).unwrap_or_default();
        let context = Context {
            source: Source::new("parent_pipeline").unwrap_or_else(Source::push),
            user: facts.user.unwrap_or(&parent.user).clone(),
            parent: Some(Parent {
                project_id: parent.project.id,
                pipeline_id: number(facts.pipeline.id.0),
                job_id: number(facts.job.0),
            }),
            skip: false,
            variables,
            schedule_variables: Vec::new(),
            schedule_description: None,
            inputs: IndexMap::new(),
            chat_job: None,
            ..parent.clone()
        };
        let artifacts = self.artifacts(&context).map_err(|error| self.failed(error))?;
        // JSON is YAML.
        let text = json!({ "include": self.include }).to_string();
        let main = Main::Text { name: format!("trigger of {}", self.name), text: text.into() };
        Ok(ChildContext { context, main, artifacts })
    }

    /// The artifacts that are included, named as the child sees them.
    fn artifacts(&self, context: &Context) -> Result<Vec<IncludedArtifact>, ExpansionError> {
        let builder = Builder::new(context);
        let scope = builder.for_include();
        let text = |include: &IndexMap<String, Json>, key: &str| {
            let text = include.get(key).and_then(Json::as_str)?;
            Some(scope.expand(text, Undefined::Empty))
        };
        let mut wanted = Vec::new();
        for include in &self.include {
            if let (Some(path), Some(job)) = (text(include, "artifact"), text(include, "job")) {
                let path = path?.trim_start_matches('/').to_owned();
                wanted.push(IncludedArtifact { job: job?, path });
            }
        }
        Ok(wanted)
    }
}
