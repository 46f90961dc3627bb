//! Statuses as GitLab's users know them: word, colour, icon.

use super::icon;
use crate::model::{JobRow, PipelineRow, StageRow};
use crate::pages::Ui;
use crate::pages::text::Text;
use maud::{Markup, html};
use pipeline::Status;

/// How a status looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Look {
    /// `success`, `warning`, `danger`, `info`, `neutral`.
    pub(crate) variant: &'static str,
    /// The symbol.
    pub(crate) icon: &'static str,
    /// The word of the badge.
    pub(crate) text: Text,
    /// What tooltips say.
    pub(crate) label: Text,
}

const fn look(variant: &'static str, icon: &'static str, text: Text, label: Text) -> Look {
    Look { variant, icon, text, label }
}

fn usual(status: Status) -> Look {
    match status {
        Status::Created => look("neutral", "status_created", Text::Created, Text::LabelCreated),
        Status::WaitingForResource => {
            look("warning", "status_pending", Text::Waiting, Text::LabelWaitingForResource)
        }
        Status::WaitingForCallback => {
            look("warning", "status_pending", Text::Waiting, Text::LabelWaitingForCallback)
        }
        Status::Preparing => look("neutral", "status_preparing", Text::Preparing, Text::LabelPreparing),
        Status::Pending => look("warning", "status_pending", Text::Pending, Text::LabelPending),
        Status::Running => look("info", "status_running", Text::Running, Text::LabelRunning),
        Status::Success => look("success", "status_success", Text::Passed, Text::LabelPassed),
        Status::Failed => look("danger", "status_failed", Text::Failed, Text::LabelFailed),
        Status::Canceling => look("neutral", "status_canceled", Text::Canceling, Text::LabelCanceling),
        Status::Canceled => look("neutral", "status_canceled", Text::Canceled, Text::LabelCanceled),
        Status::Skipped => look("neutral", "status_skipped", Text::Skipped, Text::LabelSkipped),
        Status::Manual => look("neutral", "status_manual", Text::Manual, Text::LabelManual),
        Status::Scheduled => look("neutral", "status_scheduled", Text::Scheduled, Text::LabelScheduled),
    }
}

const WARNING: Look = look("warning", "status_warning", Text::Warning, Text::LabelWarning);

/// Of a job.
pub(crate) fn job_look(job: &JobRow) -> Look {
    match (job.status, job.allow_failure) {
        (Status::Failed, true) => look("warning", "status_warning", Text::Failed, Text::LabelFailedAllowed),
        (status, _) => usual(status),
    }
}

fn of_many(status: Status, warnings: bool) -> Look {
    match status {
        Status::Success if warnings => WARNING,
        Status::Manual => look("neutral", "status_manual", Text::Blocked, Text::LabelBlocked),
        Status::Scheduled => look("neutral", "status_scheduled", Text::Delayed, Text::LabelDelayed),
        other => usual(other),
    }
}

/// Of a pipeline.
pub(crate) fn pipeline_look(row: &PipelineRow) -> Look {
    of_many(row.status, row.has_warnings)
}

/// Of a stage, or of jobs that are shown as one.
pub(crate) fn stage_look(stage: &StageRow) -> Look {
    of_many(stage.status, stage.has_warnings)
}

/// Of a status by itself.
pub(crate) fn look_of(status: Status) -> Look {
    usual(status)
}

/// The word of a status.
pub(crate) fn word_of(status: Status) -> Text {
    usual(status).text
}

/// A pill with icon and word. `id` makes it one that changes by itself.
pub(crate) fn badge(ui: &Ui, look: Look, href: Option<&str>) -> Markup {
    let inside = html! { (icon(ui, look.icon)) span { (ui.t(look.text)) } };
    let class = format!("status s-{}", look.variant);
    html! {
        @match href {
            Some(href) => a class=(class) href=(href) title=(ui.t(look.label)) { (inside) },
            None => span class=(class) title=(ui.t(look.label)) { (inside) },
        }
    }
}

/// The icon alone, in a circle. The label is read out.
pub(crate) fn dot(ui: &Ui, look: Look, label: &str) -> Markup {
    html! { span class={ "dot s-" (look.variant) } role="img" aria-label=(label) title=(label) { (icon(ui, look.icon)) } }
}

/// `test - failed - (script failure)`.
pub(crate) fn label_of_job(ui: &Ui, job: &JobRow) -> String {
    let look = job_look(job);
    let mut label = format!("{} - {}", job.name, ui.t(look.label));
    if let Some(reason) = job.failure_reason.as_deref().filter(|_| job.status == Status::Failed) {
        label.extend([" - (", &super::failure(ui, reason), ")"]);
    }
    if job.retried {
        label.extend([" (", ui.t(Text::Retried), ")"]);
    }
    label
}
