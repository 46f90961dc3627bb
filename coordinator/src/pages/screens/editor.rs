//! The editor: a configuration, what is wrong with it, and what a push would make of it.

use super::run_form::references;
use crate::model::Project;
use crate::pages::Ui;
use crate::pages::parts::{Place, Section, csrf, frame, icon};
use crate::pages::text::Text;
use crate::pages::views::{Plan, PlanJob, Refs, Remark};
use maud::{Markup, html};

/// The page. Without a plan nothing was checked so far.
pub(crate) fn page(
    ui: &Ui,
    project: &Project,
    refs: &Refs,
    reference: &str,
    text: &str,
    plan: Option<&Plan>,
) -> Markup {
    let path = ui.of(project, "/-/ci/editor");
    let body = html! {
        div.heading { h1 { (ui.t(Text::PipelineEditor)) } span.mono.subtle { (project.config_path) } }
        form.filters action=(path) {
            label for="ref" { (ui.t(Text::BranchOrTag)) }
            select #ref.mono name="ref" data-submit { (references(ui, refs, reference)) }
            button.button { (ui.t(Text::Load)) }
        }
        @if let Some(plan) = plan { (banner(ui, plan)) }
        form.editor method="post" action=(path) {
            (csrf(ui))
            input type="hidden" name="ref" value=(reference);
            label.sr for="text" { (ui.t(Text::Configuration)) }
            div.sheet-lines {
                div.numbers aria-hidden="true" data-numbers { @for line in 1..=text.lines().count().clamp(12, 5000) { (line) "\n" } }
                textarea #text.mono name="content" spellcheck="false" autocapitalize="off" autocomplete="off" wrap="off" rows="24" data-editor { "\n" (text) }
            }
            div.actions {
                button.button.confirm { (ui.t(Text::Validate)) }
                span.hint { (ui.t(Text::ValidateHint)) }
            }
        }
        @if let Some(plan) = plan { (result(ui, plan)) }
    };
    let place = Place {
        title: format!("{} · {}", ui.t(Text::PipelineEditor), project.name),
        project: Some(project),
        section: Section::Editor,
        crumbs: vec![(ui.t(Text::PipelineEditor).into(), path.clone())],
        favicon: "none",
        events: None,
    };
    frame(ui, &place, &body)
}

fn banner(ui: &Ui, plan: &Plan) -> Markup {
    html! {
        @if plan.valid { div.alert.success #verdict role="status" { (icon(ui, "status_success")) " " (ui.t(Text::SyntaxCorrect)) } }
        @else { div.alert.danger #verdict role="alert" { (icon(ui, "status_failed")) " " (ui.t(Text::SyntaxIncorrect)) } }
    }
}

fn result(ui: &Ui, plan: &Plan) -> Markup {
    html! {
        @if !plan.remarks.is_empty() {
            section aria-labelledby="remarks" {
                h2 #remarks { (ui.t(Text::Remarks)) }
                ol.remarks { @for remark in &plan.remarks { (said(ui, remark)) } }
            }
        }
        @if let Some(reason) = &plan.none {
            div.alert.warning { (ui.t(Text::NoPipeline)) " " (reason) }
        }
        @if !plan.jobs.is_empty() {
            section aria-labelledby="plan" {
                h2 #plan { (ui.t(Text::PlanTitle)) }
                (stages(plan))
                table.list.plan {
                    thead { tr { th scope="col" { (ui.t(Text::Job)) } th scope="col" { (ui.t(Text::Stage)) } th scope="col" { (ui.t(Text::WhenWord)) } th scope="col" { (ui.t(Text::Needs)) } th scope="col" { (ui.t(Text::Tags)) } } }
                    tbody { @for job in &plan.jobs { (row(ui, job)) } }
                }
            }
        }
    }
}

fn said(ui: &Ui, remark: &Remark) -> Markup {
    let (class, name) =
        if remark.error { ("bad-text", "status_failed") } else { ("warn-text", "status_warning") };
    html! {
        li {
            span class=(class) { (icon(ui, name)) }
            div {
                p {
                    (remark.message)
                    @if let Some(line) = remark.line {
                        " "
                        a.mono.place href="#text" data-line=[remark.file.is_none().then_some(line)] {
                            @if let Some(file) = &remark.file { (file) ":" }
                            (line) @if let Some(column) = remark.column { ":" (column) }
                        }
                    }
                }
                @for help in &remark.help { p.hint { (help) } }
            }
        }
    }
}

fn stages(plan: &Plan) -> Markup {
    html! {
        div.graph.small tabindex="0" {
            @for stage in &plan.stages {
                section.column {
                    h3 { span.cut { (stage) } }
                    ul { @for job in plan.jobs.iter().filter(|job| job.stage == *stage) { li { div.job-card { span.face { span.names { span.cut title=(job.name) { (job.name) } } } } } } }
                }
            }
        }
    }
}

fn row(ui: &Ui, job: &PlanJob) -> Markup {
    let titles = ["before_script", "script", "after_script"];
    let scripts: Vec<_> = titles.iter().zip(&job.scripts).filter(|(_, lines)| !lines.is_empty()).collect();
    html! {
        tr {
            td {
                @if scripts.is_empty() { strong { (job.name) } }
                @else {
                    details { summary { strong { (job.name) } } @for (title, lines) in &scripts { p.hint { (title) } pre.block { (lines.join("\n")) } } }
                }
                div.labels {
                    @if job.bridge { span.label { (ui.t(Text::TriggerJob)) } }
                    @if job.allow_failure { span.label.warn { (ui.t(Text::AllowedToFail)) } }
                    @if let Some(environment) = &job.environment { span.label { (ui.t(Text::Environment)) ": " (environment) } }
                }
            }
            td { (job.stage) }
            td { code { (job.when) } }
            td { @if let Some(needs) = &job.needs { @if needs.is_empty() { "[]" } @else { (needs.join(", ")) } } }
            td { @for tag in &job.tags { span.label.mono { (tag) } " " } }
        }
    }
}
