//! Exclude rules, and how often each hit.

use std::path::Path;

use super::Note;
use crate::glob::Glob;
use crate::paths;

/// The exclude rules of one selection.
#[derive(Debug)]
pub(super) struct Excludes {
    rules: Vec<Rule>,
    /// Told once an entry is tested, as GitLab Runner does, but once instead of for every entry.
    pending: Vec<Note>,
}

#[derive(Debug)]
struct Rule {
    text: String,
    glob: Glob,
    visits: u64,
}

impl Excludes {
    /// Compiles the rules. One that is outside the project or not valid is told and left out; the others stay in force
    /// (GitLab Runner ignores all rules behind one that is outside, which uploads what was meant to be kept back).
    pub(super) fn new(project: &Path, texts: &[String]) -> Self {
        let mut this = Self { rules: Vec::new(), pending: Vec::new() };
        for text in texts {
            let Some(pattern) = paths::inside(project, text.as_bytes()) else {
                this.pending.push(Note::ExcludeOutside { rule: text.clone() });
                continue;
            };
            match Glob::parse(&pattern) {
                Ok(glob) => this.rules.push(Rule { text: text.clone(), glob, visits: 0 }),
                Err(_) => this.pending.push(Note::BadExclude { rule: text.clone() }),
            }
        }
        this
    }

    /// Whether a rule takes this path away; the first that does counts the visits.
    pub(super) fn take(&mut self, path: &[u8], visits: u64, notes: &mut Vec<Note>) -> bool {
        notes.append(&mut self.pending);
        match self.rules.iter_mut().find(|rule| rule.glob.matches(path)) {
            Some(rule) => {
                rule.visits += visits;
                true
            }
            None => false,
        }
    }

    /// What the rules took, each that hit.
    pub(super) fn into_notes(self) -> impl Iterator<Item = Note> {
        self.rules
            .into_iter()
            .filter(|rule| rule.visits > 0)
            .map(|rule| Note::Excluded { rule: rule.text, count: rule.visits })
    }
}
