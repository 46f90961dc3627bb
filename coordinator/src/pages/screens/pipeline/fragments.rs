//! Parts of pipelines that menus load when they are opened.

use super::graph::member;
use crate::model::{JobRow, Project};
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
