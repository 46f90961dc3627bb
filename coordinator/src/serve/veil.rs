//! Texts for the log, without what could be a token.

use std::borrow::Cow;

/// What GitLab's tokens begin with.
const PREFIXES: [&str; 12] = [
    "glpat-",
    "glrt-",
    "glrtr-",
    "glcbt-",
    "gldt-",
    "glptt-",
    "glft-",
    "glsoat-",
    "glimt-",
    "glagent-",
    "GR1348941",
    "glffct-",
];

/// The longest that is logged of one text.
const LONGEST: usize = 500;

/// The text with tokens, control characters and all that is too much taken out.
pub(crate) fn veiled(text: &str) -> Cow<'_, str> {
    let plain = text.len() <= LONGEST && !text.chars().any(char::is_control);
    if plain && !PREFIXES.iter().any(|prefix| find(text, prefix).is_some()) {
        return Cow::Borrowed(text);
    }
    let mut out = String::new();
    let mut rest = text;
    while let Some((start, prefix)) = first(rest) {
        out.push_str(&rest[..start + prefix]);
        out.push_str("[MASKED]");
        let after = &rest[start + prefix..];
        let length = after.find(|c: char| !is_of_token(c)).unwrap_or(after.len());
        rest = &after[length..];
    }
    out.push_str(rest);
    let out: String = out.chars().filter(|c| !c.is_control()).collect();
    match out.char_indices().map(|(at, _)| at).find(|at| *at > LONGEST) {
        Some(end) => Cow::Owned(format!("{}…", &out[..end])),
        None => Cow::Owned(out),
    }
}

/// Where the first token begins, and how long its prefix is.
fn first(text: &str) -> Option<(usize, usize)> {
    PREFIXES.iter().filter_map(|prefix| find(text, prefix).map(|at| (at, prefix.len()))).min()
}

/// Where a prefix is that something follows.
fn find(text: &str, prefix: &str) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = text[from..].find(prefix).map(|at| from + at) {
        if text[at + prefix.len()..].starts_with(is_of_token) {
            return Some(at);
        }
        from = at + prefix.len();
    }
    None
}

/// A percent sign is, too: the rest of the token may be encoded.
fn is_of_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '=' | '%')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn tokens_are_masked() {
        assert_eq!(veiled("/api/v4/projects/1"), "/api/v4/projects/1");
        assert_eq!(veiled("/a/glpat-abc.d-e/b/glrt-x y"), "/a/glpat-[MASKED]/b/glrt-[MASKED] y");
        assert_eq!(veiled("glrtr-1glpat-2"), "glrtr-[MASKED]");
        assert_eq!(veiled("the prefix glpat- alone"), "the prefix glpat- alone");
        assert_eq!(veiled("a\nb\u{1b}[0m"), "ab[0m");
        assert_eq!(veiled(&"é".repeat(1000)).chars().count(), 252);
    }

    proptest! {
        #[test]
        fn no_token_is_left(before in ".{0,30}", prefix in prop::sample::select(PREFIXES.to_vec()), token in "[A-Za-z0-9_-]{12,40}", after in "(/.{0,30})?") {
            let text = format!("{before}{prefix}{token}{after}");
            let seen = veiled(&text).into_owned();
            prop_assert!(!seen.contains(&token), "{seen}");
        }
    }
}
