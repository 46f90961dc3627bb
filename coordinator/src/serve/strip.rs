//! Coordinators below a path: `https://host/ci`. Proxies may hand the path on or leave it out.

use http::Uri;
use http::uri::PathAndQuery;

/// The path of an address, without a slash at its end; nothing for what is no address of a coordinator.
pub(super) fn path_of(url: &str) -> Option<String> {
    let uri: Uri = url.parse().ok()?;
    let web =
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty());
    let user = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
    if !web || user || uri.query().is_some() || url.contains('#') {
        return None;
    }
    Some(uri.path().trim_end_matches('/').to_owned())
}

/// The address without the path of the coordinator.
pub(super) fn strip(uri: &mut Uri, path: &str) {
    if path.is_empty() {
        return;
    }
    let Some(rest) = uri.path_and_query().and_then(|all| all.as_str().strip_prefix(path)) else { return };
    let rest = match rest.bytes().next() {
        Some(b'/') => rest.to_owned(),
        Some(b'?') | None => format!("/{rest}"),
        Some(_) => return,
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = rest.parse::<PathAndQuery>().ok();
    if let Ok(stripped) = Uri::from_parts(parts) {
        *uri = stripped;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        assert_eq!(path_of("http://127.0.0.1:80"), Some(String::new()));
        assert_eq!(path_of("https://ci.example/a/b/"), Some("/a/b".into()));
        for bad in ["ftp://x", "ci.example", "http://", "http://u:p@x", "http://x/?a=b", "http://x/#a", ""] {
            assert_eq!(path_of(bad), None, "{bad}");
        }
    }

    #[test]
    fn the_path_is_taken_off_where_it_is() {
        let of = |uri: &str| {
            let mut uri: Uri = uri.parse().unwrap();
            strip(&mut uri, "/ci");
            uri.to_string()
        };
        assert_eq!(of("/ci/api/v4/version?x=1"), "/api/v4/version?x=1");
        assert_eq!(of("/ci"), "/");
        assert_eq!(of("/ci?x"), "/?x");
        assert_eq!(of("/cinema"), "/cinema");
        assert_eq!(of("/api"), "/api");
    }
}
