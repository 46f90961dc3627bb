//! The final list of a job's variables.

use super::Flags;
use super::expand::expand;
use crate::Order;
use executor::Workspace;
use protocol::Variable;
use std::borrow::Cow;
use std::collections::HashMap;
use std::path::Path;

const JOB_STATUS: &str = "CI_JOB_STATUS";

/// All variables of a job in their final order, expanded. Of several with one name the last counts.
///
/// The order, lowest precedence first: feature flags; what the runner knows; the runner's `environment`; the
/// payload; what no payload may override.
#[derive(Clone)]
pub struct Variables {
    items: Vec<Variable>,
    temp_dir: String,
    token_less_git: bool,
}

/// Shows how many there are, never their values.
impl std::fmt::Debug for Variables {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Variables").field("count", &self.items.len()).finish_non_exhaustive()
    }
}

impl Variables {
    /// Makes the list. Without a workspace those that name directories of the job are empty.
    pub fn build(order: &Order, flags: &Flags, workspace: Option<&Workspace>) -> Self {
        let text = |path: Option<&Path>| path.map_or_else(String::new, |p| p.to_string_lossy().into_owned());
        let project_dir = text(workspace.map(|w| w.project_dir.as_path()));
        let temp_dir = text(workspace.map(|w| w.temp_dir.as_path()));
        let mut items: Vec<Variable> =
            flags.iter().map(|(name, on)| Variable::public(name, on.to_string())).collect();
        items.extend(from_runner(order, project_dir));
        items.extend(order.payload.variables.iter().filter(|v| !Flags::is_flag(&v.key)).cloned());
        items.extend(not_overridable(order, &temp_dir));
        Self {
            items: expand_all(items, &temp_dir),
            temp_dir,
            token_less_git: flags.is_on("FF_GIT_URLS_WITHOUT_TOKENS"),
        }
    }

    /// The value that the environment gets: for a file variable its path. Empty when there is none.
    pub fn get(&self, key: &str) -> Cow<'_, str> {
        match self.find(key) {
            None => Cow::Borrowed(""),
            Some(variable) if variable.file => Cow::Owned(file_path(&self.temp_dir, key)),
            Some(variable) => Cow::Borrowed(&variable.value),
        }
    }

    /// The value itself: for a file variable its content. Empty when there is none.
    pub fn value(&self, key: &str) -> &str {
        self.find(key).map_or("", |v| v.value.as_str())
    }

    /// Whether there is a variable of that name.
    pub fn contains(&self, key: &str) -> bool {
        self.find(key).is_some()
    }

    /// A value as a truth value: `true`, `t` and 1 in any case are true, all else is false.
    pub fn get_bool(&self, key: &str) -> bool {
        let value = self.get(key);
        value.eq_ignore_ascii_case("true") || value.eq_ignore_ascii_case("t") || value.parse() == Ok(1_i64)
    }

    /// Expands references in a string of the payload, by the runner's own rules.
    pub fn expand(&self, text: &str) -> String {
        expand(text, |name| self.get(name).into_owned()).into_owned()
    }

    /// Replaces the value of the first `CI_JOB_STATUS`, which is the runner's own: `success`, `failed`,
    /// `canceled` or `timedout` once user scripts have ended.
    pub fn set_job_status(&mut self, status: &str) {
        if let Some(variable) = self.items.iter_mut().find(|v| v.key == JOB_STATUS) {
            variable.value = status.to_owned();
        }
    }

    /// What has to be hidden in the trace: the values of masked variables without blanks around them.
    pub fn masked_values(&self) -> Vec<String> {
        let mut values: Vec<String> = self
            .items
            .iter()
            .filter(|v| v.masked)
            .map(|v| v.value.trim().to_owned())
            .filter(|v| !v.is_empty())
            .collect();
        values.sort_unstable();
        values.dedup();
        values
    }

    /// All variables in order; values of file variables are contents.
    pub fn iter(&self) -> impl Iterator<Item = &Variable> {
        self.items.iter()
    }

    /// Where the job's file variables and `GITLAB_ENV` are.
    pub(super) fn temp_dir(&self) -> &str {
        &self.temp_dir
    }

    /// Whether git gets credentials from a helper that every stage has to be pointed at.
    pub(super) fn token_less_git(&self) -> bool {
        self.token_less_git
    }

    fn find(&self, key: &str) -> Option<&Variable> {
        self.items.iter().rev().find(|v| v.key == key)
    }
}

