//! Pages that say that there is no page.

use crate::pages::Ui;
use crate::pages::parts::{bare, button};
use crate::pages::text::Text;
use maud::{Markup, html};

/// 404, 403, 422, 500: what happened, in a word and a sentence.
pub(crate) fn page(ui: &Ui, status: u16, message: Option<&str>) -> Markup {
    let (title, text) = match status {
        403 => (Text::Error403, Text::Error403Text),
        404 => (Text::Error404, Text::Error404Text),
        422 => (Text::Error422, Text::Error422Text),
        429 => (Text::Error429, Text::Error429Text),
        _ => (Text::Error500, Text::Error500Text),
    };
    let body = html! {
        div.card.failure {
            p.code aria-hidden="true" { (status) }
            h1 { (ui.t(title)) }
            p { (message.unwrap_or(ui.t(text))) }
            p { (button(ui, "", None, ui.t(Text::ToProjects), &ui.href("/"))) }
        }
    };
    bare(ui, ui.t(title), &body)
}
