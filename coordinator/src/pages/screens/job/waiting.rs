//! What is shown instead of a log.

use crate::model::Project;
use crate::pages::Ui;
use crate::pages::parts::{csrf, form_button, icon};
use crate::pages::text::Text;
use crate::pages::text::duration::clock;
use crate::pages::views::JobPage;
use maud::{Markup, html};
use pipeline::Status;

pub(super) fn write(ui: &Ui, project: &Project, page: &JobPage) -> Markup {
    let job = &page.view.row;
    let (name, title, text) = match job.status {
        Status::Created => ("status_created", Text::EmptyCreated, Text::EmptyCreatedText),
        Status::Pending | Status::Preparing | Status::WaitingForCallback => {
            ("status_pending", Text::EmptyPending, Text::EmptyPendingText)
        }
        Status::WaitingForResource => ("status_pending", Text::EmptyResource, Text::EmptyResourceText),
        Status::Manual => ("status_manual", Text::EmptyManual, Text::EmptyManualText),
        Status::Scheduled => ("status_scheduled", Text::EmptyScheduled, Text::EmptyScheduledText),
        Status::Canceled => ("status_canceled", Text::EmptyCanceled, Text::EmptyNothing),
        Status::Skipped => ("status_skipped", Text::EmptySkipped, Text::EmptySkippedText),
        Status::Running | Status::Canceling => ("status_running", Text::EmptyRunning, Text::EmptyRunningText),
        Status::Success | Status::Failed if job.bridge => {
            ("status_created", Text::EmptyBridge, Text::EmptyNothing)
        }
        Status::Success | Status::Failed => ("file", Text::EmptyLog, Text::EmptyNothing),
    };
    html! {
        div.empty.job-empty #waiting {
            (icon(ui, name))
            h2 { (ui.t(title)) }
            @let text = ui.t(text);
            @if text != "-" { p { (text) } }
            @match job.status {
                Status::WaitingForResource => { @if let Some(holder) = page.holder { p { a href=(ui.job(project, holder)) { (ui.t(Text::ResourceHolder)) } } } },
                Status::Scheduled => (delayed(ui, project, page)),
                Status::Manual => (manual(ui, project, page)),
                _ => {},
            }
            @if let Some(id) = job.downstream { p { a.button href=(ui.pipeline(project, id)) { (ui.t(Text::Pipeline)) " #" (id) } } }
        }
    }
}

fn delayed(ui: &Ui, project: &Project, page: &JobPage) -> Markup {
    let job = &page.view.row;
    let href = ui.job(project, job.id);
    let at = job.scheduled_at.unwrap_or(ui.now);
    html! {
        p.countdown { time data-until=(at.0) { (clock(at.0.saturating_sub(ui.now.0))) } }
        div.actions.center {
            (form_button(ui, "", "time-out", ui.t(Text::Unschedule), &format!("{href}/unschedule")))
            (form_button(ui, "confirm", "play", ui.t(Text::StartNow), &format!("{href}/play")))
        }
    }
}

/// The form to start a job, with variables for it.
fn manual(ui: &Ui, project: &Project, page: &JobPage) -> Markup {
    let job = &page.view.row;
    html! {
        @if let Some(question) = &job.manual_confirmation { p.question { strong { (question) } } }
        form.play-form method="post" action={ (ui.job(project, job.id)) "/play" } {
            (csrf(ui))
            fieldset.variables data-rows {
                legend { (ui.t(Text::Variables)) }
                @for row in 0..3 { (crate::pages::screens::run_form::variable_row(ui, row, "", "", false)) }
            }
            p.hint { (ui.t(Text::PlayVariablesHint)) }
            button.button.confirm { (icon(ui, "play")) span { (ui.t(Text::RunJob)) } }
        }
    }
}
