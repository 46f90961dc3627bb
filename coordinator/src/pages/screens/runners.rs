//! Runners, and what each of them does.

use crate::model::{AccessLevel, Project, RunnerKind, RunnerState};
use crate::pages::Ui;
use crate::pages::parts::{
    Place, Section, badge, button, confirm_button, copyable, empty, form_button, frame, icon, look_of,
    time_ago, took,
};
use crate::pages::text::Text;
use crate::pages::ui::escape_path;
use crate::pages::views::RunnerItem;
use maud::{Markup, html};

/// The list: of all runners, or of those that take jobs of a project.
pub(crate) fn page(ui: &Ui, project: Option<&Project>, list: &[RunnerItem]) -> Markup {
    let new = match project {
        Some(project) => ui.of(project, "/-/runners/new"),
        None => ui.href("/admin/runners/new"),
    };
    let count = |state: RunnerState| list.iter().filter(|item| item.view.state == state).count();
    let body = html! {
        div.heading {
            h1 { (ui.t(Text::Runners)) }
            div.actions {
                @if project.is_none() { (button(ui, "", Some("key"), ui.t(Text::RegistrationToken), &ui.href("/admin/runners/registration"))) }
                (button(ui, "confirm", Some("plus"), ui.t(Text::NewRunner), &new))
            }
        }
        @if list.is_empty() {
            (empty(ui, "runner", ui.t(Text::NoRunnersTitle), ui.t(Text::NoRunnersText)))
            ol.steps.narrow {
                li { a href=(new) { (ui.t(Text::NewRunner)) } }
                li { p { (ui.t(Text::RegisterStep)) } (copyable(ui, None, &format!("runner register --url {} --token glrt-…", ui.url))) }
                li { p { (ui.t(Text::RunStep)) } (copyable(ui, None, "runner run")) }
            }
            p.hint { (ui.t(Text::WithRunnerHint)) }
        }
        @else {
            ul.numbers #counts {
                li { strong { (count(RunnerState::Online)) } " " (ui.t(Text::Online)) }
                li { strong { (count(RunnerState::Offline) + count(RunnerState::NeverContacted)) } " " (ui.t(Text::Offline)) }
                li { strong { (count(RunnerState::Stale)) } " " (ui.t(Text::Stale)) }
            }
            ul.rows.runners { @for item in list { (row(ui, item)) } }
        }
    };
    frame(ui, &place(ui, project, ui.t(Text::Runners)), &body)
}

pub(super) fn place<'a>(ui: &Ui, project: Option<&'a Project>, title: &str) -> Place<'a> {
    let events = match project {
        Some(project) => ui.of(project, "/-/runners/events"),
        None => ui.href("/admin/runners/events"),
    };
    Place {
        title: title.to_owned(),
        project,
        section: if project.is_some() { Section::ProjectRunners } else { Section::Runners },
        crumbs: project
            .map(|project| (ui.t(Text::Runners).to_owned(), ui.of(project, "/-/runners")))
            .into_iter()
            .collect(),
        favicon: "none",
        events: Some(events),
    }
}

fn state(ui: &Ui, item: &RunnerItem) -> Markup {
    let (class, text) = match item.view.state {
        RunnerState::Online => ("good", Text::Online),
        RunnerState::Offline => ("", Text::Offline),
        RunnerState::Stale => ("warn", Text::Stale),
        RunnerState::NeverContacted => ("", Text::NeverContacted),
    };
    html! {
        span class={ "label " (class) } { (ui.t(text)) }
        @if item.view.runner.paused { " " span.label.bad { (ui.t(Text::Paused)) } }
        @if item.view.state == RunnerState::Online {
            " " span.label { @if item.jobs.is_empty() { (ui.t(Text::Idle)) } @else { (ui.lang.count(item.jobs.len() as u64, Text::OneRunning, Text::ManyRunning)) } }
        }
    }
}

fn kind(ui: &Ui, item: &RunnerItem) -> Markup {
    let text = match item.view.runner.kind {
        RunnerKind::InstanceType => Text::Instance,
        RunnerKind::ProjectType => Text::Project,
    };
    html! { span.label { (ui.t(text)) } }
}

fn row(ui: &Ui, item: &RunnerItem) -> Markup {
    let runner = &item.view.runner;
    let href = ui.href(&format!("/admin/runners/{}", runner.id));
    html! {
        li.row id={ "runner-" (runner.id) } {
            div.grow {
                p { a.strong href=(href) { "#" (runner.id) " " (runner.description) } " " (state(ui, item)) " " (kind(ui, item)) @if runner.locked { " " span title=(ui.t(Text::Locked)) { (icon(ui, "lock")) } } }
                div.line.subtle {
                    span.mono { (runner.short_token) }
                    @if let Some(manager) = item.view.managers.first() { span { (manager.info.version) } @if let Some(address) = &manager.ip_address { span { (address) } } }
                    @match item.view.contacted_at { Some(at) => span { (ui.t(Text::LastContact)) " " (time_ago(ui, at)) }, None => span { (ui.t(Text::NeverContacted)) } }
                }
                @if !runner.tags.is_empty() { div.labels { @for tag in &runner.tags { span.label.mono { (tag) } } } }
                (doing(ui, item))
            }
            (actions(ui, item, &href))
        }
    }
}

