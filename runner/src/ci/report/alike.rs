//! What is told of several jobs in nearly the same words is told once.

use super::line_of;
use crate::terminal::{Paint, Style, clean, wrap, wrap_list};
use ci_yaml::{Diagnostic, Severity, SourceMap};
use indexmap::IndexMap;
use std::collections::HashSet;
use std::fmt::Write as _;

/// The most others of the same place that are named.
const HERE: usize = 12;
/// The most others of other places that are named, each in a line.
const ELSEWHERE: usize = 8;

/// Puts together what is told of the same place in the same words, but for the names of jobs: a template's mistake is
/// told of each job that is made of it. Warnings of one kind with the same advice belong together wherever they are;
/// errors do not, since each has to be mended.
pub(super) fn groups<'a>(all: &[&'a Diagnostic]) -> Vec<Vec<&'a Diagnostic>> {
    let mut groups: IndexMap<_, Vec<&'a Diagnostic>> = IndexMap::new();
    for (index, one) in all.iter().enumerate() {
        let place = match one.severity {
            Severity::Warning => None,
            Severity::Error => one.span.map(|span| (span.file, span.start, span.end)),
        };
        // What has no place of its own stands alone.
        let own = if one.span.is_none() { index + 1 } else { 0 };
        let advice: Vec<String> = one.help.iter().map(|help| unnamed(help)).collect();
        groups.entry((own, place, one.rule, &one.note, advice)).or_default().push(one);
    }
    groups.into_values().collect()
}

/// Writes what is told besides the first of a group, in lines that begin below its excerpt.
pub(super) fn write(
    out: &mut String,
    first: &Diagnostic,
    rest: &[&Diagnostic],
    gutter: usize,
    files: &SourceMap,
    style: Style,
) {
    let told = |one: &&&Diagnostic| one.message != first.message || one.span != first.span;
    let mut known = HashSet::new();
    let mut others: Vec<&&Diagnostic> = rest.iter().filter(told).collect();
    // GitLab tells some things twice.
    others.retain(|one| known.insert((one.message.as_str(), one.span)));
    let mut page = Lines { out, gutter, style };
    if others.is_empty() && rest.len() > 1 {
        page.add(vec![format!("told {} times: for each that is made of it", rest.len() + 1)], "");
    }
    let (here, elsewhere): (Vec<&&Diagnostic>, Vec<&&Diagnostic>) =
        others.into_iter().partition(|one| one.span == first.span);
    let part = |one: &&Diagnostic| clean(different(&first.message, &one.message)).into_owned();
    if !here.is_empty() {
        let mut names: Vec<String> = here.iter().take(HERE).map(|one| part(one)).collect();
        if here.len() > HERE {
            names.push(format!("and {} more", here.len() - HERE));
        }
        let lines = wrap_list(names, page.room("also: "));
        page.add(lines, "also: ");
    }
    for one in elsewhere.iter().take(ELSEWHERE) {
        let place = one.span.map(|span| line_of(files, span)).unwrap_or_default();
        let text = match part(one) {
            part if part.is_empty() => place,
            part => format!("{part} ({place})"),
        };
        let lines = wrap(&text, page.room("also: "));
        page.add(lines, "also: ");
    }
    if elsewhere.len() > ELSEWHERE {
        page.add(vec![format!("and {} more like these", elsewhere.len() - ELSEWHERE)], "");
    }
}

struct Lines<'a> {
    out: &'a mut String,
    gutter: usize,
    style: Style,
}

impl Lines<'_> {
    fn room(&self, lead: &str) -> usize {
        self.style.columns().saturating_sub(self.gutter + 3 + lead.len()).max(20)
    }

    fn add(&mut self, lines: Vec<String>, lead: &str) {
        let gutter = self.gutter;
        for (index, line) in lines.into_iter().enumerate() {
            let (sign, lead) = match index {
                0 => (self.style.paint(Paint::Dim, "=").into_owned(), lead.to_owned()),
                _ => (" ".to_owned(), " ".repeat(lead.len())),
            };
            let _ = writeln!(self.out, "{:gutter$} {sign} {lead}{line}", "");
        }
    }
}

/// A text without what stands in quotes: names, mostly.
fn unnamed(text: &str) -> String {
    text.split('`').step_by(2).collect()
}

/// The part of a message that is not in another one: mostly the name of a job, which may have spaces in it, and stands
/// in quotes or between colons.
fn different<'a>(first: &str, other: &'a str) -> &'a str {
    if first == other {
        return "";
    }
    let (start, quote) = start(first, other);
    let (first, rest) = (first.get(start..).unwrap_or_default(), other.get(start..).unwrap_or_default());
    let pairs = first.chars().rev().zip(rest.chars().rev());
    let same: usize = pairs.take_while(|(one, other)| one == other).map(|(c, _)| c.len_utf8()).sum();
    let (before, common) = rest.split_at(rest.len() - same);
    let kept = match quote {
        Some(quote) => common.find(quote).map(|at| at + quote.len_utf8()),
        None => common.find([' ', ':']),
    };
    rest.get(..before.len() + kept.unwrap_or(common.len())).unwrap_or(rest)
}

/// Where the part begins in which two messages differ: at a quote that opens, which is given too, else behind a colon.
fn start(first: &str, other: &str) -> (usize, Option<char>) {
    let pairs = first.chars().zip(other.chars());
    let same: usize = pairs.take_while(|(one, other)| one == other).map(|(c, _)| c.len_utf8()).sum();
    let common = other.get(..same).unwrap_or_default();
    let quote = ['`', '\''].into_iter().find(|quote| common.matches(*quote).count() % 2 == 1);
    match quote.and_then(|quote| common.rfind(quote)) {
        Some(at) => (at, quote),
        None => (common.rfind(':').map_or(0, |at| at + 1), None),
    }
}

#[cfg(test)]
mod tests {
    use super::different;

    #[test]
    fn names_are_what_differs() {
        for (first, other, part) in [
            ("jobs:a may run", "jobs:b may run", "b"),
            ("jobs:unit test:key config", "jobs:unit lint:key config", "unit lint"),
            ("`a` never runs", "`ab` never runs", "`ab`"),
            ("`a` needs `b`, which", "`c` needs `d`, which", "`c` needs `d`"),
            ("`a` needs `b`, which", "`a` needs `d`, which", "`d`"),
            ("'a: [x]' job needs 'b' job", "'a: [y]' job needs 'b' job", "'a: [y]'"),
            ("`a` never", "`a` always", "`a` always"),
            ("jobs:a has `when` and so on", "jobs:b c has `when` and so on", "b c"),
            ("one thing", "another", "another"),
            ("same", "same", ""),
            ("jobs:é: x", "jobs:è: x", "è"),
        ] {
            assert_eq!(different(first, other), part, "{first} / {other}");
        }
    }
}
