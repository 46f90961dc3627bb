//! Makes templates of evaluated jobs.

use super::{
    ArtifactAccess, Cache, Environment, OtherPipeline, OtherProject, Template, Variable, artifacts, images,
    steps,
};
use crate::blueprint::{BlueprintError, failed};
use ci_yaml::config::{self, CacheKey};
use ci_yaml::pipeline;
use ci_yaml::variables::Builder;
use indexmap::IndexMap;
use protocol::{CacheEntry, JobInput};
use serde_json::{Value as Json, json};

impl Template {
    pub(crate) fn of(builder: &Builder<'_>, job: &pipeline::Job) -> Result<Self, BlueprintError> {
        let written = &*job.config;
        let brought = Brought::of(builder, job)?;
        let needs = written.needs.as_ref();
        let texts = |list: &[std::sync::Arc<str>]| artifacts::texts(Some(list));
        Ok(Self {
            name: written.name.to_string(),
            stage: written.stage.value.to_string(),
            tags: texts(&job.tags),
            predefined: brought.predefined,
            variables: brought.variables,
            environment: brought.environment,
            steps: steps::all(written),
            hooks: steps::hooks(written),
            image: written.image.as_ref().map(images::image).unwrap_or_default(),
            services: written.services.iter().map(images::service).collect(),
            artifacts: written.artifacts.as_ref().map(artifacts::all).unwrap_or_default(),
            artifact_access: written.artifacts.as_ref().map(ArtifactAccess::of).unwrap_or_default(),
            caches: job.cache.iter().flatten().map(cache).collect(),
            timeout: written.timeout,
            coverage: written.coverage.as_deref().map(str::to_owned),
            needs_pipeline: needs.map(other_pipelines).unwrap_or_default(),
            needs_project: needs.map(other_projects).unwrap_or_default(),
            id_tokens: written
                .id_tokens
                .iter()
                .map(|(name, token)| (name.to_string(), texts(&token.aud)))
                .collect(),
            secrets: entries(written.secrets.as_ref()),
            run: written.run.clone(),
            inputs: inputs(written.inputs.as_ref()),
            manual_confirmation: written.manual_confirmation.as_deref().map(str::to_owned),
            pages: written.pages.is_some(),
            ignored: ignored(written),
        })
    }
}

/// What a job brings along of variables.
pub(crate) struct Brought {
    pub(crate) predefined: Vec<Variable>,
    pub(crate) variables: Vec<Variable>,
    pub(crate) environment: Option<Environment>,
}

impl Brought {
    pub(crate) fn of(builder: &Builder<'_>, job: &pipeline::Job) -> Result<Self, BlueprintError> {
        let groups = builder.groups_of(job);
        let environment = match (&groups.environment, &job.config.environment) {
            (Some(name), Some(written)) => {
                let scope = builder.for_planned(job);
                Some(Environment::new(name, written, &scope).map_err(failed(job, "environment"))?)
            }
            _ => None,
        };
        let mut predefined: Vec<Variable> = groups.predefined.into_iter().filter_map(Variable::of).collect();
        if let Some(environment) = &environment {
            set_tier(&mut predefined, &environment.tier);
        }
        let variables = groups.yaml.into_iter().filter_map(Variable::of).collect();
        Ok(Self { predefined, variables, environment })
    }
}

/// Puts the tier behind the action, whether it was written or guessed.
fn set_tier(predefined: &mut Vec<Variable>, tier: &str) {
    let tier = Variable { name: "CI_ENVIRONMENT_TIER".into(), value: tier.into(), raw: false };
    if let Some(known) = predefined.iter_mut().find(|variable| variable.name == tier.name) {
        *known = tier;
        return;
    }
    let action = predefined.iter().position(|variable| &*variable.name == "CI_ENVIRONMENT_ACTION");
    predefined.insert(action.map_or(predefined.len(), |action| action + 1), tier);
}

fn cache(cache: &config::Cache) -> Cache {
    let key = match &cache.key {
        CacheKey::Text(key) => key.to_string(),
        // Its files could not be looked at, of which the evaluator has told.
        CacheKey::Files { prefix: Some(prefix), .. } => format!("{prefix}-default"),
        CacheKey::Files { prefix: None, .. } => "default".to_owned(),
    };
    let entry = CacheEntry {
        key,
        untracked: cache.untracked.unwrap_or(false),
        paths: artifacts::texts(cache.paths.as_deref()),
        policy: cache.policy.to_string(),
        when: artifacts::when(Some(&cache.when)),
        fallback_keys: artifacts::texts(Some(&cache.fallback_keys)),
    };
    Cache { entry, unprotect: cache.unprotect }
}

fn other_pipelines(needs: &config::Needs) -> Vec<OtherPipeline> {
    let needs = needs.cross_pipeline.iter();
    needs
        .map(|need| OtherPipeline {
            pipeline: need.pipeline.to_string(),
            job: need.job.to_string(),
            artifacts: need.artifacts,
        })
        .collect()
}

fn other_projects(needs: &config::Needs) -> Vec<OtherProject> {
    let needs = needs.cross_project.iter();
    needs
        .map(|need| OtherProject {
            project: need.project.to_string(),
            job: need.job.to_string(),
            reference: need.reference.to_string(),
            artifacts: need.artifacts,
        })
        .collect()
}

fn entries(map: Option<&Json>) -> IndexMap<String, Json> {
    let map = map.and_then(Json::as_object);
    map.into_iter().flatten().map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// Inputs of a job have defaults; a type that was not written is that of text.
fn inputs(written: Option<&Json>) -> Vec<JobInput> {
    let input = |(key, declared): (String, Json)| {
        let kind = declared.get("type").and_then(Json::as_str).unwrap_or("string");
        let content = declared.get("default")?;
        Some(JobInput { key, value: json!({"type": kind, "content": content}) })
    };
    entries(written).into_iter().filter_map(input).collect()
}

fn ignored(job: &config::Job) -> Vec<String> {
    let present =
        [("dast_configuration", job.dast_configuration.is_some()), ("identity", job.identity.is_some())];
    present.into_iter().filter(|(_, present)| *present).map(|(keyword, _)| keyword.to_owned()).collect()
}