/// What it does now.
fn doing(ui: &Ui, item: &RunnerItem) -> Markup {
    html! {
        @if !item.jobs.is_empty() {
            ul.doing {
                @for job in &item.jobs {
                    li {
                        (icon(ui, "status_running")) " "
                        a href=(ui.href(&format!("/{}/-/jobs/{}", escape_path(&job.project), job.id))) { (job.name) }
                        " " span.subtle { (job.project) " · " (job.reference.name()) @if let Some(at) = job.started_at { " · " (time_ago(ui, at)) } }
                    }
                }
            }
        }
    }
}

fn actions(ui: &Ui, item: &RunnerItem, href: &str) -> Markup {
    let runner = &item.view.runner;
    let named = |text: Text| format!("{} #{}", ui.t(text), runner.id);
    html! {
        div.actions {
            a.button.small.only-icon href={ (href) "/edit" } title=(named(Text::Edit)) aria-label=(named(Text::Edit)) { (icon(ui, "pencil")) }
            @if runner.paused { (form_button(ui, "small only-icon", "play", &named(Text::Resume), &format!("{href}/resume"))) }
            @else { (form_button(ui, "small only-icon", "status_pending", &named(Text::Pause), &format!("{href}/pause"))) }
            (confirm_button(ui, "small only-icon danger-text", "trash", &named(Text::Delete), &ui.f(Text::DeleteRunnerQuestion, &[&runner.description]), &format!("{href}/delete")))
        }
    }
}

/// One runner.
pub(crate) fn one(ui: &Ui, item: &RunnerItem) -> Markup {
    let runner = &item.view.runner;
    let href = ui.href(&format!("/admin/runners/{}", runner.id));
    let body = html! {
        div.heading {
            div.grow { h1 { "#" (runner.id) " " (runner.description) } p { (state(ui, item)) " " (kind(ui, item)) } }
            (actions(ui, item, &href))
        }
        (doing(ui, item))
        (details(ui, item))
        h2 { (ui.t(Text::Managers)) }
        (managers(ui, item))
        @if !item.past.is_empty() { h2 { (ui.t(Text::Jobs)) } (past(ui, item)) }
    };
    frame(ui, &Place { crumbs: Vec::new(), ..place(ui, None, &runner.description) }, &body)
}

fn details(ui: &Ui, item: &RunnerItem) -> Markup {
    let runner = &item.view.runner;
    let yes = |value: bool| ui.t(if value { Text::Yes } else { Text::No });
    html! {
        dl.facts.columns {
            dt { (ui.t(Text::Token)) }
            dd.line {
                span.mono { (runner.short_token) "…" }
                (confirm_button(ui, "small", "retry", ui.t(Text::ResetToken), &ui.f(Text::ResetRunnerQuestion, &[&runner.description]), &ui.href(&format!("/admin/runners/{}/reset_token", runner.id))))
            }
            dt { (ui.t(Text::Tags)) } dd.labels { @if runner.tags.is_empty() { "–" } @for tag in &runner.tags { span.label.mono { (tag) } } }
            dt { (ui.t(Text::RunUntagged)) } dd { (yes(runner.run_untagged)) }
            dt { (ui.t(Text::ProtectedOnly)) } dd { (yes(runner.access_level == AccessLevel::RefProtected)) }
            dt { (ui.t(Text::MaximumTimeout)) } dd { @match runner.maximum_timeout { Some(seconds) => (ui.lang.duration(seconds * 1000)), None => "–" } }
            @if !item.projects.is_empty() { dt { (ui.t(Text::Projects)) } dd { @for path in &item.projects { a href=(ui.href(&format!("/{}", escape_path(path)))) { (path) } " " } } }
            @if !runner.maintenance_note.is_empty() { dt { (ui.t(Text::Note)) } dd { (runner.maintenance_note) } }
            dt { (ui.t(Text::CreatedAt)) } dd { (time_ago(ui, runner.created_at)) }
        }
    }
}

fn managers(ui: &Ui, item: &RunnerItem) -> Markup {
    html! {
        @if item.view.managers.is_empty() { p.subtle { (ui.t(Text::NoManagers)) } }
        @else {
            table.list {
                thead { tr { th scope="col" { (ui.t(Text::SystemId)) } th scope="col" { (ui.t(Text::Version)) } th scope="col" { (ui.t(Text::Platform)) } th scope="col" { (ui.t(Text::Address)) } th scope="col" { (ui.t(Text::LastContact)) } } }
                tbody {
                    @for manager in &item.view.managers {
                        @let info = &manager.info;
                        tr {
                            td.mono { (manager.system_id) }
                            td { (info.version) }
                            td { (info.platform) " " (info.architecture) }
                            td { (manager.ip_address.as_deref().unwrap_or_default()) }
                            td { @if let Some(at) = manager.contacted_at { (time_ago(ui, at)) } }
                        }
                    }
                }
            }
        }
    }
}

/// What it did last.
fn past(ui: &Ui, item: &RunnerItem) -> Markup {
    html! {
        table.list {
            thead { tr { th scope="col" { (ui.t(Text::Status)) } th scope="col" { (ui.t(Text::Job)) } th scope="col" { (ui.t(Text::Project)) } th scope="col" { (ui.t(Text::Duration)) } } }
            tbody {
                @for job in &item.past {
                    tr {
                        td { (badge(ui, look_of(job.status), None)) }
                        td { a href=(ui.href(&format!("/{}/-/jobs/{}", escape_path(&job.project), job.id))) { (job.name) } " " span.subtle { "#" (job.id) } }
                        td { (job.project) }
                        td { @if let Some(duration) = job.duration { (took(ui, duration)) } }
                    }
                }
            }
        }
    }
}
