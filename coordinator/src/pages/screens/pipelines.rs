//! The list of pipelines.

use crate::model::{Page, Paged, PipelineFilter, Project, StageRow};
use crate::pages::Ui;
use crate::pages::parts::{
    Place, Section, badge, button, commit_chip, confirm_button, dot, empty, form_button, frame, icon,
    initial, pager, pipeline_look, ref_chip, stage_look, tabs, time_ago, took,
};
use crate::pages::text::Text;
use crate::pages::ui::escape_query;
use crate::pages::views::PipelineItem;
use maud::{Markup, html};
use pipeline::Status;

/// The page.
pub(crate) fn page(
    ui: &Ui,
    project: &Project,
    list: &Paged<PipelineItem>,
    filter: &PipelineFilter,
    page: Page,
) -> Markup {
    let path = ui.of(project, "/-/pipelines");
    let body = html! {
        div.heading {
            h1 { (ui.t(Text::Pipelines)) }
            div.actions { (button(ui, "confirm", Some("play"), ui.t(Text::NewPipeline), &format!("{path}/new"))) }
        }
        (scopes(ui, &path, filter, list.total))
        (filters(ui, &path, filter))
        @if list.items.is_empty() {
            @if *filter == PipelineFilter::default() {
                (empty(ui, "rocket", ui.t(Text::NoPipelines), ui.t(Text::NoPipelinesText)))
                div.actions.center {
                    (button(ui, "", Some("project"), ui.t(Text::HowToPush), &ui.of(project, "")))
                    (button(ui, "", Some("pencil"), ui.t(Text::PipelineEditor), &ui.of(project, "/-/ci/editor")))
                }
            } @else {
                (empty(ui, "search", ui.t(Text::NothingFound), ""))
            }
        } @else {
            (table(ui, project, &list.items))
        }
        (pager(ui, &path, &query(filter), page, list.total))
    };
    let place = Place {
        title: format!("{} · {}", ui.t(Text::Pipelines), project.name),
        project: Some(project),
        section: Section::Pipelines,
        crumbs: vec![(ui.t(Text::Pipelines).into(), path.clone())],
        favicon: "none",
        events: Some(ui.of(project, "/-/events")),
    };
    frame(ui, &place, &body)
}

fn query(filter: &PipelineFilter) -> Vec<(&'static str, &str)> {
    vec![
        ("scope", filter.scope.as_deref().unwrap_or_default()),
        ("ref", filter.reference.as_deref().unwrap_or_default()),
        ("sha", filter.sha.as_deref().unwrap_or_default()),
        ("status", filter.status.map(Status::as_str).unwrap_or_default()),
        ("source", filter.source.as_deref().unwrap_or_default()),
    ]
}

fn scopes(ui: &Ui, path: &str, filter: &PipelineFilter, total: u64) -> Markup {
    let scope = filter.scope.as_deref().unwrap_or_default();
    let tab = |name: &str, text: Text| {
        let active = scope == name;
        let href = if name.is_empty() { path.to_owned() } else { format!("{path}?scope={name}") };
        (ui.t(text).to_owned(), href, active.then_some(total), active)
    };
    let items = [
        tab("", Text::All),
        tab("finished", Text::Finished),
        tab("branches", Text::Branches),
        tab("tags", Text::Tags),
    ];
    tabs(ui.t(Text::Pipelines), &items)
}

fn filters(ui: &Ui, path: &str, filter: &PipelineFilter) -> Markup {
    html! {
        form.filters action=(path) {
            @if let Some(scope) = &filter.scope { input type="hidden" name="scope" value=(scope); }
            @if let Some(sha) = &filter.sha { input type="hidden" name="sha" value=(sha); }
            label.sr for="f-ref" { (ui.t(Text::BranchOrTag)) }
            input #f-ref name="ref" value=[filter.reference.as_deref()] placeholder=(ui.t(Text::BranchOrTag));
            label.sr for="f-status" { (ui.t(Text::Status)) }
            select #f-status name="status" {
                option value="" { (ui.t(Text::AnyStatus)) }
                @for status in [Status::Running, Status::Pending, Status::Success, Status::Failed, Status::Canceled, Status::Manual, Status::Skipped, Status::Created] {
                    option value=(status) selected[filter.status == Some(status)] { (ui.t(crate::pages::parts::word_of(status))) }
                }
            }
            label.sr for="f-source" { (ui.t(Text::Source)) }
            select #f-source name="source" {
                option value="" { (ui.t(Text::AnySource)) }
                @for source in ["push", "web", "api", "trigger", "schedule", "parent_pipeline"] {
                    option value=(source) selected[filter.source.as_deref() == Some(source)] { (source) }
                }
            }
            button.button { (icon(ui, "search")) span { (ui.t(Text::Filter)) } }
        }
    }
}

