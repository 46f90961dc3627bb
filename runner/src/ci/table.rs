//! Columns that fit the terminal: the widest give way first.

use crate::terminal::{self, Paint, Style, cut, fill, width};
use std::fmt::Write as _;

/// The narrowest that a column is made before others have to give way as well.
const NARROW: usize = 9;

/// Between two columns.
const GAP: usize = 2;

/// A line of a table.
#[derive(Clone, Debug)]
pub(super) enum Row {
    /// A heading over the following rows.
    Heading(String),
    /// A row; all have as many cells as the table has columns.
    Cells(Vec<Cell>),
}

/// A cell.
#[derive(Clone, Debug, Default)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) paint: Option<Paint>,
}

impl Cell {
    /// Text that is not painted. What could steer the terminal is taken out.
    pub(super) fn new(text: &str) -> Self {
        Self { text: terminal::clean(text).into_owned(), paint: None }
    }

    /// The same in a colour.
    pub(super) fn painted(self, paint: Paint) -> Self {
        Self { paint: Some(paint), ..self }
    }
}

/// A table with its columns' names. Columns that are empty in all rows are left out.
#[derive(Clone, Debug, Default)]
pub(super) struct Table {
    columns: Vec<String>,
    rows: Vec<Row>,
    indent: usize,
}

impl Table {
    pub(super) fn new<S: Into<String>>(columns: impl IntoIterator<Item = S>) -> Self {
        Self { columns: columns.into_iter().map(Into::into).collect(), rows: Vec::new(), indent: 2 }
    }

    /// The same with so many columns of space before it.
    pub(super) fn indented(self, indent: usize) -> Self {
        Self { indent, ..self }
    }

    pub(super) fn heading(&mut self, text: &str) {
        self.rows.push(Row::Heading(terminal::clean(text).into_owned()));
    }

    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(Row::Cells(cells));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Writes it, with its columns' names if they have any.
    pub(super) fn write(&self, out: &mut String, style: Style) {
        let widths = self.widths(style.columns());
        if self.columns.iter().any(|name| !name.is_empty()) {
            let names: Vec<Cell> =
                self.columns.iter().map(|name| Cell::new(name).painted(Paint::Dim)).collect();
            self.line(out, &names, &widths, style);
        }
        for row in &self.rows {
            match row {
                Row::Heading(text) => {
                    let _ = writeln!(out, "{}", style.paint(Paint::Strong, cut(text, style.columns())));
                }
                Row::Cells(cells) => self.line(out, cells, &widths, style),
            }
        }
    }

    fn line(&self, out: &mut String, cells: &[Cell], widths: &[usize], style: Style) {
        let mut line = " ".repeat(self.indent);
        let mut pending = String::new();
        for (cell, columns) in cells.iter().zip(widths).filter(|(_, columns)| **columns > 0) {
            let text = cut(&cell.text, *columns);
            let space = fill(&text, *columns) + &" ".repeat(GAP);
            if !text.is_empty() {
                line.push_str(&std::mem::take(&mut pending));
            }
            match cell.paint {
                Some(paint) => line.push_str(&style.paint(paint, text)),
                None => line.push_str(&text),
            }
            pending.push_str(&space);
        }
        let _ = writeln!(out, "{line}");
    }

    fn widths(&self, columns: usize) -> Vec<usize> {
        let mut widths = vec![0; self.columns.len()];
        for row in &self.rows {
            let Row::Cells(cells) = row else { continue };
            for (most, cell) in widths.iter_mut().zip(cells) {
                *most = (*most).max(width(&cell.text));
            }
        }
        for (most, name) in widths.iter_mut().zip(&self.columns) {
            if *most > 0 {
                *most = (*most).max(width(name));
            }
        }
        let used = widths.iter().filter(|columns| **columns > 0).count();
        let room = columns.saturating_sub(self.indent + GAP * used.saturating_sub(1));
        shrink(&mut widths, room);
        widths
    }
}

/// Takes from the widest until all fit, and no more from any than it must.
fn shrink(widths: &mut [usize], room: usize) {
    let mut excess = widths.iter().sum::<usize>().saturating_sub(room);
    while excess > 0 {
        let Some(widest) = widths.iter().copied().max().filter(|widest| *widest > NARROW) else { return };
        let next = widths.iter().copied().filter(|width| *width < widest).max().unwrap_or(0).max(NARROW);
        let many: Vec<usize> = (0..widths.len()).filter(|index| widths[*index] == widest).collect();
        let take = (widest - next).min(excess.div_ceil(many.len()));
        for index in many {
            let take = take.min(excess);
            widths[index] -= take;
            excess -= take;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(texts: &[&str]) -> Vec<Cell> {
        texts.iter().map(|text| Cell::new(text)).collect()
    }

    #[test]
    fn the_widest_give_way() {
        let mut table = Table::new(["JOB", "", "WHY", "TAGS"]);
        table.heading("build");
        table.row(cells(&["compile", "", "rule 2: $CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH", "a"]));
        table.row(cells(&["日本", "", "", ""]));
        let mut out = String::new();
        table.write(&mut out, Style::plain(40));
        insta::assert_snapshot!(out, @r"
          JOB      WHY                      TAGS
        build
          compile  rule 2: $CI_COMMIT_BRA…  a
          日本
        ");
    }

    #[test]
    fn columns_shrink_evenly_and_not_to_nothing() {
        let mut widths = [30, 28, 5, 0];
        shrink(&mut widths, 45);
        assert_eq!(widths.iter().sum::<usize>(), 45);
        assert_eq!(widths[2], 5);
        let mut widths = [30, 28, 25];
        shrink(&mut widths, 10);
        assert_eq!(widths, [NARROW; 3]);
    }
}
