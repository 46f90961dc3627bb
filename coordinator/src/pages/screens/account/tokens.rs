//! Personal access tokens.

use super::place;
use crate::model::Token;
use crate::pages::Ui;
use crate::pages::parts::{Section, confirm_button, copyable, csrf, empty, frame, time_ago};
use crate::pages::text::Text;
use maud::{Markup, html};
use pipeline::Moment;
use protocol::Secret;

/// What the form for a new token holds.
#[derive(Clone, Debug, Default)]
pub(crate) struct Filled {
    /// What it is for.
    pub(crate) name: String,
    /// What it opens.
    pub(crate) scopes: Vec<String>,
    /// Until which day, as `2026-01-31`; empty for ever.
    pub(crate) expires: String,
    /// The path of the one project it is for; empty for all.
    pub(crate) project: String,
}

/// How long a token lasts unless something else is said, in milliseconds: 30 days.
const MONTH: u64 = 30 * 86_400_000;

impl Filled {
    /// Nobody filled it in so far.
    pub(crate) fn fresh(now: Moment) -> Self {
        Self {
            scopes: vec!["write_repository".to_owned()],
            expires: date(Moment(now.0.saturating_add(MONTH))),
            ..Self::default()
        }
    }
}

fn date(moment: Moment) -> String {
    moment.iso8601().chars().take(10).collect()
}

/// The list, and the form for a new one; `wrong` is a sentence about what was sent.
pub(crate) fn page(ui: &Ui, list: &[Token], filled: &Filled, wrong: Option<&str>) -> Markup {
    let path = ui.href("/-/user_settings/personal_access_tokens");
    let body = html! {
        h1 { (ui.t(Text::AccessTokens)) }
        p.subtle { (ui.t(Text::TokensHint)) }
        @if list.is_empty() { (empty(ui, "key", ui.t(Text::NoTokens), "")) }
        @else {
            table.list.tokens {
                thead { tr {
                    th scope="col" { (ui.t(Text::Name)) }
                    th scope="col" { (ui.t(Text::Scopes)) }
                    th scope="col" { (ui.t(Text::LastUsed)) }
                    th scope="col" { (ui.t(Text::ExpiresAt)) }
                    th scope="col" { span.sr { (ui.t(Text::Actions)) } }
                } }
                tbody { @for token in list { (row(ui, &path, token)) } }
            }
        }
        (form(ui, &path, filled, wrong))
    };
    frame(ui, &place(ui.t(Text::AccessTokens), Section::Tokens), &body)
}

fn row(ui: &Ui, path: &str, token: &Token) -> Markup {
    let over = token.expires_at.is_some_and(|at| at <= ui.now);
    html! {
        tr .retried[token.revoked || over] {
            td {
                strong { (token.name) }
                @if token.revoked { " " span.label.bad { (ui.t(Text::Revoked)) } }
                @else if over { " " span.label.warn { (ui.t(Text::Expired)) } }
                div.small-lines { span { (ui.t(Text::CreatedAt)) " " (time_ago(ui, token.created_at)) } }
            }
            td { div.labels { @for scope in &token.scopes { span.label.mono { (scope) } } @if let Some(project) = token.project { span.label { (ui.t(Text::ProjectId)) ": " (project) } } } }
            td data-label=(ui.t(Text::LastUsed)) { @match token.last_used_at { Some(at) => (time_ago(ui, at)), None => span.subtle { (ui.t(Text::Never)) } } }
            td data-label=(ui.t(Text::ExpiresAt)) { @match token.expires_at { Some(at) => time datetime=(at.iso8601()) { (date(at)) }, None => span.subtle { (ui.t(Text::Never)) } } }
            td.act {
                @if !token.revoked {
                    div.actions { (confirm_button(ui, "small danger-text", "trash", ui.t(Text::Revoke), &ui.f(Text::RevokeQuestion, &[&token.name]), &format!("{path}/{}/revoke", token.id))) }
                }
            }
        }
    }
}

const SCOPES: [(&str, Text); 4] = [
    ("api", Text::ScopeApi),
    ("read_api", Text::ScopeReadApi),
    ("write_repository", Text::ScopeWriteRepository),
    ("read_repository", Text::ScopeReadRepository),
];

fn form(ui: &Ui, path: &str, filled: &Filled, wrong: Option<&str>) -> Markup {
    html! {
        section.card.narrow #form aria-labelledby="form-title" {
            h2 #form-title { (ui.t(Text::AddToken)) }
            @if let Some(wrong) = wrong { div.alert.danger role="alert" { (wrong) } }
            form.stack method="post" action=(path) {
                (csrf(ui))
                label for="t-name" { (ui.t(Text::TokenName)) }
                input #t-name name="name" required maxlength="255" value=(filled.name) autocomplete="off";
                label for="t-expires" { (ui.t(Text::ExpiresAt)) }
                input #t-expires name="expires_at" type="date" value=(filled.expires) min=(date(Moment(ui.now.0.saturating_add(86_400_000)))) aria-describedby="t-expires-hint";
                p #t-expires-hint.hint { (ui.t(Text::ExpiresHint)) }
                fieldset.choices {
                    legend { (ui.t(Text::Scopes)) }
                    @for (scope, text) in SCOPES {
                        label.check { input type="checkbox" name="scopes" value=(scope) checked[filled.scopes.iter().any(|chosen| chosen == scope)]; " " span { code { (scope) } " – " (ui.t(text)) } }
                    }
                }
                label for="t-project" { (ui.t(Text::OnlyProject)) }
                input #t-project.mono name="project" value=(filled.project) placeholder="root/project" autocomplete="off" aria-describedby="t-project-hint";
                p #t-project-hint.hint { (ui.t(Text::OnlyProjectHint)) }
                div.actions { button.button.confirm { (ui.t(Text::AddToken)) } }
            }
        }
    }
}

/// The text of a new token. It is shown here and never again.
pub(crate) fn created(ui: &Ui, name: &str, token: &Secret) -> Markup {
    let body = html! {
        h1 { (ui.t(Text::TokenCreated)) }
        p.strong { (name) }
        div.alert.warning role="status" { (ui.t(Text::TokenOnce)) }
        (copyable(ui, Some("token"), token.expose()))
        p.hint { (ui.t(Text::CloneHint)) }
        p { a.button href=(ui.href("/-/user_settings/personal_access_tokens")) { (ui.t(Text::Back)) } }
    };
    frame(ui, &place(ui.t(Text::TokenCreated), Section::Tokens), &body)
}
