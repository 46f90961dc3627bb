//! Projects.

use super::{ProjectId, UserId};
use pipeline::Moment;
use serde::{Deserialize, Serialize};

/// A project with a repository of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    /// Its number.
    pub id: ProjectId,
    /// Full path: `group/name`.
    pub path: String,
    /// Its name for people.
    pub name: String,
    /// What it is, in a few words.
    #[serde(default)]
    pub description: String,
    /// The branch that is checked out by default.
    pub default_branch: String,
    /// `private`, `internal` or `public`.
    pub visibility: String,
    /// Path of the configuration file.
    pub config_path: String,
    /// Time limit of jobs that have none, in seconds.
    pub timeout: u64,
    /// How many commits runners fetch; all with 0.
    pub git_depth: i64,
    /// Whether runners may fetch into a clone that they have.
    pub git_fetch: bool,
    /// Whether newer pipelines cancel older ones of their ref.
    pub auto_cancel: bool,
    /// Whether pipelines are made at all.
    pub builds_enabled: bool,
    /// Whether runners of the instance take its jobs.
    pub instance_runners: bool,
    /// Whether the artifacts of the latest successful pipeline of each ref stay when they expire.
    pub keep_latest_artifacts: bool,
    /// Whether protected refs have caches of their own.
    pub separate_caches: bool,
    /// How often somebody had the caches cleared.
    pub cache_index: u64,
    /// Protected branches: names, `*` standing for any run of characters.
    pub protected_branches: Vec<String>,
    /// Protected tags, likewise.
    pub protected_tags: Vec<String>,
    /// Who made it.
    pub user: UserId,
    /// When it was made.
    pub created_at: Moment,
}

impl Project {
    /// The last part of its path.
    pub fn slug(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }

    /// All of its path but the last part; empty where there is no more.
    pub fn namespace(&self) -> &str {
        self.path.rsplit_once('/').map_or("", |(namespace, _)| namespace)
    }
}

/// A project that is to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewProject {
    /// Full path: parts of letters, digits, `_`, `-`, `.`, with slashes between; one part is put below `root/`.
    pub path: String,
    /// Its name; the last part of the path where nothing is given.
    pub name: Option<String>,
    /// What it is.
    #[serde(default)]
    pub description: String,
    /// Its default branch; `main` where nothing is given.
    pub default_branch: Option<String>,
    /// `private`, `internal` or `public`; private where nothing is given.
    pub visibility: Option<String>,
    /// Who makes it.
    pub user: UserId,
}

impl NewProject {
    /// A project of the administrator with nothing but a path.
    pub fn at(path: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            name: None,
            description: String::new(),
            default_branch: None,
            visibility: None,
            user: UserId::ROOT,
        }
    }
}

/// What is to change of a project. Nothing leaves a value as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProjectChange {
    /// Its name.
    pub name: Option<String>,
    /// What it is.
    pub description: Option<String>,
    /// Its default branch.
    pub default_branch: Option<String>,
    /// Who sees it.
    pub visibility: Option<String>,
    /// Path of its configuration.
    pub config_path: Option<String>,
    /// Time limit of jobs, in seconds: ten minutes to a month.
    pub timeout: Option<u64>,
    /// Commits to fetch: 0 to 1000.
    pub git_depth: Option<i64>,
    /// Whether clones are used again.
    pub git_fetch: Option<bool>,
    /// Whether newer pipelines cancel older ones.
    pub auto_cancel: Option<bool>,
    /// Whether pipelines are made.
    pub builds_enabled: Option<bool>,
    /// Whether runners of the instance take its jobs.
    pub instance_runners: Option<bool>,
    /// Whether the latest artifacts stay.
    pub keep_latest_artifacts: Option<bool>,
    /// Whether protected refs have caches of their own.
    pub separate_caches: Option<bool>,
    /// Whether caches are to be cleared now.
    pub clear_caches: bool,
    /// Protected branches, all of them.
    pub protected_branches: Option<Vec<String>>,
    /// Protected tags, all of them.
    pub protected_tags: Option<Vec<String>>,
}

/// How a project is named.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProjectRef {
    /// By its number.
    Id(ProjectId),
    /// By its full path, whatever the case.
    Path(String),
}

impl From<ProjectId> for ProjectRef {
    fn from(id: ProjectId) -> Self {
        Self::Id(id)
    }
}

impl From<&str> for ProjectRef {
    fn from(path: &str) -> Self {
        Self::Path(path.to_owned())
    }
}

/// Which projects are wanted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectFilter {
    /// Part of path or name, whatever the case.
    pub search: Option<String>,
    /// This one alone.
    pub only: Option<ProjectId>,
    /// Of this visibility.
    pub visibility: Option<String>,
}
