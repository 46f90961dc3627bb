//! What a pusher reads.

use super::policy::NO_FORCE;
use super::{Outcome, PIPELINES_OF_A_PUSH};
use crate::kernel::Created;
use pipeline::PipelineId;

/// The most that is said of one ref's configuration.
const ERRORS: usize = 10;
/// The longest line.
const LINE: usize = 500;

/// What is said, line by line. Nothing in it can steer a terminal.
#[derive(Debug, Default)]
pub(super) struct Words {
    lines: Vec<String>,
}

impl Words {
    pub(super) fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    /// Lines as git wants them on its second band, with room around them.
    pub(super) fn into_text(self) -> String {
        let mut text = String::from("\n");
        for line in self.lines {
            text.push_str(&line);
            text.push('\n');
        }
        text.push('\n');
        text
    }

    /// Adds what somebody else may have written.
    pub(super) fn say(&mut self, words: &str) {
        for line in words.lines() {
            let plain = |c: char| if c.is_control() || is_invisible(c) { ' ' } else { c };
            let mut plain: String = line.chars().take(LINE).map(plain).collect();
            if line.chars().nth(LINE).is_some() {
                plain.push('…');
            }
            self.lines.push(plain);
        }
    }

    /// What became of a ref's pipeline.
    pub(super) fn outcome(&mut self, name: &str, outcome: &Outcome, url: impl Fn(PipelineId) -> String) {
        match outcome {
            Outcome::Nothing => {}
            Outcome::Failed(message) => self.say(&format!("No pipeline was made for {name}: {message}")),
            Outcome::Created(Created::Pipeline(id)) => {
                self.say(&format!("View the pipeline for {name}:"));
                self.say(&format!("  {}", url(*id)));
            }
            Outcome::Created(Created::Skipped(id)) => {
                self.say(&format!(
                    "The pipeline for {name} was skipped, as the commit message or a push option says:"
                ));
                self.say(&format!("  {}", url(*id)));
            }
            Outcome::Created(Created::None { message }) => {
                self.say(&format!("There is no pipeline for {name}: {message}"));
            }
            Outcome::Created(Created::Invalid { pipeline, errors }) => {
                self.say(&format!(
                    "The pipeline for {name} could not be made: its configuration is not valid."
                ));
                for error in errors.iter().take(ERRORS) {
                    self.say(&format!("  {error}"));
                }
                if errors.len() > ERRORS {
                    self.say(&format!("  and {} more", errors.len() - ERRORS));
                }
                if let Some(id) = pipeline {
                    self.say(&format!("  {}", url(*id)));
                }
            }
        }
    }

    /// These branches and tags get no pipelines since others of the push had theirs.
    pub(super) fn too_many(&mut self, names: &[&str]) {
        if names.is_empty() {
            return;
        }
        let some: Vec<&str> = names.iter().take(ERRORS).copied().collect();
        let more = if names.len() > some.len() { ", …" } else { "" };
        self.say(&format!(
            "One push makes pipelines for {PIPELINES_OF_A_PUSH} branches and tags at most; none was made for {}{more}.",
            some.join(", ")
        ));
    }

    /// Why a ref was not changed.
    pub(super) fn refused(&mut self, name: &str, why: &str) {
        self.say(&format!("{name}: {why}"));
    }

    /// A ref was to be set back that must not be.
    pub(super) fn no_force(&mut self, name: &str) {
        self.refused(name, NO_FORCE);
    }
}

/// Characters that turn text around or hide it.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_in_it_steers_a_terminal() {
        let mut words = Words::default();
        let errors = vec!["\u{1b}[2J\u{202e}jobs:a\u{9b}31m config\nline two".to_owned(); 12];
        let created = Created::Invalid { pipeline: Some(PipelineId(7)), errors };
        words.outcome("ma\u{7}in", &Outcome::Created(created), |id| format!("http://ci/{id}"));
        let text = words.into_text();
        assert!(text.chars().all(|c| c == '\n' || !c.is_control()), "{text:?}");
        assert!(text.contains("jobs:a 31m config\nline two\n"), "{text}");
        assert!(text.contains("and 2 more") && text.contains("http://ci/7"));
    }

    #[test]
    fn long_lines_are_cut() {
        let mut words = Words::default();
        words.say(&"ü".repeat(1000));
        assert_eq!(words.into_text().trim().chars().count(), LINE + 1);
    }
}
