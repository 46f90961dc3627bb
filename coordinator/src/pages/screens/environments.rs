//! Environments.

use super::environment::commit;
use crate::model::{Environment, EnvironmentState, Page, Paged, Project};
use crate::pages::Ui;
use crate::pages::parts::{
    Place, Section, confirm_button, dot, empty, frame, icon, look_of, pager, tabs, time_ago,
};
use crate::pages::text::Text;
use crate::pages::views::{DeploymentItem, EnvironmentItem};
use maud::{Markup, html};

/// The page: what is there, or what was stopped.
pub(crate) fn page(
    ui: &Ui,
    project: &Project,
    list: &Paged<EnvironmentItem>,
    search: &str,
    stopped: bool,
    page: Page,
) -> Markup {
    let path = ui.of(project, "/-/environments");
    let scope = if stopped { "stopped" } else { "" };
    let tab = |text: Text, href: String, active: bool| {
        (ui.t(text).to_owned(), href, active.then_some(list.total), active)
    };
    let items = [
        tab(Text::AvailableOnes, path.clone(), !stopped),
        tab(Text::StoppedOnes, format!("{path}?scope=stopped"), stopped),
    ];
    let body = html! {
        div.heading { h1 { (ui.t(Text::Environments)) } }
        (tabs(ui.t(Text::Environments), &items))
        form.filters role="search" action=(path) {
            @if stopped { input type="hidden" name="scope" value="stopped"; }
            label.sr for="e-search" { (ui.t(Text::SearchEnvironments)) }
            input #e-search type="search" name="search" value=(search) placeholder=(ui.t(Text::SearchEnvironments));
            button.button { (icon(ui, "search")) span { (ui.t(Text::Filter)) } }
        }
        @if list.items.is_empty() && search.is_empty() && !stopped {
            (empty(ui, "globe", ui.t(Text::NoEnvironments), ui.t(Text::NoEnvironmentsText)))
            pre.block.narrow { (EXAMPLE) }
        } @else if list.items.is_empty() {
            (empty(ui, "search", ui.t(Text::NothingFound), ""))
        } @else {
            ul.rows { @for item in &list.items { (row(ui, project, item)) } }
        }
        (pager(ui, &path, &[("scope", scope), ("search", search)], page, list.total))
    };
    let place = Place {
        title: format!("{} · {}", ui.t(Text::Environments), project.name),
        project: Some(project),
        section: Section::Environments,
        crumbs: vec![(ui.t(Text::Environments).into(), path.clone())],
        favicon: "none",
        events: Some(ui.of(project, "/-/events")),
    };
    frame(ui, &place, &body)
}

/// A job that makes an environment.
const EXAMPLE: &str =
    "deploy:\n  script: ./deploy.sh\n  environment:\n    name: production\n    url: https://example.com\n";

/// Whether an address, which jobs can set, is one of the web: others could be scripts.
pub(crate) fn is_web(url: &str) -> bool {
    let lower = url.trim_start().to_ascii_lowercase();
    lower.starts_with("http://") || lower.starts_with("https://")
}

/// How it stands, and what it is for.
pub(super) fn state(ui: &Ui, environment: &Environment) -> Markup {
    let (class, state) = match environment.state {
        EnvironmentState::Available => ("good", Text::Available),
        EnvironmentState::Stopping => ("warn", Text::Stopping),
        EnvironmentState::Stopped => ("", Text::Stopped),
    };
    html! { span class={ "label " (class) } { (ui.t(state)) } " " span.label { (environment.tier) } }
}

/// Its address on the web, if it is one.
pub(super) fn address(environment: &Environment) -> Markup {
    html! {
        @if let Some(url) = environment.url.as_deref().filter(|url| is_web(url)) {
            a.breaks rel="nofollow noopener noreferrer" target="_blank" href=(url) { (url) }
        }
    }
}

fn row(ui: &Ui, project: &Project, item: &EnvironmentItem) -> Markup {
    let environment = &item.environment;
    let href = ui.of(project, &format!("/-/environments/{}", environment.id));
    html! {
        li.row id={ "environment-" (environment.id) } {
            div.grow {
                p { a.strong.breaks href=(href) { (environment.name) } " " (state(ui, environment)) }
                @match &item.current {
                    Some(current) => (deployed(ui, project, current)),
                    None => p.subtle { (ui.t(Text::NoDeployments)) },
                }
                @if let Some(newer) = &item.newer { (deployed(ui, project, newer)) }
                @if let Some(at) = environment.auto_stop_at { p.subtle { (ui.f(Text::AutoStop, &[&ui.lang.duration(at.0.saturating_sub(ui.now.0))])) } }
            }
            (buttons(ui, project, item, true))
        }
    }
}

fn deployed(ui: &Ui, project: &Project, item: &DeploymentItem) -> Markup {
    let (row, look) = (&item.row, look_of(item.row.status));
    html! {
        div.line.subtle {
            (dot(ui, look, ui.t(look.label)))
            a href=(ui.job(project, row.job)) { (item.job) " #" (row.iid) }
            (commit(ui, project, item))
            span { (time_ago(ui, row.finished_at.unwrap_or(row.created_at))) " " (ui.t(Text::By)) " " (item.user) }
        }
    }
}

/// What can be done to it. In lists, buttons say what they are for.
pub(super) fn buttons(ui: &Ui, project: &Project, item: &EnvironmentItem, listed: bool) -> Markup {
    let environment = &item.environment;
    let name = environment.name.as_str();
    let path = ui.of(project, &format!("/-/environments/{}", environment.id));
    let named = |text: Text| if listed { format!("{} {name}", ui.t(text)) } else { ui.t(text).to_owned() };
    let class = |more: &str| if listed { format!("small only-icon {more}") } else { more.to_owned() };
    let again = item.current.as_ref().filter(|current| current.again);
    html! {
        div.actions {
            @if let Some(url) = environment.url.as_deref().filter(|url| is_web(url)) {
                a class={ "button " @if listed { "small" } } rel="nofollow noopener noreferrer" target="_blank" href=(url) { (icon(ui, "external")) span { (ui.t(Text::Open)) } }
            }
            @if let Some(current) = again.filter(|_| environment.state == EnvironmentState::Available) {
                @let sha: String = current.row.sha.chars().take(8).collect();
                (confirm_button(ui, &class(""), "retry", &named(Text::Redeploy), &ui.f(Text::RedeployQuestion, &[&sha, name]), &format!("{}/retry", ui.job(project, current.row.job))))
            }
            @if environment.state != EnvironmentState::Stopped {
                (confirm_button(ui, &class("danger-text"), "stop", &named(Text::Stop), &ui.f(Text::StopQuestion, &[name]), &format!("{path}/stop")))
            } @else {
                (confirm_button(ui, &class("danger-text"), "trash", &named(Text::Delete), &ui.f(Text::DeleteEnvironmentQuestion, &[name]), &format!("{path}/delete")))
            }
        }
    }
}
