//! The token that runners register themselves with.

use super::runners::place;
use crate::pages::Ui;
use crate::pages::parts::{Place, copyable, csrf, frame, icon};
use crate::pages::text::Text;
use maud::{Markup, html};
use protocol::Secret;

/// The page; with the token and whether it is another one, where somebody asked for it.
pub(crate) fn page(ui: &Ui, token: Option<(&Secret, bool)>) -> Markup {
    let path = ui.href("/admin/runners/registration");
    let body = html! {
        h1 { (ui.t(Text::RegistrationToken)) }
        p { (ui.t(Text::RegistrationHint)) }
        @if let Some((token, another)) = token {
            @if another { div.alert.success role="status" { (ui.t(Text::RegistrationReset)) } }
            (copyable(ui, Some("token"), token.expose()))
            p { (ui.t(Text::RegisterStep)) ":" }
            (copyable(ui, None, &format!("gitlab-runner register --url {} --registration-token {}", ui.url, token.expose())))
        }
        div.actions {
            @if token.is_none() {
                form.inline method="post" action=(path) { (csrf(ui)) button.button { (icon(ui, "key")) span { (ui.t(Text::ShowToken)) } } }
            }
            details.ask {
                summary.button.danger-text { (icon(ui, "retry")) span { (ui.t(Text::ResetToken)) } }
                div.sheet {
                    p { (ui.t(Text::ResetRegistrationQuestion)) }
                    form method="post" action=(path) { (csrf(ui)) input type="hidden" name="reset" value="1"; button.button.danger { (ui.t(Text::ResetToken)) } }
                }
            }
            a.button href=(ui.href("/admin/runners")) { (ui.t(Text::Back)) }
        }
    };
    frame(ui, &Place { events: None, ..place(ui, None, ui.t(Text::RegistrationToken)) }, &body)
}
