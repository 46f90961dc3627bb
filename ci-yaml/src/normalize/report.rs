//! Collects logical errors, one for each place.

use crate::config::Job;
use crate::{Diagnostic, Label, Span};
use std::collections::HashMap;
use std::sync::Arc;

/// Errors after this many are not collected: nobody reads them, and a file can hold very many.
const MOST_ERRORS: usize = 100;

/// How many jobs are named that have the same error from the same place.
const MOST_NAMES: usize = 3;

/// How many places one error shows beside its own.
const MOST_LABELS: usize = 8;

/// The errors so far.
///
/// One wrong line can be in many jobs: in all instances of a parallel job, and in all that extend the entry where it
/// stands. GitLab names the first of them; the others are counted.
pub(super) struct Report {
    found: Vec<Diagnostic>,
    places: HashMap<(Span, &'static str), Place>,
}

struct Place {
    /// Which diagnostic it is; nothing where there were too many already.
    index: Option<usize>,
    /// The last job that had it, by the name it is configured under.
    last: Arc<str>,
    /// Some of the others.
    names: Vec<Arc<str>>,
    others: usize,
}

impl Report {
    /// Errors that were found before come first.
    pub(super) fn new(found: Vec<Diagnostic>) -> Self {
        Self { found, places: HashMap::new() }
    }

    /// Whether nothing was found so far: the next error is the one that GitLab stops at.
    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// An error of a job at a place; it is only made where it is the first of its kind there.
    pub(super) fn error(
        &mut self,
        job: &Job,
        span: Span,
        rule: &'static str,
        make: impl FnOnce() -> Diagnostic,
    ) {
        let name = job.instance.as_ref().map_or(&job.name, |instance| &instance.base);
        if let Some(place) = self.places.get_mut(&(span, rule)) {
            place.again(name);
            return;
        }
        let index = (self.found.len() < MOST_ERRORS).then(|| self.add(make().at(span), span));
        let place = Place { index, last: Arc::clone(name), names: Vec::new(), others: 0 };
        self.places.insert((span, rule), place);
    }

    /// Adds an error, or only its place to one that says the same. Returns which one it is now.
    fn add(&mut self, diagnostic: Diagnostic, span: Span) -> usize {
        let same = self.found.iter_mut().enumerate().find(|(_, known)| known.message == diagnostic.message);
        if let Some((index, known)) = same {
            if known.labels.len() < MOST_LABELS {
                known.labels.push(Label { span, text: "and here".into() });
            }
            return index;
        }
        self.found.push(diagnostic);
        self.found.len() - 1
    }

    /// An error that belongs to several jobs.
    pub(super) fn push(&mut self, diagnostic: Diagnostic) {
        if self.found.len() < MOST_ERRORS {
            self.found.push(diagnostic);
        }
    }

    /// All errors, with the jobs named that share one.
    pub(super) fn finish(mut self) -> Vec<Diagnostic> {
        for place in self.places.into_values().filter(|place| place.others > 0) {
            if let Some(diagnostic) = place.index.and_then(|index| self.found.get_mut(index)) {
                let names = place.names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
                diagnostic.help.push(match place.others.saturating_sub(place.names.len()) {
                    0 => format!("It is the same in {names}."),
                    more => format!("It is the same in {names} and {more} more."),
                });
            }
        }
        self.found
    }
}

impl Place {
    fn again(&mut self, name: &Arc<str>) {
        if *name == self.last {
            return;
        }
        self.last = Arc::clone(name);
        self.others += 1;
        if self.names.len() < MOST_NAMES {
            self.names.push(Arc::clone(name));
        }
    }
}
