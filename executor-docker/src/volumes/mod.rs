//! The volumes of a job: what is mounted where in all its containers, and which volumes the engine has to have for
//! that.

mod last_use;
mod spec;

use crate::names::{self, Names, hex, label};
use crate::{Settings, Work};
use bollard::models::VolumeCreateRequest;
use executor::PrepareError;
use md5::{Digest, Md5};
use std::collections::{BTreeMap, BTreeSet, HashMap};

pub use last_use::{last_uses, marker, outdated_markers};
pub use spec::Spec;

/// A volume that the engine has to have before containers are made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VolumeSpec {
    /// Its name.
    pub name: String,
    /// Where containers have it; empty for one that is not mounted.
    pub destination: String,
    /// Its driver, empty for the engine's own.
    pub driver: String,
    /// Options of the driver.
    pub driver_options: BTreeMap<String, String>,
    /// Its labels.
    pub labels: HashMap<String, String>,
}

impl VolumeSpec {
    /// The request that makes it. A volume of that name that is there already stays as it is.
    pub fn request(&self) -> VolumeCreateRequest {
        let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        VolumeCreateRequest {
            name: Some(self.name.clone()),
            driver: text(&self.driver),
            driver_opts: Some(self.driver_options.clone().into_iter().collect()),
            labels: Some(self.labels.clone()),
            ..VolumeCreateRequest::default()
        }
    }
}

/// Everything about the volumes of a job.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What the engine mounts in every container of the job.
    pub binds: Vec<String>,
    /// Volumes that later jobs find again.
    pub reusable: Vec<VolumeSpec>,
    /// Volumes that end with the job.
    pub temporary: Vec<VolumeSpec>,
    /// Directories that are mounted from a volume of the runner's own making, or from `cache_dir`: nobody but the
    /// runner sees to whom they belong.
    pub own_directories: Vec<String>,
    /// Whether the directory of builds is mounted from somewhere that the configuration names, and so perhaps
    /// shared with other jobs.
    pub host_bound_builds: bool,
}

/// Volumes cannot be as the configuration has them. The words are gitlab-runner's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum VolumeError {
    /// The text is no volume.
    #[error("invalid volume specification: {spec:?}")]
    Invalid {
        /// The text.
        spec: String,
    },
    /// Something would hide all of the container.
    #[error("build directory needs to be a non-root path")]
    Root,
    /// The directory of builds is relative.
    #[error("build directory needs to be an absolute path")]
    Relative,
    /// Two volumes for one place.
    #[error(
        "adding {kind} volume: updating managed volumes list: volume for container path {path:?} is already defined"
    )]
    Duplicate {
        /// `host` or `cache`.
        kind: &'static str,
        /// The place.
        path: String,
    },
}

impl From<VolumeError> for PrepareError {
    fn from(error: VolumeError) -> Self {
        Self::Configuration { message: error.to_string() }
    }
}

/// Decides on the volumes of a job.
///
/// # Errors
/// [`VolumeError`].
pub fn plan(settings: &Settings, work: &Work, names: &Names) -> Result<Plan, VolumeError> {
    let mut planner = Planner { settings, work, names, plan: Plan::default(), taken: BTreeSet::new() };
    let builds = builds_directory(&work.workspace.builds_dir.to_string_lossy())?;
    planner.plan.host_bound_builds = is_host_bound(settings, &builds, &*work.expand)?;
    for text in settings.volumes.iter().filter(|text| !text.is_empty()) {
        let spec = Spec::parse(text, &*work.expand)?;
        let kind = if spec.source.is_some() { "host" } else { "cache" };
        if !planner.take(&spec.destination)? {
            return Err(VolumeError::Duplicate { kind, path: clean(&spec.destination) });
        }
        match spec.source {
            Some(_) => planner.plan.binds.push(spec.bind()),
            None => planner.own(&spec.destination, !settings.disable_cache),
        }
    }
    // An entry of `volumes` for the same place stands in for this one.
    if planner.take(&builds)? {
        planner.own(&builds, work.keeps_builds && !settings.disable_cache);
    }
    Ok(planner.plan)
}

