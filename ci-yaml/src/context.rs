//! What a pipeline is made for: the ref, the event, the commit, and the settings around them.

use crate::Tree;
use indexmap::IndexMap;
use serde::Deserialize;
use std::fmt;
use std::sync::Arc;

/// What made the pipeline, in the words of `CI_PIPELINE_SOURCE`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Source(Arc<str>);

/// The sources a GitLab knows.
const SOURCES: &[&str] = &[
    "push",
    "web",
    "webide",
    "trigger",
    "schedule",
    "api",
    "external",
    "pipeline",
    "chat",
    "merge_request_event",
    "external_pull_request_event",
    "parent_pipeline",
    "ondemand_dast_scan",
    "ondemand_dast_validation",
    "security_orchestration_policy",
    "pipeline_execution_policy_schedule",
    "container_registry_push",
    "duo_workflow",
    "dependency_management_security_update",
];

impl Source {
    /// The source of this name, if GitLab has it.
    pub fn new(name: &str) -> Option<Self> {
        SOURCES.contains(&name).then(|| Self(name.into()))
    }

    /// All names.
    pub fn all() -> &'static [&'static str] {
        SOURCES
    }

    /// A push.
    pub fn push() -> Self {
        Self("push".into())
    }

    /// Its name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether `[ci skip]` is not looked for: somebody asked for this very pipeline.
    pub fn ignores_skip(&self) -> bool {
        matches!(
            self.as_str(),
            "web"
                | "api"
                | "trigger"
                | "schedule"
                | "pipeline"
                | "parent_pipeline"
                | "security_orchestration_policy"
                | "pipeline_execution_policy_schedule"
        )
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What the pipeline runs for. Exactly one of the three.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ref {
    /// A branch.
    Branch(String),
    /// A tag.
    Tag(String),
    /// A merge request; [`Context::merge_request`] says which. The name is that of its source branch.
    MergeRequest(String),
}

impl Ref {
    /// The short name of the branch, tag or source branch.
    pub fn name(&self) -> &str {
        match self {
            Self::Branch(name) | Self::Tag(name) | Self::MergeRequest(name) => name,
        }
    }
}

/// The paths that a pipeline's commits changed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Changed {
    /// Nobody can tell: a new branch, a tag, a schedule. `changes` holds then.
    #[default]
    Unknown,
    /// These, which may be none.
    Paths(Arc<[String]>),
}

/// The project.
#[derive(Clone, Debug)]
pub struct Project {
    /// Full path: `group/name`.
    pub path: String,
    /// Its number.
    pub id: u64,
    /// Its name for people; the last part of the path where there is none.
    pub title: Option<String>,
    /// The branch that is checked out by default.
    pub default_branch: String,
    /// `https://host[:port]` of its GitLab, without a slash at the end.
    pub server_url: String,
    /// Path of the configuration file in the repository.
    pub config_path: String,
    /// `private`, `internal` or `public`.
    pub visibility: String,
    /// Host and port of the registry, if there is one.
    pub registry: Option<String>,
}

/// The head commit.
#[derive(Clone, Debug, Default)]
pub struct Commit {
    /// Its full id; 40 hexadecimal digits.
    pub sha: String,
    /// The branch's previous head; forty zeros where there is none.
    pub before_sha: String,
    /// Its full message.
    pub message: String,
    /// `Name <mail>`.
    pub author: String,
    /// RFC 3339.
    pub timestamp: String,
    /// The message of an annotated tag.
    pub tag_message: String,
}

/// Who started the pipeline.
#[derive(Clone, Debug, Default)]
pub struct User {
    /// A number.
    pub id: u64,
    /// The name to log in with.
    pub login: String,
    /// The name for people.
    pub name: String,
    /// The mail address.
    pub email: String,
}

/// What the pipeline of a merge request is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum MergeRequestEvent {
    /// The head of the source branch.
    #[default]
    Detached,
    /// Source and target merged.
    MergedResult,
    /// A place in a merge train.
    MergeTrain,
}

impl MergeRequestEvent {
    /// As in `CI_MERGE_REQUEST_EVENT_TYPE`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Detached => "detached",
            Self::MergedResult => "merged_result",
            Self::MergeTrain => "merge_train",
        }
    }
}

/// A merge request.
#[derive(Clone, Debug, Default)]
pub struct MergeRequest {
    /// Its number in the project.
    pub iid: u64,
    /// The branch it wants to go into.
    pub target: String,
    /// The commit that source and target have in common.
    pub diff_base_sha: String,
    /// What its pipeline is made of.
    pub event: MergeRequestEvent,
    /// Its title.
    pub title: String,
    /// Its description.
    pub description: String,
    /// Its labels.
    pub labels: Vec<String>,
    /// Who it is assigned to.
    pub assignees: Vec<String>,
    /// Its milestone.
    pub milestone: Option<String>,
    /// Whether it is a draft.
    pub draft: bool,
    /// Whether it is to be squashed.
    pub squash: bool,
    /// The project it comes from, where that is another one.
    pub source_project: Option<String>,
}

