//! The job payload: the body of a `201` answer to a job request.
//!
//! Anything may be absent or `null`; both leave a default, as Go's decoder does. Unknown keys are ignored.
//! Errors name the place, never the value, since values are secrets as often as not.

mod parts;
mod variable;

pub use parts::{
    Artifact, ArtifactWhen, ArtifactsFile, CacheEntry, CacheWhen, Credentials, Dependency, GitInfo, Hook,
    Image, JobInfo, JobInput, PayloadFeatures, PolicyOptions, Port, RunnerInfo, Step,
};
pub use variable::Variable;

use crate::Secret;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// One job as a coordinator hands it out.
#[derive(Clone, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Job {
    /// Names the job in every URL.
    pub id: i64,
    /// Authenticates everything that is done for the job.
    pub token: Secret,
    /// Whether an existing checkout may be fetched into; decides the default `GIT_STRATEGY`.
    pub allow_git_fetch: bool,
    /// Names and numbers of job, project and namespace.
    pub job_info: JobInfo,
    /// What to check out.
    pub git_info: GitInfo,
    /// The time limit.
    pub runner_info: RunnerInfo,
    /// Job inputs.
    pub inputs: Vec<JobInput>,
    /// Variables in order; of several with one key the last counts.
    pub variables: Vec<Variable>,
    /// Scripts in order.
    pub steps: Vec<Step>,
    /// Native steps: a JSON document in a string.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// Scripts around the checkout.
    pub hooks: Vec<Hook>,
    /// The image, for executors with images.
    pub image: Image,
    /// Services, for executors with services.
    pub services: Vec<Image>,
    /// What to upload.
    pub artifacts: Vec<Artifact>,
    /// What to keep between jobs.
    pub cache: Vec<CacheEntry>,
    /// Logins for registries.
    pub credentials: Vec<Credentials>,
    /// Jobs whose artifacts are wanted.
    pub dependencies: Vec<Dependency>,
    /// What the coordinator can do.
    pub features: PayloadFeatures,
    /// What a pipeline execution policy says of the job.
    pub policy_options: PolicyOptions,
    /// External secrets by variable name; kept as they came, since only their presence matters so far.
    pub secrets: BTreeMap<String, Value>,
}

/// Shows which job it is. Scripts, secrets and inputs are nobody's business.
impl std::fmt::Debug for Job {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Job").field("id", &self.id).field("name", &self.job_info.name).finish_non_exhaustive()
    }
}

/// A payload that is no job.
#[derive(Debug, thiserror::Error)]
pub enum PayloadError {
    /// Not JSON at all, or cut short.
    #[error("the job payload is not valid JSON (line {line}, column {column})")]
    Syntax {
        /// Line of the fault, from 1.
        line: usize,
        /// Column of the fault, from 1.
        column: usize,
    },
    /// A value of a wrong type.
    #[error("the job payload has a value of an unexpected type at `{path}`")]
    Type {
        /// Where, as `steps[0].script`.
        path: String,
    },
    /// A key without which no job can run or be reported.
    #[error("the job payload lacks `{key}`")]
    Missing {
        /// The key.
        key: &'static str,
    },
}

/// As much of a payload as is needed to report that the rest cannot be used.
#[derive(Clone, Debug)]
pub struct JobIdentity {
    /// The job's id.
    pub id: i64,
    /// The job's token.
    pub token: Secret,
}

impl JobIdentity {
    /// Finds id and token in a body that is not (wholly) a payload.
    pub fn find(body: &[u8]) -> Option<Self> {
        let value: Value = serde_json::from_slice(body).ok()?;
        let id = value.get("id")?.as_i64()?;
        let token = value.get("token")?.as_str()?;
        (id > 0 && !token.is_empty()).then(|| Self { id, token: token.into() })
    }
}

impl Job {
    /// Reads a payload.
    ///
    /// # Errors
    /// [`PayloadError`] names the place that cannot be read. The body may still hold a [`JobIdentity`].
    pub fn from_json(body: &[u8]) -> Result<Self, PayloadError> {
        let mut value: Value = serde_json::from_slice(body)
            .map_err(|e| PayloadError::Syntax { line: e.line(), column: e.column() })?;
        if !value.is_object() {
            return Err(PayloadError::Type { path: ".".to_owned() });
        }
        drop_nulls(&mut value);
        let job: Self = serde_path_to_error::deserialize(value)
            .map_err(|e| PayloadError::Type { path: e.path().to_string() })?;
        if job.id <= 0 {
            return Err(PayloadError::Missing { key: "id" });
        }
        if job.token.is_empty() {
            return Err(PayloadError::Missing { key: "token" });
        }
        Ok(job)
    }

    /// The job's time limit in seconds; 7200 where the payload has none that is positive.
    pub fn timeout_seconds(&self) -> u64 {
        match u64::try_from(self.runner_info.timeout) {
            Ok(0) | Err(_) => 7200,
            Ok(seconds) => seconds,
        }
    }

    /// The value of a payload variable: of several with one key the last.
    pub fn variable(&self, key: &str) -> Option<&Variable> {
        self.variables.iter().rev().find(|v| v.key == key)
    }
}

/// Removes keys whose value is `null`, so that they leave defaults, and such items of lists. The values under `secrets` and `inputs`
/// stay as they are: there `null` means something.
fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(map) => {
            map.retain(|_, v| !v.is_null());
            for (key, child) in map.iter_mut() {
                if key != "secrets" && key != "inputs" {
                    drop_nulls(child);
                }
            }
        }
        Value::Array(items) => {
            items.retain(|item| !item.is_null());
            items.iter_mut().for_each(drop_nulls);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests;
