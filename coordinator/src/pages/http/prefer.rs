//! Language, theme, and what was just done.

use super::form::Fields;
use super::{App, answer};
use crate::pages::text::{Lang, Text};
use crate::pages::views::Views;
use crate::pages::{Theme, Ui};
use axum::response::Response;
use http::header::{ACCEPT_LANGUAGE, COOKIE};
use http::{HeaderMap, Uri};

/// What every page needs to know, but for who looks.
pub(super) fn ui<V: Views>(app: &App<V>, headers: &HeaderMap, uri: &Uri, query: &Fields) -> Ui {
    let url = app.views.url();
    let root = url
        .split_once("://")
        .and_then(|(_, rest)| rest.find('/').and_then(|at| rest.get(at..)))
        .unwrap_or("");
    let accepted = headers.get(ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let lang = cookie(headers, "lang").and_then(Lang::parse).unwrap_or_else(|| Lang::accepted(accepted));
    Ui {
        lang,
        theme: cookie(headers, "theme").and_then(Theme::parse).unwrap_or_default(),
        root: root.trim_end_matches('/').to_owned(),
        here: uri.path_and_query().map(|here| here.as_str().to_owned()).unwrap_or_else(|| "/".into()),
        viewer: None,
        now: app.views.now(),
        notice: query.get("done").and_then(done).map(|text| lang.text(text).to_owned()),
        assets: app.assets.clone(),
        url,
    }
}

/// Words in addresses for what was just done.
fn done(word: &str) -> Option<Text> {
    Some(match word {
        "canceled" => Text::DoneCanceled,
        "created" => Text::DoneCreated,
        "deleted" => Text::DoneDeleted,
        "ended" => Text::DoneEnded,
        "erased" => Text::DoneErased,
        "kept" => Text::DoneKept,
        "retried" => Text::DoneRetried,
        "revoked" => Text::DoneRevoked,
        "saved" => Text::DoneSaved,
        "started" => Text::DoneStarted,
        "stopped" => Text::DoneStopped,
        "unscheduled" => Text::DoneUnscheduled,
        _ => return None,
    })
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let pairs =
        headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok()).flat_map(|all| all.split(';'));
    pairs.filter_map(|pair| pair.trim().split_once('=')).find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// Remembers a language or a theme, and goes back.
pub(super) fn set(ui: &Ui, query: &Fields) -> Response {
    let back = local(query.get("return").unwrap_or("/"));
    let mut response = answer::see_other(&ui.href(&back));
    let path = if ui.root.is_empty() { "/" } else { &ui.root };
    let mut remember = |name: &str, value: &str| {
        let cookie = format!("{name}={value}; Path={path}; Max-Age=31536000; SameSite=Lax; HttpOnly");
        response = answer::with_cookie(std::mem::take(&mut response), &cookie);
    };
    if let Some(lang) = query.get("lang").and_then(Lang::parse) {
        remember("lang", lang.code());
    }
    if let Some(theme) = query.get("theme").and_then(Theme::parse) {
        remember("theme", theme.code());
    }
    response
}

/// An address of ours; the first page instead of any other.
pub(super) fn local(address: &str) -> String {
    let second = address.chars().nth(1);
    let ours = address.starts_with('/')
        && !matches!(second, Some('/' | '\\'))
        && !address.chars().any(char::is_control);
    if ours { address.to_owned() } else { "/".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_is_sent_elsewhere() {
        for address in ["https://evil", "//evil", "/\\evil", "javascript:x", "", "/a\r\nX: y"] {
            assert_eq!(local(address), "/");
        }
        assert_eq!(local("/a/b?c=//d"), "/a/b?c=//d");
    }
}
