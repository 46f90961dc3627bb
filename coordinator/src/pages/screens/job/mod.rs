//! A job: its log and what there is to know of it.

mod alerts;
mod log;
mod sidebar;
mod waiting;

use crate::model::Project;
use crate::pages::Ui;
use crate::pages::parts::{Place, Section, badge, frame, icon, initial, job_look, time_ago};
use crate::pages::text::Text;
use crate::pages::views::JobPage;
use maud::{Markup, html};

pub(crate) use log::LogView;

/// The page.
pub(crate) fn page(ui: &Ui, project: &Project, page: &JobPage, log: Option<&LogView>) -> Markup {
    let job = &page.view.row;
    let look = job_look(job);
    let href = ui.job(project, job.id);
    let body = html! {
        div.job-page {
            div.job-main {
                (header(ui, page))
                (alerts::write(ui, project, page))
                @match log {
                    Some(log) => (log::write(ui, project, page, log)),
                    None => (waiting::write(ui, project, page)),
                }
            }
            (sidebar::write(ui, project, page))
        }
    };
    let place = Place {
        title: format!("{} · {} (#{})", ui.t(look.text), job.name, job.id),
        project: Some(project),
        section: Section::Jobs,
        crumbs: vec![
            (ui.t(Text::Pipelines).into(), ui.of(project, "/-/pipelines")),
            (format!("#{}", job.pipeline), ui.pipeline(project, job.pipeline)),
            (job.name.clone(), href.clone()),
        ],
        favicon: look.variant,
        events: Some(format!("{href}/events")),
    };
    frame(ui, &place, &body)
}

fn header(ui: &Ui, page: &JobPage) -> Markup {
    let job = &page.view.row;
    let look = job_look(job);
    html! {
        div.heading.job-head {
            div.grow {
                h1 {
                    span #status data-finished[job.status.is_complete()] data-announce={ (job.name) ": " (ui.t(look.label)) } { (badge(ui, look, None)) } " "
                    (job.name)
                }
                div.line.subtle {
                    @match job.started_at {
                        Some(at) => span { (ui.t(Text::StartedAt)) " " (time_ago(ui, at)) },
                        None => span { (ui.t(Text::CreatedAt)) " " (time_ago(ui, job.created_at)) },
                    }
                    span { (ui.t(Text::By)) }
                    span.person { span.avatar.tiny aria-hidden="true" { (initial(&page.user)) } (page.user) }
                }
            }
            a.button.to-details href="#details" { (icon(ui, "list")) span { (ui.t(Text::Details)) } }
        }
    }
}
