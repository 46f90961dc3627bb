//! Jobs as a table.

use crate::model::{JobRow, Project};
use crate::pages::Ui;
use crate::pages::parts::{badge, job_actions, job_look, time_ago, took};
use crate::pages::text::Text;
use crate::pages::views::PipelinePage;
use maud::{Markup, html};
use pipeline::Status;

/// All attempts of a pipeline, stage by stage, the latest of each first.
pub(super) fn all(ui: &Ui, project: &Project, page: &PipelinePage) -> Markup {
    let mut jobs: Vec<&JobRow> = page.view.jobs.iter().collect();
    jobs.sort_by(|one, other| {
        let place = |job: &JobRow| (job.stage_index, job.name.clone(), job.retried, -job.id.0);
        place(one).cmp(&place(other))
    });
    table(ui, project, &jobs, false)
}

/// The table; `pipelines` adds a column that tells of which pipeline each is.
pub(crate) fn table(ui: &Ui, project: &Project, jobs: &[&JobRow], pipelines: bool) -> Markup {
    html! {
        table.list.jobs {
            thead { tr {
                th scope="col" { (ui.t(Text::Status)) }
                th scope="col" { (ui.t(Text::Job)) }
                @if pipelines { th scope="col" { (ui.t(Text::Pipeline)) } }
                th scope="col" { (ui.t(Text::Stage)) }
                th scope="col" { (ui.t(Text::Coverage)) }
                th scope="col" { span.sr { (ui.t(Text::Actions)) } }
            } }
            tbody { @for job in jobs { (row(ui, project, job, pipelines)) } }
        }
    }
}

fn row(ui: &Ui, project: &Project, job: &JobRow, pipelines: bool) -> Markup {
    let href = ui.job(project, job.id);
    html! {
        tr id={ "row-" (job.id) } .retried[job.retried] {
            td.state {
                (badge(ui, job_look(job), Some(&href)))
                div.small-lines {
                    @if let Some(duration) = job.duration(ui.now) { (took(ui, duration)) }
                    @if let Some(at) = job.finished_at { span { (time_ago(ui, at)) } }
                }
            }
            td.what {
                a.strong href=(href) { (job.name) } " " span.subtle { "#" (job.id) }
                div.labels {
                    @for tag in &job.tags { span.label { (tag) } }
                    @if job.allow_failure && job.status == Status::Failed { span.label.warn { (ui.t(Text::AllowedToFail)) } }
                    @if job.when == pipeline::When::Manual { span.label { (ui.t(Text::Manual)) } }
                    @if job.when == pipeline::When::Delayed { span.label { (ui.t(Text::Delayed)) } }
                    @if job.retried { span.label { (ui.t(Text::Retried)) } }
                }
            }
            @if pipelines { td { a href=(ui.pipeline(project, job.pipeline)) { "#" (job.pipeline) } } }
            td.where { (job.stage) }
            td.number { @if let Some(coverage) = job.coverage { (format!("{coverage:.2}%")) } }
            td.act { div.actions { (job_actions(ui, project, job)) } }
        }
    }
}
