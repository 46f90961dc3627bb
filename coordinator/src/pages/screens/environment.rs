//! An environment: what is there, what was there before, and the way back.

use super::environments::{address, buttons, state};
use crate::model::{Page, Project};
use crate::pages::Ui;
use crate::pages::parts::{
    Place, Section, confirm_button, dot, empty, frame, icon, look_of, pager, time_ago,
};
use crate::pages::text::Text;
use crate::pages::views::{DeploymentItem, EnvironmentPage};
use maud::{Markup, html};
use pipeline::Status;

/// The page.
pub(crate) fn page(ui: &Ui, project: &Project, shown: &EnvironmentPage, page: Page) -> Markup {
    let environment = &shown.item.environment;
    let path = ui.of(project, &format!("/-/environments/{}", environment.id));
    let body = html! {
        div.heading {
            div.grow {
                h1.breaks { (environment.name) }
                div.line { (state(ui, environment)) (address(environment)) }
                @if let Some(at) = environment.auto_stop_at { p.subtle { (ui.f(Text::AutoStop, &[&ui.lang.duration(at.0.saturating_sub(ui.now.0))])) } }
            }
            (buttons(ui, project, &shown.item, false))
        }
        h2 { (ui.t(Text::Deployments)) }
        @if shown.deployments.items.is_empty() { (empty(ui, "rocket", ui.t(Text::NoDeployments), "")) }
        @else {
            table.list.deployments {
                thead { tr {
                    th scope="col" { (ui.t(Text::Status)) }
                    th scope="col" { (ui.t(Text::Commit)) }
                    th scope="col" { (ui.t(Text::Job)) }
                    th scope="col" { (ui.t(Text::When)) }
                    th scope="col" { span.sr { (ui.t(Text::Actions)) } }
                } }
                tbody { @for item in &shown.deployments.items { (row(ui, project, shown, item)) } }
            }
        }
        (pager(ui, &path, &[], page, shown.deployments.total))
    };
    let place = Place {
        title: format!("{} · {}", environment.name, ui.t(Text::Environments)),
        project: Some(project),
        section: Section::Environments,
        crumbs: vec![
            (ui.t(Text::Environments).into(), ui.of(project, "/-/environments")),
            (environment.name.clone(), path.clone()),
        ],
        favicon: "none",
        events: Some(ui.of(project, "/-/events")),
    };
    frame(ui, &place, &body)
}

/// A commit and where it comes from.
pub(super) fn commit(ui: &Ui, project: &Project, item: &DeploymentItem) -> Markup {
    let row = &item.row;
    html! {
        (crate::pages::parts::commit_chip(ui, project, &row.sha))
        span.chip.mono { (icon(ui, if row.tag { "tag" } else { "branch" })) span.cut { (row.reference) } }
        span.breaks { (item.title) }
    }
}

fn row(ui: &Ui, project: &Project, shown: &EnvironmentPage, item: &DeploymentItem) -> Markup {
    let row = &item.row;
    let look = look_of(row.status);
    let current = shown.item.current.as_ref().is_some_and(|current| current.row.id == row.id);
    html! {
        tr id={ "deployment-" (row.id) } {
            td { (dot(ui, look, ui.t(look.label))) " #" (row.iid) @if current { " " span.label.good { (ui.t(Text::Current)) } } }
            td.what { div.chips { (commit(ui, project, item)) } }
            td { a href=(ui.job(project, row.job)) { (item.job) } " " span.subtle { "#" (row.job) } div.small-lines { span { (ui.t(Text::By)) " " (item.user) } } }
            td { (time_ago(ui, row.finished_at.unwrap_or(row.created_at))) }
            td.act { div.actions { (way_back(ui, project, shown, item, current)) } }
        }
    }
}

/// The job of a deployment is had once more: what is there is deployed again, or what was there before.
fn way_back(
    ui: &Ui,
    project: &Project,
    shown: &EnvironmentPage,
    item: &DeploymentItem,
    current: bool,
) -> Markup {
    let name = shown.item.environment.name.as_str();
    let sha: String = item.row.sha.chars().take(8).collect();
    let action = format!("{}/retry", ui.job(project, item.row.job));
    html! {
        @if !item.again || item.row.status != Status::Success { }
        @else if current { (confirm_button(ui, "small", "retry", ui.t(Text::Redeploy), &ui.f(Text::RedeployQuestion, &[&sha, name]), &action)) }
        @else { (confirm_button(ui, "small", "retry", ui.t(Text::Rollback), &ui.f(Text::RollbackQuestion, &[name, &sha]), &action)) }
    }
}
