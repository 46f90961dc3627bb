//! The token of a runner, which is told once, and how a machine registers with it.

use super::runners::place;
use crate::model::{Project, RunnerId};
use crate::pages::Ui;
use crate::pages::parts::{Place, copyable, frame};
use crate::pages::text::Text;
use maud::{Markup, html};
use protocol::Secret;

/// The page: of a new runner, or of one that was given another token.
pub(crate) fn page(ui: &Ui, project: Option<&Project>, id: RunnerId, token: &Secret, new: bool) -> Markup {
    let title = ui.t(if new { Text::RunnerCreated } else { Text::TokenReset });
    let (url, secret) = (&ui.url, token.expose());
    let body = html! {
        h1 { (title) }
        div.alert.warning role="status" { (ui.t(Text::TokenOnce)) }
        (copyable(ui, Some("token"), secret))
        h2 { (ui.t(Text::RegisterStep)) }
        p { (ui.t(Text::RegisterHere)) }
        (copyable(ui, None, &format!("runner register --url {url} --token {secret}")))
        p { (ui.t(Text::RegisterHint)) }
        (copyable(ui, None, &format!("gitlab-runner register --url {url} --token {secret}")))
        p { (ui.t(Text::RegisterUnasked)) }
        (copyable(ui, None, &format!("runner register --non-interactive --url {url} --token {secret} --executor docker --docker-image alpine:latest")))
        h2 { (ui.t(Text::RunStep)) }
        (copyable(ui, None, "runner run"))
        p.hint { (ui.t(Text::RunHint)) }
        p { a.button href=(ui.href(&format!("/admin/runners/{id}"))) { (ui.t(Text::ToRunner)) } }
    };
    frame(ui, &Place { events: None, ..place(ui, project, title) }, &body)
}
