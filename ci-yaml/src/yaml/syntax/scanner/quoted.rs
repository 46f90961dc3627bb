//! Scalars in quotes.

use super::fold::Breaks;
use super::{Result, Scanner};
use crate::yaml::syntax::Mark;
use crate::yaml::syntax::token::{Style, Token, TokenKind};
use std::borrow::Cow;

const SCANNING: &str = "while scanning a quoted scalar";
const PARSING: &str = "while parsing a quoted scalar";

/// A text in quotes while it is read: what had to be changed, and where the rest begins, which can stay as it is.
struct Text {
    changed: Option<String>,
    from: usize,
}

impl<'a> Scanner<'a> {
    /// Reads a scalar in single or double quotes.
    pub(super) fn scan_quoted(&mut self, single: bool) -> Result<Token<'a>> {
        let start = self.mark();
        self.cursor.skip();
        let mut text = Text { changed: None, from: self.cursor.at() };
        loop {
            if self.cursor.is_document_indicator() {
                return Err(self.error(SCANNING, start, "found unexpected document indicator"));
            }
            if self.cursor.is_end() {
                return Err(self.error(SCANNING, start, "found unexpected end of stream"));
            }
            let mut breaks = Breaks::default();
            if self.scan_quoted_word(single, start, &mut text, &mut breaks)? {
                break;
            }
            self.skip_space_in_quotes(&mut text, &mut breaks);
        }
        let rest = self.cursor.slice(text.from, self.cursor.at());
        let value = match text.changed {
            None => Cow::Borrowed(rest),
            Some(changed) => Cow::Owned(changed + rest),
        };
        self.cursor.skip();
        let style = if single { Style::Single } else { Style::Double };
        Ok(Token { kind: TokenKind::Scalar(value, style), start, end: self.mark() })
    }

    /// Reads up to a blank, a line break or the closing quote; whether it was the quote.
    fn scan_quoted_word(
        &mut self,
        single: bool,
        start: Mark,
        text: &mut Text,
        breaks: &mut Breaks,
    ) -> Result<bool> {
        while !self.cursor.is_blank_or_end(0) {
            match self.cursor.byte() {
                b'\'' if single && self.cursor.ahead(1) == b'\'' => {
                    self.cursor.skip();
                    self.keep(text);
                    self.cursor.skip();
                    text.from = self.cursor.at();
                }
                b'\'' if single => return Ok(true),
                b'"' if !single => return Ok(true),
                b'\\' if !single => {
                    self.keep(text);
                    if self.cursor.is_break(1) {
                        self.cursor.skip();
                        self.cursor.take_break();
                        breaks.add("");
                        text.from = self.cursor.at();
                        break;
                    }
                    let escaped = self.scan_escape(start)?;
                    text.changed.get_or_insert_default().push(escaped);
                    text.from = self.cursor.at();
                }
                _ => self.cursor.skip(),
            }
        }
        Ok(self.cursor.byte() == if single { b'\'' } else { b'"' })
    }

    /// Takes over what was read since the last change.
    fn keep(&self, text: &mut Text) {
        let run = self.cursor.slice(text.from, self.cursor.at());
        text.changed.get_or_insert_default().push_str(run);
        text.from = self.cursor.at();
    }

    /// Passes blanks and line breaks. Blanks stay what they are unless there is a line break among them.
    fn skip_space_in_quotes(&mut self, text: &mut Text, breaks: &mut Breaks) {
        let before = self.cursor.at();
        loop {
            if self.cursor.is_blank(0) {
                self.cursor.skip();
                continue;
            }
            match self.cursor.take_break() {
                "" => break,
                meaning => {
                    if !breaks.any {
                        let run = self.cursor.slice(text.from, before);
                        text.changed.get_or_insert_default().push_str(run);
                    }
                    breaks.add(meaning);
                }
            }
        }
        if breaks.any {
            breaks.join(text.changed.get_or_insert_default());
            text.from = self.cursor.at();
        }
    }

    /// Reads `\` and what it escapes.
    fn scan_escape(&mut self, start: Mark) -> Result<char> {
        let digits = match self.cursor.ahead(1) {
            b'x' => 2,
            b'u' => 4,
            b'U' => 8,
            letter => {
                let Some(escaped) = escaped(letter) else {
                    return Err(self.error(PARSING, start, "found unknown escape character"));
                };
                self.cursor.advance_to(self.cursor.at() + 2);
                return Ok(escaped);
            }
        };
        self.cursor.advance_to(self.cursor.at() + 2);
        let mut code = 0;
        for ahead in 0..digits {
            let Some(digit) = char::from(self.cursor.ahead(ahead)).to_digit(16) else {
                return Err(self.error(PARSING, start, "did not find expected hexdecimal number"));
            };
            code = code << 4 | digit;
        }
        let Some(escaped) = char::from_u32(code) else {
            return Err(self.error(PARSING, start, "found invalid Unicode character escape code"));
        };
        self.cursor.advance_to(self.cursor.at() + digits);
        Ok(escaped)
    }
}

/// What a letter behind `\` stands for.
fn escaped(letter: u8) -> Option<char> {
    Some(match letter {
        b'0' => '\0',
        b'a' => '\x07',
        b'b' => '\x08',
        b't' | b'\t' => '\t',
        b'n' => '\n',
        b'v' => '\x0b',
        b'f' => '\x0c',
        b'r' => '\r',
        b'e' => '\x1b',
        b' ' | b'"' | b'/' | b'\\' => char::from(letter),
        b'N' => '\u{85}',
        b'_' => '\u{a0}',
        b'L' => '\u{2028}',
        b'P' => '\u{2029}',
        _ => return None,
    })
}
