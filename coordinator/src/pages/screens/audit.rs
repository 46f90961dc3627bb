//! What was done, by whom.

use crate::model::{Page, Paged, Project};
use crate::pages::Ui;
use crate::pages::parts::{Place, Section, empty, frame, pager};
use crate::pages::text::Text;
use crate::pages::views::Seen;
use maud::{Markup, html};

/// The page.
pub(crate) fn page(ui: &Ui, project: Option<&Project>, list: &Paged<Seen>, page: Page) -> Markup {
    let path = project.map_or_else(|| ui.href("/admin/audit"), |project| ui.of(project, "/-/audit"));
    let body = html! {
        h1 { (ui.t(Text::AuditLog)) }
        @if list.items.is_empty() { (empty(ui, "clock", ui.t(Text::NothingFound), "")) }
        @else {
            table.list {
                thead { tr { th scope="col" { (ui.t(Text::When)) } th scope="col" { (ui.t(Text::Who)) } th scope="col" { (ui.t(Text::What)) } th scope="col" { (ui.t(Text::Target)) } th scope="col" { (ui.t(Text::Address)) } } }
                tbody {
                    @for seen in &list.items {
                        tr {
                            td { time datetime=(seen.row.at.iso8601()) { (seen.row.at.iso8601().replace('T', " ").replace('Z', "")) } }
                            td { (seen.who.as_deref().unwrap_or("–")) }
                            td { code { (seen.row.action) } }
                            td.breaks { (seen.row.target) }
                            td.mono { (seen.row.ip_address.as_deref().unwrap_or_default()) }
                        }
                    }
                }
            }
        }
        (pager(ui, &path, &[], page, list.total))
    };
    let place = Place {
        title: ui.t(Text::AuditLog).into(),
        project,
        section: if project.is_some() { Section::ProjectAudit } else { Section::Audit },
        crumbs: vec![(ui.t(Text::AuditLog).into(), path.clone())],
        favicon: "none",
        events: None,
    };
    frame(ui, &place, &body)
}
