//! Changing the password.

use super::place;
use crate::pages::Ui;
use crate::pages::parts::{Section, csrf, frame};
use crate::pages::text::Text;
use maud::{Markup, html};

/// The form. `known` tells whether there is a password; `wrong` is a sentence about what was sent.
pub(crate) fn page(ui: &Ui, known: bool, wrong: Option<&str>) -> Markup {
    let login = ui.viewer.as_ref().map(|viewer| viewer.login.as_str()).unwrap_or_default();
    let body = html! {
        h1 { (ui.t(Text::Password)) }
        @if !known { div.alert.info { (ui.t(Text::NoPasswordYet)) } }
        @if let Some(wrong) = wrong { div.alert.danger role="alert" { (wrong) } }
        form.stack.narrow method="post" action=(ui.href("/-/user_settings/password/edit")) {
            (csrf(ui))
            // Password managers want to know whose it is.
            input type="hidden" name="username" value=(login) autocomplete="username";
            label for="current" { (ui.t(if known { Text::CurrentPassword } else { Text::AnyToken })) }
            input #current name="password" type="password" required autocomplete="current-password";
            label for="new" { (ui.t(Text::NewPassword)) }
            input #new name="new_password" type="password" required minlength="8" maxlength="256" autocomplete="new-password" aria-describedby="new-hint";
            p #new-hint.hint { (ui.t(Text::PasswordHint)) }
            label for="again" { (ui.t(Text::NewPasswordAgain)) }
            input #again name="password_confirmation" type="password" required autocomplete="new-password";
            div.actions { button.button.confirm { (ui.t(Text::ChangePassword)) } }
        }
    };
    frame(ui, &place(ui.t(Text::Password), Section::Password), &body)
}
