//! Scalars behind `|` and `>`.

use super::{Result, Scanner, to_column};
use crate::yaml::syntax::Mark;
use crate::yaml::syntax::token::{Style, Token, TokenKind};
use std::borrow::Cow;

const SCANNING: &str = "while scanning a block scalar";

/// What becomes of the line breaks at the end.
#[derive(Clone, Copy, PartialEq)]
enum Chomping {
    /// `-`: all are dropped.
    Strip,
    /// One is kept.
    Clip,
    /// `+`: all are kept.
    Keep,
}

impl<'a> Scanner<'a> {
    /// Reads a literal or folded scalar. Its end is that of its last line.
    pub(super) fn scan_block(&mut self, literal: bool) -> Result<Token<'a>> {
        let start = self.mark();
        self.cursor.skip();
        let (chomping, increment) = self.scan_block_header(start)?;
        let mut end = self.mark();
        self.cursor.take_break();
        let mut indent = increment.map_or(0, |increment| self.indent.max(0) + increment);

        let mut text = String::new();
        // The break behind the last line, the empty lines behind that, and whether the last line began with a blank.
        let (mut first_break, mut breaks, mut was_blank) = ("", String::new(), false);
        self.skip_empty_lines(&mut indent, &mut breaks, start)?;
        while to_column(self.cursor.column()) == indent && !self.cursor.is_end() {
            let is_blank = self.cursor.is_blank(0);
            if !literal && first_break == "\n" && !was_blank && !is_blank {
                if breaks.is_empty() {
                    text.push(' ');
                }
            } else {
                text.push_str(first_break);
            }
            text.push_str(&breaks);
            breaks.clear();
            was_blank = is_blank;
            let (from, to) = (self.cursor.at(), self.cursor.line_end());
            text.push_str(self.cursor.slice(from, to));
            self.cursor.advance_to(to);
            end = self.mark();
            first_break = self.cursor.take_break();
            self.skip_empty_lines(&mut indent, &mut breaks, start)?;
        }
        if chomping != Chomping::Strip {
            text.push_str(first_break);
        }
        if chomping == Chomping::Keep {
            text.push_str(&breaks);
        }
        let style = if literal { Style::Literal } else { Style::Folded };
        Ok(Token { kind: TokenKind::Scalar(Cow::Owned(text), style), start, end })
    }

    /// Reads what stands behind `|` or `>` on the same line.
    fn scan_block_header(&mut self, start: Mark) -> Result<(Chomping, Option<i64>)> {
        let mut chomping = self.scan_chomping();
        let increment = match self.cursor.byte() {
            b'0' => {
                return Err(self.error(SCANNING, start, "found an indentation indicator equal to 0"));
            }
            digit @ b'1'..=b'9' => {
                self.cursor.skip();
                Some(i64::from(digit - b'0'))
            }
            _ => None,
        };
        if chomping.is_none() && increment.is_some() {
            chomping = self.scan_chomping();
        }
        while self.cursor.is_blank(0) {
            self.cursor.skip();
        }
        if self.cursor.byte() == b'#' {
            let end = self.cursor.line_end();
            self.cursor.advance_to(end);
        }
        if !self.cursor.is_end() && !self.cursor.is_break(0) {
            return Err(self.error(SCANNING, start, "did not find expected comment or line break"));
        }
        Ok((chomping.unwrap_or(Chomping::Clip), increment))
    }

    fn scan_chomping(&mut self) -> Option<Chomping> {
        let chomping = match self.cursor.byte() {
            b'+' => Chomping::Keep,
            b'-' => Chomping::Strip,
            _ => return None,
        };
        self.cursor.skip();
        Some(chomping)
    }

    /// Passes empty lines and the indentation of the next one. An indentation of 0 is not known yet, and is found.
    fn skip_empty_lines(&mut self, indent: &mut i64, breaks: &mut String, start: Mark) -> Result<()> {
        let mut deepest = 0;
        loop {
            let column = |scanner: &Self| to_column(scanner.cursor.column());
            while (*indent == 0 || column(self) < *indent) && self.cursor.byte() == b' ' {
                self.cursor.skip();
            }
            deepest = deepest.max(column(self));
            if (*indent == 0 || column(self) < *indent) && self.cursor.byte() == b'\t' {
                return Err(self.error(
                    SCANNING,
                    start,
                    "found a tab character where an indentation space is expected",
                ));
            }
            match self.cursor.take_break() {
                "" => break,
                meaning => breaks.push_str(meaning),
            }
        }
        if *indent == 0 {
            *indent = deepest.max(self.indent + 1).max(1);
        }
        Ok(())
    }
}