/// Whether a directory lies in a volume that has a source in the configuration. Then several jobs may share it, and
/// each needs a directory of its own in it.
///
/// # Errors
/// [`VolumeError`].
pub fn is_host_bound(
    settings: &Settings,
    directory: &str,
    expand: &dyn Fn(&str) -> String,
) -> Result<bool, VolumeError> {
    let directory = clean(&builds_directory(directory)?);
    let mut found = false;
    for text in settings.volumes.iter().filter(|text| !text.is_empty()) {
        let spec = Spec::parse(text, expand)?;
        let mount = clean(&spec.destination);
        let below =
            directory.strip_prefix(&mount).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        found |= spec.source.is_some() && (below || mount == "/");
    }
    Ok(found)
}

fn builds_directory(directory: &str) -> Result<String, VolumeError> {
    match directory.starts_with('/') {
        false => Err(VolumeError::Relative),
        true if clean(directory) == "/" => Err(VolumeError::Root),
        true => Ok(directory.to_owned()),
    }
}

struct Planner<'a> {
    settings: &'a Settings,
    work: &'a Work,
    names: &'a Names,
    plan: Plan,
    taken: BTreeSet<String>,
}

impl Planner<'_> {
    /// Notes a place; `false` if it was taken before.
    fn take(&mut self, destination: &str) -> Result<bool, VolumeError> {
        let path = clean(destination);
        if path == "/" {
            return Err(VolumeError::Root);
        }
        Ok(self.taken.insert(path))
    }

    /// Adds a volume of the runner's own making.
    fn own(&mut self, destination: &str, reusable: bool) {
        // Of the path as written: `/cache` and `/cache/` are two volumes, as ever.
        let hash = hex(&Md5::digest(destination));
        let suffix = if self.work.protected { "-protected" } else { "" };
        let cache_dir = &self.settings.cache_dir;
        let source = match (reusable, cache_dir.is_empty()) {
            (true, false) => clean(&format!("{cache_dir}/{}/{hash}{suffix}", self.names.reusable)),
            (true, true) => format!("{}-cache-{hash}{suffix}", self.names.reusable),
            (false, _) => format!("{}-cache-{hash}{suffix}", self.names.unique),
        };
        self.plan.binds.push(format!("{source}:{destination}"));
        self.plan.own_directories.push(destination.to_owned());
        if reusable && !cache_dir.is_empty() {
            return;
        }
        let volume = VolumeSpec {
            name: source,
            destination: destination.to_owned(),
            driver: self.settings.volume_driver.clone(),
            driver_options: self.settings.volume_driver_ops.clone(),
            labels: self.labels(destination, reusable),
        };
        let list = if reusable { &mut self.plan.reusable } else { &mut self.plan.temporary };
        list.push(volume);
    }

    /// A volume that outlives the job carries no trail, by which the job's things are found and removed.
    fn labels(&self, destination: &str, reusable: bool) -> HashMap<String, String> {
        let identity = &self.work.identity;
        let kind = Some("cache");
        let mut labels =
            if reusable { names::unowned(identity, kind) } else { names::labels(identity, kind) };
        labels.extend([
            (label("destination"), destination.to_owned()),
            (label("protected"), self.work.protected.to_string()),
            (label("reusable"), reusable.to_string()),
        ]);
        labels
    }
}

/// The path without `.`, `..` and `/` too many.
pub(crate) fn clean(path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/') {
        match part {
            "" | "." => {}
            ".." if path.starts_with('/') => {
                parts.pop();
            }
            part => parts.push(part),
        }
    }
    let root = if path.starts_with('/') { "/" } else { "" };
    format!("{root}{}", parts.join("/"))
}

#[cfg(test)]
mod tests;
