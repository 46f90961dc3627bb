//! Pipelines: lists, pages, test reports, what is done to them.

use super::Desk;
use crate::files::junit::{CaseStatus, Report};
use crate::kernel::{Act, Acted, Created, NewPipeline, Repositories as _};
use crate::model::{JobRow, Page, Paged, PipelineFilter, PipelineRow, PipelineView, Project};
use crate::pages::views::{
    Answer, Oops, PipelineItem, PipelinePage, RunRequest, TestCase, TestReport, TestState, TestSuite, Viewer,
};
use indexmap::IndexMap;
use pipeline::{PipelineId, Status};
use serde_json::Value as Json;

impl Desk {
    pub(super) async fn pipeline_items(
        &self,
        project: &Project,
        filter: PipelineFilter,
        page: Page,
    ) -> Answer<Paged<PipelineItem>> {
        let filter =
            PipelineFilter { children: filter.source.as_deref() == Some("parent_pipeline"), ..filter };
        let found = self.app.kernel.pipeline_views(Some(project.id), filter, page).await?;
        let mut items = Vec::new();
        for view in found.items {
            let user = self.name_of(view.row.user).await;
            let latest = self.is_latest(project, &view.row).await?;
            let stuck = self.is_stuck(&view.jobs).await?;
            let manual = view.jobs.iter().filter(|job| job.is_playable()).count();
            items.push(PipelineItem { row: view.row, stages: view.stages, user, latest, manual, stuck });
        }
        Ok(Paged { items, total: found.total })
    }

    /// Whether a pipeline is the newest of its ref, and its commit is the ref's head.
    async fn is_latest(&self, project: &Project, row: &PipelineRow) -> Answer<bool> {
        let newest = self.app.kernel.latest_pipeline(project.id, row.reference.name()).await?;
        if newest.is_none_or(|newest| newest.id != row.id) {
            return Ok(false);
        }
        let (reference, sha) = (row.reference.clone(), row.sha.clone());
        let head = self.ask(project, move |git, project| git.head(project, &reference)).await;
        Ok(head.is_ok_and(|head| head == Some(sha)))
    }

