//! The jobs of a pipeline that failed.

use crate::model::Project;
use crate::pages::Ui;
use crate::pages::parts::{failure, form_button};
use crate::pages::text::Text;
use crate::pages::views::PipelinePage;
use maud::{Markup, html};
use pipeline::Status;

pub(super) fn write(ui: &Ui, project: &Project, page: &PipelinePage) -> Markup {
    let failed = page.view.jobs.iter().filter(|job| !job.retried && job.status == Status::Failed);
    html! {
        table.list {
            thead { tr {
                th scope="col" { (ui.t(Text::Job)) }
                th scope="col" { (ui.t(Text::Stage)) }
                th scope="col" { (ui.t(Text::Failure)) }
                th scope="col" { span.sr { (ui.t(Text::Actions)) } }
            } }
            tbody {
                @for job in failed {
                    tr {
                        td { a.strong href=(ui.job(project, job.id)) { (job.name) } }
                        td { (job.stage) }
                        td {
                            (failure(ui, job.failure_reason.as_deref().unwrap_or_default()))
                            @if let Some(code) = job.exit_code { " (" (ui.f(Text::ExitCode, &[&code.to_string()])) ")" }
                            details.load.tail data-load={ (ui.job(project, job.id)) "/tail" } {
                                summary { (ui.t(Text::LastLines)) }
                                div.sheet-flat { a href=(ui.job(project, job.id)) { (ui.t(Text::ShowLog)) } }
                            }
                        }
                        td.act { @if job.is_retryable() { (form_button(ui, "small", "retry", ui.t(Text::Retry), &format!("{}/retry", ui.job(project, job.id)))) } }
                    }
                }
            }
        }
    }
}
