//! The job itself: few variables, computed when they are asked for, so that a thousand jobs cost nothing.

use super::project;
use crate::config::{Job, When};
use crate::matching::slug::slugify;
use crate::variables::expand::may_refer;
use crate::variables::{Collection, Item, Origin};
use crate::{Context, Ref};
use regex::Regex;
use std::sync::{Arc, LazyLock};

/// All that a job can have, in GitLab's order (`Variables::Builder#predefined_variables_from_job_attr`), and the two
/// that become known when jobs are made.
const NAMES: &[&str] = &[
    "CI_JOB_NAME",
    "CI_JOB_NAME_SLUG",
    "CI_JOB_GROUP_NAME",
    "CI_JOB_STAGE",
    "CI_JOB_MANUAL",
    "CI_PIPELINE_TRIGGERED",
    "CI_NODE_INDEX",
    "CI_NODE_TOTAL",
    "CI_ENVIRONMENT_NAME",
    "CI_ENVIRONMENT_ACTION",
    "CI_ENVIRONMENT_TIER",
    "CI_ENVIRONMENT_URL",
    "CI_PIPELINE_IID",
    "CI_CONFIG_REF_URI",
];

/// Whether a predefined variable is of a job rather than of the pipeline.
pub(in crate::variables) fn is_of_job(name: &str) -> bool {
    let known =
        || NAMES.contains(&name) || name.starts_with("CI_JOB_") || name.starts_with("CI_ENVIRONMENT_");
    name.starts_with("CI_") && known()
}

/// The job whose variables are asked for.
#[derive(Clone, Debug)]
pub(in crate::variables) struct JobFacts<'a> {
    pub(in crate::variables) context: &'a Context,
    pub(in crate::variables) job: &'a Job,
    /// When it runs; once it is made, as its rule says.
    pub(in crate::variables) when: When,
    /// The expanded name of its environment, once it is known.
    pub(in crate::variables) environment: Option<Arc<str>>,
    /// Values given with the context, which go over what is computed.
    pub(in crate::variables) given: &'a Collection,
}

impl JobFacts<'_> {
    pub(in crate::variables) fn get(&self, name: &str) -> Option<Item> {
        if let Some(item) = self.given.get(name) {
            return Some(item.clone());
        }
        let name = NAMES.iter().find(|known| **known == name)?;
        Some(Item::new(*name, self.value(name)?, Origin::Predefined))
    }

    pub(in crate::variables) fn iter(&self) -> impl Iterator<Item = Item> {
        let computed = NAMES.iter().filter(|name| self.given.get(name).is_none());
        computed.filter_map(|name| self.get(name)).chain(self.given.iter().cloned())
    }

    /// Those whose values may refer to other variables.
    pub(in crate::variables) fn iter_referring(&self) -> impl Iterator<Item = Item> {
        let environment = self.job.environment.as_ref();
        let url = environment.and_then(|environment| environment.url.as_deref());
        let tier = environment.and_then(|environment| environment.deployment_tier.as_deref());
        let texts =
            [Some(&*self.job.name), Some(&*self.job.stage.value), self.environment.as_deref(), url, tier];
        let may = texts.into_iter().flatten().any(may_refer) || self.given.iter().any(Item::may_refer);
        may.then(|| self.iter().filter(Item::may_refer)).into_iter().flatten()
    }

    fn value(&self, name: &str) -> Option<Arc<str>> {
        let job = self.job;
        let instance = job.instance.as_ref();
        Some(match name {
            "CI_JOB_NAME" => job.name.clone(),
            "CI_JOB_NAME_SLUG" => slugify(&job.name).into(),
            "CI_JOB_GROUP_NAME" => group_name(&job.name).into(),
            "CI_JOB_STAGE" => job.stage.value.clone(),
            "CI_JOB_MANUAL" => matches!(self.when, When::Manual | When::Delayed).then(|| "true".into())?,
            "CI_PIPELINE_TRIGGERED" => (self.context.source.as_str() == "trigger").then(|| "true".into())?,
            "CI_NODE_INDEX" => instance?.index.to_string().into(),
            "CI_NODE_TOTAL" => instance.map_or(1, |instance| instance.total).to_string().into(),
            // The first of its project: only a server counts.
            "CI_PIPELINE_IID" => "1".into(),
            "CI_CONFIG_REF_URI" => config_ref_uri(self.context).into(),
            _ => self.environment(name)?,
        })
    }

    fn environment(&self, name: &str) -> Option<Arc<str>> {
        let expanded = self.environment.as_ref().filter(|name| !name.trim().is_empty())?;
        let environment = self.job.environment.as_ref()?;
        match name {
            "CI_ENVIRONMENT_NAME" => Some(expanded.clone()),
            "CI_ENVIRONMENT_ACTION" => Some(environment.action.clone()),
            "CI_ENVIRONMENT_TIER" => environment.deployment_tier.clone(),
            "CI_ENVIRONMENT_URL" => environment.url.clone(),
            _ => None,
        }
    }
}

/// The address of the configuration.
pub(super) fn config_ref_uri(context: &Context) -> String {
    let project = &context.project;
    let reference = match &context.reference {
        Ref::Tag(name) => format!("refs/tags/{name}"),
        Ref::Branch(name) | Ref::MergeRequest(name) => format!("refs/heads/{name}"),
    };
    format!("{}/{}//{}@{reference}", project::fqdn(context), project.path, project.config_path)
}

/// A job's name without what tells parallel instances apart (`Gitlab::Utils::Job.group_name`).
fn group_name(name: &str) -> String {
    static SUFFIX: LazyLock<Option<Regex>> =
        LazyLock::new(|| Regex::new(r"([\x08\s:]+((\[.*\])|(\d+[\s:/\\]+\d+))){1,3}\s*\z").ok());
    match &*SUFFIX {
        Some(suffix) => suffix.replace(name, "").trim().to_owned(),
        None => name.trim().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn group_names_have_no_instance() {
        for (name, group) in [
            ("rspec", "rspec"),
            ("rspec 1/3", "rspec"),
            ("rspec: [a, b]", "rspec"),
            ("rspec: [a] 1/2", "rspec"),
            ("rspec 1 2", "rspec"),
            ("rspec 12", "rspec 12"),
            ("a: [x] b", "a: [x] b"),
        ] {
            assert_eq!(group_name(name), group, "{name}");
        }
    }
}
