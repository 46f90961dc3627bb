//! The first page of a project.

use super::pipelines;
use crate::model::Project;
use crate::pages::Ui;
use crate::pages::parts::{Place, Section, button, copyable, frame, initial};
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
            (copyable(ui, None, &overview.clone_url))
            @if !overview.empty { p.hint { (ui.t(Text::CloneHint)) } }
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

/// What to type, for a repository that is there and for one that is to be.
fn first_push(ui: &Ui, project: &Project, overview: &Overview) -> Markup {
    let (url, branch) = (&overview.clone_url, &project.default_branch);
    let folder = project.slug();
    html! {
        section.card aria-labelledby="first" {
            h2 #first { (ui.t(Text::NothingPushed)) }
            p { (ui.t(Text::FirstPush)) }
            h3 { (ui.t(Text::ExistingRepository)) }
            pre.block { "git remote add runner " (url) "\ngit push -u runner HEAD:" (branch) }
            h3 { (ui.t(Text::NewRepository)) }
            pre.block {
                "git clone " (url) " " (folder) "\ncd " (folder) "\ngit switch -c " (branch)
                "\ncat > " (config(project)) " <<'END'\nhello:\n  script: echo hello\nEND\n"
                "git add .\ngit commit -m 'A pipeline'\ngit push -u origin " (branch)
            }
            p.hint {
                (ui.t(Text::CloneHint)) " "
                a href=(ui.href("/-/user_settings/personal_access_tokens?name=git&scopes=write_repository")) { (ui.t(Text::AddToken)) }
            }
        }
    }
}

fn config(project: &Project) -> &str {
    if project.config_path.is_empty() { ".gitlab-ci.yml" } else { &project.config_path }
}
