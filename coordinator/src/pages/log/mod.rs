//! Logs of jobs as HTML, piece by piece.
//!
//! A log is bytes that a job wrote. [`Converter`] takes it line by line and makes [`Piece`]s of it: rows of styled
//! text, openings and closings of sections. [`State`] is where it stands between two lines; it is small, it goes to the
//! browser and comes back, so that any part of a long log is made without the part before it. `html` writes pieces
//! with every character of the job escaped.

mod convert;
pub(crate) mod html;
mod line;
mod piece;
mod reader;
mod state;
mod style;
#[cfg(test)]
mod tests;
mod words;

pub use convert::Converter;
pub use piece::{Piece, Row, Span};
pub use reader::{Index, Match, Part, Place, find, index, part, part_of_line};
pub use state::{Section, State};
pub(crate) use style::of_table;
pub use style::{Colour, Style};

/// So many lines make a part of a long log.
pub const PART: u64 = 1000;
/// A line that is longer is cut there, and goes on as the next line.
pub const LONGEST_LINE: usize = 64 << 10;
/// Sections inside one another beyond this many are not folded.
pub const DEEPEST: usize = 16;
