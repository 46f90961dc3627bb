//! Takes a line apart: text, looks, carriage returns, marks of sections.

/// What is in a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Word<'a> {
    /// Text as it is.
    Text(&'a str),
    /// The numbers between `ESC [` and `m`.
    Look(&'a str),
    /// The line begins anew.
    Return,
    /// A section begins.
    Start { at: u64, name: &'a str, options: &'a str },
    /// A section ends.
    End { at: u64, name: &'a str },
}

/// Takes words off a line.
pub(super) struct Words<'a> {
    rest: &'a str,
    /// Marks of sections are rare: most lines are not searched for them.
    marked: bool,
}

impl<'a> Words<'a> {
    pub(super) fn new(line: &'a str) -> Self {
        Self { rest: line.trim_end_matches('\r'), marked: line.contains("section_") }
    }

    /// Bytes up to the next one that may mean something.
    fn plain(&self) -> usize {
        let control = self.rest.find(|c: char| c.is_control() && c != '\t').unwrap_or(self.rest.len());
        let before = self.rest.get(..control).unwrap_or_default();
        match self.marked {
            true => before.find("section_").unwrap_or(control),
            false => control,
        }
    }

    fn skip(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        self.rest = rest;
        taken
    }
}

impl<'a> Iterator for Words<'a> {
    type Item = Word<'a>;

    fn next(&mut self) -> Option<Word<'a>> {
        while !self.rest.is_empty() {
            let plain = self.plain();
            if plain > 0 {
                return Some(Word::Text(self.skip(plain)));
            }
            if let Some((mark, length)) = mark(self.rest) {
                self.skip(length);
                return Some(mark);
            }
            match self.rest.chars().next() {
                Some('\u{1b}') => {
                    let (look, length) = escape(self.rest);
                    self.skip(length);
                    if let Some(look) = look {
                        return Some(Word::Look(look));
                    }
                }
                Some('\r') => {
                    self.skip(1);
                    return Some(Word::Return);
                }
                Some('s') => return Some(Word::Text(self.skip("section_".len()))),
                Some(control) => {
                    self.skip(control.len_utf8());
                }
                None => break,
            }
        }
        None
    }
}

/// `section_start:1700000000:name[options]` or `section_end:…`, then `CR ESC [ 0 K`.
fn mark(text: &str) -> Option<(Word<'_>, usize)> {
    let after = text.strip_prefix("section_")?;
    let (starts, after) = match after.strip_prefix("start:") {
        Some(after) => (true, after),
        None => (false, after.strip_prefix("end:")?),
    };
    let (time, after) = after.split_once(':')?;
    let sane = (1..=18).contains(&time.len()) && time.bytes().all(|byte| byte.is_ascii_digit());
    let at = time.parse().ok().filter(|_| sane)?;
    let end = after
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.')))
        .filter(|end| (1..=super::state::LONGEST_NAME).contains(end))?;
    let (name, after) = after.split_at_checked(end)?;
    let (options, after) = match after.strip_prefix('[') {
        Some(inside) => inside.split_once(']')?,
        None => ("", after),
    };
    let after = after.strip_prefix("\r\u{1b}[0K")?;
    let word = if starts { Word::Start { at, name, options } } else { Word::End { at, name } };
    Some((word, text.len() - after.len()))
}

/// What follows `ESC`: numbers of a look, if it is one, and the length of the whole. All other sequences vanish.
fn escape(text: &str) -> (Option<&str>, usize) {
    let after = text.get(1..).unwrap_or_default();
    let end = |found: Option<usize>| found.map_or(text.len(), |at| 1 + at + 1);
    match after.chars().next() {
        Some('[') => {
            let finish = after.char_indices().skip(1).find(|(_, c)| ('@'..='~').contains(c));
            let inside = finish.and_then(|(at, c)| (c == 'm').then(|| after.get(1..at)).flatten());
            let look = inside
                .filter(|inside| inside.bytes().all(|b| b.is_ascii_digit() || matches!(b, b';' | b':')));
            (look, end(finish.map(|(at, _)| at)))
        }
        // A title or a link of the terminal: up to BEL or ESC \.
        Some(']' | 'P' | 'X' | '^' | '_') => match after.find(['\u{7}', '\u{1b}']) {
            Some(at) if after.get(at..).is_some_and(|tail| tail.starts_with("\u{1b}\\")) => (None, at + 3),
            Some(at) if after.get(at..).is_some_and(|tail| tail.starts_with('\u{7}')) => (None, at + 2),
            Some(at) => (None, at + 1),
            None => (None, text.len()),
        },
        Some('(' | ')' | '*' | '+' | '#' | '%' | ' ') => {
            (None, 2 + after.chars().nth(1).map_or(0, char::len_utf8))
        }
        Some(c) if ('@'..='_').contains(&c) => (None, 2),
        _ => (None, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<Word<'_>> {
        Words::new(line).collect()
    }

    #[test]
    fn text_looks_and_returns() {
        assert_eq!(
            words("a\u{1b}[0;31mb\rc\u{1b}[2Kd\u{7}e\r\r"),
            [
                Word::Text("a"),
                Word::Look("0;31"),
                Word::Text("b"),
                Word::Return,
                Word::Text("c"),
                Word::Text("d"),
                Word::Text("e")
            ]
        );
    }

    #[test]
    fn marks_of_sections_are_exact() {
        let start = "section_start:17:my.step-1[collapsed=true]\r\u{1b}[0KHead";
        assert_eq!(
            words(start),
            [Word::Start { at: 17, name: "my.step-1", options: "collapsed=true" }, Word::Text("Head")]
        );
        assert_eq!(words("section_end:19:a\r\u{1b}[0K"), [Word::End { at: 19, name: "a" }]);
        for other in ["section_start:x:a\r\u{1b}[0K", "section_start:1:a b\r\u{1b}[0K", "section_end:1:a"] {
            assert!(
                words(other).iter().all(|word| !matches!(word, Word::Start { .. } | Word::End { .. })),
                "{other}"
            );
        }
    }

    #[test]
    fn other_sequences_vanish() {
        assert_eq!(words("\u{1b}]0;title\u{7}x"), [Word::Text("x")]);
        assert_eq!(words("\u{1b}]8;;http://x\u{1b}\\y"), [Word::Text("y")]);
        assert_eq!(words("\u{1b}(Bx\u{1b}[?25lz\u{1b}["), [Word::Text("x"), Word::Text("z")]);
        assert_eq!(words("\u{1b}[<script>mx"), [Word::Text("cript>mx")]);
    }
}
