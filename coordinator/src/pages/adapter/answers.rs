//! Each question of pages, and who answers it.

use super::Desk;
use crate::access::{By, Credential, SignInError, shown};
use crate::api::Params;
use crate::kernel::{Act, Acted, Created, LatestJob, Topic};
use crate::model::{
    EnvironmentFilter, JobFilter, JobRow, NewProject, NewRunner, NewToken, Page, Paged, PipelineFilter,
    Project, ProjectChange, ProjectId, RunnerChange, RunnerId, Session, Token, Variable,
};
use crate::pages::views::{
    Answer, ArtifactEntry, ConfigFile, Download, EnvironmentItem, EnvironmentPage, JobPage, NoChange,
    NoEntry, Oops, Overview, PipelineItem, PipelinePage, Plan, Preview, ProjectItem, Refs, RunForm,
    RunRequest, RunnerItem, Seen, TestReport, Viewer, Views, Wanted,
};
use futures_util::stream::{BoxStream, StreamExt as _, unfold};
use http::{HeaderMap, HeaderValue};
use pipeline::resource::Mode;
use pipeline::{JobId, Moment, PipelineId};
use protocol::Secret;
use std::fs::File;
use std::net::IpAddr;

impl Views for Desk {
    fn now(&self) -> Moment {
        self.app.kernel.now()
    }

    fn url(&self) -> String {
        self.app.url.to_string()
    }

    async fn viewer(&self, headers: &HeaderMap, peer: IpAddr) -> Answer<Option<Viewer>> {
        // Pages are for browsers: tokens open the API, not pages.
        let Some(Credential::Session(secret)) = shown(headers, &Params::default()) else { return Ok(None) };
        let Some(actor) = self.app.access.by_session(&secret, peer).await? else { return Ok(None) };
        let By::Session { csrf } = actor.by else { return Ok(None) };
        let (user, address) = (actor.user, actor.address);
        Ok(Some(Viewer { user: user.id, login: user.login, name: user.name, csrf: csrf.0, address }))
    }

    async fn sign_in(
        &self,
        headers: &HeaderMap,
        peer: IpAddr,
        login: &str,
        secret: Secret,
    ) -> Result<String, NoEntry> {
        let signed = self.app.access.sign_in(headers, peer, login, secret).await;
        signed.map(|signed| text_of(&signed.cookie)).map_err(no_entry)
    }

    async fn enter_once(&self, headers: &HeaderMap, peer: IpAddr, secret: Secret) -> Result<String, NoEntry> {
        let signed = self.app.access.enter_once(headers, peer, &secret).await;
        signed.map(|signed| text_of(&signed.cookie)).map_err(no_entry)
    }

    async fn sign_out(&self, headers: &HeaderMap, peer: IpAddr) -> Answer<String> {
        Ok(text_of(&self.app.access.sign_out(headers, peer).await?))
    }

    async fn tokens(&self, by: &Viewer) -> Answer<Vec<Token>> {
        self.tokens_of(by).await
    }

    async fn create_token(&self, by: &Viewer, new: NewToken) -> Answer<Secret> {
        self.make_token(by, new).await
    }

    async fn revoke_token(&self, by: &Viewer, id: i64) -> Answer<()> {
        self.take_back(by, id).await
    }

    async fn sessions(&self, by: &Viewer) -> Answer<Vec<Session>> {
        self.sessions_of(by).await
    }

    async fn end_session(&self, by: &Viewer, id: i64) -> Answer<()> {
        self.sign_out_there(by, id).await
    }

    async fn has_password(&self, by: &Viewer) -> Answer<bool> {
        self.knows_password(by).await
    }

    async fn change_password(
        &self,
        headers: &HeaderMap,
        by: &Viewer,
        shown: Secret,
        new: Secret,
    ) -> Result<String, NoChange> {
        self.new_password(headers, by, shown, new).await
    }

    async fn projects(&self, search: &str, page: Page) -> Answer<Paged<ProjectItem>> {
        self.project_items(search, page).await
    }

    async fn project(&self, path: &str) -> Answer<Project> {
        Ok(self.app.kernel.project(path.into()).await?)
    }

