//! Parts of pipelines that menus load when they are opened.

use super::graph::{linked, member};
use crate::model::{JobRow, Project, StageRow};
use crate::pages::Ui;
use crate::pages::parts::natural;
use crate::pages::text::Text;
use crate::pages::views::PipelinePage;
use maud::{Markup, html};
use pipeline::Status;

/// The jobs of a stage: those that failed first.
pub(crate) fn stage_menu(ui: &Ui, project: &Project, page: &PipelinePage, stage: &str) -> Markup {
    let mut jobs: Vec<&JobRow> =
        page.view.jobs.iter().filter(|job| !job.retried && job.stage == stage).collect();
    jobs.sort_by(|one, other| {
        let failed = |job: &JobRow| job.status != Status::Failed;
        failed(one).cmp(&failed(other)).then_with(|| natural(&one.name, &other.name))
    });
    html! {
        p.menu-title { (ui.t(Text::Stage)) ": " (stage) }
        ul { @for job in jobs { li { (member(ui, project, job)) } } }
    }
}

/// The jobs that wait for somebody to start them.
pub(crate) fn manual_menu(ui: &Ui, project: &Project, page: &PipelinePage) -> Markup {
    let jobs = page.view.jobs.iter().filter(|job| job.is_playable());
    html! {
        p.menu-title { (ui.t(Text::RunManual)) }
        ul { @for job in jobs { li { (member(ui, project, job)) } } }
    }
}

/// The jobs of a pipeline, stage by stage, beside the one that started it; and what it started itself.
pub(crate) fn nested(ui: &Ui, project: &Project, page: &PipelinePage) -> Markup {
    let of = |stage: &StageRow| {
        let index = stage.index;
        let mut jobs: Vec<&JobRow> =
            page.view.jobs.iter().filter(|job| !job.retried && job.stage_index == index).collect();
        jobs.sort_by(|one, other| natural(&one.name, &other.name));
        jobs
    };
    html! {
        @if page.view.jobs.is_empty() { p.subtle { (ui.t(Text::NoJobs)) } }
        @for stage in &page.view.stages {
            p.menu-title.cut { (stage.name) }
            ul { @for job in of(stage) { li { (member(ui, project, job)) } } }
        }
        @if !page.view.children.is_empty() {
            p.menu-title { (ui.t(Text::Downstream)) }
            ul { @for row in &page.view.children { li { (linked(ui, project, page, Text::Downstream, row)) } } }
        }
    }
}
