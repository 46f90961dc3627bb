//! Plain data that pages show, beyond that of [`crate::model`].

use crate::kernel::RunnerOpinion;
use crate::model::{
    AuditRow, GitRef, JobRow, JobView, PipelineRow, PipelineVariable, PipelineView, Project, RunnerId,
    RunnerView, StageRow, UserId,
};
use indexmap::IndexMap;
use pipeline::{JobId, Moment, PipelineId, Status};
use serde_json::Value as Json;
use std::net::IpAddr;

/// Who looks at a page.
#[derive(Clone, PartialEq, Eq)]
pub struct Viewer {
    /// Their number.
    pub user: UserId,
    /// The name they sign in with.
    pub login: String,
    /// The name for people.
    pub name: String,
    /// What their forms carry.
    pub csrf: String,
    /// Where they come from.
    pub address: IpAddr,
}

/// Shows the name alone: what forms carry is a secret of the session.
impl std::fmt::Debug for Viewer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Viewer").field("login", &self.login).finish_non_exhaustive()
    }
}

/// A project in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct ProjectItem {
    /// The project.
    pub project: Project,
    /// Its last pipeline.
    pub last: Option<PipelineRow>,
}

/// The first page of a project.
#[derive(Clone, Debug, PartialEq)]
pub struct Overview {
    /// Where to clone it from.
    pub clone_url: String,
    /// Whether nothing was pushed so far.
    pub empty: bool,
    /// Its last pipelines.
    pub pipelines: Vec<PipelineItem>,
}

/// A pipeline in a list.
#[derive(Clone, Debug, PartialEq)]
pub struct PipelineItem {
    /// The pipeline.
    pub row: PipelineRow,
    /// Its stages, in order.
    pub stages: Vec<StageRow>,
    /// Who made it.
    pub user: String,
    /// Whether it is the newest of its ref's head.
    pub latest: bool,
    /// How many jobs wait for somebody to start them.
    pub manual: usize,
    /// Whether a job of it waits and no runner can take it.
    pub stuck: bool,
}

/// A pipeline.
#[derive(Clone, Debug, PartialEq)]
pub struct PipelinePage {
    /// The pipeline with its jobs.
    pub view: PipelineView,
    /// Who made it.
    pub user: String,
    /// Whether it is the newest of its ref's head.
    pub latest: bool,
    /// Whether a job of it waits and no runner can take it.
    pub stuck: bool,
    /// Full paths of the projects of children and parent, where they are of other projects.
    pub foreign: IndexMap<PipelineId, String>,
    /// Variables given for it.
    pub variables: Vec<PipelineVariable>,
    /// How many test cases there are, and how many of them did not go well.
    pub tests: Option<(u64, u64)>,
}

/// A job.
#[derive(Clone, Debug, PartialEq)]
pub struct JobPage {
    /// The job.
    pub view: JobView,
    /// Who it runs for.
    pub user: String,
    /// The runner that took it, as it is called.
    pub runner: Option<String>,
    /// All jobs of its pipeline, all attempts.
    pub siblings: Vec<JobRow>,
    /// Why it is pending: what each runner has against it.
    pub opinions: Vec<RunnerOpinion>,
    /// The job that has the resource it waits for.
    pub holder: Option<JobId>,
    /// Who erased it.
    pub erased_by: Option<String>,
    /// Whether it has a log.
    pub has_trace: bool,
    /// How many test cases there are, and how many of them did not go well.
    pub tests: Option<(u64, u64)>,
    /// Whether its artifacts stay because they are the latest of their ref.
    pub artifacts_locked: bool,
    /// The address of its environment.
    pub environment_url: Option<String>,
}

/// A file or folder in an archive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArtifactEntry {
    /// Its name.
    pub name: String,
    /// Whether it is a folder.
    pub folder: bool,
    /// Its size in bytes; of a folder, that of all in it.
    pub size: u64,
}

/// The begin of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preview {
    /// Its text; nothing where it is no text.
    pub text: Option<String>,
    /// Its size in bytes.
    pub size: u64,
    /// Whether there is more of it.
    pub cut: bool,
}

/// A file to be saved.
#[derive(Debug)]
pub struct Download {
    /// What is in it.
    pub file: std::fs::File,
    /// How many bytes of it.
    pub length: u64,
    /// What to call it.
    pub name: String,
}

