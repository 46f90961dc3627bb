//! Scalars without quotes.

use super::fold::Breaks;
use super::{Result, Scanner, to_column};
use crate::yaml::syntax::Mark;
use crate::yaml::syntax::token::{Style, Token, TokenKind};
use std::borrow::Cow;

impl<'a> Scanner<'a> {
    /// Reads a plain scalar, which may go on on further lines that are indented deeper.
    pub(super) fn scan_plain(&mut self) -> Result<Token<'a>> {
        let start = self.mark();
        let mut end = start;
        // What was read of earlier lines, and where the last one begins.
        let (mut text, mut line) = (String::new(), self.cursor.at());
        let mut breaks = Breaks::default();
        while !self.cursor.is_document_indicator() && self.cursor.byte() != b'#' {
            let from = self.cursor.at();
            let to = self.plain_end(start)?;
            if to > from {
                if breaks.any {
                    text.push_str(self.cursor.slice(line, end.at as usize));
                    breaks.join(&mut text);
                    line = from;
                }
                self.cursor.advance_to(to);
                end = self.mark();
            }
            if !self.cursor.is_blank(0) && !self.cursor.is_break(0) {
                break;
            }
            self.skip_space_in_plain(start, &mut breaks)?;
            if !self.in_flow() && to_column(self.cursor.column()) <= self.indent {
                break;
            }
        }
        if breaks.any {
            self.simple_key_allowed = true;
        }
        let rest = self.cursor.slice(line, end.at as usize);
        let value = if text.is_empty() { Cow::Borrowed(rest) } else { Cow::Owned(text + rest) };
        Ok(Token { kind: TokenKind::Scalar(value, Style::Plain), start, end })
    }

    /// Where the run of characters ends that belongs to a plain scalar.
    fn plain_end(&mut self, start: Mark) -> Result<usize> {
        let in_flow = self.in_flow();
        let mut ahead = 0;
        loop {
            match self.cursor.ahead(ahead) {
                0 | b' ' | b'\t' => break,
                b'\n' | b'\r' | 0xc2 | 0xe2 if self.cursor.is_break(ahead) => break,
                b':' if self.cursor.is_blank_or_end(ahead + 1) => break,
                b':' if in_flow && b",?[]{}".contains(&self.cursor.ahead(ahead + 1)) => {
                    self.cursor.advance_to(self.cursor.at() + ahead);
                    return Err(self.error("while scanning a plain scalar", start, "found unexpected ':'"));
                }
                b',' | b'[' | b']' | b'{' | b'}' if in_flow => break,
                _ => ahead += 1,
            }
        }
        Ok(self.cursor.at() + ahead)
    }

    /// Passes blanks and line breaks between the words of a plain scalar.
    fn skip_space_in_plain(&mut self, start: Mark, breaks: &mut Breaks) -> Result<()> {
        loop {
            if self.cursor.is_blank(0) {
                let indents = breaks.any && to_column(self.cursor.column()) <= self.indent;
                if indents && self.cursor.byte() == b'\t' {
                    return Err(self.error(
                        "while scanning a plain scalar",
                        start,
                        "found a tab character that violates indentation",
                    ));
                }
                self.cursor.skip();
            } else {
                match self.cursor.take_break() {
                    "" => return Ok(()),
                    meaning => breaks.add(meaning),
                }
            }
        }
    }
}
