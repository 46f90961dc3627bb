//! What can be wrong with `extends`, in GitLab's words (`Extendable::Entry#extend!`).

use super::graph::{Base, Extending, Graph, Parent};
use super::survey::{MOST_LEVELS, Survey};
use crate::nearby::Nearby;
use crate::{Diagnostic, Kind, Node, Value};
use std::collections::HashSet;

/// Everything that is wrong, the error that GitLab stops at first.
pub(super) fn find(graph: &Graph<'_>, survey: &Survey) -> Vec<Diagnostic> {
    let mut finder =
        Finder { graph, survey, nearby: Nearby::default(), told: HashSet::new(), found: Vec::new() };
    let first = |index: &usize| !survey.is_fine(*index, 0);
    if let Some(start) = (0..graph.entries.len()).find(first) {
        finder.follow(start);
        finder.others();
    }
    finder.found
}

/// What was found already, by entry.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Told {
    Unknown(usize),
    NotMap(usize),
    Circle(usize),
    Deep,
}

struct Finder<'a, 'g> {
    graph: &'g Graph<'a>,
    survey: &'g Survey,
    nearby: Nearby,
    told: HashSet<Told>,
    found: Vec<Diagnostic>,
}

impl<'a> Finder<'a, '_> {
    /// Goes the way GitLab goes from an entry with something wrong in it, up to what is wrong: parents in their
    /// order, each checked before its own parents.
    fn follow(&mut self, start: usize) {
        let mut path = Vec::new();
        let mut next = Some(start);
        while let Some(index) = next {
            let entry = &self.graph.entries[index];
            if entry.is_wrong() {
                self.wrong_parents(index);
                return;
            }
            if path.len() >= MOST_LEVELS {
                self.deep(index, &path);
                return;
            }
            if path.contains(&index) {
                self.circle(index, &path);
                return;
            }
            path.push(index);
            next = entry.extending_parents().find(|parent| !self.survey.is_fine(*parent, path.len()));
        }
    }

    /// What GitLab would tell of once the first error is mended.
    fn others(&mut self) {
        for index in 0..self.graph.entries.len() {
            if self.found.len() >= super::MOST_ERRORS {
                return;
            }
            self.wrong_parents(index);
        }
        for circle in &self.survey.circles {
            let first = circle.iter().enumerate().min_by_key(|(_, member)| **member);
            if let Some((position, first)) = first {
                let mut path = circle.clone();
                path.rotate_left(position);
                self.circle(*first, &path);
            }
        }
        if let Some(index) = (0..self.graph.entries.len()).find(|index| self.survey.is_only_deep(*index)) {
            self.follow(index);
        }
    }

    fn wrong_parents(&mut self, index: usize) {
        let entry = &self.graph.entries[index];
        let unknown = entry.parents.iter().filter(|parent| matches!(parent.base, Base::Unknown));
        let unfit = entry.parents.iter().filter(|parent| matches!(parent.base, Base::NotMap(_)));
        let (unknown, unfit): (Vec<_>, Vec<_>) = (unknown.collect(), unfit.collect());
        if !unknown.is_empty() && self.told.insert(Told::Unknown(index)) {
            let diagnostic = self.unknown(entry, &unknown);
            self.found.push(diagnostic);
        }
        if !unfit.is_empty() && self.told.insert(Told::NotMap(index)) {
            self.found.push(not_maps(entry, &unfit));
        }
    }

    fn unknown(&mut self, entry: &Extending<'_>, parents: &[&Parent<'_>]) -> Diagnostic {
        let mut diagnostic = named(entry, "extends-unknown", "unknown keys", parents);
        if let Some(Value::Reference(_)) = entry.own.get("extends").map(|node| &node.value) {
            return diagnostic
                .help("`!reference` is resolved after `extends`: write the names themselves here.");
        }
        for (place, parent) in parents.iter().enumerate() {
            let names = self.graph.root.iter().filter(|(_, value)| value.value.as_map().is_some());
            let names =
                names.filter_map(|(key, _)| key.as_str()).filter(|name| entry.key.as_str() != Some(name));
            let near = self.nearby.find(&parent.name, names);
            let text = near.map(|name| format!("did you mean `{name}`?"));
            if place == 0 {
                diagnostic.note = Some(text.unwrap_or_else(|| "there is no such entry".into()));
            } else if diagnostic.labels.len() < MOST_LABELS {
                diagnostic = diagnostic.label(parent.span, text.unwrap_or_else(|| "nor this one".into()));
            }
            let Some(name) = near.and_then(|name| self.graph.root.entry(name)) else { continue };
            if diagnostic.labels.len() < MOST_LABELS {
                diagnostic = diagnostic.label(name.key_span, "an entry with a similar name");
            }
        }
        if parents.iter().any(|parent| parent.name.contains(',')) {
            return diagnostic.help("Several names are written as a list: `extends: [.a, .b]`.");
        }
        diagnostic
    }

    fn circle(&mut self, index: usize, path: &[usize]) {
        let members: Vec<usize> = path.iter().copied().skip_while(|member| *member != index).collect();
        if members.iter().any(|member| self.told.contains(&Told::Circle(*member))) {
            return;
        }
        self.told.extend(members.iter().map(|member| Told::Circle(*member)));
        let entry = &self.graph.entries[index];
        let message = format!("{}: circular dependency detected in `extends`", entry.key);
        let diagnostic = Diagnostic::error(Kind::Extends, "extends-circular", message).at(entry.key_span);
        let diagnostic = self.way(diagnostic, &members, Some(index));
        self.found.push(match members.len() {
            0 | 1 => diagnostic.note("extends itself"),
            _ => diagnostic.note("extends itself through others"),
        });
    }

    fn deep(&mut self, index: usize, path: &[usize]) {
        if !self.told.insert(Told::Deep) {
            return;
        }
        let entry = &self.graph.entries[index];
        let message = format!("{}: nesting too deep in `extends`", entry.key);
        let diagnostic = Diagnostic::error(Kind::Extends, "extends-too-deep", message).at(entry.key_span);
        let diagnostic = self.way(diagnostic, path, Some(index));
        let top = path.first().map_or_else(String::new, |top| self.graph.entries[*top].key.to_string());
        self.found.push(
            diagnostic
                .note(format!("level {} below `{top}`", path.len()))
                .help(format!("At most {MOST_LEVELS} entries may extend one another in a row.")),
        );
    }

    /// Labels the `extends` that lead from one entry of a path to the next, and from the last to `end`.
    fn way(&self, mut diagnostic: Diagnostic, path: &[usize], end: Option<usize>) -> Diagnostic {
        let targets = path.iter().copied().skip(1).chain(end);
        for (from, to) in path.iter().zip(targets).take(MOST_LEVELS) {
            let from = &self.graph.entries[*from];
            let is_next = |parent: &&Parent<'a>| matches!(parent.base, Base::Extending(index) if index == to);
            if let Some(parent) = from.parents.iter().find(is_next) {
                diagnostic =
                    diagnostic.label(parent.span, format!("`{}` extends `{}`", from.key, parent.name));
            }
        }
        diagnostic
    }
}

