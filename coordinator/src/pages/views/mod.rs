//! What pages are told. Whoever implements [`Views`] can be shown: the coordinator, or made-up data.

mod data;
mod deployed;
mod inputs;
mod plan;

pub use data::{
    ArtifactEntry, ConfigFile, Download, FormInput, FormVariable, JobPage, Overview, PipelineItem,
    PipelinePage, Preview, ProjectItem, Refs, RunForm, RunRequest, RunnerItem, RunningJob, Seen, TestCase,
    TestReport, TestState, TestSuite, Viewer, Wanted,
};
pub use deployed::{DeploymentItem, EnvironmentItem, EnvironmentPage};
pub use inputs::inputs_of;
pub use plan::{Plan, PlanJob, Remark, form_of, plan_of};

use crate::kernel::{Act, Acted, Created, Topic};
use crate::model::{
    AuditRow, EnvironmentFilter, JobFilter, JobRow, NewProject, NewRunner, NewToken, Page, Paged,
    PipelineFilter, Project, ProjectChange, ProjectId, RunnerChange, RunnerId, Session, Token, Variable,
};
use futures_util::stream::BoxStream;
use http::HeaderMap;
use pipeline::resource::Mode;
use pipeline::{JobId, Moment, PipelineId};
use protocol::Secret;
use std::fs::File;
use std::future::Future;
use std::net::IpAddr;

/// Why something is not shown or not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Oops {
    /// There is no such thing, or nobody is to know of it.
    #[error("not found")]
    NotFound,
    /// It may not be.
    #[error("forbidden")]
    Forbidden,
    /// It cannot be: a sentence for people.
    #[error("{0}")]
    Refused(String),
    /// Something is broken. What, is for the log of the program, not for the page.
    #[error("{0}")]
    Broken(String),
}

/// Why somebody was not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoEntry {
    /// Name or secret are wrong.
    Wrong,
    /// There were too many attempts; after so many seconds there may be another.
    TooMany(u64),
    /// Something is broken.
    Broken(String),
}

/// Why a password was not changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoChange {
    /// What was shown of oneself is wrong.
    Wrong,
    /// There were too many attempts; after so many seconds there may be another.
    TooMany(u64),
    /// The new one cannot be: a sentence for people.
    Refused(String),
    /// Something is broken.
    Broken(String),
}

/// An answer.
pub type Answer<T> = Result<T, Oops>;

