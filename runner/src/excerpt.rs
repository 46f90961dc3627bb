//! Lines of a text with a caret under what is meant.

use crate::terminal::{self, Paint, Style};
use std::fmt::Write as _;

/// A line and what is marked in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mark<'a> {
    /// The number of the line, from 1.
    pub(crate) number: usize,
    /// The line.
    pub(crate) line: &'a str,
    /// Where the mark begins: characters before it.
    pub(crate) before: usize,
    /// How many characters are marked; at least one is.
    pub(crate) length: usize,
    /// What stands beside the mark.
    pub(crate) label: &'a str,
    /// Whether it is what the excerpt is about; others are marked more quietly.
    pub(crate) main: bool,
}

/// Writes an excerpt: the place, then each line with its mark below it, in the order given. Gives how many columns
/// the numbers of lines take.
pub(crate) fn write(out: &mut String, place: &str, marks: &[Mark<'_>], style: Style) -> usize {
    let gutter = marks.iter().map(|mark| mark.number.to_string().len()).max().unwrap_or(1);
    let _ = writeln!(out, "{:gutter$}{} {place}", "", style.paint(Paint::Dim, "-->"));
    let mut last: Option<usize> = None;
    for mark in marks {
        if last.is_some_and(|last| mark.number > last + 1 || mark.number < last) {
            let _ = writeln!(out, "{}", style.paint(Paint::Dim, "..."));
        }
        one(out, mark, gutter, style, last == Some(mark.number));
        last = Some(mark.number);
    }
    gutter
}

fn one(out: &mut String, mark: &Mark<'_>, gutter: usize, style: Style, shown: bool) {
    let room = style.columns().saturating_sub(gutter + 3).max(20);
    let view = View::of(mark, room);
    let bar = style.paint(Paint::Dim, "|");
    if !shown {
        let number = style.paint(Paint::Dim, format!("{:>gutter$}", mark.number));
        let line = format!("{number} {bar} {}", view.text);
        let _ = writeln!(out, "{}", line.trim_end());
    }
    let (sign, paint) = if mark.main { ("^", Paint::Bad) } else { ("-", Paint::Name) };
    let signs = style.paint(paint, sign.repeat(view.marked));
    let label = terminal::clean(mark.label);
    let beside = view.before + view.marked + 1 + terminal::width(&label) <= room;
    let here = if beside && !label.is_empty() { format!(" {label}") } else { String::new() };
    let _ = writeln!(out, "{:gutter$} {bar} {:before$}{signs}{here}", "", "", before = view.before);
    if !beside {
        // Too long for the rest of the line: below it, as far to the right as it fits.
        let indent = view.before.min(room / 4);
        for line in terminal::wrap(&label, room - indent) {
            let _ = writeln!(out, "{:gutter$} {bar} {:indent$}{line}", "", "");
        }
    }
}

/// The part of a line that is shown.
struct View {
    text: String,
    before: usize,
    marked: usize,
}

impl View {
    fn of(mark: &Mark<'_>, room: usize) -> Self {
        let skipped = skipped(mark, room);
        let rest: String = mark.line.chars().skip(skipped).take(room.saturating_mul(2)).collect();
        let (lead, rest) = if skipped > 0 { ("…", rest) } else { ("", rest) };
        let text = terminal::clean(&rest).into_owned();
        let until = |count: usize| -> usize {
            let part: String = text.chars().take(count).collect();
            terminal::width(&part)
        };
        let start = mark.before - skipped;
        let before = until(start) + terminal::width(lead);
        let marked = until(start.saturating_add(mark.length)).saturating_sub(until(start));
        let text = terminal::cut(&format!("{lead}{text}"), room).into_owned();
        Self { text, before, marked: marked.clamp(1, room.saturating_sub(before).max(1)) }
    }
}

/// How many characters of a long line are left out before what is shown.
fn skipped(mark: &Mark<'_>, room: usize) -> usize {
    let end = mark.before.saturating_add(mark.length.min(room / 2));
    if end < room { 0 } else { mark.before.saturating_sub(room / 3) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(marks: &[Mark<'_>], columns: usize) -> String {
        let mut out = String::new();
        write(&mut out, "a.yml:9:1", marks, Style::plain(columns));
        out
    }

    #[test]
    fn several_marks_of_one_file() {
        let marks = [
            Mark { number: 9, line: "a: [x]", before: 4, length: 1, label: "first", main: false },
            Mark { number: 9, line: "a: [x]", before: 0, length: 1, label: "", main: false },
            Mark { number: 12, line: "\tb: 日本", before: 4, length: 2, label: "here", main: true },
        ];
        insta::assert_snapshot!(drawn(&marks, 40), @r"
          --> a.yml:9:1
         9 | a: [x]
           |     - first
           | -
        ...
        12 |  b: 日本
           |     ^^^^ here
        ");
    }

    #[test]
    fn long_lines_and_long_labels_are_made_to_fit() {
        let line = format!("{}needle{}", "x".repeat(500), "y".repeat(500));
        let label = "a label that has more words than there is room beside the mark";
        let mark = Mark { number: 1, line: &line, before: 500, length: 6, label, main: true };
        let text = drawn(&[mark], 50);
        insta::assert_snapshot!(text, @r"
         --> a.yml:9:1
        1 | …xxxxxxxxxxxxxxxneedleyyyyyyyyyyyyyyyyyyyyyyy…
          |                 ^^^^^^
          |            a label that has more words than
          |            there is room beside the mark
        ");
        assert!(text.lines().all(|line| terminal::width(line) <= 50));
    }
}
