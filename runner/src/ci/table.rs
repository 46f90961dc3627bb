//! Columns that fit the terminal. The first column is never cut as long as a line has room for it: what it says names
//! the row.

use crate::terminal::{self, Paint, Style, cut, fill, width};
use std::fmt::Write as _;

/// A column is not made narrower than this as long as another one can give way.
const ROOMY: usize = 24;

/// The narrowest that says anything.
const SCANT: usize = 14;

/// The narrowest that a column is made at all.
const NARROW: usize = 9;

/// Between two columns.
const GAP: usize = 2;

/// A line of a table.
#[derive(Clone, Debug)]
pub(super) enum Row {
    /// A heading over the following rows.
    Heading(String),
    /// Text under the row before it, across all columns, in as many lines as it takes.
    Note(String),
    /// The same for a list.
    List(Vec<String>),
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
    spare: &'static [usize],
}

impl Table {
    pub(super) fn new<S: Into<String>>(columns: impl IntoIterator<Item = S>) -> Self {
        Self {
            columns: columns.into_iter().map(Into::into).collect(),
            rows: Vec::new(),
            indent: 2,
            spare: &[],
        }
    }

    /// The same with columns that may be left out where others would be too narrow, the first of these first.
    pub(super) fn sparing(self, columns: &'static [usize]) -> Self {
        Self { spare: columns, ..self }
    }

    pub(super) fn heading(&mut self, text: &str) {
        self.rows.push(Row::Heading(terminal::clean(text).into_owned()));
    }

    pub(super) fn note(&mut self, text: &str) {
        self.rows.push(Row::Note(terminal::clean(text).into_owned()));
    }

    pub(super) fn list<'a>(&mut self, items: impl IntoIterator<Item = &'a str>) {
        self.rows.push(Row::List(items.into_iter().map(|item| terminal::clean(item).into_owned()).collect()));
    }

    pub(super) fn row(&mut self, cells: Vec<Cell>) {
        self.rows.push(Row::Cells(cells));
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether it fits without cutting anything.
    pub(super) fn fits(&self, columns: usize) -> bool {
        let widths = self.natural();
        widths.iter().sum::<usize>() <= self.room(&widths, columns)
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
                Row::Note(text) => self.note_lines(out, style, |columns| terminal::wrap(text, columns)),
                Row::List(items) => {
                    self.note_lines(out, style, |columns| terminal::wrap_list(items, columns));
                }
                Row::Cells(cells) => self.line(out, cells, &widths, style),
            }
        }
    }

    fn note_lines(&self, out: &mut String, style: Style, wrap: impl FnOnce(usize) -> Vec<String>) {
        let indent = self.indent + 4;
        for line in wrap(style.columns().saturating_sub(indent).max(NARROW)) {
            let _ = writeln!(out, "{:indent$}{}", "", style.paint(Paint::Dim, line));
        }
    }

    fn line(&self, out: &mut String, cells: &[Cell], widths: &[usize], style: Style) {
        let mut line = " ".repeat(self.indent);
        let mut pending = String::new();
        for (index, (cell, columns)) in cells.iter().zip(widths).enumerate().filter(|(_, (_, to))| **to > 0) {
            // A name that is longer than its column has a line of its own.
            let own_line = index == 0 && width(&cell.text) > *columns;
            let most = if own_line { style.columns().saturating_sub(self.indent) } else { *columns };
            let text = cut(&cell.text, most);
            let space = fill(&text, *columns) + &" ".repeat(GAP);
            if !text.is_empty() {
                line.push_str(&std::mem::take(&mut pending));
            }
            match cell.paint {
                Some(paint) => line.push_str(&style.paint(paint, text)),
                None => line.push_str(&text),
            }
            pending.push_str(&space);
            if own_line {
                let others =
                    || cells.iter().zip(widths).skip(1).any(|(cell, to)| *to > 0 && !cell.text.is_empty());
                if !others() {
                    break;
                }
                let _ = writeln!(out, "{line}");
                line.clear();
                pending = " ".repeat(self.indent + columns + GAP);
            }
        }
        let _ = writeln!(out, "{line}");
    }

    /// How wide each column would be with all the room it wants; empty ones are none.
    fn natural(&self) -> Vec<usize> {
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
        widths
    }

    /// What is left for the columns themselves.
    fn room(&self, widths: &[usize], columns: usize) -> usize {
        let used = widths.iter().filter(|columns| **columns > 0).count();
        columns.saturating_sub(self.indent + GAP * used.saturating_sub(1))
    }

    fn widths(&self, columns: usize) -> Vec<usize> {
        let mut natural = self.natural();
        if natural.iter().sum::<usize>() <= self.room(&natural, columns) {
            return natural;
        }
        if let Some(first) = natural.first_mut() {
            *first = (*first).min(self.first(columns));
        }
        for left_out in 0..=self.spare.len() {
            let (gone, kept) = self.spare.split_at(left_out);
            let mut widths = natural.clone();
            for index in gone {
                widths[*index] = 0;
            }
            let room = self.room(&widths, columns);
            for index in kept {
                take(&mut widths, room, &[*index], SCANT);
            }
            let others: Vec<usize> = (1..widths.len()).collect();
            take(&mut widths, room, &others, ROOMY);
            if kept.is_empty() {
                shrink(&mut widths, room);
            }
            if widths.iter().sum::<usize>() <= room {
                return widths;
            }
        }
        natural
    }

    /// The width of the first column where not all fits: what takes more than half a line is no measure for others.
    fn first(&self, columns: usize) -> usize {
        let half = columns.saturating_sub(self.indent) / 2;
        let names = self.rows.iter().filter_map(|row| match row {
            Row::Cells(cells) => cells.first().map(|cell| width(&cell.text)),
            _ => None,
        });
        names.filter(|width| *width <= half).max().unwrap_or(0).max(SCANT)
    }
}

/// Takes from the widest until all fit, and no more from any than it must; from the first only where nothing else is
/// left.
fn shrink(widths: &mut [usize], room: usize) {
    let all: Vec<usize> = (0..widths.len()).collect();
    let rest = all.get(1..).unwrap_or_default();
    for (columns, least) in [(rest, SCANT), (rest, NARROW), (&all, NARROW)] {
        take(widths, room, columns, least);
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
        shrink(&mut widths, 50);
        assert_eq!(widths, [30, 15, 5, 0]);
        let mut widths = [10, 40, 30, 30];
        shrink(&mut widths, 70);
        assert_eq!(widths, [10, 20, 20, 20]);
        let mut widths = [30, 28, 25];
        shrink(&mut widths, 10);
        assert_eq!(widths, [NARROW; 3]);
    }

    #[test]
    fn names_are_whole_and_what_matters_least_is_left_out() {
        let mut table = Table::new(["JOB", "NEEDS", "IMAGE"]).sparing(&[2]);
        table.row(cells(&["short", "some other job of it", "registry.example.com/image:1"]));
        table.row(cells(&["a name that takes most of the line", "short", "image"]));
        table.row(cells(&["a name that takes the line all alone", "", ""]));
        let mut out = String::new();
        table.write(&mut out, Style::plain(40));
        insta::assert_snapshot!(out, @r"
          JOB             NEEDS
          short           some other job of it
          a name that takes most of the line
                          short
          a name that takes the line all alone
        ");
    }
}
