//! Hides tokens in log lines.

/// Shorter secrets are not searched for: their short form would be hidden, too.
pub(super) const SHORTEST_SECRET: usize = 16;

/// What GitLab's tokens start with.
const PREFIXES: &[&str] = &[
    "glrt-",
    "glrtr-",
    "glcbt-",
    "glpat-",
    "gldt-",
    "glptt-",
    "glft-",
    "glimt-",
    "glagent-",
    "gloas-",
    "glsoat-",
    "glffct-",
    "GR1348941",
];

/// Fewer characters after a prefix are a word about tokens, not a token.
const SHORTEST_REST: usize = 8;

const MASK: &str = "[MASKED]";

/// Replaces known secrets, and whatever looks like a token of GitLab.
pub(super) fn redact(text: &mut String, secrets: &[String]) {
    for secret in secrets {
        if text.contains(secret.as_str()) {
            *text = text.replace(secret.as_str(), MASK);
        }
    }
    if PREFIXES.iter().any(|prefix| text.contains(prefix)) {
        *text = without_tokens(text);
    }
}

fn without_tokens(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((at, prefix)) = first_prefix(rest) {
        let after = &rest[at + prefix.len()..];
        let length =
            after.find(|c: char| !(c.is_ascii_alphanumeric() || "-_.".contains(c))).unwrap_or(after.len());
        out.push_str(&rest[..at + prefix.len()]);
        out.push_str(if length >= SHORTEST_REST { MASK } else { &after[..length] });
        rest = &after[length..];
    }
    out.push_str(rest);
    out
}

fn first_prefix(text: &str) -> Option<(usize, &'static str)> {
    PREFIXES.iter().filter_map(|prefix| Some((text.find(prefix)?, *prefix))).min()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_hidden_and_words_are_not() {
        let secrets = ["legacytoken12345678".to_owned()];
        for (text, hidden) in [
            ("token glrt-abcdefghijkl.", "token glrt-[MASKED]"),
            ("a=glrt-t1_ABCDEFGHIJKLM b", "a=glrt-[MASKED] b"),
            ("use a glrt- token", "use a glrt- token"),
            ("GR1348941abcdefgh/glpat-0123456789", "GR1348941[MASKED]/glpat-[MASKED]"),
            ("x legacytoken12345678x", "x [MASKED]x"),
            ("legacytok", "legacytok"),
        ] {
            let mut text = text.to_owned();
            redact(&mut text, &secrets);
            assert_eq!(text, hidden);
        }
    }
}
