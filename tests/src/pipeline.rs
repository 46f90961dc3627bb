//! The jobs of a repository's `.gitlab-ci.yml` as payloads: `runner ci plan` says which there are and what is in them,
//! this module adds what a GitLab adds.

use crate::git::Repository;
use crate::payload::Payload;
use serde_json::{Value, json};
use std::process::Command;

/// What a pipeline is made for.
#[derive(Clone, Debug)]
pub struct Commit {
    /// Where the repository is served, `private/group/project` or the like.
    pub path: String,
    /// The branch's or tag's name.
    pub name: String,
    /// Whether it is a tag.
    pub is_tag: bool,
    /// The commit.
    pub sha: String,
}

/// The jobs that a GitLab would make.
#[derive(Clone, Debug)]
pub struct Pipeline {
    commit: Commit,
    jobs: Vec<Value>,
}

impl Pipeline {
    /// Plans the pipeline of what is checked out in the repository's work tree.
    ///
    /// # Panics
    /// When the configuration is refused, or there is nothing for that commit.
    #[track_caller]
    pub fn plan(repository: &Repository, commit: Commit) -> Self {
        let mut command = Command::new(crate::runner::binary());
        command.args(["ci", "plan", "--json", "--offline", "--default-branch", "main", "--repo"]);
        command.arg(repository.work()).args(["--ref", &commit.name, "--sha", &commit.sha]);
        command.args(commit.is_tag.then_some("--tag"));
        let output = command.output().expect("the binary can be started");
        let plan: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
        assert_eq!(plan["status"], "created", "{output:?}");
        Self { commit, jobs: plan["jobs"].as_array().cloned().unwrap_or_default() }
    }

    /// Names of the jobs, in the order of their stages.
    pub fn names(&self) -> Vec<&str> {
        self.jobs.iter().filter_map(|job| job["name"].as_str()).collect()
    }

    /// What the runner is sent for a job.
    ///
    /// # Panics
    /// When the pipeline has no such job.
    #[track_caller]
    pub fn payload(&self, name: &str) -> Payload {
        let job = self.jobs.iter().find(|job| job["name"] == name);
        let job = job.unwrap_or_else(|| panic!("no job {name} among {:?}", self.names()));
        let mut payload = Payload::new(name, &lines(&job["script"]));
        if let Some(script) = job.get("after_script") {
            payload = payload.after_script(&lines(script));
        }
        payload = self.predefined(payload.git(&self.commit.path, &self.commit.sha), job);
        for (key, value) in job["variables"].as_object().into_iter().flatten() {
            payload = payload.variable(key, value.as_str().unwrap_or_default());
        }
        if let Some(image) = job.get("image").filter(|image| image.is_string()) {
            payload = payload.set("/image", ask(job.get("image_config"), image));
        }
        for (index, service) in job["services"].as_array().into_iter().flatten().enumerate() {
            payload = payload.service(ask(job["services_config"].get(index), service));
        }
        let cache = job.get("cache").cloned().unwrap_or_else(|| json!([]));
        payload.set("/cache", cache).set("/artifacts", artifacts(name, &job["artifacts"]))
    }

    fn predefined(&self, payload: Payload, job: &Value) -> Payload {
        let Commit { path, name, is_tag, sha } = &self.commit;
        let project = path.split_once('/').map_or(path.as_str(), |(_, project)| project);
        let (kind, refs) = if *is_tag { ("tag", "tags") } else { ("branch", "heads") };
        let remote = if *is_tag { "tags" } else { "remotes/origin" };
        payload
            .set("/job_info/stage", job["stage"].clone())
            .set("/job_info/project_full_path", project.into())
            .set("/git_info/ref", name.as_str().into())
            .set("/git_info/ref_type", kind.into())
            .set("/git_info/refspecs", json!([format!("+refs/{refs}/{name}:refs/{remote}/{name}")]))
            .variable("CI", "true")
            .variable("CI_JOB_STAGE", job["stage"].as_str().unwrap_or_default())
            .variable("CI_PROJECT_PATH", project)
            .variable("CI_DEFAULT_BRANCH", "main")
            .variable("CI_COMMIT_SHA", sha)
            .variable("CI_COMMIT_SHORT_SHA", &sha[..8])
            .variable("CI_COMMIT_REF_NAME", name)
            .variable("CI_COMMIT_REF_SLUG", &slug(name))
            .variable(if *is_tag { "CI_COMMIT_TAG" } else { "CI_COMMIT_BRANCH" }, name)
    }
}

fn lines(script: &Value) -> Vec<&str> {
    script.as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// Lower case, what is neither letter nor digit becomes `-`.
fn slug(name: &str) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' };
    name.chars().map(plain).collect::<String>().trim_matches('-').to_owned()
}

/// An image or a service as the payload has it; `config` is there where more than a name was given.
fn ask(config: Option<&Value>, name: &Value) -> Value {
    let mut ask =
        config.filter(|config| config.is_object()).cloned().unwrap_or_else(|| json!({ "name": name }));
    if let Some(docker) = ask.as_object_mut().and_then(|ask| ask.remove("docker")) {
        ask["executor_opts"] = json!({ "docker": docker });
    }
    if let Some(variables) = ask.get("variables").and_then(Value::as_object) {
        ask["variables"] = variables
            .iter()
            .map(|(key, value)| json!({ "key": key, "value": value, "public": true }))
            .collect();
    }
    ask
}

/// The archive and one entry for each report.
fn artifacts(job: &str, artifacts: &Value) -> Value {
    let when = artifacts.get("when").cloned().unwrap_or_else(|| json!("on_success"));
    let mut entries = Vec::new();
    if let Some(paths) = artifacts.get("paths") {
        let name = artifacts.get("name").cloned().unwrap_or_else(|| json!(job));
        entries.push(json!({ "name": name, "paths": paths, "when": when, "artifact_type": "archive",
            "artifact_format": "zip", "expire_in": artifacts.get("expire_in") }));
    }
    for (kind, paths) in artifacts["reports"].as_object().into_iter().flatten() {
        entries.push(json!({ "name": format!("{kind}.xml"), "paths": paths, "when": "always",
            "artifact_type": kind, "artifact_format": "gzip" }));
    }
    entries.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_is_asked_for_as_the_payload_has_it() {
        let config = json!({ "name": "s", "docker": { "user": "root" }, "variables": { "A": "b" } });
        let expected = json!({ "name": "s", "executor_opts": { "docker": { "user": "root" } },
            "variables": [{ "key": "A", "value": "b", "public": true }] });
        assert_eq!(ask(Some(&config), &json!("s")), expected);
        assert_eq!(ask(None, &json!("s")), json!({ "name": "s" }));
    }

    #[test]
    fn archive_and_reports_are_artifacts_of_their_own() {
        let entries = artifacts("j", &json!({ "paths": ["a"], "reports": { "junit": ["x.xml"] } }));
        assert_eq!(entries[0]["paths"], json!(["a"]));
        assert_eq!((&entries[1]["artifact_type"], &entries[1]["when"]), (&json!("junit"), &json!("always")));
        assert_eq!(artifacts("j", &Value::Null), json!([]));
    }

    #[test]
    fn slugs_are_names_for_hosts() {
        assert_eq!(slug("Feat/a_b-"), "feat-a-b");
    }
}