/// Places beside the first that one diagnostic shows.
const MOST_LABELS: usize = 8;

fn named(entry: &Extending<'_>, rule: &'static str, what: &str, parents: &[&Parent<'_>]) -> Diagnostic {
    let names: Vec<&str> = parents.iter().map(|parent| &*parent.name).collect();
    let message = format!("{}: {what} in `extends` ({})", entry.key, names.join(", "));
    let place = parents.first().map_or(entry.key_span, |parent| parent.span);
    Diagnostic::error(Kind::Extends, rule, message).at(place)
}

fn not_maps(entry: &Extending<'_>, parents: &[&Parent<'_>]) -> Diagnostic {
    let mut diagnostic = named(entry, "extends-not-a-map", "invalid base hashes", parents);
    diagnostic.note = Some("this is not a map of keywords".into());
    for parent in parents.iter().take(MOST_LABELS) {
        if let Base::NotMap(node) = parent.base {
            diagnostic = diagnostic.label(node.span, format!("`{}` is {}", parent.name, describe(node)));
        }
    }
    diagnostic
}

/// What kind of value it is, in words.
pub(super) fn describe(node: &Node) -> &'static str {
    match node.value {
        Value::Null => "null",
        Value::Bool(true) => "`true`",
        Value::Bool(false) => "`false`",
        Value::Int(_) | Value::Float(_) => "a number",
        Value::Str(_) => "a text",
        Value::Seq(_) => "a list",
        Value::Map(_) => "a map",
        Value::Reference(_) => "a `!reference`",
    }
}
