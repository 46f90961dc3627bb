//! The graph of a pipeline: columns of cards.

use super::needs;
use crate::model::{JobRow, PipelineRow, Project, StageRow};
use crate::pages::Ui;
use crate::pages::parts::{
    Group, Look, by_group, dot, form_button, job_actions, job_look, label_of_job, pipeline_look, stage_look,
};
use crate::pages::text::Text;
use crate::pages::ui::escape_path;
use crate::pages::views::PipelinePage;
use maud::{Markup, html};
use pipeline::{PipelineId, Status};

pub(super) fn write(ui: &Ui, project: &Project, page: &PipelinePage, by_needs: bool) -> Markup {
    let latest = || page.view.jobs.iter().filter(|job| !job.retried);
    let has_needs = latest().any(|job| job.needs.is_some());
    html! {
        @if has_needs { (choice(ui, project, page, by_needs)) }
        @if page.view.jobs.is_empty() {
            p.subtle { (ui.t(Text::NoJobs)) }
        }
        div.graph #graph tabindex="0" role="region" aria-label=(ui.t(Text::PipelineGraph)) {
            @if let Some(parent) = &page.view.parent { (beside(ui, project, page, Text::Upstream, &[parent])) }
            @if by_needs && has_needs { (needs::write(ui, project, &latest().collect::<Vec<_>>())) }
            @else { @for stage in &page.view.stages { (column(ui, project, page, stage)) } }
            @if !page.view.children.is_empty() {
                (beside(ui, project, page, Text::Downstream, &page.view.children.iter().collect::<Vec<_>>()))
            }
        }
    }
}

fn choice(ui: &Ui, project: &Project, page: &PipelinePage, by_needs: bool) -> Markup {
    let href = ui.pipeline(project, page.view.row.id);
    html! {
        div.toolbar {
            span #group-by { (ui.t(Text::GroupJobsBy)) }
            nav.segments aria-labelledby="group-by" {
                a href={ (href) "?group=stage" } aria-current=[(!by_needs).then_some("true")] { (ui.t(Text::Stage)) }
                a href={ (href) "?group=needs" } aria-current=[by_needs.then_some("true")] { (ui.t(Text::JobDependencies)) }
            }
        }
    }
}

fn column(ui: &Ui, project: &Project, page: &PipelinePage, stage: &StageRow) -> Markup {
    let jobs = || page.view.jobs.iter().filter(|job| !job.retried && job.stage_index == stage.index);
    let manual = jobs().filter(|job| job.status == Status::Manual).count();
    let action = format!(
        "{}/stages/{}/play",
        ui.pipeline(project, page.view.row.id),
        escape_path(&stage.name).replace('/', "%2F")
    );
    html! {
        section.column id={ "stage-" (stage.index) } aria-label=(format!("{}: {}", stage.name, ui.t(stage_look(stage).label))) {
            h3 {
                span.cut title=(stage.name) { (stage.name) }
                @if manual > 1 { (form_button(ui, "small only-icon quiet", "play", ui.t(Text::RunAllManual), &action)) }
            }
            ul { @for group in by_group(jobs()) { li { (card(ui, project, &group, false)) } } }
        }
    }
}

/// A job, or jobs that are shown as one.
pub(super) fn card(ui: &Ui, project: &Project, group: &Group<'_>, with_stage: bool) -> Markup {
    match group.jobs.as_slice() {
        [job] => one(ui, project, job, with_stage),
        jobs => many(ui, project, group.name, jobs, with_stage),
    }
}

fn one(ui: &Ui, project: &Project, job: &JobRow, with_stage: bool) -> Markup {
    let look = job_look(job);
    let label = label_of_job(ui, job);
    html! {
        div id={ "job-" (job.id) } class={ "job-card " (tint(look)) } data-job=(job.name) {
            a.face href=(ui.job(project, job.id)) title=(label) {
                (dot(ui, look, ui.t(look.label)))
                span.names {
                    span.cut { (job.name) }
                    @if with_stage { span.stage.cut { (job.stage) } }
                    @else if job.bridge { span.stage { (ui.t(Text::TriggerJob)) } }
                    @else if let Some(at) = job.scheduled_at.filter(|_| job.status == Status::Scheduled) {
                        time.stage data-until=(at.0) { (crate::pages::text::duration::clock(at.0.saturating_sub(ui.now.0))) }
                    }
                }
            }
            (job_actions(ui, project, job))
        }
    }
}