/// Pipelines as a table.
pub(crate) fn table(ui: &Ui, project: &Project, items: &[PipelineItem]) -> Markup {
    html! {
        table.list.pipelines {
            thead { tr {
                th scope="col" { (ui.t(Text::Status)) }
                th scope="col" { (ui.t(Text::Pipeline)) }
                th scope="col" { (ui.t(Text::CreatedBy)) }
                th scope="col" { (ui.t(Text::Stages)) }
                th scope="col" { span.sr { (ui.t(Text::Actions)) } }
            } }
            tbody { @for item in items { (row(ui, project, item)) } }
        }
    }
}

fn row(ui: &Ui, project: &Project, item: &PipelineItem) -> Markup {
    let row = &item.row;
    let href = ui.pipeline(project, row.id);
    let title = row.name.as_deref().unwrap_or(row.commit.title());
    html! {
        tr id={ "pipeline-" (row.id) } {
            td.state {
                (badge(ui, pipeline_look(row), Some(&href)))
                div.small-lines {
                    @if let Some(duration) = row.duration { (took(ui, duration)) }
                    @if let Some(at) = row.finished_at { span { (icon(ui, "calendar")) (time_ago(ui, at)) } }
                    @else if row.status == Status::Running { span { (ui.t(Text::InProgress)) } }
                }
            }
            td.what {
                a.strong.cut href=(href) { (if title.is_empty() { ui.t(Text::NoTitle) } else { title }) }
                div.chips {
                    a href=(href) { "#" (row.id) }
                    (ref_chip(ui, project, &row.reference))
                    (commit_chip(ui, project, &row.sha))
                }
                (labels(ui, item))
            }
            td.who { span.avatar title=(item.user) { span.sr { (item.user) } span aria-hidden="true" { (initial(&item.user)) } } span.by { (item.user) } }
            td.stages { (mini(ui, &href, &item.stages)) }
            td.act { (actions(ui, project, item)) }
        }
    }
}

/// Small words about a pipeline.
pub(crate) fn labels(ui: &Ui, item: &PipelineItem) -> Markup {
    let row = &item.row;
    html! {
        div.labels {
            @if item.latest { span.label.good title=(ui.t(Text::LatestHint)) { (ui.t(Text::Latest)) } }
            @if let Some(errors) = &row.yaml_errors { span.label.bad title=(errors) { (ui.t(Text::YamlInvalid)) } }
            @else if let Some(reason) = &row.failure_reason { span.label.bad title=(reason) { (ui.t(Text::Error)) } }
            @if item.stuck { span.label.warn title=(ui.t(Text::StuckHint)) { (ui.t(Text::Stuck)) } }
            @if row.parent.is_some() { span.label { (ui.t(Text::Child)) } }
            @match row.source.as_str() {
                "schedule" => span.label { (ui.t(Text::Scheduled)) },
                "trigger" => span.label { (ui.t(Text::Triggered)) },
                "api" => span.label { "api" },
                _ => {},
            }
        }
    }
}

/// One icon a stage.
pub(crate) fn mini(ui: &Ui, pipeline: &str, stages: &[StageRow]) -> Markup {
    html! {
        ul.mini {
            @for stage in stages {
                @let look = stage_look(stage);
                @let label = format!("{}: {}", stage.name, ui.t(look.label));
                li {
                    details.menu.load data-load={ (pipeline) "/stage?name=" (escape_query(&stage.name)) } name="mini" {
                        summary aria-label=(label) title=(label) { (dot(ui, look, &label)) }
                        div.sheet { a.item href=(pipeline) { (stage.name) } }
                    }
                }
            }
        }
    }
}

fn actions(ui: &Ui, project: &Project, item: &PipelineItem) -> Markup {
    let row = &item.row;
    let href = ui.pipeline(project, row.id);
    let named = |text: Text| format!("{} #{}", ui.t(text), row.id);
    html! {
        div.actions {
            @if item.manual > 0 {
                details.menu.load.right data-load={ (href) "/manual" } {
                    summary.button.small.only-icon aria-label=(named(Text::RunManual)) title=(ui.t(Text::RunManual)) { (icon(ui, "play")) (icon(ui, "chevron-down")) }
                    div.sheet { a.item href=(href) { (ui.t(Text::Pipeline)) " #" (row.id) } }
                }
            }
            @if row.retryable { (form_button(ui, "small only-icon", "retry", &named(Text::Retry), &format!("{href}/retry"))) }
            @if row.cancelable {
                (confirm_button(ui, "small only-icon danger-text", "cancel", &named(Text::Cancel), &ui.f(Text::CancelQuestion, &[&row.id.to_string()]), &format!("{href}/cancel")))
            }
        }
    }
}
