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
    /// A line under the row before it, across all columns.
    Note(String),
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
    matters: Option<usize>,
}

impl Table {
    pub(super) fn new<S: Into<String>>(columns: impl IntoIterator<Item = S>) -> Self {
        Self {
            columns: columns.into_iter().map(Into::into).collect(),
            rows: Vec::new(),
            indent: 2,
            matters: None,
        }
    }

    /// The same with a column that gives way after the others.
    pub(super) fn keeping(self, column: usize) -> Self {
        Self { matters: Some(column), ..self }
    }

    /// The same with so many columns of space before it.
    pub(super) fn indented(self, indent: usize) -> Self {
        Self { indent, ..self }
    }

    pub(super) fn heading(&mut self, text: &str) {
        self.rows.push(Row::Heading(terminal::clean(text).into_owned()));
    }

    pub(super) fn note(&mut self, text: &str) {
        self.rows.push(Row::Note(terminal::clean(text).into_owned()));
    }

    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(Row::Cells(cells));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether it fits without cutting anything.
    pub(super) fn fits(&self, columns: usize) -> bool {
        self.widths(usize::MAX / 2).iter().filter(|width| **width > 0).map(|width| width + GAP).sum::<usize>()
            <= (columns + GAP).saturating_sub(self.indent)
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
                Row::Note(text) => {
                    let indent = self.indent + 4;
                    let text = style.paint(Paint::Dim, cut(text, style.columns().saturating_sub(indent)));
                    let _ = writeln!(out, "{:indent$}{text}", "");
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
        shrink(&mut widths, room, self.matters);
        widths
    }
}

/// Takes from the widest until all fit, and no more from any than it must. The first column, the names, gives way
/// last; the one that is said to matter, before it.
fn shrink(widths: &mut [usize], room: usize, matters: Option<usize>) {
    let first = |index: &usize| *index == 0;
    let kept = |index: &usize| Some(*index) == matters;
    let all: Vec<usize> = (0..widths.len()).collect();
    let minor: Vec<usize> = all.iter().copied().filter(|index| !first(index) && !kept(index)).collect();
    let rest: Vec<usize> = all.iter().copied().filter(|index| !first(index)).collect();
    for (columns, least) in [(minor, 14), (rest, 14), (all.clone(), 16), (all, NARROW)] {
        take(widths, room, &columns, least);
    }
}

/// Takes from these columns, down to a width.
fn take(widths: &mut [usize], room: usize, columns: &[usize], least: usize) {
    let mut excess = widths.iter().sum::<usize>().saturating_sub(room);
    while excess > 0 {
        let of = |widths: &[usize]| columns.iter().map(|index| widths[*index]).collect::<Vec<usize>>();
        let Some(widest) = of(widths).into_iter().max().filter(|widest| *widest > least) else { return };
        let next = of(widths).into_iter().filter(|width| *width < widest).max().unwrap_or(0).max(least);
        let many: Vec<usize> = columns.iter().copied().filter(|index| widths[*index] == widest).collect();
        let each = (widest - next).min(excess.div_ceil(many.len()));
        for index in many {
            let taken = each.min(excess);
            widths[index] -= taken;
            excess -= taken;
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
        shrink(&mut widths, 45, None);
        assert_eq!(widths, [26, 14, 5, 0]);
        let mut widths = [10, 40, 30, 30];
        shrink(&mut widths, 70, Some(1));
        assert_eq!(widths, [10, 32, 14, 14]);
        let mut widths = [30, 28, 25];
        shrink(&mut widths, 10, None);
        assert_eq!(widths, [NARROW; 3]);
    }
}