    /// Whether a job waits that no runner can take. Few jobs are looked at: one is enough.
    async fn is_stuck(&self, jobs: &[JobRow]) -> Answer<bool> {
        const LOOKED_AT: usize = 5;
        for job in jobs.iter().filter(|job| job.status == Status::Pending).take(LOOKED_AT) {
            if self.app.kernel.is_stuck(job.id).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// A pipeline of this project.
    pub(super) async fn view_of(&self, project: &Project, id: PipelineId) -> Answer<PipelineView> {
        let view = self.app.kernel.pipeline(id).await?;
        if view.row.project == project.id { Ok(view) } else { Err(Oops::NotFound) }
    }

    pub(super) async fn pipeline_page(&self, project: &Project, id: PipelineId) -> Answer<PipelinePage> {
        let view = self.view_of(project, id).await?;
        let mut foreign = IndexMap::new();
        for row in view.children.iter().chain(&view.parent).filter(|row| row.project != project.id) {
            foreign.insert(row.id, self.app.kernel.project(row.project.into()).await?.path);
        }
        let report = self.report_of(&view).await?;
        Ok(PipelinePage {
            user: self.name_of(view.row.user).await,
            latest: self.is_latest(project, &view.row).await?,
            stuck: self.is_stuck(&view.jobs).await?,
            variables: self.app.kernel.pipeline_variables(id).await?,
            tests: tally(&report.suites),
            foreign,
            view,
        })
    }

    /// The reports of a pipeline's latest jobs: one suite a job, those of `parallel: 3` together.
    pub(super) async fn report_of(&self, view: &PipelineView) -> Answer<TestReport> {
        let mut suites: Vec<TestSuite> = Vec::new();
        for row in self.app.kernel.reports(view.row.id, "junit").await? {
            let Some(job) = view.jobs.iter().find(|job| job.id == row.job && !job.retried) else { continue };
            let read = serde_json::from_value(row.data);
            let report: Report = read.map_err(|error| Oops::Broken(format!("a test report: {error}")))?;
            let name =
                if job.name.ends_with(']') { &job.name } else { crate::pages::parts::group_name(&job.name) };
            let cases = report.cases.into_iter().map(case);
            match suites.iter_mut().find(|suite| suite.name == name) {
                Some(suite) => {
                    suite.cases.extend(cases);
                    suite.error = suite.error.take().or(report.suite_error);
                }
                None => suites.push(TestSuite {
                    name: name.to_owned(),
                    job: job.id,
                    error: report.suite_error,
                    cases: cases.collect(),
                }),
            }
        }
        Ok(TestReport { suites })
    }

    pub(super) async fn run_by(
        &self,
        by: &Viewer,
        project: &Project,
        request: RunRequest,
    ) -> Answer<Created> {
        let name = request.reference.clone();
        let found = self.ask(project, move |git, project| git.resolve(project, &name)).await?;
        let (reference, sha) = found.ok_or_else(|| Oops::Refused("Reference not found".to_owned()))?;
        let new = NewPipeline {
            source: "web".into(),
            variables: request.variables,
            inputs: request.inputs.into_iter().map(|(name, value)| (name, Json::String(value))).collect(),
            ..NewPipeline::push(project.id, reference, sha, by.user)
        };
        let created = self.app.kernel.create_pipeline(new).await?;
        if let Created::Pipeline(id) | Created::Skipped(id) = &created {
            let target = format!("pipeline {id} for {}", request.reference);
            self.note(by, "pipeline_created", &target, Some(project.id)).await;
        }
        Ok(created)
    }

    /// Does something to a pipeline or job of this project.
    pub(super) async fn done(&self, by: &Viewer, project: &Project, act: Act) -> Answer<Acted> {
        let of_pipeline = match &act {
            Act::RetryPipeline(id)
            | Act::CancelPipeline(id)
            | Act::DeletePipeline(id)
            | Act::PlayStage { pipeline: id, .. } => Some(*id),
            Act::Play { .. }
            | Act::Retry(_)
            | Act::CancelJob { .. }
            | Act::Unschedule(_)
            | Act::Erase(_)
            | Act::KeepArtifacts(_)
            | Act::DeleteArtifacts(_) => None,
        };
        match (of_pipeline, job_of(&act)) {
            (Some(id), _) => drop(self.view_of(project, id).await?),
            (None, Some(id)) => drop(self.job_of(project, id).await?),
            (None, None) => return Err(Oops::NotFound),
        }
        let (action, target) = words(&act);
        let acted = self.app.kernel.act(by.user, act).await?;
        self.note(by, action, &target, Some(project.id)).await;
        Ok(acted)
    }
}

fn job_of(act: &Act) -> Option<pipeline::JobId> {
    match act {
        Act::Play { job, .. }
        | Act::Retry(job)
        | Act::CancelJob { job, .. }
        | Act::Unschedule(job)
        | Act::Erase(job)
        | Act::KeepArtifacts(job)
        | Act::DeleteArtifacts(job) => Some(*job),
        Act::RetryPipeline(_) | Act::CancelPipeline(_) | Act::DeletePipeline(_) | Act::PlayStage { .. } => {
            None
        }
    }
}

/// What is noted of it: as the API notes it.
fn words(act: &Act) -> (&'static str, String) {
    let pipeline = |id: &PipelineId| format!("pipeline {id}");
    let job = |id: &pipeline::JobId| format!("job {id}");
    match act {
        Act::Play { job: id, .. } => ("job_played", job(id)),
        Act::Retry(id) => ("job_retried", job(id)),
        Act::CancelJob { job: id, .. } => ("job_canceled", job(id)),
        Act::Unschedule(id) => ("job_unscheduled", job(id)),
        Act::Erase(id) => ("job_erased", job(id)),
        Act::KeepArtifacts(id) => ("artifacts_kept", job(id)),
        Act::DeleteArtifacts(id) => ("artifacts_removed", job(id)),
        Act::RetryPipeline(id) => ("pipeline_retried", pipeline(id)),
        Act::CancelPipeline(id) => ("pipeline_canceled", pipeline(id)),
        Act::DeletePipeline(id) => ("pipeline_removed", pipeline(id)),
        Act::PlayStage { pipeline: id, stage } => ("stage_played", format!("pipeline {id}, stage {stage}")),
    }
}

fn case(case: crate::files::junit::Case) -> TestCase {
    TestCase {
        state: match case.status {
            CaseStatus::Success => TestState::Success,
            CaseStatus::Failed => TestState::Failed,
            CaseStatus::Error => TestState::Error,
            CaseStatus::Skipped => TestState::Skipped,
        },
        name: case.name,
        class: case.classname,
        file: case.file,
        seconds: case.execution_time,
        output: case.system_output,
    }
}

/// How many cases there are, and how many of them did not go well.
pub(super) fn tally(suites: &[TestSuite]) -> Option<(u64, u64)> {
    let all: usize = suites.iter().map(|suite| suite.cases.len()).sum();
    let bad = |suite: &TestSuite| suite.count(TestState::Failed) + suite.count(TestState::Error);
    let bad: usize = suites.iter().map(bad).sum();
    (!suites.is_empty()).then_some((all as u64, bad as u64))
}
