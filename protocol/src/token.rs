//! Runner tokens, and the short form that logs and paths show.

use crate::Secret;
use serde::{Deserialize, Serialize};

/// How many characters of a token its short form keeps.
const SHORT_LENGTH: usize = 9;

/// A runner's authentication token. Prints nothing of itself but [`RunnerToken::short`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct RunnerToken(Secret);

impl RunnerToken {
    /// Wraps a token as typed or stored.
    pub fn new(text: impl Into<String>) -> Self {
        Self(Secret::new(text))
    }

    /// The whole token, to be sent to the coordinator and to nobody else.
    pub fn expose(&self) -> &str {
        self.0.expose()
    }

    /// Whether the token is empty or blank; such a section is never polled.
    pub fn is_blank(&self) -> bool {
        self.expose().trim().is_empty()
    }

    /// Whether this is an authentication token made in GitLab's pages or API (`glrt-…`), which is verified
    /// rather than exchanged at registration. The literal prefix is the only test gitlab-runner makes.
    pub fn is_authentication_token(&self) -> bool {
        self.expose().starts_with("glrt-")
    }

    /// The short form that appears in logs, paths and `CI_RUNNER_SHORT_TOKEN`: known prefixes removed, then
    /// the first nine characters (gitlab-runner's `helpers/shorten_token.go`).
    pub fn short(&self) -> &str {
        shorten(self.expose())
    }
}

/// Shortens any token (runner or job) as [`RunnerToken::short`] does.
pub(crate) fn shorten(token: &str) -> &str {
    let rest = strip_kind(token);
    match rest.char_indices().nth(SHORT_LENGTH) {
        Some((end, _)) => &rest[..end],
        None => rest,
    }
}

fn strip_kind(token: &str) -> &str {
    if let Some(rest) = token.strip_prefix("glrt-") {
        return strip_partition(rest);
    }
    for prefix in ["glrtr-", "glcbt-"] {
        if let Some(rest) = token.strip_prefix(prefix) {
            return rest;
        }
    }
    if let Some(rest) = strip_legacy(token) {
        return rest;
    }
    strip_partition(token)
}

/// Removes `t1_`, `t2_` or `t3_`.
fn strip_partition(token: &str) -> &str {
    ["t1_", "t2_", "t3_"].iter().find_map(|p| token.strip_prefix(p)).unwrap_or(token)
}

/// Removes `GR` and seven hexadecimal digits, the mark of newer registration tokens.
fn strip_legacy(token: &str) -> Option<&str> {
    let rest = token.strip_prefix("GR")?;
    let digits = rest.get(..7)?;
    digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| &rest[7..])
}

impl Secret {
    /// The short form of a job token, as helper lines in the trace show it.
    pub fn short_token(&self) -> &str {
        shorten(self.expose())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_forms() {
        for (token, short) in [
            ("glrt-t1_ABCDEFGHIJKL", "ABCDEFGHI"),
            ("glrt-rigrigrigrigrig", "rigrigrig"),
            ("ABC", "ABC"),
            ("t4_ABCDEFGHI", "t4_ABCDEF"),
            ("t2_ABCDEFGHIJ", "ABCDEFGHI"),
            ("glrtr-t1_ABCDEFGHI", "t1_ABCDEF"),
            ("glcbt-64_001000xx", "64_001000"),
            ("GR1348941abcdefghijk", "abcdefghi"),
            ("äöüäöüäöüäöü", "äöüäöüäöü"),
            ("", ""),
        ] {
            assert_eq!(RunnerToken::new(token).short(), short, "{token}");
        }
    }

    #[test]
    fn only_the_prefix_decides_the_kind() {
        assert!(RunnerToken::new("glrt-x").is_authentication_token());
        assert!(!RunnerToken::new("glrtr-x").is_authentication_token());
        assert!(RunnerToken::new(" \t").is_blank());
    }
}
