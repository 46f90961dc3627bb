//! Redirects, followed by hand: a token goes to no other host, and no call loses its body.
//!
//! Stricter than gitlab-runner, whose HTTP library turns a redirected `PUT` into a bare `GET`, and carries
//! job tokens to whatever host a download is redirected to.

use super::Call;
use crate::{
    Failure,
    answer::text_header,
    base_url::{authority, same_site, shown},
};
use http::Method;
use reqwest::{Response, Url};

/// Redirects followed in one attempt.
pub(super) const LIMIT: u8 = 10;

/// What a call does about a redirect.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Redirects {
    /// Hands it to the caller as it is.
    Show,
    /// Stays with the coordinator; anything else is an error.
    SameSite,
    /// Goes anywhere; tokens stay behind.
    Anywhere,
}

/// Where to go next, if anywhere.
pub(super) fn target(call: &Call<'_>, from: &Url, response: &Response) -> Result<Option<Url>, Failure> {
    let status = response.status().as_u16();
    if call.redirects == Redirects::Show || !matches!(status, 301 | 302 | 303 | 307 | 308) {
        return Ok(None);
    }
    let location = text_header(response.headers(), "location");
    let Some(to) = location.and_then(|location| from.join(location).ok()) else { return Ok(None) };
    if call.redirects == Redirects::SameSite && !same_site(from, &to) {
        return Err(Failure::RedirectElsewhere { status, from: authority(from), to: authority(&to) });
    }
    if !matches!(to.scheme(), "http" | "https") {
        return Ok(None);
    }
    if call.method != Method::GET && !matches!(status, 307 | 308) {
        return Err(Failure::RedirectLosesBody { status, to: without_query(to) });
    }
    Ok(Some(to))
}

fn without_query(mut url: Url) -> String {
    url.set_query(None);
    url.set_fragment(None);
    shown(&url)
}
