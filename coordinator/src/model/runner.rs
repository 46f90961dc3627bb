//! Runners, and the machines that use them.

use super::{ProjectId, RunnerId, UserId};
use pipeline::Moment;
use serde::{Deserialize, Serialize};

/// Whose jobs a runner takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunnerKind {
    /// Those of all projects.
    InstanceType,
    /// Those of the projects it is enabled for.
    ProjectType,
}

impl RunnerKind {
    /// GitLab's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::InstanceType => "instance_type",
            Self::ProjectType => "project_type",
        }
    }
}

/// Which refs a runner works for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AccessLevel {
    /// All.
    #[default]
    NotProtected,
    /// Protected ones.
    RefProtected,
}

impl AccessLevel {
    /// GitLab's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotProtected => "not_protected",
            Self::RefProtected => "ref_protected",
        }
    }
}

/// A runner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runner {
    /// Its number.
    pub id: RunnerId,
    /// Whose jobs it takes.
    pub kind: RunnerKind,
    /// The projects it is enabled for; empty for one of the instance.
    pub projects: Vec<ProjectId>,
    /// What it is called.
    pub description: String,
    /// Its tags.
    pub tags: Vec<String>,
    /// Whether it takes jobs without tags.
    pub run_untagged: bool,
    /// For which refs it works.
    pub access_level: AccessLevel,
    /// Whether it stays with its projects.
    pub locked: bool,
    /// Whether it gets no jobs.
    pub paused: bool,
    /// Longest time of a job, in seconds.
    pub maximum_timeout: Option<u64>,
    /// A note for those who look after it.
    #[serde(default)]
    pub maintenance_note: String,
    /// The first characters of its token, which may be shown.
    pub short_token: String,
    /// When its token expires.
    pub token_expires_at: Option<Moment>,
    /// Whether it came with a registration token.
    pub registered: bool,
    /// Who made it.
    pub user: UserId,
    /// When it was made.
    pub created_at: Moment,
}

/// A machine that uses a runner's token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manager {
    /// Its runner.
    pub runner: RunnerId,
    /// What it calls itself; `<legacy>` where it says nothing.
    pub system_id: String,
    /// What it says of itself.
    pub info: protocol::Info,
    /// When it was first seen.
    pub created_at: Moment,
    /// When it was last seen.
    pub contacted_at: Option<Moment>,
    /// The address it came from.
    pub ip_address: Option<String>,
}

/// How a runner or a manager stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunnerState {
    /// Seen within two hours.
    Online,
    /// Not seen for two hours.
    Offline,
    /// Not seen for a week.
    Stale,
    /// Never seen.
    NeverContacted,
}

impl RunnerState {
    /// Of what is known.
    pub fn of(contacted_at: Option<Moment>, created_at: Moment, now: Moment) -> Self {
        const ONLINE: u64 = 2 * 3600 * 1000;
        const STALE: u64 = 7 * 24 * 3600 * 1000;
        let since = |moment: Moment| now.0.saturating_sub(moment.0);
        match contacted_at {
            Some(moment) if since(moment) < ONLINE => Self::Online,
            Some(moment) if since(moment) > STALE => Self::Stale,
            Some(_) => Self::Offline,
            None if since(created_at) > STALE => Self::Stale,
            None => Self::NeverContacted,
        }
    }

    /// GitLab's word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Online => "online",
            Self::Offline => "offline",
            Self::Stale => "stale",
            Self::NeverContacted => "never_contacted",
        }
    }
}

/// A runner with all that its page shows.
#[derive(Clone, Debug, PartialEq)]
pub struct RunnerView {
    /// The runner.
    pub runner: Runner,
    /// How it stands.
    pub state: RunnerState,
    /// When it was last seen.
    pub contacted_at: Option<Moment>,
    /// Its machines, those seen last first.
    pub managers: Vec<Manager>,
    /// The jobs it has now.
    pub running: Vec<pipeline::JobId>,
}

/// A runner that is to be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewRunner {
    /// Whose jobs it takes.
    pub kind: RunnerKind,
    /// Projects of a project's runner: at least one.
    pub projects: Vec<ProjectId>,
    /// What it is called.
    pub description: String,
    /// Its tags, at most 50.
    pub tags: Vec<String>,
    /// Whether it takes jobs without tags.
    pub run_untagged: bool,
    /// For which refs it works.
    pub access_level: AccessLevel,
    /// Whether it stays with its projects.
    pub locked: bool,
    /// Whether it gets no jobs.
    pub paused: bool,
    /// Longest time of a job in seconds, at least 600.
    pub maximum_timeout: Option<u64>,
    /// A note.
    pub maintenance_note: String,
    /// Who makes it.
    pub user: UserId,
}

impl NewRunner {
    /// A runner of the instance that takes any job without tags.
    pub fn instance(description: impl Into<String>) -> Self {
        Self {
            kind: RunnerKind::InstanceType,
            projects: Vec::new(),
            description: description.into(),
            tags: Vec::new(),
            run_untagged: true,
            access_level: AccessLevel::default(),
            locked: false,
            paused: false,
            maximum_timeout: None,
            maintenance_note: String::new(),
            user: UserId::ROOT,
        }
    }
}

/// What is to change of a runner. Nothing leaves a value as it is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct RunnerChange {
    /// What it is called.
    pub description: Option<String>,
    /// Its tags, all of them.
    pub tags: Option<Vec<String>>,
    /// Whether it takes jobs without tags.
    pub run_untagged: Option<bool>,
    /// For which refs it works.
    pub access_level: Option<AccessLevel>,
    /// Whether it stays with its projects.
    pub locked: Option<bool>,
    /// Whether it gets no jobs.
    pub paused: Option<bool>,
    /// Longest time of a job; nothing inside removes the limit.
    pub maximum_timeout: Option<Option<u64>>,
    /// A note.
    pub maintenance_note: Option<String>,
    /// Its projects, all of them.
    pub projects: Option<Vec<ProjectId>>,
}
