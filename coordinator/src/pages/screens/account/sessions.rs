//! Browsers in which somebody is signed in.

use super::place;
use crate::model::Session;
use crate::pages::Ui;
use crate::pages::parts::{Section, form_button, frame, icon, time_ago};
use crate::pages::text::Text;
use crate::pages::views::Viewer;
use maud::{Markup, html};

/// The list.
pub(crate) fn page(ui: &Ui, viewer: &Viewer, list: &[Session]) -> Markup {
    let path = ui.href("/-/user_settings/active_sessions");
    let body = html! {
        h1 { (ui.t(Text::Sessions)) }
        p.subtle { (ui.t(Text::SessionsHint)) }
        ul.rows {
            @for session in list {
                // Each session's forms carry something of its own, which tells them apart.
                @let here = session.csrf == viewer.csrf;
                li.row {
                    (icon(ui, "globe"))
                    div.grow {
                        p.breaks { strong { (browser(ui, session)) } @if here { " " span.label.good { (ui.t(Text::ThisSession)) } } }
                        div.line.subtle {
                            @if let Some(address) = &session.ip_address { span.mono { (address) } }
                            span { (ui.t(Text::SignedInAt)) " " (time_ago(ui, session.created_at)) }
                            span { (ui.f(Text::EndsIn, &[&ui.lang.duration(session.expires_at.0.saturating_sub(ui.now.0))])) }
                        }
                        @if let Some(agent) = &session.user_agent { p.hint.breaks { (agent) } }
                    }
                    @if !here {
                        div.actions { (form_button(ui, "small danger-text", "cancel", ui.t(Text::EndSession), &format!("{path}/{}/end", session.id))) }
                    }
                }
            }
        }
    };
    frame(ui, &place(ui.t(Text::Sessions), Section::Sessions), &body)
}

/// What a browser is commonly called.
fn browser<'a>(ui: &Ui, session: &'a Session) -> &'a str {
    // Most call themselves by the names of those before them as well: the newest name counts.
    const KNOWN: [(&str, &str); 6] = [
        ("Edg/", "Edge"),
        ("OPR/", "Opera"),
        ("Firefox/", "Firefox"),
        ("Chrome/", "Chrome"),
        ("Safari/", "Safari"),
        ("curl/", "curl"),
    ];
    let agent = session.user_agent.as_deref().unwrap_or_default();
    let known = KNOWN.iter().find(|(mark, _)| agent.contains(mark));
    known.map_or_else(|| ui.t(Text::UnknownBrowser), |(_, name)| name)
}
