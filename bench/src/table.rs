//! All figures, for people and for programs.

use crate::context::{Context, cores};
use crate::procfs;
use crate::row::{Figure, Row, Target};
use serde_json::{Value, json};
use std::fmt::Write;

/// What the columns of the table are about.
const HEAD: [&str; 6] = ["", "measured", "compared with", "result", "target", ""];

/// What came of all measurements. Those without rows are named, with the reason.
#[derive(Debug, Default)]
pub(crate) struct Report {
    /// Figures, in order.
    pub(crate) rows: Vec<Row>,
    /// What went wrong.
    pub(crate) failures: Vec<(&'static str, String)>,
    /// What cannot be measured here.
    pub(crate) skipped: Vec<(&'static str, String)>,
}

/// An aligned table, its notes, and what failed.
pub(crate) fn text(context: &Context, report: &Report) -> String {
    let rows = &report.rows;
    let mut lines = vec![HEAD.map(str::to_owned)];
    lines.extend(rows.iter().map(cells));
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEAD.len()).map(width).collect();
    let mut out = format!("{}\n\n", machine(context));
    for (number, line) in lines.iter().enumerate() {
        out.push_str(&aligned(line, &widths));
        if number == 0 {
            let rule: Vec<String> = widths.iter().map(|width| "─".repeat(*width)).collect();
            let _ = writeln!(out, "{}", rule.join("  ").trim_end());
        }
    }
    let notes = rows.iter().filter(|row| !row.notes.is_empty());
    for (number, row) in notes.enumerate() {
        let gap = if number == 0 { "\n" } else { "" };
        // Writing to a string cannot fail.
        let _ = writeln!(out, "{gap}{}: {}", row.what.trim(), row.notes.join("; "));
    }
    for (name, reason) in &report.skipped {
        let _ = writeln!(out, "\n{name} skipped: {reason}");
    }
    for (name, error) in &report.failures {
        let _ = writeln!(out, "\n{name} FAILED: {error}");
    }
    let _ = writeln!(out, "\n{}", summary(report));
    out
}

/// Numbers and targets to the right, words to the left.
fn aligned(line: &[String; 6], widths: &[usize]) -> String {
    let mut out = String::new();
    for (column, (cell, width)) in line.iter().zip(widths).enumerate() {
        let pad = " ".repeat(width - cell.chars().count());
        let (before, after) =
            if matches!(column, 1 | 3) { (pad, String::new()) } else { (String::new(), pad) };
        let _ = write!(out, "{before}{cell}{after}  ");
    }
    format!("{}\n", out.trim_end())
}

fn cells(row: &Row) -> [String; 6] {
    let reference = row.reference.as_ref().map(|(name, figure)| format!("{name} {figure}"));
    let target = row.target.as_ref().map(|(target, because)| {
        let (sign, limit) = match target {
            Target::AtMost(limit) => ('≤', limit),
            Target::AtLeast(limit) => ('≥', limit),
        };
        let limit = Figure::of(*limit, row.result.unit);
        if because.is_empty() { format!("{sign} {limit}") } else { format!("{sign} {limit} ({because})") }
    });
    let verdict = match row.passes() {
        Some(true) => "pass",
        Some(false) => "MISS",
        None => "",
    };
    let is_difference = row.reference.is_some() && row.result.unit == row.measured.unit;
    let sign = if is_difference && row.result.number >= 0.0 { "+" } else { "" };
    let result = if row.reference.is_some() { format!("{sign}{}", row.result) } else { String::new() };
    [
        row.what.clone(),
        row.measured.to_string(),
        reference.unwrap_or_default(),
        result,
        target.unwrap_or_default(),
        verdict.to_owned(),
    ]
}

fn summary(report: &Report) -> String {
    let count = |passes: bool| report.rows.iter().filter(|row| row.passes() == Some(passes)).count();
    let (met, missed, failed) = (count(true), count(false), report.failures.len());
    let skipped = match report.skipped.len() {
        0 => String::new(),
        some => format!(", {some} skipped"),
    };
    format!("{met} targets met, {missed} missed, {failed} measurements failed{skipped}")
}

fn machine(context: &Context) -> String {
    let load = procfs::load().map_or_else(String::new, |load| format!(", load {load}"));
    let quick = if context.quick { ", quick" } else { "" };
    let first = if context.real_time { ", real-time" } else { "" };
    format!("{} on {} cores ({}){load}{first}{quick}", context.runner.display(), cores(), procfs::processor())
}

/// The same as one JSON object.
pub(crate) fn json(context: &Context, report: &Report) -> String {
    let named = |list: &[(&str, String)], what: &str| -> Vec<Value> {
        list.iter().map(|(name, why)| json!({ "name": name, what: why })).collect()
    };
    let value = json!({
        "runner": context.runner.display().to_string(),
        "peer": context.peer.as_ref().map(|peer| peer.display().to_string()),
        "cores": cores(),
        "processor": procfs::processor(),
        "load": procfs::load(),
        "quick": context.quick,
        "real_time": context.real_time,
        "rows": report.rows.iter().map(row_json).collect::<Vec<_>>(),
        "failures": named(&report.failures, "error"),
        "skipped": named(&report.skipped, "reason"),
    });
    format!("{value:#}")
}

fn row_json(row: &Row) -> Value {
    let figure = |figure: &Figure| json!({ "value": figure.number, "unit": figure.unit.as_str() });
    let reference =
        row.reference.as_ref().map(|(name, value)| json!({ "name": name, "figure": figure(value) }));
    let target = row.target.as_ref().map(|(target, because)| match target {
        Target::AtMost(limit) => json!({ "at_most": limit, "because": because }),
        Target::AtLeast(limit) => json!({ "at_least": limit, "because": because }),
    });
    json!({
        "what": row.what.trim(),
        "measured": figure(&row.measured),
        "reference": reference,
        "result": figure(&row.result),
        "target": target,
        "passes": row.passes(),
        "notes": row.notes,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::row::Unit;

    fn context(quick: bool) -> Context {
        let runner = "/bin/runner".into();
        Context { runner, peer: None, quick, real_time: false, timeline: false, engine: None }
    }

    #[test]
    fn columns_are_aligned_and_targets_named() {
        let ms = |number| Figure::of(number, Unit::Ms);
        let rows = vec![
            Row::added("a job", ms(12.0), "bash", ms(2.0)).target(Target::AtMost(20.0), ""),
            Row::ratio("a longer name", ms(400.0), "zip", ms(100.0)).target(Target::AtLeast(5.0), "of zip"),
            Row::plain("alone", Figure::of(7.5, Unit::MiB)).note("said aside"),
        ];
        let failures = vec![("other", "broke".to_owned())];
        let skipped = vec![("third", "no engine".to_owned())];
        let text = text(&context(true), &Report { rows, failures, skipped });
        let lines: Vec<&str> = text.lines().skip(2).collect();
        assert_eq!(lines[2], "a job           12.0 ms  bash 2.00 ms   +10.0 ms  ≤ 20.0 ms          pass");
        assert_eq!(lines[3], "a longer name    400 ms  zip 100 ms       4.00 ×  ≥ 5.00 × (of zip)  MISS");
        assert_eq!(lines[4], "alone          7.50 MiB");
        assert!(text.contains("alone: said aside\n"));
        assert!(text.contains("\nthird skipped: no engine\n"));
        assert!(
            text.ends_with(
                "other FAILED: broke\n\n1 targets met, 1 missed, 1 measurements failed, 1 skipped\n"
            )
        );
    }

    #[test]
    fn json_has_everything() {
        let row = Row::plain("alone", Figure::of(7.5, Unit::MiB)).target(Target::AtMost(8.0), "");
        let skipped = vec![("third", "no engine".to_owned())];
        let report = Report { rows: vec![row], skipped, ..Report::default() };
        let value: Value = serde_json::from_str(&super::json(&context(false), &report)).unwrap();
        assert_eq!(value["rows"][0]["measured"], json!({ "value": 7.5, "unit": "MiB" }));
        assert_eq!(value["rows"][0]["passes"], json!(true));
        assert_eq!(value["skipped"][0], json!({ "name": "third", "reason": "no engine" }));
    }
}
