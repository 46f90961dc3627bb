//! The jobs of a project.

use super::pipeline::job_table;
use crate::model::{JobRow, Page, Paged, Project};
use crate::pages::Ui;
use crate::pages::parts::{Place, Section, empty, frame, pager, tabs};
use crate::pages::text::Text;
use maud::{Markup, html};

/// The page; `scope` is a status, or empty.
pub(crate) fn page(ui: &Ui, project: &Project, list: &Paged<JobRow>, scope: &str, page: Page) -> Markup {
    let path = ui.of(project, "/-/jobs");
    let tab = |name: &str, text: Text| {
        let active = scope == name;
        let href = if name.is_empty() { path.clone() } else { format!("{path}?scope={name}") };
        (ui.t(text).to_owned(), href, active.then_some(list.total), active)
    };
    let items = [
        tab("", Text::All),
        tab("pending", Text::Pending),
        tab("running", Text::Running),
        tab("success", Text::Passed),
        tab("failed", Text::Failed),
        tab("manual", Text::Manual),
    ];
    let body = html! {
        div.heading { h1 { (ui.t(Text::Jobs)) } }
        (tabs(ui.t(Text::Jobs), &items))
        @if list.items.is_empty() { (empty(ui, "list", ui.t(Text::NothingFound), "")) }
        @else { (job_table(ui, project, &list.items.iter().collect::<Vec<_>>(), true)) }
        (pager(ui, &path, &[("scope", scope)], page, list.total))
    };
    let place = Place {
        title: format!("{} · {}", ui.t(Text::Jobs), project.name),
        project: Some(project),
        section: Section::Jobs,
        crumbs: vec![(ui.t(Text::Jobs).into(), path.clone())],
        favicon: "none",
        events: Some(ui.of(project, "/-/events")),
    };
    frame(ui, &place, &body)
}
