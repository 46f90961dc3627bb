//! All projects, and the form for a new one.

use crate::model::{Page, Paged};
use crate::pages::Ui;
use crate::pages::parts::{
    Place, Section, badge, button, csrf, empty, frame, icon, initial, pager, pipeline_look, time_ago,
};
use crate::pages::text::Text;
use crate::pages::views::ProjectItem;
use maud::{Markup, html};

/// The list.
pub(crate) fn page(ui: &Ui, list: &Paged<ProjectItem>, search: &str, page: Page) -> Markup {
    let body = html! {
        div.heading {
            h1 { (ui.t(Text::Projects)) }
            div.actions { (button(ui, "confirm", Some("plus"), ui.t(Text::NewProject), &ui.href("/projects/new"))) }
        }
        @if list.items.is_empty() {
            @if search.is_empty() {
                (empty(ui, "project", ui.t(Text::NoProjects), ui.t(Text::NoProjectsText)))
            } @else {
                (empty(ui, "search", ui.t(Text::NothingFound), ""))
            }
        }
        ul.rows { @for item in &list.items { (row(ui, item)) } }
        (pager(ui, &ui.href("/"), &[("search", search)], page, list.total))
    };
    let place = Place {
        title: ui.t(Text::Projects).into(),
        section: Section::Projects,
        favicon: "none",
        ..Place::default()
    };
    frame(ui, &place, &body)
}

fn row(ui: &Ui, item: &ProjectItem) -> Markup {
    let project = &item.project;
    html! {
        li.row {
            span.avatar.square.big aria-hidden="true" { (initial(&project.name)) }
            div.grow {
                a.strong href=(ui.of(project, "")) {
                    @if !project.namespace().is_empty() { span.subtle { (project.namespace()) " / " } }
                    (project.name)
                }
                @if project.visibility != "public" { " " span title=(project.visibility) { (icon(ui, "lock")) } }
                @if !project.description.is_empty() { p.subtle.cut { (project.description) } }
            }
            @if let Some(last) = &item.last {
                div.last {
                    (badge(ui, pipeline_look(last), Some(&ui.pipeline(project, last.id))))
                    span.subtle { (time_ago(ui, last.created_at)) }
                }
            }
        }
    }
}

/// The form for a new one; `wrong` is a sentence about what was sent.
pub(crate) fn new(ui: &Ui, path: &str, wrong: Option<&str>) -> Markup {
    let body = html! {
        h1 { (ui.t(Text::NewProject)) }
        @if let Some(wrong) = wrong { div.alert.danger role="alert" { (wrong) } }
        form.stack.narrow method="post" action=(ui.href("/projects/new")) {
            (csrf(ui))
            label for="path" { (ui.t(Text::Path)) }
            input #path.mono name="path" value=(path) required placeholder="root/project" aria-describedby="path-hint";
            p #path-hint.hint { (ui.t(Text::PathHint)) }
            label for="name" { (ui.t(Text::Name)) }
            input #name name="name";
            label for="description" { (ui.t(Text::Description)) }
            input #description name="description";
            label for="branch" { (ui.t(Text::DefaultBranch)) }
            input #branch.mono name="default_branch" placeholder="main";
            div.actions {
                button.button.confirm { (ui.t(Text::CreateProject)) }
                a.button href=(ui.href("/")) { (ui.t(Text::Back)) }
            }
        }
    };
    let place = Place {
        title: ui.t(Text::NewProject).into(),
        section: Section::Projects,
        favicon: "none",
        ..Place::default()
    };
    frame(ui, &place, &body)
}
