//! What there is to know of a job, beside its log.

use crate::model::{JobRow, Project, TimeoutSource};
use crate::pages::Ui;
use crate::pages::parts::{
    badge, bytes, commit_chip, confirm_button, dot, form_button, icon, job_look, natural, pipeline_look,
    ref_chip, time_ago,
};
use crate::pages::text::Text;
use crate::pages::views::JobPage;
use maud::{Markup, html};
use pipeline::{ArtifactAccess, Status};

pub(super) fn write(ui: &Ui, project: &Project, page: &JobPage) -> Markup {
    html! {
        aside.job-side #details aria-label=(ui.t(Text::Details)) {
            (buttons(ui, project, page))
            (facts(ui, project, page))
            (artifacts(ui, project, page))
            @if !page.view.variables.is_empty() {
                section { h2 { (ui.t(Text::Variables)) } ul.plain { @for key in &page.view.variables { li.mono { (key) } } } }
            }
            (commit(ui, project, page))
            (pipeline(ui, project, page))
            (related(ui, project, page))
        }
    }
}

fn buttons(ui: &Ui, project: &Project, page: &JobPage) -> Markup {
    let job = &page.view.row;
    let of = |word: &str| format!("{}/{word}", ui.job(project, job.id));
    html! {
        div.actions {
            @if job.is_retryable() {
                @let again = if job.status == Status::Success { Text::RunAgain } else { Text::Retry };
                (form_button(ui, "confirm", "retry", ui.t(again), &of("retry")))
            }
            @if job.is_cancelable() && job.status != Status::Manual {
                (form_button(ui, "danger-text", "cancel", ui.t(Text::Cancel), &of("cancel")))
            }
            @if job.status == Status::Canceling {
                (confirm_button(ui, "danger-text", "cancel", ui.t(Text::ForceCancel), ui.t(Text::ForceCancelQuestion), &of("cancel?force=1")))
            }
            @if job.is_erasable() && (page.has_trace || !page.view.artifacts.is_empty()) {
                (confirm_button(ui, "only-icon", "trash", ui.t(Text::Erase), ui.t(Text::EraseQuestion), &of("erase")))
            }
        }
    }
}

fn facts(ui: &Ui, project: &Project, page: &JobPage) -> Markup {
    let job = &page.view.row;
    let over = job.finished_at.is_some();
    html! {
        dl.facts {
            @if let Some(duration) = job.duration(ui.now) {
                dt { (ui.t(if over { Text::Duration } else { Text::Elapsed })) } dd { (ui.lang.duration(duration)) }
            }
            @if let Some(at) = job.finished_at { dt { (ui.t(Text::Finished)) } dd { (time_ago(ui, at)) } }
            @if let Some(queued) = job.queued(ui.now) { dt { (ui.t(Text::Queued)) } dd { (ui.lang.duration(queued)) } }
            @if let Some(timeout) = job.timeout {
                dt { (ui.t(Text::Timeout)) } dd { (ui.lang.duration(timeout * 1000)) (timeout_source(ui, job)) }
            }
            @if let Some(runner) = job.runner {
                dt { (ui.t(Text::Runner)) }
                dd { a href=(ui.href(&format!("/admin/runners/{runner}"))) { "#" (runner) } " " (page.runner.as_deref().unwrap_or_default()) }
            }
            @if let Some(code) = job.exit_code { dt { (ui.t(Text::ExitCodeWord)) } dd { (code) } }
            @if let Some(coverage) = job.coverage { dt { (ui.t(Text::Coverage)) } dd { (format!("{coverage:.2}%")) } }
            @if let Some((all, bad)) = page.tests {
                dt { (ui.t(Text::Tests)) }
                dd { a href={ (ui.pipeline(project, job.pipeline)) "/test_report?suite=" (crate::pages::ui::escape_query(&job.name)) } { (ui.f(Text::TestsFailed, &[&bad.to_string(), &all.to_string()])) } }
            }
            @if let Some(group) = &job.resource_group { dt { (ui.t(Text::ResourceGroup)) } dd { (group) } }
            @if !job.tags.is_empty() { dt { (ui.t(Text::Tags)) } dd.labels { @for tag in &job.tags { span.label { (tag) } } } }
        }
    }
}

fn timeout_source(ui: &Ui, job: &JobRow) -> Markup {
    let text = match job.timeout_source {
        Some(TimeoutSource::Project) => Text::FromProject,
        Some(TimeoutSource::Job) => Text::FromJob,
        Some(TimeoutSource::Runner) => Text::FromRunner,
        None => return html! {},
    };
    html! { " (" (ui.t(text)) ")" }
}

