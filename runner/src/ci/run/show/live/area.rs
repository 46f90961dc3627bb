//! The lines at the bottom of the screen that are drawn again and again.
//!
//! Nothing has to be put right when the program is killed: the cursor is hidden only while something is written, and
//! rests at the beginning of the line below the area; there is no other screen.

use std::fmt::Write as _;
use unicode_width::UnicodeWidthChar as _;

/// What is on the screen.
#[derive(Debug, Default)]
pub(super) struct Area {
    lines: Vec<Line>,
    columns: usize,
}

/// A line of the area, never as wide as the screen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Line {
    /// With colours.
    pub(super) text: String,
    /// Columns it takes.
    pub(super) width: usize,
}

impl Line {
    /// Adds as much of a text as fits, as `shown` makes it look.
    ///
    /// Terminals do not agree on how wide joined characters are. A line that goes to a second row spoils the area, so
    /// each character counts by itself, and those without a width of their own are left out.
    pub(super) fn push(&mut self, text: &str, most: usize, shown: impl Fn(&str) -> String) {
        let mut fits = String::new();
        let mut end = None;
        let start = self.width;
        for (c, columns) in
            text.chars().filter_map(|c| Some((c, c.width()?))).filter(|(_, columns)| *columns > 0)
        {
            if self.width + columns > most {
                let Some((bytes, width)) = end else { break };
                fits.truncate(bytes);
                fits.push('…');
                self.width = width + 1;
                break;
            }
            if self.width < most {
                // An ellipsis may stand here.
                end = Some((fits.len(), self.width));
            }
            fits.push(c);
            self.width += columns;
        }
        if self.width > start {
            self.text.push_str(&shown(&fits));
        }
    }
}

impl Area {
    /// What is to be written so that the screen has `above` scrolled away above the area, and `lines` in it.
    pub(super) fn draw(&mut self, above: &str, lines: Vec<Line>, columns: usize) -> String {
        let same_shape = above.is_empty() && self.columns == columns && self.lines.len() == lines.len();
        let inner = if same_shape { self.changes(&lines) } else { self.anew(above, &lines, columns) };
        self.lines = lines;
        self.columns = columns;
        if inner.is_empty() {
            return inner;
        }
        format!("\u{1b}[?2026h\u{1b}[?25l{inner}\u{1b}[?25h\u{1b}[?2026l")
    }

    /// Whether anything is on the screen.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    fn changes(&self, lines: &[Line]) -> String {
        let mut out = String::new();
        // Rows above the one where the cursor rests.
        let mut row = 0;
        for (at, (old, new)) in self.lines.iter().zip(lines).enumerate() {
            if old == new {
                continue;
            }
            go(&mut out, &mut row, lines.len() - at);
            let _ = write!(out, "\r{}\u{1b}[K", new.text);
        }
        if !out.is_empty() {
            go(&mut out, &mut row, 0);
            out.push('\r');
        }
        out
    }

    fn anew(&self, above: &str, lines: &[Line], columns: usize) -> String {
        let mut out = String::new();
        // Lines that were drawn for a wider screen take several rows now.
        let rows: usize = self.lines.iter().map(|line| line.width.div_ceil(columns.max(1)).max(1)).sum();
        go(&mut out, &mut 0, rows);
        out.push_str("\r\u{1b}[J");
        out.push_str(above);
        for line in lines {
            out.push_str(&line.text);
            out.push('\n');
        }
        out
    }
}

/// Moves the cursor from a row to another, both counted upwards.
fn go(out: &mut String, row: &mut usize, to: usize) {
    let _ = match to.cmp(row) {
        std::cmp::Ordering::Greater => write!(out, "\u{1b}[{}A", to - *row),
        std::cmp::Ordering::Less => write!(out, "\u{1b}[{}B", *row - to),
        std::cmp::Ordering::Equal => Ok(()),
    };
    *row = to;
}