    async fn create_project(&self, by: &Viewer, new: NewProject) -> Answer<Project> {
        let project = self.app.kernel.create_project(new).await?;
        self.note(by, "project_created", &project.path, Some(project.id)).await;
        Ok(project)
    }

    async fn update_project(&self, by: &Viewer, project: ProjectId, change: ProjectChange) -> Answer<()> {
        let project = self.app.kernel.update_project(project, change).await?;
        self.note(by, "project_changed", &project.path, Some(project.id)).await;
        Ok(())
    }

    async fn delete_project(&self, by: &Viewer, project: ProjectId) -> Answer<()> {
        let path = self.app.kernel.project(project.into()).await?.path;
        self.app.kernel.delete_project(project).await?;
        self.note(by, "project_removed", &path, None).await;
        Ok(())
    }

    async fn resource_groups(&self, project: &Project) -> Answer<Vec<(String, Mode)>> {
        Ok(self.app.kernel.resource_groups(project.id).await?)
    }

    async fn set_resource_group(&self, by: &Viewer, project: &Project, name: &str, mode: Mode) -> Answer<()> {
        if !self.resource_groups(project).await?.iter().any(|(known, _)| known == name) {
            return Err(Oops::NotFound);
        }
        self.app.kernel.set_resource_group(project.id, name, mode).await?;
        self.note(by, "resource_group_changed", name, Some(project.id)).await;
        Ok(())
    }

    async fn overview(&self, project: &Project) -> Answer<Overview> {
        self.overview_of(project).await
    }

    async fn pipelines(
        &self,
        project: &Project,
        filter: PipelineFilter,
        page: Page,
    ) -> Answer<Paged<PipelineItem>> {
        self.pipeline_items(project, filter, page).await
    }

    async fn pipeline(&self, project: &Project, id: PipelineId) -> Answer<PipelinePage> {
        self.pipeline_page(project, id).await
    }

    async fn jobs(&self, project: &Project, filter: JobFilter, page: Page) -> Answer<Paged<JobRow>> {
        Ok(self.app.kernel.jobs(Some(project.id), filter, page).await?)
    }

    async fn job(&self, project: &Project, id: JobId) -> Answer<JobPage> {
        self.job_page(project, id).await
    }

    async fn trace(&self, project: &Project, id: JobId) -> Answer<Option<File>> {
        self.trace_of(project, id).await
    }

    async fn act(&self, by: &Viewer, project: &Project, act: Act) -> Answer<Acted> {
        self.done(by, project, act).await
    }

    async fn artifacts(
        &self,
        project: &Project,
        id: JobId,
        folder: &str,
    ) -> Answer<Option<Vec<ArtifactEntry>>> {
        self.folder_of(project, id, folder).await
    }

    async fn preview(&self, project: &Project, id: JobId, path: &str) -> Answer<Preview> {
        self.preview_of(project, id, path).await
    }

    async fn download(&self, project: &Project, id: JobId, wanted: Wanted) -> Answer<Download> {
        self.download_of(project, id, wanted).await
    }

    async fn tests(&self, project: &Project, id: PipelineId) -> Answer<TestReport> {
        let view = self.view_of(project, id).await?;
        self.report_of(&view).await
    }

    async fn latest_job(&self, project: &Project, reference: &str, name: &str) -> Answer<JobId> {
        let wanted = LatestJob { reference: reference.to_owned(), job: name.to_owned() };
        Ok(self.app.kernel.latest_job(project.id, wanted).await?.row.id)
    }

    async fn environments(
        &self,
        project: &Project,
        filter: EnvironmentFilter,
        page: Page,
    ) -> Answer<Paged<EnvironmentItem>> {
        self.environment_items(project, filter, page).await
    }

    async fn environment(&self, project: &Project, id: i64, page: Page) -> Answer<EnvironmentPage> {
        self.environment_page(project, id, page).await
    }

    async fn stop_environment(&self, by: &Viewer, project: &Project, id: i64) -> Answer<()> {
        self.stop(by, project, id).await
    }

    async fn delete_environment(&self, by: &Viewer, project: &Project, id: i64) -> Answer<()> {
        self.remove_environment(by, project, id).await
    }

    async fn refs(&self, project: &Project) -> Answer<Refs> {
        self.refs_of(project).await
    }

