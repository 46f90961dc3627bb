//! Collects the errors of one configuration in GitLab's words.

use super::memory::Memory;
use crate::{Diagnostic, Kind, Span};
use std::cell::{RefCell, RefMut};
use std::rc::Rc;

/// Where in the configuration the validation is, and what it found so far.
///
/// Messages read `<path> <text>`: the path is the keys from the root joined by colons, the text begins with the
/// attribute's name or `config`. Structural messages are lower-cased as a whole, names of users included
/// (`Gitlab::Config::Entry::Validator#location` and `Node#errors`).
#[derive(Debug)]
pub(crate) struct Report<'a> {
    diagnostics: &'a mut Vec<Diagnostic>,
    kind: Kind,
    path: String,
    memory: Rc<RefCell<Memory>>,
}

impl<'a> Report<'a> {
    /// At the root of a configuration (`Structure`) or of an `include` (`Include`).
    pub(crate) fn new(diagnostics: &'a mut Vec<Diagnostic>, kind: Kind) -> Self {
        Self { diagnostics, kind, path: String::new(), memory: Rc::default() }
    }

    /// Goes one key deeper for the time that the returned report lives.
    pub(crate) fn within(&mut self, key: &str) -> Report<'_> {
        let path = if self.path.is_empty() { key.to_owned() } else { format!("{}:{key}", self.path) };
        self.at(path)
    }

    /// Starts over with this path: some entries of GitLab have none, or another than one would expect.
    pub(crate) fn rooted(&mut self, path: &str) -> Report<'_> {
        self.at(path.to_owned())
    }

    fn at(&mut self, path: String) -> Report<'_> {
        Report { diagnostics: self.diagnostics, kind: self.kind, path, memory: self.memory.clone() }
    }

    /// What was read before, to be asked before something is read again.
    pub(crate) fn memory(&self) -> RefMut<'_, Memory> {
        self.memory.borrow_mut()
    }

    /// The keys so far, joined by colons.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// How many diagnostics there are: to learn whether something was found since.
    pub(crate) fn count(&self) -> usize {
        self.diagnostics.len()
    }

    /// Whether an error was found since there were so many diagnostics.
    pub(crate) fn failed_since(&self, count: usize) -> bool {
        self.diagnostics.iter().skip(count).any(Diagnostic::is_error)
    }

    /// Says of all errors since then that GitLab would only tell of them once those before are mended.
    pub(crate) fn mark_later(&mut self, count: usize) {
        for diagnostic in self.diagnostics.iter_mut().skip(count).filter(|found| found.is_error()) {
            diagnostic.later = true;
        }
    }

    /// Moves what was found since `from` to where the list was `to` long: GitLab lists what an entry says of itself
    /// before what its keywords say, also where the first needs the second.
    pub(crate) fn move_up(&mut self, from: usize, to: usize) {
        if let Some(found) = self.diagnostics.get_mut(to..) {
            let moved = found.len().saturating_sub(from.saturating_sub(to));
            found.rotate_right(moved);
        }
    }

    /// Adds what was found elsewhere.
    pub(crate) fn extend(&mut self, found: impl IntoIterator<Item = Diagnostic>) {
        self.diagnostics.extend(found);
    }

    /// An error at a place: `text` begins with `config` or an attribute's name with spaces for underscores. The whole
    /// message is lower-cased. Returns it for notes and help.
    pub(crate) fn error(&mut self, span: Span, rule: &'static str, text: impl AsRef<str>) -> &mut Diagnostic {
        let message = self.located(text.as_ref()).to_lowercase();
        self.push(Diagnostic::error(self.kind, rule, message).at(span))
    }

    /// As [`Report::error`], with its case kept: the messages of polymorphic entries.
    pub(crate) fn error_as_is(
        &mut self,
        span: Span,
        rule: &'static str,
        text: impl AsRef<str>,
    ) -> &mut Diagnostic {
        let message = self.located(text.as_ref());
        self.push(Diagnostic::error(self.kind, rule, message).at(span))
    }

    /// Adds a diagnostic that was made elsewhere.
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) -> &mut Diagnostic {
        let index = self.diagnostics.len();
        self.diagnostics.push(diagnostic);
        &mut self.diagnostics[index]
    }

    /// What was added last, for notes and help on it.
    pub(crate) fn last(&mut self) -> Option<&mut Diagnostic> {
        self.diagnostics.last_mut()
    }

    fn located(&self, text: &str) -> String {
        if self.path.is_empty() { text.to_owned() } else { format!("{} {text}", self.path) }
    }
}
