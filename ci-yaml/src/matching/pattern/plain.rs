//! Expressions that need no engine: text, perhaps at the start or at the end. Most of those in use are no more, and
//! making an engine takes far longer than matching.

use super::Dialect;

/// Text that is looked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Plain {
    start: bool,
    text: Box<str>,
    end: bool,
}

impl Plain {
    pub(super) fn is_match(&self, text: &str) -> bool {
        match (self.start, self.end) {
            (true, true) => *text == *self.text,
            (true, false) => text.starts_with(&*self.text),
            (false, true) => text.ends_with(&*self.text),
            (false, false) => text.contains(&*self.text),
        }
    }
}

/// What a valid expression comes down to, if it is no more than text.
pub(super) fn plain(body: &str, flags: &str, dialect: Dialect) -> Option<Plain> {
    if dialect != Dialect::Re2 || flags.contains(['i', 'm']) {
        return None;
    }
    let (start, rest) = body.strip_prefix('^').map_or((false, body), |rest| (true, rest));
    let (mut text, mut end) = (String::with_capacity(rest.len()), false);
    let mut characters = rest.chars();
    while let Some(character) = characters.next() {
        match character {
            '$' if characters.as_str().is_empty() => end = true,
            '\\' => text.push(characters.next().filter(char::is_ascii_punctuation)?),
            '.' | '+' | '*' | '?' | '(' | ')' | '|' | '[' | ']' | '{' | '}' | '^' | '$' => return None,
            other => text.push(other),
        }
    }
    Some(Plain { start, text: text.into(), end })
}

#[cfg(test)]
mod tests {
    use super::{Dialect, plain};

    #[test]
    fn only_text_is_plain() {
        for (body, text, matches) in [
            ("ab", "xabx", true),
            ("^ab", "xab", false),
            ("^ab", "abx", true),
            (r"\.c$", "a.c", true),
            (r"\.c$", "a.c\n", false),
            ("^ab$", "ab", true),
            ("^ab$", "abx", false),
            (r"^a\$", "a$b", true),
            ("", "", true),
            ("^$", "", true),
            ("^$", "x", false),
        ] {
            let plain = plain(body, "sU", Dialect::Re2).expect("plain");
            assert_eq!(plain.is_match(text), matches, "{body}");
        }
        for body in ["a.b", "a$b", "a^", "^^", "a|b", r"a\d", r"\Qa\E", "a{", "(a)", "[a]", "a?", "a*"] {
            assert_eq!(plain(body, "", Dialect::Re2), None, "{body}");
        }
        assert_eq!(plain("ab", "i", Dialect::Re2), None);
        assert_eq!(plain("^ab", "m", Dialect::Re2), None);
        assert_eq!(plain("^ab", "", Dialect::Ruby), None);
    }
}
