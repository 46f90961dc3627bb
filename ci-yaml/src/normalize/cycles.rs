//! Whether jobs wait for one another in a circle (`YamlProcessor::Dag`, on Ruby's `TSort`).

use super::report::Report;
use crate::config::{Config, Job};
use crate::{Diagnostic, Kind};
use std::collections::HashSet;

/// How many waits of a circle are pointed at.
const MOST_LABELS: usize = 8;

/// What GitLab writes before what is wrong.
const MESSAGE: &str = "The pipeline has circular dependencies";

/// Finds the circles in the order in which `TSort` does: depth first, jobs and their needs in their order.
pub(super) fn check(config: &Config, report: &mut Report) {
    let needs = |job: &Job| -> Vec<usize> {
        job.needs
            .iter()
            .flat_map(|needs| &needs.jobs)
            .filter_map(|need| config.jobs.get_index_of(&need.job))
            .collect()
    };
    let edges: Vec<Vec<usize>> = config.jobs.values().map(needs).collect();
    for found in Search::new(&edges).run() {
        let diagnostic = match &found {
            Found::Itself(index) => itself(config, *index),
            Found::Circle(members) => circle(config, &edges, members),
        };
        report.push(diagnostic);
    }
}

/// What is no order.
#[derive(Debug, PartialEq)]
enum Found {
    /// A job that needs itself.
    Itself(usize),
    /// Jobs that all wait for one another, in the order in which they were reached.
    Circle(Vec<usize>),
}

/// Tarjan's search for strongly connected components, without recursion: the length of a chain is the user's.
struct Search<'a> {
    edges: &'a [Vec<usize>],
    marks: Vec<Mark>,
    /// Reached, and not in a component yet.
    stack: Vec<usize>,
    reached: usize,
    found: Vec<Found>,
}

#[derive(Clone, Copy, PartialEq)]
enum Mark {
    New,
    Open(usize),
    Done,
}

/// A job whose needs are being followed.
struct Frame {
    node: usize,
    id: usize,
    lowest: usize,
    /// Where its component would begin in the stack.
    base: usize,
    next: usize,
}

impl<'a> Search<'a> {
    fn new(edges: &'a [Vec<usize>]) -> Self {
        Self { edges, marks: vec![Mark::New; edges.len()], stack: Vec::new(), reached: 0, found: Vec::new() }
    }

    fn run(mut self) -> Vec<Found> {
        for start in 0..self.edges.len() {
            if self.marks[start] == Mark::New {
                self.from(start);
            }
        }
        self.found
    }

    fn from(&mut self, start: usize) {
        let mut frames = vec![self.enter(start)];
        while let Some(frame) = frames.last_mut() {
            match self.edges[frame.node].get(frame.next).copied() {
                Some(child) => {
                    frame.next += 1;
                    match self.marks[child] {
                        Mark::Open(id) => frame.lowest = frame.lowest.min(id),
                        Mark::New => frames.push(self.enter(child)),
                        Mark::Done => {}
                    }
                }
                None => {
                    let lowest = frame.lowest;
                    self.leave(frame);
                    frames.pop();
                    if let Some(parent) = frames.last_mut() {
                        parent.lowest = parent.lowest.min(lowest);
                    }
                }
            }
        }
    }

    fn enter(&mut self, node: usize) -> Frame {
        let id = self.reached;
        self.reached += 1;
        self.marks[node] = Mark::Open(id);
        let base = self.stack.len();
        self.stack.push(node);
        if self.edges[node].contains(&node) {
            self.found.push(Found::Itself(node));
        }
        Frame { node, id, lowest: id, base, next: 0 }
    }

    fn leave(&mut self, frame: &Frame) {
        if frame.id != frame.lowest {
            return;
        }
        let component = self.stack.split_off(frame.base);
        component.iter().for_each(|node| self.marks[*node] = Mark::Done);
        if component.len() > 1 {
            self.found.push(Found::Circle(component));
        }
    }
}

fn itself(config: &Config, index: usize) -> Diagnostic {
    let (name, job) = config.jobs.get_index(index).map_or(("", None), |(name, job)| (&**name, Some(job)));
    let message = format!("{MESSAGE}: self-dependency: {name}");
    let error = Diagnostic::error(Kind::Logic, "circular-needs", message).note("needs itself");
    match job.and_then(|job| job.needs.as_ref()?.jobs.iter().find(|need| &*need.job == name)) {
        Some(need) => error.at(need.span),
        None => error,
    }
}

fn circle(config: &Config, edges: &[Vec<usize>], members: &[usize]) -> Diagnostic {
    let names: Vec<String> = members.iter().map(|member| format!("{:?}", name(config, *member))).collect();
    let message = format!("{MESSAGE}: topological sort failed: [{}]", names.join(", "));
    let mut error = Diagnostic::error(Kind::Logic, "circular-needs", message);
    for (from, to) in way(edges, members).into_iter().take(MOST_LABELS) {
        let need = config
            .jobs
            .get_index(from)
            .and_then(|(_, job)| job.needs.as_ref()?.jobs.iter().find(|need| *need.job == *name(config, to)));
        let Some(need) = need else { continue };
        let text = format!("`{}` waits for `{}`", name(config, from), name(config, to));
        error = match error.span {
            None => error.at(need.span).note(text),
            Some(_) => error.label(need.span, text),
        };
    }
    error.help("Take one of these needs out.")
}

/// One circle out of jobs that all wait for one another: who waits for whom.
fn way(edges: &[Vec<usize>], members: &[usize]) -> Vec<(usize, usize)> {
    let inside: HashSet<usize> = members.iter().copied().collect();
    let mut seen = HashSet::new();
    let mut steps = Vec::new();
    let mut next = members.first().copied();
    while let Some(from) = next.filter(|from| seen.insert(*from)) {
        let to = edges
            .get(from)
            .and_then(|needs| needs.iter().copied().find(|to| *to != from && inside.contains(to)));
        steps.extend(to.map(|to| (from, to)));
        next = to;
    }
    let start = steps.iter().position(|(from, _)| Some(*from) == next).unwrap_or_default();
    steps.split_off(start)
}

fn name(config: &Config, index: usize) -> &str {
    config.jobs.get_index(index).map_or("", |(name, _)| name)
}