/// What of a job's artifacts is wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// All of a kind: `archive`, `junit`, …
    Kind(String),
    /// One file of the archive.
    File(String),
}

/// How a test case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TestState {
    /// It failed.
    Failed,
    /// It could not be tested.
    Error,
    /// It was left out.
    Skipped,
    /// It went well.
    Success,
}

/// A test case.
#[derive(Clone, Debug, PartialEq)]
pub struct TestCase {
    /// How it ended.
    pub state: TestState,
    /// Its name.
    pub name: String,
    /// Its class.
    pub class: String,
    /// Its file.
    pub file: Option<String>,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// What it said.
    pub output: Option<String>,
}

/// The report of a job.
#[derive(Clone, Debug, PartialEq)]
pub struct TestSuite {
    /// The name of the job, or of its group.
    pub name: String,
    /// The job.
    pub job: JobId,
    /// Why the report cannot be read.
    pub error: Option<String>,
    /// Its cases.
    pub cases: Vec<TestCase>,
}

impl TestSuite {
    /// How many cases ended so.
    pub fn count(&self, state: TestState) -> usize {
        self.cases.iter().filter(|case| case.state == state).count()
    }

    /// How long all of them took, in seconds.
    pub fn seconds(&self) -> f64 {
        // The sum of nothing is a negative zero.
        self.cases.iter().map(|case| case.seconds).sum::<f64>() + 0.0
    }
}

/// All reports of a pipeline.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct TestReport {
    /// One a job.
    pub suites: Vec<TestSuite>,
}

/// Branches and tags of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Refs {
    /// The branches.
    pub branches: Vec<String>,
    /// The tags, the newest first.
    pub tags: Vec<String>,
}

/// A variable that the configuration asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FormVariable {
    /// Its name.
    pub key: String,
    /// Its value unless another is given.
    pub value: String,
    /// What it is for.
    pub description: String,
    /// The values it may have; any where there are none.
    pub options: Vec<String>,
}

/// An input of the configuration.
#[derive(Clone, Debug, PartialEq)]
pub struct FormInput {
    /// Its name.
    pub name: String,
    /// `string`, `number`, `boolean` or `array`.
    pub kind: String,
    /// Its value unless another is given; nothing where it has to be given.
    pub default: Option<Json>,
    /// What it is for.
    pub description: String,
    /// The values it may have.
    pub options: Vec<Json>,
}

/// What can be given for a pipeline.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunForm {
    /// Variables that have a description or options.
    pub variables: Vec<FormVariable>,
    /// Inputs.
    pub inputs: Vec<FormInput>,
    /// What is wrong with the configuration.
    pub errors: Vec<String>,
}

/// A pipeline that somebody wants.
#[derive(Clone, Debug)]
pub struct RunRequest {
    /// For which branch or tag, by its short name.
    pub reference: String,
    /// With which variables.
    pub variables: Vec<PipelineVariable>,
    /// With which inputs, as they were typed.
    pub inputs: IndexMap<String, String>,
}

/// What a runner does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RunningJob {
    /// The job.
    pub id: JobId,
    /// Its name.
    pub name: String,
    /// Full path of its project.
    pub project: String,
    /// For which branch or tag.
    pub reference: GitRef,
    /// Its status.
    pub status: Status,
    /// Since when.
    pub started_at: Option<Moment>,
    /// How long it took, in milliseconds, if it is over.
    pub duration: Option<u64>,
}

/// A runner with what it does.
#[derive(Clone, Debug, PartialEq)]
pub struct RunnerItem {
    /// The runner.
    pub view: RunnerView,
    /// What it does now.
    pub jobs: Vec<RunningJob>,
    /// What it did last.
    pub past: Vec<RunningJob>,
    /// Full paths of the projects it is for.
    pub projects: Vec<String>,
}

impl RunnerItem {
    /// Its number.
    pub fn id(&self) -> RunnerId {
        self.view.runner.id
    }
}

/// A configuration file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConfigFile {
    /// Its path.
    pub path: String,
    /// Its text; nothing where there is none.
    pub text: Option<String>,
}

/// Something that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The row of the log.
    pub row: AuditRow,
    /// Who did it, as they sign in.
    pub who: Option<String>,
}
