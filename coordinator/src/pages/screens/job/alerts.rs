//! What stands above the log of a job.

use crate::kernel::{Reason, RunnerOpinion};
use crate::model::Project;
use crate::pages::Ui;
use crate::pages::parts::{alert, failure, time_ago};
use crate::pages::text::Text;
use crate::pages::views::JobPage;
use maud::{Markup, html};
use pipeline::Status;

pub(super) fn write(ui: &Ui, project: &Project, page: &JobPage) -> Markup {
    let job = &page.view.row;
    let reason = job
        .failure_reason
        .as_deref()
        .filter(|reason| job.status == Status::Failed && *reason != "script_failure");
    html! {
        div #alerts {
            @if let Some(reason) = reason {
                (alert("danger", &html! {
                    strong { (failure(ui, reason)) }
                    @if let Some(message) = &job.message { " " (message) }
                }))
            }
            @if job.status == Status::Pending { (why_pending(ui, page)) }
            @if let Some(name) = &job.environment { (environment(ui, project, page, name)) }
            @if let Some(at) = job.erased_at {
                (alert("warning", &html! {
                    (ui.t(Text::Erased)) " " (time_ago(ui, at))
                    @if let Some(by) = &page.erased_by { " (" (by) ")" }
                }))
            }
            @if job.debug_trace { (alert("warning", &html! { (ui.t(Text::DebugTrace)) })) }
        }
    }
}

/// One line a runner: why it does not take the job, or that it will.
fn why_pending(ui: &Ui, page: &JobPage) -> Markup {
    let fitting = page.opinions.iter().filter(|opinion| opinion.reasons.is_empty()).count();
    let kind = if fitting == 0 { "warning" } else { "info" };
    alert(
        kind,
        &html! {
            strong { (ui.t(if fitting == 0 { Text::StuckTitle } else { Text::PendingTitle })) }
            @if page.opinions.is_empty() {
                p { (ui.t(Text::NoRunners)) " " a href=(ui.href("/admin/runners/new")) { (ui.t(Text::NewRunner)) } }
            }
            @else {
                ul.opinions {
                    @for opinion in &page.opinions {
                        li .fits[opinion.reasons.is_empty()] {
                            a href=(ui.href(&format!("/admin/runners/{}", opinion.runner))) { "#" (opinion.runner) " " (opinion.description) } ": "
                            (said(ui, opinion))
                        }
                    }
                }
            }
        },
    )
}

fn said(ui: &Ui, opinion: &RunnerOpinion) -> String {
    if opinion.reasons.is_empty() {
        return match (opinion.waiting, opinion.running) {
            (0, 0) => ui.t(Text::ReasonSoon).to_owned(),
            (0, running) => ui.f(Text::ReasonBusy, &[&running.to_string()]),
            _ => ui.t(Text::ReasonTakes).to_owned(),
        };
    }
    let reason = |reason: &Reason| match reason {
        Reason::OtherProject => ui.t(Text::ReasonOtherProject).to_owned(),
        Reason::InstanceRunnersDisabled => ui.t(Text::ReasonInstance).to_owned(),
        Reason::BuildsDisabled => ui.t(Text::ReasonBuilds).to_owned(),
        Reason::NotProtected => ui.t(Text::ReasonProtected).to_owned(),
        Reason::MissingTags(tags) => ui.f(Text::ReasonTags, &[&tags.join(", ")]),
        Reason::Untagged => ui.t(Text::ReasonUntagged).to_owned(),
        Reason::Paused => ui.t(Text::ReasonPaused).to_owned(),
        Reason::Offline => ui.t(Text::ReasonOffline).to_owned(),
    };
    opinion.reasons.iter().map(reason).collect::<Vec<_>>().join("; ")
}

fn environment(ui: &Ui, project: &Project, page: &JobPage, name: &str) -> Markup {
    let text = match page.view.row.status {
        Status::Success => Text::Deployed,
        Status::Running => Text::Deploying,
        Status::Failed | Status::Canceled | Status::Canceling => Text::DeployFailed,
        _ => Text::WillDeploy,
    };
    alert(
        "quiet",
        &html! {
            (ui.t(text)) " " a href=(ui.of(project, "/-/environments")) { (name) }
            @if let Some(url) = page.environment_url.as_deref().filter(|url| super::super::environments::is_web(url)) {
                " · " a rel="nofollow noopener noreferrer" target="_blank" href=(url) { (url) }
            }
        },
    )
}
