//! What a log is made of.

use super::Style;

/// Text of one look.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    /// The text, not escaped.
    pub text: String,
    /// How it looks.
    pub style: Style,
}

/// One numbered line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Row {
    /// Its number, from 1.
    pub number: u64,
    /// `hh:mm:ss`, UTC, where the log has times.
    pub time: Option<String>,
    /// Its text.
    pub spans: Vec<Span>,
}

impl Row {
    /// Its text without looks.
    pub fn text(&self) -> String {
        self.spans.iter().map(|span| span.text.as_str()).collect()
    }
}

/// A part of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A line.
    Row(Row),
    /// A section begins; its head is the next row.
    Open {
        /// Its name, fit for an attribute.
        name: String,
        /// Its number, unique in the log: that of the line of its head.
        id: u64,
        /// Whether it is folded at first.
        collapsed: bool,
        /// Whether nobody wants to know how long it took.
        hide_duration: bool,
    },
    /// The innermost section ends.
    Close {
        /// Its number.
        id: u64,
        /// How long it took, in seconds; nothing where that is hidden or not known.
        seconds: Option<u64>,
    },
}
