//! Lines of jobs made harmless: text and colours stay, all else that steers a terminal goes.

use crate::terminal::steers;

/// Longest colour sequence that is passed on, and most of what is repeated on the next line.
const LONGEST: usize = 48;
const LONGEST_CARRIED: usize = 96;
const RESET: &str = "\u{1b}[0m";

/// Cleans the lines of one job. Colours last beyond the end of a line, as on a terminal of the job's own.
#[derive(Debug)]
pub(in crate::ci) struct Harmless {
    colours: bool,
    /// The sequences that are in force.
    active: String,
}

impl Harmless {
    /// With colours, or without.
    pub(in crate::ci) fn new(colours: bool) -> Self {
        Self { colours, active: String::new() }
    }

    /// The line for a terminal, or for a file: valid text without control characters but tabs; colours are ended at
    /// its end.
    pub(in crate::ci) fn line(&mut self, bytes: &[u8]) -> String {
        let text = String::from_utf8_lossy(bytes);
        let mut out = String::with_capacity(text.len() + 8);
        out.push_str(&self.active);
        let mut rest = text.as_ref();
        while let Some(c) = rest.chars().next() {
            if c == '\u{1b}' {
                let (colour, after) = sequence(rest);
                if let Some(colour) = colour.filter(|_| self.colours) {
                    out.push_str(colour);
                    self.carry(colour);
                }
                rest = after;
                continue;
            }
            match c {
                '\t' => out.push(c),
                _ if c.is_control() => {}
                _ if steers(c) => out.push(' '),
                _ => out.push(c),
            }
            rest = rest.get(c.len_utf8()..).unwrap_or_default();
        }
        if out.len() == self.active.len() && !self.active.is_empty() {
            return String::new();
        }
        if self.colours && out.contains('\u{1b}') && !out.ends_with(RESET) {
            out.push_str(RESET);
        }
        out
    }

    /// The line without colours.
    pub(in crate::ci) fn plain(bytes: &[u8]) -> String {
        Self::new(false).line(bytes)
    }

    /// Whether nothing of it can be seen.
    pub(super) fn is_blank(bytes: &[u8]) -> bool {
        bytes.iter().all(u8::is_ascii_whitespace)
            || (bytes.len() < 256 && Self::plain(bytes).trim().is_empty())
    }

    fn carry(&mut self, colour: &str) {
        let parameters = colour.trim_start_matches("\u{1b}[").trim_end_matches('m');
        let resets = |parameter: &str| parameter.is_empty() || parameter.bytes().all(|byte| byte == b'0');
        if parameters.split(';').all(resets) || self.active.len() + colour.len() > LONGEST_CARRIED {
            self.active.clear();
        } else {
            // `0;31` begins anew, and `0;` is how gitlab-runner ends its colours.
            if parameters.split(';').next().is_some_and(resets) {
                self.active.clear();
            }
            self.active.push_str(colour);
        }
    }
}

/// The colour sequence that a text begins with, or nothing where it is another one; and what follows it. The text
/// begins with an escape.
fn sequence(text: &str) -> (Option<&str>, &str) {
    let after = text.get(1..).unwrap_or_default();
    match after.chars().next() {
        Some('[') => control_sequence(text),
        // A string for the terminal: goes with its content if it has an end.
        Some(']' | 'P' | 'X' | '^' | '_') => {
            let content = after.get(1..).unwrap_or_default();
            let end = content.find(['\u{7}', '\u{1b}', '\u{9c}']);
            (None, end.and_then(|end| content.get(end..)).map_or(content, after_string))
        }
        Some(' '..='/') => {
            let rest = after.trim_start_matches(|c| matches!(c, ' '..='/'));
            let mut rest = rest.chars();
            rest.next();
            (None, rest.as_str())
        }
        Some(c @ '0'..='~') => (None, after.get(c.len_utf8()..).unwrap_or_default()),
        _ => (None, after),
    }
}

