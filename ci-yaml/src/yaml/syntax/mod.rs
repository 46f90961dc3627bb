//! YAML 1.1 as text: from characters to events, exactly as libyaml 0.2.5 reads them.
//!
//! GitLab's verdict on a file that is not quite YAML is libyaml's, down to the wording, so this follows libyaml where
//! it departs from the specification: what ends a plain scalar, when a tab is an error, which keys may be simple. Three
//! things are added: places in the whole file though a document is a part of it, text that is borrowed where it need
//! not change, and bounds, so that nothing takes more than linear time.

mod cursor;
mod parser;
mod scanner;
mod token;

pub(super) use cursor::Mark;
pub(super) use parser::{Event, EventKind, Parser, Properties};
pub(super) use token::Style;

/// Why a text is not YAML.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Fault {
    /// It breaks a rule.
    #[error(transparent)]
    Syntax(Box<SyntaxError>),
    /// It nests deeper than allowed.
    #[error("nested too deeply")]
    Depth(Mark),
}

/// A rule that a text breaks, in libyaml's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{problem}")]
pub(super) struct SyntaxError {
    /// What is wrong.
    pub(super) problem: &'static str,
    /// Where that shows.
    pub(super) at: Mark,
    /// What was being read.
    pub(super) context: Option<&'static str>,
    /// The place that Ruby names: where what was being read begins. libyaml leaves it at the very beginning for some
    /// errors.
    pub(super) context_at: Option<Mark>,
}

impl From<SyntaxError> for Fault {
    fn from(error: SyntaxError) -> Self {
        Self::Syntax(Box::new(error))
    }
}

#[cfg(test)]
mod tests;