    async fn form(&self, project: &Project, reference: &str) -> Answer<RunForm> {
        self.form_for(project, reference).await
    }

    async fn run(&self, by: &Viewer, project: &Project, request: RunRequest) -> Answer<Created> {
        self.run_by(by, project, request).await
    }

    async fn runners(&self, project: Option<&Project>) -> Answer<Vec<RunnerItem>> {
        self.runner_items(project).await
    }

    async fn runner(&self, id: RunnerId) -> Answer<RunnerItem> {
        self.runner_item(id).await
    }

    async fn create_runner(&self, by: &Viewer, new: NewRunner) -> Answer<(RunnerId, Secret)> {
        let (runner, token) = self.app.kernel.create_runner(new).await?;
        self.note(by, "runner_created", &format!("runner {}", runner.id), None).await;
        Ok((runner.id, token))
    }

    async fn update_runner(&self, by: &Viewer, id: RunnerId, change: RunnerChange) -> Answer<()> {
        self.app.kernel.update_runner(id, change).await?;
        self.note(by, "runner_changed", &format!("runner {id}"), None).await;
        Ok(())
    }

    async fn reset_runner(&self, by: &Viewer, id: RunnerId) -> Answer<Secret> {
        let token = self.app.kernel.reset_runner_token(id).await?;
        self.note(by, "runner_token_reset", &format!("runner {id}"), None).await;
        Ok(token)
    }

    async fn registration_token(&self, by: &Viewer, another: bool) -> Answer<Secret> {
        let (token, action) = match another {
            true => (self.app.kernel.reset_registration_token().await?, "registration_token_reset"),
            false => (self.app.kernel.registration_token().await?, "registration_token_shown"),
        };
        self.note(by, action, "instance", None).await;
        Ok(token)
    }

    async fn delete_runner(&self, by: &Viewer, id: RunnerId) -> Answer<()> {
        self.app.kernel.delete_runner(id).await?;
        self.note(by, "runner_removed", &format!("runner {id}"), None).await;
        Ok(())
    }

    async fn variables(&self, project: Option<&Project>) -> Answer<Vec<Variable>> {
        Ok(self.app.kernel.variables(project.map(|project| project.id)).await?)
    }

    async fn set_variable(
        &self,
        by: &Viewer,
        replaces: Option<(String, String)>,
        variable: Variable,
    ) -> Answer<()> {
        self.put_variable(by, replaces, variable).await
    }

    async fn delete_variable(
        &self,
        by: &Viewer,
        project: Option<&Project>,
        key: &str,
        scope: &str,
    ) -> Answer<()> {
        self.remove_variable(by, project, key, scope).await
    }

    async fn config(&self, project: &Project, reference: &str) -> Answer<ConfigFile> {
        self.config_of(project, reference).await
    }

    async fn plan(&self, project: &Project, reference: &str, text: &str) -> Answer<Plan> {
        self.plan_for(project, reference, text).await
    }

    async fn audit(&self, project: Option<&Project>, page: Page) -> Answer<Paged<Seen>> {
        let rows = self.app.kernel.audit_rows(project.map(|project| project.id), page).await?;
        let mut items = Vec::new();
        for row in rows.items {
            let who = match row.user {
                Some(user) => Some(self.name_of(user).await),
                None => None,
            };
            items.push(Seen { row, who });
        }
        Ok(Paged { items, total: rows.total })
    }

    fn watch(&self, topic: Topic) -> BoxStream<'static, ()> {
        if let Topic::Trace(job) = topic {
            return self.follow(job);
        }
        let watcher = self.app.kernel.watch(topic);
        unfold(watcher, |mut watcher| async move { watcher.changed().await.then_some(((), watcher)) }).boxed()
    }
}

fn no_entry(error: SignInError) -> NoEntry {
    match error {
        SignInError::Wrong | SignInError::Foreign => NoEntry::Wrong,
        SignInError::TooMany(wait) => NoEntry::TooMany(wait.as_secs().saturating_add(1)),
        SignInError::Kernel(error) => NoEntry::Broken(error.to_string()),
    }
}

pub(super) fn text_of(value: &HeaderValue) -> String {
    value.to_str().unwrap_or_default().to_owned()
}