/// The pipeline that a child or downstream pipeline was started by.
#[derive(Clone, Debug, Default)]
pub struct Parent {
    /// The project of the parent.
    pub project_id: u64,
    /// The parent.
    pub pipeline_id: u64,
    /// The bridge.
    pub job_id: u64,
}

/// A variable given for one pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct GivenVariable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Not to be expanded.
    #[serde(default)]
    pub raw: bool,
    /// To be given to the job as a file.
    #[serde(default)]
    pub file: bool,
}

/// A CI/CD variable of a project, a group or an instance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SettingVariable {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: String,
    /// Not to be expanded.
    pub raw: bool,
    /// To be given to the job as a file.
    pub file: bool,
    /// Not to be shown in logs.
    pub masked: bool,
    /// Only for protected refs.
    pub protected: bool,
    /// The environments it is for; `*` stands for any run of characters.
    pub scope: String,
}

/// Everything a pipeline is made for. Tests and callers set what they know; the rest has harmless values.
#[derive(Clone, Debug)]
pub struct Context {
    /// What made the pipeline.
    pub source: Source,
    /// What it runs for.
    pub reference: Ref,
    /// The head commit.
    pub commit: Commit,
    /// The tree of the head commit.
    pub tree: Tree,
    /// The project.
    pub project: Project,
    /// Who started it.
    pub user: User,
    /// The merge request of a merge request pipeline, and of its children.
    pub merge_request: Option<MergeRequest>,
    /// Open merge requests from this branch, as `path!iid`, for branch and merge request pipelines.
    pub open_merge_requests: Vec<String>,
    /// What started a child or downstream pipeline.
    pub parent: Option<Parent>,
    /// What was changed.
    pub changed: Changed,
    /// Whether the ref is protected.
    pub protected: bool,
    /// Whether a push option asked for no jobs (`ci.skip`).
    pub skip: bool,
    /// Variables given for this pipeline: by a form, the API, a trigger, a push option, a parent.
    pub variables: Vec<GivenVariable>,
    /// Variables of the schedule that started it.
    pub schedule_variables: Vec<GivenVariable>,
    /// What the schedule says of itself.
    pub schedule_description: Option<String>,
    /// CI/CD settings of the project.
    pub project_variables: Vec<SettingVariable>,
    /// CI/CD settings of its groups, the outermost first.
    pub group_variables: Vec<SettingVariable>,
    /// CI/CD settings of the instance.
    pub instance_variables: Vec<SettingVariable>,
    /// Values for `spec:inputs` of the main file, each a JSON value or text.
    pub inputs: IndexMap<String, serde_json::Value>,
    /// The job a chat command names; all others are left out.
    pub chat_job: Option<String>,
    /// Predefined variables as they shall be, over what would be computed; nothing stands for undefined.
    pub predefined: IndexMap<String, Option<String>>,
}

/// Forty zeros: no commit.
pub(crate) const NO_SHA: &str = "0000000000000000000000000000000000000000";

impl Context {
    /// A push to an existing branch of a project, with nothing known of its changes.
    pub fn push(branch: &str) -> Self {
        let project = Project {
            path: "g/p".into(),
            id: 1,
            title: None,
            default_branch: "main".into(),
            server_url: "https://gitlab.com".into(),
            config_path: ".gitlab-ci.yml".into(),
            visibility: "private".into(),
            registry: None,
        };
        Self {
            source: Source::push(),
            reference: Ref::Branch(branch.into()),
            commit: Commit {
                sha: "1111111111111111111111111111111111111111".into(),
                before_sha: "2222222222222222222222222222222222222222".into(),
                message: "commit".into(),
                author: "Somebody <somebody@example.com>".into(),
                timestamp: "2026-01-01T00:00:00+00:00".into(),
                tag_message: String::new(),
            },
            tree: Tree { project: project.path.as_str().into(), revision: "HEAD".into() },
            project,
            user: User {
                id: 1,
                login: "root".into(),
                name: "Somebody".into(),
                email: "somebody@example.com".into(),
            },
            merge_request: None,
            open_merge_requests: Vec::new(),
            parent: None,
            changed: Changed::Unknown,
            protected: false,
            skip: false,
            variables: Vec::new(),
            schedule_variables: Vec::new(),
            schedule_description: None,
            project_variables: Vec::new(),
            group_variables: Vec::new(),
            instance_variables: Vec::new(),
            inputs: IndexMap::new(),
            chat_job: None,
            predefined: IndexMap::new(),
        }
    }

    /// Whether it is a branch pipeline: neither of a tag nor with a merge request attached.
    pub fn is_branch(&self) -> bool {
        matches!(self.reference, Ref::Branch(_)) && self.merge_request.is_none()
    }

    /// Whether it is a tag pipeline.
    pub fn is_tag(&self) -> bool {
        matches!(self.reference, Ref::Tag(_))
    }
}