/// The path that a file variable has as its value.
pub(super) fn file_path(temp_dir: &str, key: &str) -> String {
    format!("{temp_dir}/{key}")
}

/// What the runner adds below the payload.
fn from_runner(order: &Order, project_dir: String) -> Vec<Variable> {
    let mut items = Vec::new();
    if !order.payload.image.name.is_empty() {
        items.push(Variable::public("CI_JOB_IMAGE", &*order.payload.image.name));
    }
    items.push(Variable::public("CI_RUNNER_SHORT_TOKEN", &*order.short_token));
    for item in &order.settings.environment {
        if let Some((key, value)) = item.split_once('=') {
            items.push(Variable { key: key.to_owned(), value: value.to_owned(), ..Variable::default() });
        }
    }
    items.extend([
        Variable::public("CI_BUILDS_DIR", order.settings.builds_dir.to_string_lossy()),
        Variable::public("CI_PROJECT_DIR", project_dir),
        Variable::public("CI_CONCURRENT_ID", order.concurrent_id.to_string()),
        Variable::public("CI_CONCURRENT_PROJECT_ID", order.concurrent_project_id.to_string()),
        Variable::public("CI_SERVER", "yes"),
        Variable::public(JOB_STATUS, "running"),
        Variable::public("CI_JOB_TIMEOUT", order.payload.timeout_seconds().to_string()),
    ]);
    for (key, content, public) in [
        ("CI_SERVER_TLS_CA_FILE", &order.tls.ca, true),
        ("CI_SERVER_TLS_CERT_FILE", &order.tls.cert, true),
        ("CI_SERVER_TLS_KEY_FILE", &order.tls.key, false),
    ] {
        if !content.is_empty() {
            items.push(Variable {
                key: key.to_owned(),
                value: content.clone(),
                public,
                file: true,
                raw: true,
                ..Variable::default()
            });
        }
    }
    items
}

/// What the runner adds above the payload.
fn not_overridable(order: &Order, temp_dir: &str) -> Vec<Variable> {
    // Executors in which other jobs find what a job left, as against those that start afresh.
    let shared = matches!(order.info.executor.as_str(), "" | "shell" | "ssh");
    let kind = if shared { "CI_SHARED_ENVIRONMENT" } else { "CI_DISPOSABLE_ENVIRONMENT" };
    vec![
        Variable::public(kind, "true"),
        Variable::public("CI_RUNNER_VERSION", protocol::FOLLOWED_VERSION),
        Variable::public("CI_RUNNER_REVISION", &*order.info.revision),
        Variable::public(
            "CI_RUNNER_EXECUTABLE_ARCH",
            format!("{}/{}", order.info.platform, order.info.architecture),
        ),
        Variable::public("RUNNER_TEMP_PROJECT_DIR", temp_dir),
    ]
}

/// One pass: every value that is not raw is expanded against the values as they came.
fn expand_all(items: Vec<Variable>, temp_dir: &str) -> Vec<Variable> {
    let last: HashMap<&str, &Variable> = items.iter().map(|v| (v.key.as_str(), v)).collect();
    let lookup = |name: &str| match last.get(name) {
        None => String::new(),
        Some(variable) if variable.file => file_path(temp_dir, name),
        Some(variable) => variable.value.clone(),
    };
    let values: Vec<Option<String>> = items
        .iter()
        .map(|v| match expand(&v.value, lookup) {
            Cow::Owned(value) if !v.raw => Some(value),
            Cow::Owned(_) | Cow::Borrowed(_) => None,
        })
        .collect();
    items
        .into_iter()
        .zip(values)
        .map(|(variable, value)| match value {
            Some(value) => Variable { value, ..variable },
            None => variable,
        })
        .collect()
}

#[cfg(test)]
mod tests;
