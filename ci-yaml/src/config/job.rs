//! A job as configured.

use super::{
    Artifacts, Cache, Environment, Hooks, IdToken, Image, Needs, Pages, Policy, Release, Retry, Rule,
    Service, Variables,
};
use crate::{Span, Spanned};
use indexmap::IndexMap;
use serde::Serialize;
use serde_json::Value as Json;
use std::sync::Arc;

/// When a job runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum When {
    /// When all before it succeeded.
    #[default]
    OnSuccess,
    /// When one before it failed.
    OnFailure,
    /// Whatever happened before it.
    Always,
    /// When somebody starts it.
    Manual,
    /// Some time after it could have run.
    Delayed,
    /// Not at all; in rules only.
    Never,
}

impl When {
    /// As written in a configuration.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::OnSuccess => "on_success",
            Self::OnFailure => "on_failure",
            Self::Always => "always",
            Self::Manual => "manual",
            Self::Delayed => "delayed",
            Self::Never => "never",
        }
    }

    /// From how it is written.
    pub fn parse(text: &str) -> Option<Self> {
        Some(match text {
            "on_success" => Self::OnSuccess,
            "on_failure" => Self::OnFailure,
            "always" => Self::Always,
            "manual" => Self::Manual,
            "delayed" => Self::Delayed,
            "never" => Self::Never,
            _ => return None,
        })
    }
}

/// A visible job. Keywords that a bridge has not are empty for it.
#[derive(Clone, Debug)]
pub struct Job {
    /// Its name; of a parallel instance with its suffix.
    pub name: Arc<str>,
    /// Where its name was written.
    pub span: Span,
    /// Where each of its keywords was written, after `extends`; inherited defaults are not among them.
    pub keywords: IndexMap<Arc<str>, Span>,
    /// What it does.
    pub kind: Kind,
    /// Its stage.
    pub stage: Spanned<Arc<str>>,
    /// `only`, with the implicit one.
    pub only: Option<Policy>,
    /// `except`.
    pub except: Option<Policy>,
    /// `rules`. Nothing where absent or null.
    pub rules: Option<Vec<Rule>>,
    /// `when` of the job itself.
    pub when: When,
    /// `start_in` of the job itself, as written.
    pub start_in: Option<Arc<str>>,
    /// `manual_confirmation`.
    pub manual_confirmation: Option<Arc<str>>,
    /// `allow_failure` of the job itself, with its default.
    pub allow_failure: AllowFailure,
    /// Its own variables, without those of the top level; of a matrix instance with the matrix's.
    pub variables: Variables,
    /// What it takes over from the top level.
    pub inherit: Inherit,
    /// `needs`. Nothing where absent or null.
    pub needs: Option<Needs>,
    /// `dependencies`. Nothing where absent or null.
    pub dependencies: Option<Vec<Spanned<Arc<str>>>>,
    /// `tags`, not expanded.
    pub tags: Vec<Arc<str>>,
    /// `resource_group`, not expanded.
    pub resource_group: Option<Arc<str>>,
    /// `environment`.
    pub environment: Option<Environment>,
    /// `interruptible`.
    pub interruptible: Option<bool>,
    /// `parallel`, before normalisation.
    pub parallel: Option<Spanned<Parallel>>,
    /// Which instance of a parallel job it is, after normalisation.
    pub instance: Option<Instance>,
    /// `image`.
    pub image: Option<Image>,
    /// `services`.
    pub services: Vec<Service>,
    /// `before_script`, flattened; nothing where absent.
    pub before_script: Option<Vec<Arc<str>>>,
    /// `script`, flattened.
    pub script: Option<Vec<Arc<str>>>,
    /// `after_script`, flattened.
    pub after_script: Option<Vec<Arc<str>>>,
    /// `hooks`.
    pub hooks: Option<Hooks>,
    /// `run`: steps, as written.
    pub run: Option<Json>,
    /// `cache`, one or several.
    pub cache: Option<Vec<Cache>>,
    /// `artifacts`.
    pub artifacts: Option<Artifacts>,
    /// `coverage`, without its slashes.
    pub coverage: Option<Arc<str>>,
    /// `retry`.
    pub retry: Option<Retry>,
    /// `timeout`, in seconds.
    pub timeout: Option<u64>,
    /// `release`.
    pub release: Option<Release>,
    /// `id_tokens`.
    pub id_tokens: IndexMap<Arc<str>, IdToken>,
    /// `secrets`, as written.
    pub secrets: Option<Json>,
    /// `dast_configuration`, as written.
    pub dast_configuration: Option<Json>,
    /// `identity`.
    pub identity: Option<Arc<str>>,
    /// Set for a job that publishes pages.
    pub pages: Option<Pages>,
    /// `inputs` of the job, as written.
    pub inputs: Option<Json>,
}

/// What a job does.
#[derive(Clone, Debug)]
pub enum Kind {
    /// Runs a script.
    Build,
    /// Starts another pipeline.
    Bridge(Option<Trigger>),
}

/// `allow_failure`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AllowFailure {
    /// Whether any failure is forgiven.
    pub allowed: bool,
    /// Exit codes that are forgiven.
    pub exit_codes: Option<Vec<i64>>,
}

/// `inherit`.
#[derive(Clone, Debug, Default)]
pub struct Inherit {
    /// Which defaults.
    pub default: InheritList,
    /// Which variables of the top level.
    pub variables: InheritList,
}

/// All, none, or some.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum InheritList {
    /// All: the default.
    #[default]
    All,
    /// `false`.
    None,
    /// Only these.
    Only(Vec<Arc<str>>),
}

impl InheritList {
    /// Whether something of this name is taken over.
    pub fn takes(&self, name: &str) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            Self::Only(names) => names.iter().any(|known| &**known == name),
        }
    }
}

/// `parallel`.
#[derive(Clone, Debug)]
pub enum Parallel {
    /// So many.
    Number(u32),
    /// `matrix`: each map gives all combinations of its lists.
    Matrix(Vec<IndexMap<Arc<str>, Vec<Arc<str>>>>),
}

/// Which instance of a parallel job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instance {
    /// The name of the job as configured.
    pub base: Arc<str>,
    /// From 1.
    pub index: u32,
    /// Of how many.
    pub total: u32,
    /// The combination, for a matrix.
    pub matrix: Option<IndexMap<Arc<str>, Arc<str>>>,
}

/// `trigger`.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Trigger {
    /// The downstream project, not expanded; nothing for a child pipeline.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub project: Option<Arc<str>>,
    /// Its branch, not expanded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub branch: Option<Arc<str>>,
    /// What a child pipeline is made of.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub include: Vec<TriggerInclude>,
    /// `depend` or `mirror`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub strategy: Option<Arc<str>>,
    /// What is passed on.
    pub forward: Forward,
    /// Inputs for a downstream project's configuration, as written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub inputs: Option<Json>,
}

/// One include of a child pipeline, its keys as written.
#[derive(Clone, Debug, Serialize)]
#[serde(transparent)]
pub struct TriggerInclude(pub IndexMap<Arc<str>, Json>);

/// `trigger:forward`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Forward {
    /// The bridge's own variables.
    pub yaml_variables: bool,
    /// Those given for the pipeline.
    pub pipeline_variables: bool,
}

impl Default for Forward {
    fn default() -> Self {
        Self { yaml_variables: true, pipeline_variables: false }
    }
}
