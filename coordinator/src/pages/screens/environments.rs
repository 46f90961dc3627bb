//! Environments.

use crate::model::{Environment, EnvironmentState, Project};
use crate::pages::Ui;
use crate::pages::parts::{Place, Section, commit_chip, dot, empty, form_button, frame, icon, time_ago};
use crate::pages::text::Text;
use maud::{Markup, html};

/// The page.
pub(crate) fn page(ui: &Ui, project: &Project, list: &[Environment]) -> Markup {
    let body = html! {
        div.heading { h1 { (ui.t(Text::Environments)) } }
        @if list.is_empty() { (empty(ui, "globe", ui.t(Text::NoEnvironments), ui.t(Text::NoEnvironmentsText))) }
        @else { ul.rows { @for item in list { (row(ui, project, item)) } } }
    };
    let place = Place {
        title: format!("{} · {}", ui.t(Text::Environments), project.name),
        project: Some(project),
        section: Section::Environments,
        crumbs: vec![(ui.t(Text::Environments).into(), ui.of(project, "/-/environments"))],
        favicon: "none",
        events: Some(ui.of(project, "/-/events")),
    };
    frame(ui, &place, &body)
}

/// Whether an address, which jobs can set, is one of the web: others could be scripts.
pub(crate) fn is_web(url: &str) -> bool {
    let lower = url.trim_start().to_ascii_lowercase();
    lower.starts_with("http://") || lower.starts_with("https://")
}

fn row(ui: &Ui, project: &Project, item: &Environment) -> Markup {
    let (class, state) = match item.state {
        EnvironmentState::Available => ("good", Text::Available),
        EnvironmentState::Stopping => ("warn", Text::Stopping),
        EnvironmentState::Stopped => ("", Text::Stopped),
    };
    html! {
        li.row id={ "environment-" (item.id) } {
            div.grow {
                p.strong { (item.name) " " span class={ "label " (class) } { (ui.t(state)) } " " span.label { (item.tier) } }
                @match &item.last {
                    Some(last) => {
                        div.line.subtle {
                            @let look = crate::pages::parts::look_of(last.status);
                            (dot(ui, look, ui.t(look.label)))
                            a href=(ui.job(project, last.job)) { "#" (last.iid) }
                            span.mono { (icon(ui, if last.tag { "tag" } else { "branch" })) (last.reference) }
                            (commit_chip(ui, project, &last.sha))
                            (time_ago(ui, last.finished_at.unwrap_or(last.created_at)))
                        }
                    }
                    None => p.subtle { (ui.t(Text::NoDeployments)) },
                }
                @if let Some(at) = item.auto_stop_at { p.subtle { (ui.f(Text::AutoStop, &[&ui.lang.duration(at.0.saturating_sub(ui.now.0))])) } }
            }
            div.actions {
                @if let Some(url) = item.url.as_deref().filter(|url| is_web(url)) {
                    a.button.small rel="nofollow noopener noreferrer" target="_blank" href=(url) { (icon(ui, "external")) span { (ui.t(Text::Open)) } }
                }
                @if let Some(job) = item.on_stop.filter(|_| item.state == EnvironmentState::Available) {
                    (form_button(ui, "small danger-text", "stop", ui.t(Text::Stop), &format!("{}/play", ui.job(project, job))))
                }
            }
        }
    }
}