/// All that pages show and do.
pub trait Views: Clone + Send + Sync + 'static {
    /// The time.
    fn now(&self) -> Moment;

    /// How people reach the coordinator: `https://ci.example/path`, without a slash at the end.
    fn url(&self) -> String;

    /// Who asks, if they signed in.
    fn viewer(
        &self,
        headers: &HeaderMap,
        peer: IpAddr,
    ) -> impl Future<Output = Answer<Option<Viewer>>> + Send;

    /// Lets somebody in; the answer is the value of `Set-Cookie`.
    fn sign_in(
        &self,
        headers: &HeaderMap,
        peer: IpAddr,
        login: &str,
        secret: Secret,
    ) -> impl Future<Output = Result<String, NoEntry>> + Send;

    /// Lets somebody in who has an address that works once; the answer is the value of `Set-Cookie`.
    fn enter_once(
        &self,
        headers: &HeaderMap,
        peer: IpAddr,
        secret: Secret,
    ) -> impl Future<Output = Result<String, NoEntry>> + Send;

    /// Lets somebody out; the answer is the value of `Set-Cookie`.
    fn sign_out(&self, headers: &HeaderMap, peer: IpAddr) -> impl Future<Output = Answer<String>> + Send;

    /// The viewer's tokens, without their texts, the newest first.
    fn tokens(&self, by: &Viewer) -> impl Future<Output = Answer<Vec<Token>>> + Send;

    /// Makes a token, which is never told again.
    fn create_token(&self, by: &Viewer, new: NewToken) -> impl Future<Output = Answer<Secret>> + Send;

    /// Takes a token back.
    fn revoke_token(&self, by: &Viewer, id: i64) -> impl Future<Output = Answer<()>> + Send;

    /// Where the viewer is signed in, the newest first.
    fn sessions(&self, by: &Viewer) -> impl Future<Output = Answer<Vec<Session>>> + Send;

    /// Ends a session of the viewer.
    fn end_session(&self, by: &Viewer, id: i64) -> impl Future<Output = Answer<()>> + Send;

    /// Whether the viewer has a password.
    fn has_password(&self, by: &Viewer) -> impl Future<Output = Answer<bool>> + Send;

    /// Changes the viewer's password, which ends all sessions; the answer is the value of `Set-Cookie` of a new one.
    fn change_password(
        &self,
        headers: &HeaderMap,
        by: &Viewer,
        shown: Secret,
        new: Secret,
    ) -> impl Future<Output = Result<String, NoChange>> + Send;

    /// Projects whose path or name holds a text, the last used first.
    fn projects(&self, search: &str, page: Page) -> impl Future<Output = Answer<Paged<ProjectItem>>> + Send;

    /// A project by its full path.
    fn project(&self, path: &str) -> impl Future<Output = Answer<Project>> + Send;

    /// Makes a project.
    fn create_project(&self, by: &Viewer, new: NewProject) -> impl Future<Output = Answer<Project>> + Send;

    /// Changes a project.
    fn update_project(
        &self,
        by: &Viewer,
        project: ProjectId,
        change: ProjectChange,
    ) -> impl Future<Output = Answer<()>> + Send;

    /// Removes a project with all that is in it.
    fn delete_project(&self, by: &Viewer, project: ProjectId) -> impl Future<Output = Answer<()>> + Send;

    /// The resource groups of a project, each with the order in which its jobs are let in.
    fn resource_groups(&self, project: &Project) -> impl Future<Output = Answer<Vec<(String, Mode)>>> + Send;

    /// Changes the order of a resource group.
    fn set_resource_group(
        &self,
        by: &Viewer,
        project: &Project,
        name: &str,
        mode: Mode,
    ) -> impl Future<Output = Answer<()>> + Send;

    /// What the first page of a project shows.
    fn overview(&self, project: &Project) -> impl Future<Output = Answer<Overview>> + Send;

    /// Pipelines, the newest first.
    fn pipelines(
        &self,
        project: &Project,
        filter: PipelineFilter,
        page: Page,
    ) -> impl Future<Output = Answer<Paged<PipelineItem>>> + Send;

    /// A pipeline.
    fn pipeline(
        &self,
        project: &Project,
        id: PipelineId,
    ) -> impl Future<Output = Answer<PipelinePage>> + Send;

    /// Jobs of a project.
    fn jobs(
        &self,
        project: &Project,
        filter: JobFilter,
        page: Page,
    ) -> impl Future<Output = Answer<Paged<JobRow>>> + Send;

    /// A job.
    fn job(&self, project: &Project, id: JobId) -> impl Future<Output = Answer<JobPage>> + Send;

    /// The log of a job, opened anew; nothing where there is none.
    fn trace(&self, project: &Project, id: JobId) -> impl Future<Output = Answer<Option<File>>> + Send;

    /// Does what somebody wants done to a pipeline or job of the project.
    fn act(&self, by: &Viewer, project: &Project, act: Act) -> impl Future<Output = Answer<Acted>> + Send;

    /// What is in a folder of a job's archive; the empty path is its root. Nothing where there is no archive.
    fn artifacts(
        &self,
        project: &Project,
        id: JobId,
        folder: &str,
    ) -> impl Future<Output = Answer<Option<Vec<ArtifactEntry>>>> + Send;

    /// The begin of a file of a job's archive.
    fn preview(
        &self,
        project: &Project,
        id: JobId,
        path: &str,
    ) -> impl Future<Output = Answer<Preview>> + Send;

    /// A file of a job's artifacts, to be saved.
    fn download(
        &self,
        project: &Project,
        id: JobId,
        wanted: Wanted,
    ) -> impl Future<Output = Answer<Download>> + Send;

    /// Test reports of the jobs of a pipeline.
    fn tests(&self, project: &Project, id: PipelineId) -> impl Future<Output = Answer<TestReport>> + Send;

    /// The newest job of a name that succeeded on a branch or tag.
    fn latest_job(
        &self,
        project: &Project,
        reference: &str,
        name: &str,
    ) -> impl Future<Output = Answer<JobId>> + Send;

    /// Environments, those that are there first.
    fn environments(
        &self,
        project: &Project,
        filter: EnvironmentFilter,
        page: Page,
    ) -> impl Future<Output = Answer<Paged<EnvironmentItem>>> + Send;

    /// An environment with what was deployed to it.
    fn environment(
        &self,
        project: &Project,
        id: i64,
        page: Page,
    ) -> impl Future<Output = Answer<EnvironmentPage>> + Send;

    /// Stops an environment, with its job if it has one.
    fn stop_environment(
        &self,
        by: &Viewer,
        project: &Project,
        id: i64,
    ) -> impl Future<Output = Answer<()>> + Send;

    /// Removes an environment that was stopped.
    fn delete_environment(
        &self,
        by: &Viewer,
        project: &Project,
        id: i64,
    ) -> impl Future<Output = Answer<()>> + Send;

    /// Branches and tags.
    fn refs(&self, project: &Project) -> impl Future<Output = Answer<Refs>> + Send;

    /// What can be given for a pipeline of a branch or tag.
    fn form(&self, project: &Project, reference: &str) -> impl Future<Output = Answer<RunForm>> + Send;

    /// Makes a pipeline.
    fn run(
        &self,
        by: &Viewer,
        project: &Project,
        request: RunRequest,
    ) -> impl Future<Output = Answer<Created>> + Send;

    /// Runners: all of them, or those that take jobs of a project.
    fn runners(&self, project: Option<&Project>) -> impl Future<Output = Answer<Vec<RunnerItem>>> + Send;

    /// A runner.
    fn runner(&self, id: RunnerId) -> impl Future<Output = Answer<RunnerItem>> + Send;

    /// Makes a runner. Its token is never told again.
    fn create_runner(
        &self,
        by: &Viewer,
        new: NewRunner,
    ) -> impl Future<Output = Answer<(RunnerId, Secret)>> + Send;

    /// Changes a runner.
    fn update_runner(
        &self,
        by: &Viewer,
        id: RunnerId,
        change: RunnerChange,
    ) -> impl Future<Output = Answer<()>> + Send;

    /// Gives a runner another token, which is never told again.
    fn reset_runner(&self, by: &Viewer, id: RunnerId) -> impl Future<Output = Answer<Secret>> + Send;

    /// The token that runners register themselves with; another one, if it is to be.
    fn registration_token(&self, by: &Viewer, another: bool) -> impl Future<Output = Answer<Secret>> + Send;

    /// Removes a runner.
    fn delete_runner(&self, by: &Viewer, id: RunnerId) -> impl Future<Output = Answer<()>> + Send;

    /// Variables of a project, or of the instance.
    fn variables(&self, project: Option<&Project>) -> impl Future<Output = Answer<Vec<Variable>>> + Send;

    /// Makes a variable, or changes the one of this key and scope.
    fn set_variable(
        &self,
        by: &Viewer,
        replaces: Option<(String, String)>,
        variable: Variable,
    ) -> impl Future<Output = Answer<()>> + Send;

    /// Removes a variable by key and scope.
    fn delete_variable(
        &self,
        by: &Viewer,
        project: Option<&Project>,
        key: &str,
        scope: &str,
    ) -> impl Future<Output = Answer<()>> + Send;

    /// The configuration file of a branch or tag.
    fn config(&self, project: &Project, reference: &str) -> impl Future<Output = Answer<ConfigFile>> + Send;

    /// What a configuration would make of a push to a branch or tag.
    fn plan(
        &self,
        project: &Project,
        reference: &str,
        text: &str,
    ) -> impl Future<Output = Answer<Plan>> + Send;

    /// What was done, the newest first.
    fn audit(
        &self,
        project: Option<&Project>,
        page: Page,
    ) -> impl Future<Output = Answer<Paged<Seen>>> + Send;

    /// One item whenever something of the topic changed. It may leave some out, but never the last.
    fn watch(&self, topic: Topic) -> BoxStream<'static, ()>;
}

/// What the audit page shows is a row of the log.
impl From<AuditRow> for Seen {
    fn from(row: AuditRow) -> Self {
        Self { row, who: None }
    }
}
