//! A place that moves through a text and counts as it goes.

use crate::Position;
use std::ops::Range;

/// A place in a document and in the file that holds it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::yaml) struct Mark {
    /// Bytes from the start of the file.
    pub(in crate::yaml) at: u32,
    /// Characters from the start of the document.
    pub(super) index: u32,
    /// The line in the document as libyaml counts, from 0.
    pub(in crate::yaml) line: u32,
    /// The column as libyaml counts, in characters from 0.
    pub(in crate::yaml) column: u32,
    /// The place in the file, where only `\n` ends a line.
    pub(in crate::yaml) position: Position,
}

/// Where a line began: its first byte, and the continuation bytes of UTF-8 before it.
#[derive(Clone, Copy, Default)]
struct LineStart {
    at: usize,
    wide: usize,
}

/// Reads a document. Past its end there are zero bytes, which no document holds.
pub(super) struct Cursor<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    ascii: bool,
    /// Continuation bytes passed since the start of the file's line in which the document begins.
    wide: usize,
    start: LineStart,
    line: u32,
    line_start: LineStart,
    row: u32,
    row_start: LineStart,
}

impl<'a> Cursor<'a> {
    /// Begins at the start of a part of a file.
    pub(super) fn new(file: &'a str, document: Range<usize>) -> Self {
        let text = file.get(..document.end).unwrap_or(file);
        let before = text.get(..document.start).unwrap_or_default().as_bytes();
        let row_at = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
        let wide = continuations(&before[row_at..]);
        let start = LineStart { at: before.len(), wide };
        let rows = memchr::memchr_iter(b'\n', before).count();
        Self {
            text,
            bytes: text.as_bytes(),
            at: start.at,
            ascii: text[start.at..].is_ascii(),
            wide,
            start,
            line: 0,
            line_start: start,
            row: u32::try_from(rows).unwrap_or(u32::MAX),
            row_start: LineStart { at: row_at, wide: 0 },
        }
    }

    /// The place now.
    pub(super) fn mark(&self) -> Mark {
        let from = |start: LineStart| to_u32((self.at - start.at) - (self.wide - start.wide));
        Mark {
            at: to_u32(self.at),
            index: from(self.start),
            line: self.line,
            column: from(self.line_start),
            position: Position { line: self.row + 1, column: from(self.row_start) + 1 },
        }
    }

    /// The column, in characters from 0.
    pub(super) fn column(&self) -> usize {
        (self.at - self.line_start.at) - (self.wide - self.line_start.wide)
    }

    /// The line, from 0.
    pub(super) fn line(&self) -> u32 {
        self.line
    }

    /// The characters passed since the document's start.
    pub(super) fn index(&self) -> usize {
        (self.at - self.start.at) - (self.wide - self.start.wide)
    }

    /// The place in bytes.
    pub(super) fn at(&self) -> usize {
        self.at
    }

