//! Jobs that failed, with the last lines of their logs.

use super::super::board::{Board, JobEntry};
use super::super::tail::tail;
use super::super::words::{label, lasted, paint, path, reason, sign};
use crate::terminal::{Paint, Style, clean};
use pipeline::Status;
use std::borrow::Cow;
use std::fmt::Write as _;

/// Lines of a failed job's log.
const LINES: usize = 30;

/// Writes all failures; those that are not forgiven come last, where they are seen. Of a run that is `kept`, the command
/// is named that shows the whole log.
pub(super) fn write(out: &mut String, board: &Board, kept: bool, style: Style) {
    let failed: Vec<&JobEntry> = board.latest().filter(|entry| entry.status == Status::Failed).collect();
    let (forgiven, others): (Vec<&JobEntry>, Vec<&JobEntry>) =
        failed.into_iter().partition(|entry| entry.allow_failure());
    for entry in forgiven.into_iter().chain(others) {
        out.push('\n');
        failure(out, entry, kept, style);
    }
}

fn failure(out: &mut String, entry: &JobEntry, kept: bool, style: Style) {
    let name = path(entry.job());
    let colour = paint(entry.status, entry.allow_failure());
    let title = format!("{} {name}", sign(entry.status, entry.allow_failure()));
    let _ = write!(out, "{} {}", style.paint(colour, title), label(entry.status, entry.allow_failure()));
    if let Some(duration) = entry.duration() {
        let _ = write!(out, " in {}", lasted(duration));
    }
    let report = entry.report.as_ref();
    let reason = report.and_then(|report| reason(report.failure_reason.as_deref(), report.exit_code));
    match reason {
        Some(reason) => {
            let _ = writeln!(out, ": {reason}");
        }
        None => out.push('\n'),
    }
    let Some(log) = report.and_then(|report| report.log.as_deref()) else { return };
    match tail(log, LINES, style.colours()) {
        Ok(tail) => {
            if let Some(command) = tail.command {
                let _ = writeln!(out, "  {}", style.paint(Paint::Strong, clean(&command)));
            }
            for line in tail.lines {
                let _ = writeln!(out, "{}", format!("  {} {line}", style.paint(Paint::Dim, "|")).trim_end());
            }
            if kept {
                let call = format!("  all of it: runner ci log {}", quoted(&name));
                let _ = writeln!(out, "{}", style.paint(Paint::Dim, call));
            }
        }
        Err(error) => {
            let _ = writeln!(out, "  its log cannot be read: {error}");
        }
    }
}

/// A word as a shell takes it.
pub(super) fn quoted(word: &str) -> Cow<'_, str> {
    let plain =
        |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/' | ':' | '@' | '%' | '+' | ',');
    if !word.is_empty() && word.chars().all(plain) {
        return Cow::Borrowed(word);
    }
    Cow::Owned(format!("'{}'", word.replace('\'', r"'\''")))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn words_for_a_shell() {
        assert_eq!(quoted("child/unit:a"), "child/unit:a");
        assert_eq!(quoted("unit: [a]"), "'unit: [a]'");
        assert_eq!(quoted("it's"), r"'it'\''s'");
        assert_eq!(quoted(""), "''");
    }
}
