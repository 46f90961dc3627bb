//! Signing in.

use crate::pages::Ui;
use crate::pages::parts::{bare, icon};
use crate::pages::text::Text;
use maud::{Markup, html};

/// The form; `wrong` is a sentence about the last attempt.
pub(crate) fn page(ui: &Ui, login: &str, back: &str, wrong: Option<&str>) -> Markup {
    let body = html! {
        div.card.sign-in {
            h1 { (icon(ui, "logo")) span { "runner" } }
            p.subtle { (ui.t(Text::SignInHint)) }
            @if let Some(wrong) = wrong { div.alert.danger role="alert" { (wrong) } }
            form.stack method="post" action=(ui.href("/users/sign_in")) {
                input type="hidden" name="return" value=(back);
                label for="login" { (ui.t(Text::UserName)) }
                input #login name="login" value=(login) autocomplete="username" required autofocus[login.is_empty()];
                label for="secret" { (ui.t(Text::PasswordOrToken)) }
                input #secret name="password" type="password" autocomplete="current-password" required;
                button.button.confirm { (ui.t(Text::SignIn)) }
            }
        }
    };
    bare(ui, ui.t(Text::SignIn), &body)
}
