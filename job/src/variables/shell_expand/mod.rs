//! Expansion of names and paths of caches and artifacts, as a shell expands text inside double quotes.
//!
//! Parameters with defaults, substrings, suffixes, patterns and case, and arithmetic; no commands, no
//! assignments, no files. As in gitlab-runner, a variable that is empty counts as unset.

mod arithmetic;
mod document;
mod parameter;
mod pattern;

use document::Expander;

/// A text that cannot be expanded; callers take it as it stands.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ExpandError {
    /// It would have to run something.
    #[error("unexpected command substitution")]
    Command,
    /// It would have to change a variable.
    #[error("environment is read-only")]
    Assignment,
    /// `${NAME?text}` without such a variable.
    #[error("{name}: {message}")]
    Unset {
        /// The variable.
        name: String,
        /// What the text says of it.
        message: String,
    },
    /// No expansion has this form.
    #[error("{what} at offset {offset}")]
    Syntax {
        /// What is wrong.
        what: &'static str,
        /// Where, in bytes.
        offset: usize,
    },
    /// A number is divided by zero.
    #[error("division by zero")]
    DivisionByZero,
    /// Nested deeper, or longer, than any name.
    #[error("too large an expansion")]
    TooLarge,
}

/// Expands a text. `lookup` gives the value of a variable.
///
/// # Errors
/// [`ExpandError`] for what a shell would refuse, or what would have an effect.
pub fn expand(text: &str, lookup: &dyn Fn(&str) -> Option<String>) -> Result<String, ExpandError> {
    if !text.contains(['$', '`', '\\']) {
        return Ok(text.to_owned());
    }
    Expander::new(text, lookup).document()
}

#[cfg(test)]
mod tests;
