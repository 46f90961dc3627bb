//! The first page of a project.

use super::pipelines;
use crate::model::Project;
use crate::pages::Ui;
use crate::pages::parts::{Place, Section, button, frame, icon, initial};
use crate::pages::text::Text;
use crate::pages::views::Overview;
use maud::{Markup, html};

/// The page.
pub(crate) fn page(ui: &Ui, project: &Project, overview: &Overview) -> Markup {
    let body = html! {
        div.heading {
            span.avatar.square.big aria-hidden="true" { (initial(&project.name)) }
            div.grow {
                h1 { (project.name) }
                p.subtle { (ui.t(Text::ProjectId)) ": " (project.id) " · " (ui.t(visibility(&project.visibility))) }
            }
            div.actions { (button(ui, "confirm", Some("play"), ui.t(Text::NewPipeline), &ui.of(project, "/-/pipelines/new"))) }
        }
        @if !project.description.is_empty() { p { (project.description) } }
        section.card aria-labelledby="clone" {
            h2 #clone { (ui.t(Text::CloneAddress)) }
            div.copyable {
                code { (overview.clone_url) }
                button.button.small.only-icon.js data-copy=(overview.clone_url) type="button" aria-label=(ui.t(Text::Copy)) title=(ui.t(Text::Copy)) { (icon(ui, "copy")) }
            }
            p.hint { (ui.t(Text::CloneHint)) }
        }
        @if overview.empty { (first_push(ui, project, overview)) }
        @if !overview.pipelines.is_empty() {
            div.heading.minor {
                h2 { (ui.t(Text::LastPipelines)) }
                a href=(ui.of(project, "/-/pipelines")) { (ui.t(Text::AllPipelines)) }
            }
            (pipelines::table(ui, project, &overview.pipelines))
        }
    };
    let place = Place {
        title: project.name.clone(),
        project: Some(project),
        section: Section::Overview,
        favicon: "none",
        events: Some(ui.of(project, "/-/events")),
        ..Place::default()
    };
    frame(ui, &place, &body)
}

fn visibility(word: &str) -> Text {
    match word {
        "public" => Text::Public,
        "internal" => Text::Internal,
        _ => Text::Private,
    }
}

fn first_push(ui: &Ui, project: &Project, overview: &Overview) -> Markup {
    html! {
        section.card aria-labelledby="first" {
            h2 #first { (ui.t(Text::NothingPushed)) }
            p { (ui.t(Text::FirstPush)) }
            pre.block {
                "git remote add runner " (overview.clone_url) "\n"
                "git push -u runner HEAD:" (project.default_branch)
            }
        }
    }
}
