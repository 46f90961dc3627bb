//! One call of `runner ci plan --json` and what it answers.

use serde_json::Value;
use std::path::Path;
use std::process::Command;

/// What the command said.
pub(super) struct Answer {
    pub(super) code: Option<i32>,
    pub(super) plan: Value,
    pub(super) stderr: String,
}

/// Asks for the plan of a repository.
pub(super) fn ask(repository: &Path, arguments: &[String]) -> Result<Answer, String> {
    let output = Command::new(kit::runner::binary())
        .args(["ci", "plan", "--json", "--offline", "--repo"])
        .arg(repository)
        .args(arguments)
        .output()
        .map_err(|error| format!("the program does not start: {error}"))?;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    let plan = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("no JSON ({error}), exit {:?}: {stderr}", output.status.code()))?;
    Ok(Answer { code: output.status.code(), plan, stderr })
}

impl Answer {
    pub(super) fn status(&self) -> &str {
        self.plan["status"].as_str().unwrap_or_default()
    }

    /// Names of the jobs in their order.
    pub(super) fn jobs(&self) -> Vec<&str> {
        self.list("jobs").iter().filter_map(|job| job["name"].as_str()).collect()
    }

    pub(super) fn job(&self, name: &str) -> Option<&Value> {
        self.list("jobs").iter().find(|job| job["name"] == name)
    }

    /// The messages that GitLab would give as well.
    pub(super) fn errors(&self) -> Vec<&str> {
        let shown = self.list("errors").iter().filter(|error| error["later"] != true);
        shown.filter_map(|error| error["message"].as_str()).collect()
    }

    /// GitLab's warnings.
    pub(super) fn warnings(&self) -> Vec<&str> {
        let theirs =
            self.list("warnings").iter().filter(|warning| warning["rule"].as_str().is_none_or(is_gitlabs));
        theirs.filter_map(|warning| warning["message"].as_str()).collect()
    }

    pub(super) fn list(&self, key: &str) -> &[Value] {
        self.plan[key].as_array().map_or(&[], Vec::as_slice)
    }
}

fn is_gitlabs(rule: &str) -> bool {
    rule == "multiple-pipelines"
}

/// Whether GitLab's message of a case is what we say: messages about YAML syntax need only begin alike.
pub(super) fn says(message: &str, expected: &str) -> bool {
    message.contains(expected) || (expected.starts_with("(<unknown>)") && message.starts_with("(<unknown>)"))
}