    /// What lies between two places that were reached.
    pub(super) fn slice(&self, from: usize, to: usize) -> &'a str {
        self.text.get(from..to).unwrap_or_default()
    }

    /// The byte so many bytes ahead; zero behind the end.
    #[inline]
    pub(super) fn ahead(&self, bytes: usize) -> u8 {
        self.bytes.get(self.at + bytes).copied().unwrap_or(0)
    }

    /// The byte here; zero behind the end.
    #[inline]
    pub(super) fn byte(&self) -> u8 {
        self.ahead(0)
    }

    /// Whether the text is over.
    pub(super) fn is_end(&self) -> bool {
        self.at >= self.bytes.len()
    }

    /// Whether there is a space or a tab so many bytes ahead.
    #[inline]
    pub(super) fn is_blank(&self, ahead: usize) -> bool {
        matches!(self.ahead(ahead), b' ' | b'\t')
    }

    /// Whether a line break begins so many bytes ahead.
    #[inline]
    pub(super) fn is_break(&self, ahead: usize) -> bool {
        break_length(self.bytes, self.at + ahead) != 0
    }

    /// Whether there is a space, a tab, a line break or the end so many bytes ahead.
    #[inline]
    pub(super) fn is_blank_or_end(&self, ahead: usize) -> bool {
        self.at + ahead >= self.bytes.len() || self.is_blank(ahead) || self.is_break(ahead)
    }

    /// Whether a line holds `---` or `...` and nothing attached to it, from its first column on.
    #[inline]
    pub(super) fn is_document_indicator(&self) -> bool {
        let byte = self.byte();
        matches!(byte, b'-' | b'.')
            && self.ahead(1) == byte
            && self.ahead(2) == byte
            && self.column() == 0
            && self.is_blank_or_end(3)
    }

    /// Whether U+FEFF comes next, which is ignored at the start of a line.
    pub(super) fn is_byte_order_mark(&self) -> bool {
        [0, 1, 2].map(|ahead| self.ahead(ahead)) == [0xef, 0xbb, 0xbf]
    }

    /// Passes one character that is no line break.
    #[inline]
    pub(super) fn skip(&mut self) {
        let width = match self.byte() {
            0..0x80 => 1,
            0x80..0xe0 => 2,
            0xe0..0xf0 => 3,
            _ => 4,
        };
        self.at = (self.at + width).min(self.bytes.len());
        self.wide += width - 1;
    }

    /// Passes everything up to a place ahead, within the line.
    pub(super) fn advance_to(&mut self, at: usize) {
        if !self.ascii {
            self.wide += continuations(self.bytes.get(self.at..at).unwrap_or_default());
        }
        self.at = at;
    }

    /// Where the line ends: the place of its break, or the end of the text.
    pub(super) fn line_end(&self) -> usize {
        let mut at = self.at;
        loop {
            let rest = self.bytes.get(at..).unwrap_or_default();
            let step = if self.ascii {
                memchr::memchr2(b'\n', b'\r', rest)
            } else {
                rest.iter().position(|byte| matches!(byte, b'\n' | b'\r' | 0xc2 | 0xe2))
            };
            let Some(step) = step else { return self.bytes.len() };
            at += step;
            if break_length(self.bytes, at) != 0 {
                return at;
            }
            at += 1;
        }
    }

    /// Passes a line break, if one is here. Returns what it stands for in a scalar: `\n`, but for the separators of
    /// Unicode, which stay what they are.
    pub(super) fn take_break(&mut self) -> &'static str {
        let length = break_length(self.bytes, self.at);
        if length == 0 {
            return "";
        }
        let last = self.ahead(length - 1);
        let meaning = match (length, last) {
            (3, 0xa8) => "\u{2028}",
            (3, _) => "\u{2029}",
            _ => "\n",
        };
        self.advance_to(self.at + length);
        let here = LineStart { at: self.at, wide: self.wide };
        self.line += 1;
        self.line_start = here;
        if last == b'\n' {
            self.row += 1;
            self.row_start = here;
        }
        meaning
    }

    /// Pretends that the last line ended, as libyaml does at the end of a text without a line break there.
    pub(super) fn end_line(&mut self) {
        if self.column() != 0 {
            self.line += 1;
            self.line_start = LineStart { at: self.at, wide: self.wide };
        }
    }
}

/// The length of a line break in bytes; zero where there is none.
#[inline]
pub(super) fn break_length(bytes: &[u8], at: usize) -> usize {
    match bytes.get(at) {
        Some(b'\n') => 1,
        Some(b'\r') if bytes.get(at + 1) == Some(&b'\n') => 2,
        Some(b'\r') => 1,
        Some(0xc2) if bytes.get(at + 1) == Some(&0x85) => 2,
        Some(0xe2) if bytes.get(at + 1) == Some(&0x80) && matches!(bytes.get(at + 2), Some(0xa8 | 0xa9)) => 3,
        _ => 0,
    }
}

/// How many bytes continue a character.
fn continuations(bytes: &[u8]) -> usize {
    bytes.iter().filter(|byte| **byte & 0xc0 == 0x80).count()
}

fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
