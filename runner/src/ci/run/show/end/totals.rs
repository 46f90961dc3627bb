//! The last lines: how many jobs ended how, how long it took and why, and where the logs are.

use super::super::board::{Board, JobEntry};
use super::super::words::{label, lasted, paint, path, sign};
use super::failure::quoted;
use super::path::{critical, took};
use crate::terminal::{Paint, Style, clean, wrap};
use pipeline::Status;
use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

/// The most jobs of the critical path that are named.
const NAMED: usize = 12;

pub(super) fn write(out: &mut String, board: &Board, folder: &Path, style: Style, columns: usize) {
    let Some((status, elapsed)) = board.done else { return };
    let verdict = format!("{} pipeline {}", sign(status, false), label(status, false));
    let ran: Duration = board.latest().filter_map(JobEntry::duration).sum();
    let counts = counts(board);
    out.push('\n');
    let rest = match counts.as_str() {
        "" => format!(" in {}", lasted(elapsed)),
        _ => format!(" in {}: {counts}; jobs ran {}", lasted(elapsed), lasted(ran)),
    };
    let mut lines = Lines { out, style, columns };
    lines.write(paint(status, false), &verdict, &rest);
    write_path(&mut lines, board, elapsed);
    if folder.as_os_str().is_empty() {
        return;
    }
    let waiting: Vec<String> = board
        .latest()
        .filter(|entry| entry.status == Status::Manual)
        .map(|entry| format!("--manual {}", quoted(&path(entry.job()))))
        .collect();
    if !waiting.is_empty() {
        let _ = writeln!(out, "manual jobs wait; to start them: runner ci run {}", waiting.join(" "));
    }
    if board.latest().any(|entry| entry.started.is_some()) {
        let folder = folder.to_string_lossy();
        let text = format!("logs: {}; `runner ci log JOB` shows one", clean(&folder));
        let _ = writeln!(out, "{}", style.paint(Paint::Dim, text));
    }
}

/// Lines that are broken between words where they are too long for the terminal.
struct Lines<'a> {
    out: &'a mut String,
    style: Style,
    columns: usize,
}

impl Lines<'_> {
    /// Writes a text whose beginning is painted.
    fn write(&mut self, paint: Paint, head: &str, rest: &str) {
        const INDENT: usize = 2;
        for (number, line) in
            wrap(&format!("{head}{rest}"), self.columns.saturating_sub(INDENT)).iter().enumerate()
        {
            let _ = match line.strip_prefix(head).filter(|_| number == 0) {
                Some(rest) => writeln!(self.out, "{}{rest}", self.style.paint(paint, head)),
                None if number == 0 => writeln!(self.out, "{line}"),
                None => writeln!(self.out, "{:INDENT$}{line}", ""),
            };
        }
    }
}

/// `2 failed, 1 failed (allowed to fail), 3 passed`.
fn counts(board: &Board) -> String {
    let mut counts: Vec<(&str, usize)> = Vec::new();
    let mut statuses = Status::ALL;
    // What matters most first.
    statuses.sort_by_key(|status| match status {
        Status::Failed => 0,
        Status::Canceled => 1,
        Status::Success => 2,
        _ => 3,
    });
    for status in statuses {
        for allowed in [false, true] {
            let word = label(status, allowed);
            let same =
                |entry: &&JobEntry| entry.status == status && label(status, entry.allow_failure()) == word;
            let number = board.latest().filter(same).count();
            if number > 0 && !counts.iter().any(|(known, _)| *known == word) {
                counts.push((word, number));
            }
        }
    }
    counts.iter().map(|(word, number)| format!("{number} {word}")).collect::<Vec<_>>().join(", ")
}

fn write_path(lines: &mut Lines<'_>, board: &Board, elapsed: Duration) {
    let chain = critical(board);
    if chain.len() < 2 {
        return;
    }
    let total: Duration = chain.iter().filter(|link| link.counts).map(|link| took(link.entry)).sum();
    let mut names: Vec<String> =
        chain.iter().map(|link| format!("{} {}", path(link.entry.job()), lasted(took(link.entry)))).collect();
    if names.len() > NAMED {
        let left_out = names.len() - NAMED;
        names.splice(NAMED / 2..names.len() - NAMED / 2, [format!("{left_out} more")]);
    }
    let rest = format!(", {} of {}: {}", lasted(total), lasted(elapsed), names.join(" → "));
    lines.write(Paint::Strong, "critical path", &rest);
}
