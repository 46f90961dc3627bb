//! Job payloads: what a GitLab would send, with defaults for all that a test does not care about.

use serde_json::{Value, json};

/// The failure reasons that the payloads list, as a GitLab lists its own.
const FAILURE_REASONS: [&str; 8] = [
    "unknown_failure",
    "script_failure",
    "runner_system_failure",
    "job_execution_timeout",
    "image_pull_failure",
    "runner_configuration_error",
    "runner_interrupted",
    "job_canceled",
];

/// A payload in the making. Without a repository the strategy is `none`; `@ID@`, `@TOKEN@`, `@SERVER@` and
/// `@HOST@` are filled in when the job is handed out.
#[derive(Clone, Debug)]
pub struct Payload(Value);

impl Payload {
    /// A job of this name without a repository, whose script has these lines.
    pub fn new(name: &str, script: &[&str]) -> Self {
        let payload = json!({
            "id": 0,
            "token": "",
            "allow_git_fetch": true,
            "job_info": {
                "id": 0, "name": name, "stage": "test", "project_id": 42, "project_name": "project",
                "project_full_path": "group/project", "pipeline_id": 77, "time_in_queue_seconds": 1,
                "project_jobs_running_on_instance_runners_count": "0"
            },
            "git_info": {
                "repo_url": "http://gitlab-ci-token:@TOKEN@@@HOST@/git/private/group/project.git",
                "ref": "main", "ref_type": "branch", "sha": "0123456789abcdef0123456789abcdef01234567",
                "before_sha": "0000000000000000000000000000000000000000",
                "refspecs": ["+refs/heads/main:refs/remotes/origin/main"], "depth": 20
            },
            "runner_info": { "timeout": 600, "runner_session_url": null },
            "variables": [],
            "steps": [],
            "image": null, "services": [], "artifacts": null, "cache": [], "credentials": [],
            "dependencies": [], "hooks": [], "secrets": null,
            "features": { "trace_sections": true, "token_mask_prefixes": [], "failure_reasons": FAILURE_REASONS },
        });
        let base = Self(payload)
            .step("script", script, "on_success", false)
            .variable("GIT_STRATEGY", "none")
            .variable("CI_JOB_ID", "")
            .variable("CI_JOB_NAME", name)
            .variable("CI_PROJECT_PATH", "group/project")
            .variable("CI_SERVER_URL", "@SERVER@");
        base.masked("CI_JOB_TOKEN", "")
    }

    fn step(self, name: &str, script: &[&str], when: &str, allow_failure: bool) -> Self {
        let step = json!({ "name": name, "script": script, "timeout": 600, "when": when,
            "allow_failure": allow_failure });
        self.push("steps", step)
    }

    fn push(mut self, key: &str, item: Value) -> Self {
        match self.0.get_mut(key).and_then(Value::as_array_mut) {
            Some(list) => list.push(item),
            None => self.0[key] = json!([item]),
        }
        self
    }

    fn with_variable(self, key: &str, value: &str, flags: &Value) -> Self {
        let mut variable = json!({ "key": key, "value": value, "public": true, "masked": false });
        for (name, flag) in flags.as_object().into_iter().flatten() {
            variable[name] = flag.clone();
        }
        self.push("variables", variable)
    }

    /// Adds a plain variable; of several with one name the last counts.
    #[must_use]
    pub fn variable(self, key: &str, value: &str) -> Self {
        self.with_variable(key, value, &json!({}))
    }

    /// Adds a masked variable.
    #[must_use]
    pub fn masked(self, key: &str, value: &str) -> Self {
        self.with_variable(key, value, &json!({ "masked": true, "public": false }))
    }

    /// Adds a masked variable that is not expanded, as secrets with a `$` have to be.
    #[must_use]
    pub fn secret(self, key: &str, value: &str) -> Self {
        self.with_variable(key, value, &json!({ "masked": true, "public": false, "raw": true }))
    }

    /// Adds a file variable.
    #[must_use]
    pub fn file(self, key: &str, value: &str) -> Self {
        self.with_variable(key, value, &json!({ "file": true }))
    }

    /// Adds a variable that is not expanded.
    #[must_use]
    pub fn raw(self, key: &str, value: &str) -> Self {
        self.with_variable(key, value, &json!({ "raw": true }))
    }

    /// Adds an `after_script`.
    #[must_use]
    pub fn after_script(self, script: &[&str]) -> Self {
        self.step("after_script", script, "always", true)
    }

    /// Fetches a commit of a repository, `private/group/project` or the like.
    #[must_use]
    pub fn git(mut self, path: &str, sha: &str) -> Self {
        self.0["git_info"]["repo_url"] =
            json!(format!("http://gitlab-ci-token:@TOKEN@@@HOST@/git/{path}.git"));
        self.0["git_info"]["sha"] = json!(sha);
        self.variable("GIT_STRATEGY", "fetch")
    }

    /// Limits the job's time.
    #[must_use]
    pub fn timeout(mut self, seconds: u64) -> Self {
        self.0["runner_info"]["timeout"] = json!(seconds);
        self
    }

    /// Names the image of a job for the docker executor.
    #[must_use]
    pub fn image(self, name: &str) -> Self {
        self.set("/image", json!({ "name": name }))
    }

    /// Adds an entry to `services`.
    #[must_use]
    pub fn service(self, entry: Value) -> Self {
        self.push("services", entry)
    }

    /// Adds credentials for a registry.
    #[must_use]
    pub fn registry(self, address: &str, user: &str, password: &str) -> Self {
        let entry = json!({ "type": "registry", "url": address, "username": user, "password": password });
        self.push("credentials", entry)
    }

    /// Adds an entry to `artifacts`.
    #[must_use]
    pub fn artifact(self, entry: Value) -> Self {
        self.push("artifacts", entry)
    }

    /// Adds a zip archive of these paths to `artifacts`.
    #[must_use]
    pub fn archive(self, paths: &[&str], when: &str) -> Self {
        self.artifact(json!({ "name": "archive", "paths": paths, "when": when, "untracked": false,
            "artifact_type": "archive", "artifact_format": "zip" }))
    }

    /// Adds an entry to `cache`.
    #[must_use]
    pub fn cache(self, key: &str, paths: &[&str]) -> Self {
        self.push(
            "cache",
            json!({ "key": key, "paths": paths, "policy": "pull-push", "when": "on_success",
                "untracked": false, "fallback_keys": [] }),
        )
    }

    /// Replaces any part of the payload, addressed by a JSON pointer whose last step may be new.
    #[must_use]
    pub fn set(mut self, pointer: &str, value: Value) -> Self {
        let (parent, key) = pointer.rsplit_once('/').unwrap_or(("", pointer));
        if let Some(Value::Object(map)) = self.0.pointer_mut(parent) {
            map.insert(key.to_owned(), value);
        }
        self
    }

    /// The payload.
    pub fn value(&self) -> Value {
        self.0.clone()
    }
}
