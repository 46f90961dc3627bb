//! What is above the tabs of a pipeline.

use crate::model::Project;
use crate::pages::Ui;
use crate::pages::parts::{
    alert, badge, commit_chip, confirm_button, form_button, icon, initial, pipeline_look, ref_chip, time_ago,
    took,
};
use crate::pages::screens::pipelines::labels;
use crate::pages::text::Text;
use crate::pages::views::{PipelineItem, PipelinePage};
use maud::{Markup, html};

pub(super) fn write(ui: &Ui, project: &Project, page: &PipelinePage) -> Markup {
    let row = &page.view.row;
    let title = row.name.as_deref().unwrap_or(row.commit.title());
    html! {
        div.heading.pipeline-head {
            div.grow {
                h1 { (if title.is_empty() { ui.t(Text::NoTitle) } else { title }) }
                div.line {
                    span #status data-announce={ (ui.t(Text::Pipeline)) " #" (row.id) ": " (ui.t(pipeline_look(row).label)) } { (badge(ui, pipeline_look(row), None)) }
                    span { (ui.t(Text::CreatedBy)) }
                    span.person { span.avatar.tiny aria-hidden="true" { (initial(&page.user)) } (page.user) }
                    span { (ui.t(Text::ForCommit)) }
                    (commit_chip(ui, project, &row.sha))
                    (time_ago(ui, row.created_at))
                    @if let Some(at) = row.finished_at { span { (ui.t(Text::FinishedAt)) " " (time_ago(ui, at)) } }
                }
                div.line {
                    (ref_chip(ui, project, &row.reference))
                    (labels(ui, &item(page)))
                }
                (numbers(ui, project, page))
            }
            (buttons(ui, project, page))
        }
        (troubles(ui, page))
    }
}

fn item(page: &PipelinePage) -> PipelineItem {
    PipelineItem {
        row: page.view.row.clone(),
        stages: Vec::new(),
        user: page.user.clone(),
        latest: page.latest,
        manual: 0,
        stuck: page.stuck,
    }
}

fn numbers(ui: &Ui, project: &Project, page: &PipelinePage) -> Markup {
    let row = &page.view.row;
    let jobs = page.view.jobs.iter().filter(|job| !job.retried).count() as u64;
    html! {
        div.line.subtle {
            a href={ (ui.pipeline(project, row.id)) "/builds" } { (ui.lang.count(jobs, Text::OneJob, Text::ManyJobs)) }
            @if let Some(duration) = row.duration { (took(ui, duration)) }
            @else if row.status.is_alive() { span { (icon(ui, "timer")) (ui.t(Text::InProgress)) } }
            @if let Some(queued) = row.queued.filter(|queued| *queued >= 1000) { span { (ui.f(Text::QueuedFor, &[&ui.lang.duration(queued)])) } }
            @if let Some(coverage) = row.coverage { span { (ui.t(Text::Coverage)) ": " (format!("{coverage:.2}%")) } }
        }
    }
}

fn buttons(ui: &Ui, project: &Project, page: &PipelinePage) -> Markup {
    let row = &page.view.row;
    let href = |word: &str| format!("{}/{word}", ui.pipeline(project, row.id));
    let id = row.id.to_string();
    html! {
        div.actions #actions {
            @if row.retryable { (form_button(ui, "", "retry", ui.t(Text::Retry), &href("retry"))) }
            @if row.cancelable {
                (confirm_button(ui, "danger-text", "cancel", ui.t(Text::CancelPipeline), &ui.f(Text::CancelQuestion, &[&id]), &href("cancel")))
            }
            (confirm_button(ui, "danger-text", "trash", ui.t(Text::Delete), &ui.f(Text::DeletePipelineQuestion, &[&id]), &href("delete")))
        }
    }
}

fn troubles(ui: &Ui, page: &PipelinePage) -> Markup {
    let row = &page.view.row;
    html! {
        @if let Some(errors) = &row.yaml_errors {
            (alert("danger", &html! { strong { (ui.t(Text::YamlErrors)) } pre.plain { (errors) } }))
        } @else if let Some(reason) = &row.failure_reason {
            (alert("danger", &html! { (ui.t(Text::NotCreated)) ": " code { (reason) } }))
        }
        @if !row.warnings.is_empty() {
            (alert("warning", &html! {
                details { summary { (ui.lang.count(row.warnings.len() as u64, Text::OneWarning, Text::ManyWarnings)) } ul { @for warning in &row.warnings { li { (warning) } } } }
            }))
        }
        @if let Some(by) = row.auto_canceled_by { (alert("info", &html! { (ui.f(Text::AutoCanceled, &[&by.to_string()])) })) }
    }
}