fn after_string(rest: &str) -> &str {
    rest.strip_prefix("\u{1b}\\").or_else(|| rest.strip_prefix(['\u{7}', '\u{9c}'])).unwrap_or(rest)
}

fn control_sequence(text: &str) -> (Option<&str>, &str) {
    let bytes = text.as_bytes();
    let end =
        bytes.iter().skip(2).position(|byte| !matches!(byte, b' '..=b'?')).map_or(bytes.len(), |at| at + 2);
    let parameters = text.get(2..end).unwrap_or_default();
    let whole = bytes.get(end).is_some_and(|byte| matches!(byte, b'@'..=b'~'));
    let (sequence, rest) = text.split_at_checked(end + usize::from(whole)).unwrap_or((text, ""));
    let colour = whole
        && bytes.get(end) == Some(&b'm')
        && parameters.len() <= LONGEST
        && parameters.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b';' | b':'));
    (colour.then_some(sequence), rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn coloured(text: &str) -> String {
        Harmless::new(true).line(text.as_bytes())
    }

    #[test]
    fn colours_stay_and_end() {
        assert_eq!(coloured("\u{1b}[31mred\u{1b}[0m plain"), "\u{1b}[31mred\u{1b}[0m plain\u{1b}[0m");
        let mut lines = Harmless::new(true);
        assert_eq!(lines.line(b"\x1b[0K\x1b[1m\x1b[31ma"), "\u{1b}[1m\u{1b}[31ma\u{1b}[0m");
        assert_eq!(lines.line(b"b\x1b[0;m c"), "\u{1b}[1m\u{1b}[31mb\u{1b}[0;m c\u{1b}[0m");
        assert_eq!(lines.line(b"d"), "d");
        assert_eq!(Harmless::plain(b"\x1b[31mred\x1b[0m"), "red");
    }

    #[test]
    fn all_else_goes() {
        assert_eq!(
            coloured("a\u{1b}[2Jb\u{1b}]0;title\u{7}c\u{1b}]8;;x\u{1b}\\d\u{1b}c\u{8}e\u{9b}31mf"),
            "abcde31mf"
        );
        assert_eq!(coloured("a\u{1b}]unended"), "aunended");
        assert_eq!(coloured("a\u{1b}(Bb\u{1b}[?1049hc\u{1b}[31"), "abc");
        assert_eq!(coloured("t\ta\u{202e}b"), "t\ta b");
        assert_eq!(Harmless::plain(b"\xff\xfe!"), "\u{fffd}\u{fffd}!");
    }

    /// What is left when colours are taken out.
    fn escapes(text: &str) -> usize {
        let mut rest = text;
        let mut left = 0;
        while let Some(at) = rest.find('\u{1b}') {
            rest = &rest[at + 1..];
            let parameters = rest
                .strip_prefix('[')
                .map(|rest| rest.trim_start_matches(|c: char| c.is_ascii_digit() || ";:".contains(c)));
            left += usize::from(!parameters.is_some_and(|rest| rest.starts_with('m')));
        }
        left
    }

    proptest! {
        #[test]
        fn nothing_but_colours_escapes(lines in proptest::collection::vec(
            proptest::collection::vec(prop_oneof![Just(0x1b_u8), Just(b'['), Just(b']'), Just(b'm'), Just(b';'), Just(b'0'), Just(0xc2), Just(0x9b), any::<u8>()], 0..60), 0..5)) {
            let mut with = Harmless::new(true);
            let mut without = Harmless::new(false);
            for line in lines {
                let line: Vec<u8> = line;
                let shown = with.line(&line);
                prop_assert_eq!(escapes(&shown), 0);
                let other = shown.chars().any(|c| c.is_control() && !matches!(c, '\t' | '\u{1b}'));
                prop_assert!(!other);
                let other = without.line(&line).chars().any(|c| c.is_control() && c != '\t');
                prop_assert!(!other);
            }
        }
    }
}
