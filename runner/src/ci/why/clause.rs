//! One clause: whether it holds, and what it was compared with.

use super::Page;
use crate::terminal::{Paint, clean, counted, cut};
use ci_yaml::evaluate::{Clause, PathsVerdict, Seen};
use ci_yaml::expression::{Explanation, Expression};
use std::sync::Arc;

/// Longer values are cut: columns.
const VALUE: usize = 60;

/// Writes a clause with its values.
pub(super) fn write(page: &mut Page<'_>, clause: &Clause, reached: bool) {
    match clause {
        Clause::If { expression, explanation, variables, .. } => {
            if reached {
                page.verdict(explanation.truth, &format!("if: {}", expression.text()));
                condition(page, expression, explanation, variables);
            } else {
                page.quiet(&format!("  if: {}", expression.text()));
            }
        }
        Clause::Changes { patterns, compare_to, verdict, .. } => {
            let base = compare_to.as_ref().map(|base| format!(" since {base}")).unwrap_or_default();
            paths(page, &format!("changes{base}"), patterns, verdict.as_ref().filter(|_| reached));
        }
        Clause::Exists { patterns, project, verdict, .. } => {
            let place = project.as_ref().map(|project| format!(" in {project}")).unwrap_or_default();
            paths(page, &format!("exists{place}"), patterns, verdict.as_ref().filter(|_| reached));
        }
    }
}

/// The variables of a condition, and which part of it decided where it has several.
fn condition(page: &mut Page<'_>, expression: &Expression, explanation: &Explanation, variables: &[Seen]) {
    for seen in variables {
        let line = value(page, seen);
        page.indented(6, &line, None);
    }
    let text = expression.text();
    let operators = text.matches("&&").count() + text.matches("||").count();
    let deciding = explanation.deciding();
    // Where all parts decided, nothing is new in that.
    if explanation.parts.iter().any(|part| !part.parts.is_empty()) && deciding.len() <= operators {
        for part in deciding {
            let truth = if part.truth { "true" } else { "false" };
            page.indented(6, &format!("so `{}` is {truth}", part.source(text)), None);
        }
    }
}

fn value(page: &Page<'_>, seen: &Seen) -> String {
    let Some(item) = &seen.item else { return format!("{} is not defined", seen.name) };
    let place = item.origin.span().map(|span| format!(", {}", page.line_of(span))).unwrap_or_default();
    let value = match &item.value {
        None => "not defined".to_owned(),
        Some(_) if item.masked => "[MASKED]".to_owned(),
        Some(value) => format!("\"{}\"", cut(&clean(value), VALUE)),
    };
    format!("{} is {value} ({}{place})", seen.name, item.origin)
}

fn paths(page: &mut Page<'_>, what: &str, patterns: &[Arc<str>], verdict: Option<&PathsVerdict>) {
    let list = patterns.iter().map(|pattern| &**pattern).collect::<Vec<_>>().join(", ");
    let text = format!("{what}: {list}");
    let Some(verdict) = verdict else { return page.quiet(&format!("  {text}")) };
    page.verdict(verdict.holds(), &text);
    let reason = match verdict {
        PathsVerdict::Unknown => "nobody knows what changed, so it holds".to_owned(),
        PathsVerdict::Match { pattern, path } => format!("{pattern} matches {path}"),
        PathsVerdict::TooMuch => "there are too many paths to compare, so it holds".to_owned(),
        PathsVerdict::None { paths, patterns: expanded } => {
            let expanded: Vec<&str> = expanded.iter().map(|pattern| &**pattern).collect();
            let same = expanded.iter().copied().eq(patterns.iter().map(|pattern| &**pattern));
            let shown = if same { String::new() } else { format!(" (expanded: {})", expanded.join(", ")) };
            format!("none of {} matches{shown}", counted(*paths, "path"))
        }
    };
    page.indented(6, &reason, Some(Paint::Dim));
}