fn many(ui: &Ui, project: &Project, name: &str, jobs: &[&JobRow], with_stage: bool) -> Markup {
    let look = look_of(jobs);
    let stage = jobs.first().map(|job| job.stage.as_str()).unwrap_or_default();
    let id = jobs.iter().map(|job| job.id.0).min().unwrap_or_default();
    html! {
        details id={ "group-" (id) } class={ "job-card group menu " (tint(look)) } data-job=(name) {
            summary.face title=(format!("{name} - {}", ui.t(look.label))) {
                (dot(ui, look, ui.t(look.label)))
                span.names { span.cut { (name) } @if with_stage { span.stage.cut { (stage) } } }
                span.count { span.sr { (ui.t(Text::Jobs)) " " } (jobs.len()) }
            }
            ul.sheet { @for job in jobs { li { (member(ui, project, job)) } } }
        }
    }
}

/// A job in a menu.
pub(super) fn member(ui: &Ui, project: &Project, job: &JobRow) -> Markup {
    let look = job_look(job);
    html! {
        div.member id={ "member-" (job.id) } {
            a.face href=(ui.job(project, job.id)) title=(label_of_job(ui, job)) {
                (dot(ui, look, ui.t(look.label))) span.cut { (job.name) }
            }
            (job_actions(ui, project, job))
        }
    }
}

/// How jobs look that are shown as one: as the most important of them.
fn look_of(jobs: &[&JobRow]) -> Look {
    const SEVERITY: [Status; 13] = [
        Status::Failed,
        Status::Preparing,
        Status::Pending,
        Status::Running,
        Status::WaitingForCallback,
        Status::WaitingForResource,
        Status::Manual,
        Status::Scheduled,
        Status::Canceling,
        Status::Canceled,
        Status::Success,
        Status::Skipped,
        Status::Created,
    ];
    let running = jobs.iter().any(|job| job.status.is_executing() || job.status == Status::Pending);
    let waits =
        jobs.iter().any(|job| job.status.is_complete()) && jobs.iter().any(|job| job.status.is_alive());
    let of = |status: Status, warnings: bool| {
        stage_look(&StageRow { name: String::new(), index: 0, status, has_warnings: warnings })
    };
    if running && (waits || jobs.iter().any(|job| job.status == Status::Running)) {
        return of(Status::Running, false);
    }
    let forgiven = jobs.iter().any(|job| job.allow_failure && job.status == Status::Failed);
    let counted = || jobs.iter().filter(|job| !(job.allow_failure && job.status == Status::Failed));
    let worst = SEVERITY.into_iter().find(|status| counted().any(|job| job.status == *status));
    of(worst.unwrap_or(Status::Success), forgiven)
}

fn tint(look: Look) -> &'static str {
    if look.variant == "danger" { "failed" } else { "" }
}

fn beside(ui: &Ui, project: &Project, page: &PipelinePage, title: Text, rows: &[&PipelineRow]) -> Markup {
    html! {
        section.column.beside aria-label=(ui.t(title)) {
            h3 { (ui.t(title)) }
            ul { @for row in rows { li { (linked(ui, project, page, title, row)) } } }
        }
    }
}

/// A pipeline beside another one: how it stands, a link to it, and its jobs for whoever opens it.
pub(super) fn linked(
    ui: &Ui,
    project: &Project,
    page: &PipelinePage,
    side: Text,
    row: &PipelineRow,
) -> Markup {
    let look = pipeline_look(row);
    let foreign = page.foreign.get(&row.id);
    let name = row.name.as_deref().or(foreign.map(String::as_str)).unwrap_or(&project.name);
    let kind = match (foreign, side) {
        (Some(_), _) => Text::MultiProject,
        (None, Text::Upstream) => Text::Parent,
        (None, _) => Text::Child,
    };
    let href = address(ui, project, foreign, row.id);
    let bridge = page.view.jobs.iter().find(|job| job.downstream == Some(row.id));
    let id = row.id.to_string();
    html! {
        div.linked id={ "pipeline-" (row.id) } {
            div class={ "job-card " (tint(look)) } {
                a.face href=(href) title=(format!("{name} - {}", ui.t(look.label))) {
                    (dot(ui, look, ui.t(look.label)))
                    span.names {
                        span.cut { (name) }
                        span.stage.cut { "#" (row.id) " · " (ui.t(kind)) @if let Some(bridge) = bridge { " · " (bridge.name) } }
                    }
                }
            }
            details.load.nested data-load={ (href) "/nested" } data-live {
                summary { (ui.f(Text::ShowJobsOf, &[&id])) }
                div.sheet-flat { a href=(href) { (ui.t(Text::Pipeline)) " #" (row.id) } }
            }
        }
    }
}

/// A pipeline of this project or another one.
pub(super) fn address(ui: &Ui, project: &Project, foreign: Option<&String>, id: PipelineId) -> String {
    match foreign {
        Some(path) => ui.href(&format!("/{}/-/pipelines/{id}", escape_path(path))),
        None => ui.pipeline(project, id),
    }
}