fn artifacts(ui: &Ui, project: &Project, page: &JobPage) -> Markup {
    let job = &page.view.row;
    // Links to what nobody may fetch would lead nowhere.
    let artifacts = page.view.artifacts.iter().filter(|_| job.artifact_access != ArtifactAccess::Nobody);
    let archive = artifacts.clone().find(|artifact| artifact.kind == "archive");
    let reports: Vec<_> = artifacts
        .filter(|artifact| !["archive", "metadata", "trace"].contains(&artifact.kind.as_str()))
        .collect();
    let of = |rest: &str| ui.job(project, job.id) + "/artifacts/" + rest;
    let gone = job.artifacts_expire_at.is_some_and(|at| at <= ui.now) && !page.artifacts_locked;
    html! {
        @if archive.is_some() || !reports.is_empty() || gone {
            section {
                h2 { (ui.t(Text::JobArtifacts)) }
                @if let Some(at) = job.artifacts_expire_at {
                    p.subtle {
                        @if page.artifacts_locked { (ui.t(Text::ArtifactsLocked)) }
                        @else if gone { (ui.t(Text::ArtifactsGone)) " " (time_ago(ui, at)) }
                        @else { (ui.f(Text::ArtifactsExpire, &[&ui.lang.duration(at.0.saturating_sub(ui.now.0))])) }
                    }
                }
                @if let Some(archive) = archive.filter(|_| !gone) {
                    div.actions {
                        @if job.artifacts_expire_at.is_some() && !page.artifacts_locked { (form_button(ui, "small", "lock", ui.t(Text::Keep), &of("keep"))) }
                        a.button.small href=(of("download")) { (icon(ui, "download")) span { (ui.t(Text::Download)) " (" (bytes(archive.size)) ")" } }
                        a.button.small href=(of("browse")) { (icon(ui, "folder")) span { (ui.t(Text::Browse)) } }
                    }
                }
                @if !gone {
                    ul.plain { @for report in &reports { li { a href={ (of("download")) "?file_type=" (crate::pages::ui::escape_query(&report.kind)) } { (report.filename) } " " span.subtle { (report.kind) ", " (bytes(report.size)) } } } }
                }
            }
        }
    }
}

fn commit(ui: &Ui, project: &Project, page: &JobPage) -> Markup {
    let row = &page.view.pipeline;
    html! {
        section {
            h2 { (ui.t(Text::Commit)) }
            div.line {
                (commit_chip(ui, project, &row.sha))
                button.button.small.only-icon.js type="button" data-copy=(row.sha) aria-label=(ui.t(Text::Copy)) title=(ui.t(Text::Copy)) { (icon(ui, "copy")) }
            }
            p.breaks { (row.commit.title()) }
        }
    }
}

fn pipeline(ui: &Ui, project: &Project, page: &JobPage) -> Markup {
    let row = &page.view.pipeline;
    html! {
        section #side-pipeline {
            h2 { (ui.t(Text::Pipeline)) }
            div.line {
                (badge(ui, pipeline_look(row), Some(&ui.pipeline(project, row.id))))
                a href=(ui.pipeline(project, row.id)) { "#" (row.id) }
                (ref_chip(ui, project, &row.reference))
            }
        }
    }
}

/// The jobs of the same stage, earlier attempts as well; and below, those of the others.
fn related(ui: &Ui, project: &Project, page: &JobPage) -> Markup {
    let job = &page.view.row;
    let mut stages: Vec<(usize, &str)> =
        page.siblings.iter().map(|job| (job.stage_index, job.stage.as_str())).collect();
    stages.sort_unstable();
    stages.dedup();
    html! {
        section #related {
            h2 { (ui.t(Text::RelatedJobs)) }
            @for (index, stage) in stages {
                details.related id={ "related-" (index) } open[index == job.stage_index] {
                    summary { (ui.t(Text::Stage)) ": " (stage) }
                    ul { @for other in members(page, index) { (entry(ui, project, other, job)) } }
                }
            }
        }
    }
}

fn members(page: &JobPage, stage: usize) -> Vec<&JobRow> {
    let mut jobs: Vec<&JobRow> = page.siblings.iter().filter(|other| other.stage_index == stage).collect();
    jobs.sort_by(|one, other| natural(&one.name, &other.name).then(other.id.cmp(&one.id)));
    jobs
}

fn entry(ui: &Ui, project: &Project, other: &JobRow, job: &JobRow) -> Markup {
    let look = job_look(other);
    let current = other.id == job.id;
    html! {
        li id={ "sibling-" (other.id) } .retried[other.retried] {
            a.face href=(ui.job(project, other.id)) aria-current=[current.then_some("page")] {
                @if current { (icon(ui, "chevron-right")) }
                (dot(ui, look, ui.t(look.label))) span.cut { (other.name) }
                @if other.retried { span.sr { (ui.t(Text::Retried)) } (icon(ui, "retry")) }
            }
        }
    }
}
