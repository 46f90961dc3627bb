//! Names and labels of what a job has on the engine: those of gitlab-runner, since people and clean-up scripts
//! look for them.

use crate::reference::Reference;
use crate::{Identity, Settings, Work};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Beginning of every label.
pub const PREFIX: &str = "com.gitlab.gitlab-runner.";

/// Labels by which things of jobs are found again: no configuration replaces them.
const PROTECTED: [&str; 5] = ["trail", "keeper", "managed", "runner.id", "runner.system_id"];

/// Longest name of a host and of a network.
const LONGEST: usize = 63;

/// The names of one job.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    /// What containers and volumes of this job alone begin with; another one for each try of preparing.
    pub unique: String,
    /// What is the same for all jobs of the project that are alone at their time: the host name of the build
    /// container, and the beginning of `unique`.
    pub project: String,
    /// What volumes that outlive the job begin with. Made of a hash of the token, so that it tells nothing.
    pub reusable: String,
    /// The job's own network.
    pub network: String,
}

impl Names {
    /// Names for a job.
    pub fn of(identity: &Identity) -> Self {
        let Identity { short_token, project_id, concurrent_project_id, job_id, .. } = identity;
        let project =
            rfc1123(&format!("runner-{short_token}-project-{project_id}-concurrent-{concurrent_project_id}"));
        Self {
            unique: format!("{project}-{}", hex(&random(identity))),
            reusable: format!("runner-{}", hex(&reusable(identity)[..16])),
            network: rfc1123(&format!("runner-{short_token}-{project_id}-{concurrent_project_id}-{job_id}")),
            project,
        }
    }

    /// Name of the build container.
    pub fn build(&self) -> String {
        format!("{}-build", self.unique)
    }

    /// Name of the helper container.
    pub fn helper(&self) -> String {
        format!("{}-predefined", self.unique)
    }

    /// Name of a service's container; `index` counts those of the configuration first, from 0.
    pub fn service(&self, service: &Reference, index: usize) -> String {
        format!("{}-{}-{index}", self.unique, service.slug())
    }

    /// Host name of build and helper container.
    pub fn host_name(&self, settings: &Settings) -> String {
        match settings.hostname.as_str() {
            "" => self.project.clone(),
            hostname => hostname.to_owned(),
        }
    }
}

/// What a container is to its job.
#[derive(Clone, Copy, Debug)]
pub enum Kind<'a> {
    /// The job's image runs in it.
    Build,
    /// The runner's own tools run in it.
    Helper,
    /// A service.
    Service(&'a Reference),
}

/// Labels of a job's things; `kind` is their `type`.
pub fn labels(identity: &Identity, kind: Option<&str>) -> HashMap<String, String> {
    let mut labels = unowned(identity, kind);
    labels.insert(label("trail"), identity.trail.clone());
    labels.insert(label("keeper"), identity.keeper.clone());
    labels
}

/// The same without what the job's things are found by, for what is to outlive the job.
pub(crate) fn unowned(identity: &Identity, kind: Option<&str>) -> HashMap<String, String> {
    let all = [
        ("job.id", identity.job_id.to_string()),
        ("job.url", identity.job_url.clone()),
        ("job.sha", identity.sha.clone()),
        ("job.before_sha", identity.before_sha.clone()),
        ("job.ref", identity.reference.clone()),
        ("job.timeout", go_duration(identity.timeout)),
        ("project.id", identity.project_id.to_string()),
        ("project.runner_id", identity.concurrent_project_id.to_string()),
        ("pipeline.id", identity.pipeline_id.clone()),
        ("runner.id", identity.short_token.clone()),
        ("runner.local_id", identity.concurrent_id.to_string()),
        ("runner.system_id", identity.system_id.clone()),
        ("managed", "true".to_owned()),
    ];
    let kind = kind.map(|kind| ("type", kind.to_owned()));
    all.into_iter().chain(kind).map(|(name, value)| (label(name), value)).collect()
}

/// Labels of a container: those of its job, and `container_labels` of the configuration, which may replace all
/// but those by which containers are found again. Services have them a second time with the prefix, as
/// gitlab-runner does it.
pub fn container_labels(settings: &Settings, work: &Work, kind: Kind<'_>) -> HashMap<String, String> {
    let mut labels = match kind {
        Kind::Build => labels(&work.identity, Some("build")),
        Kind::Helper => labels(&work.identity, Some("predefined")),
        Kind::Service(reference) => {
            let mut labels = labels(&work.identity, Some("service"));
            labels.insert(label("service"), reference.service());
            labels.insert(label("service.version"), reference.version());
            labels
        }
    };
    let is_protected = |name: &str| PROTECTED.iter().any(|protected| name == label(protected));
    for (name, value) in &settings.container_labels {
        let value = (work.expand_with_payload)(value);
        let prefixed = label(name);
        if matches!(kind, Kind::Service(_)) && !is_protected(&prefixed) {
            labels.insert(prefixed, value.clone());
        }
        if !is_protected(name) {
            labels.insert(name.clone(), value);
        }
    }
    labels
}

/// A label's full name.
pub(crate) fn label(name: &str) -> String {
    format!("{PREFIX}{name}")
}

/// Lower case, without what a host name cannot have, cut to what it may have.
fn rfc1123(text: &str) -> String {
    let allowed = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || *c == '-';
    let name: String = text.to_lowercase().chars().filter(allowed).collect();
    let name = name.trim_start_matches('-');
    name[..name.len().min(LONGEST)].to_owned()
}

fn reusable(identity: &Identity) -> [u8; 32] {
    let Identity { token, system_id, project_id, concurrent_project_id, .. } = identity;
    let text = format!("{}-{system_id}-{project_id}-{concurrent_project_id}", token.expose());
    Sha256::digest(text).into()
}

/// Eight bytes that no other job has. Should the system have no random ones, the time and the trail will do: names
/// need to differ, not to be secret.
fn random(identity: &Identity) -> [u8; 8] {
    let mut bytes = [0; 8];
    if getrandom::fill(&mut bytes).is_err() {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_nanos();
        let digest: [u8; 32] = Sha256::digest(format!("{} {now}", identity.trail)).into();
        bytes.copy_from_slice(&digest[..8]);
    }
    bytes
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Whole seconds in Go's notation: `1h0m0s`, `1m30s`, `0s`.
fn go_duration(duration: Duration) -> String {
    let seconds = duration.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m{seconds}s"),
        (hours, minutes, seconds) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests;
