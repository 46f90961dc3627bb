//! The language of `rules:if`, `workflow:rules:if`, `include:rules:if` and `only/except:variables`.
//!
//! Read as the server reads it (`lib/gitlab/ci/pipeline/expression`): tokens, tried in a fixed order, become reverse
//! Polish notation and that a tree. Variables are taken as they are, never expanded. A statement is valid if it can be
//! read and can be evaluated with no variable defined; what fails later, with other variables, counts as false.

mod doubt;
mod error;
mod evaluate;
mod explain;
mod hint;
mod known;
mod operand;
mod parse;
mod partial;
mod term;
#[cfg(test)]
mod tests;
mod token;

pub use doubt::Doubt;
pub use error::{Problem, SyntaxError};
pub use explain::{Explanation, Operation};
pub use known::Known;
pub use operand::Operand;
pub use partial::{Knowledge, Premises};

use std::fmt;
use std::sync::Arc;
use term::{Node, Term};

/// Most tokens a statement may have; the server stops at the hundredth (`Lexer::MAX_TOKENS`).
pub const MOST_TOKENS: usize = 99;

/// Where the values of variables and inputs come from.
pub trait Lookup {
    /// The value of a variable as it is, not expanded; nothing where it is not defined.
    fn variable(&self, name: &str) -> Option<Arc<str>>;

    /// The value of an input (`$[[ inputs.name ]]`), for statements read by [`parse_with_inputs`].
    fn input(&self, name: &str) -> Option<Operand> {
        let _ = name;
        None
    }

    /// Whether so many more steps of matching may be made; asked before each match of a regular expression. What may
    /// not be made counts as false, so that one evaluation can be bounded as a whole. A step takes about a nanosecond.
    fn afford(&self, steps: u64) -> bool {
        let _ = steps;
        true
    }
}

/// With no variable and no input defined.
struct Nothing;

impl Lookup for Nothing {
    fn variable(&self, _: &str) -> Option<Arc<str>> {
        None
    }
}

/// A statement that was checked. Cheap to clone; regular expressions are compiled when they are first needed, once for
/// all clones.
#[derive(Clone)]
pub struct Expression {
    text: Arc<str>,
    root: Arc<Term>,
}

/// Reads and checks a statement.
///
/// # Errors
/// Where the server says `invalid expression syntax`.
pub fn parse(text: &str) -> Result<Expression, SyntaxError> {
    read(text, false)
}

/// Reads and checks a statement of `spec:inputs:rules:if`, which may use inputs.
///
/// # Errors
/// As [`parse`].
pub fn parse_with_inputs(text: &str) -> Result<Expression, SyntaxError> {
    read(text, true)
}

fn read(text: &str, inputs: bool) -> Result<Expression, SyntaxError> {
    let tokens = token::tokens(text, inputs)?;
    let root = parse::tree(text, &tokens)?;
    if root.may_fail() {
        match root.value(&Nothing) {
            Err(failure) if failure.problem != Problem::TooMuchWork => {
                return Err(SyntaxError::from_failure(failure));
            }
            _ => {}
        }
    }
    Ok(Expression { text: text.into(), root: Arc::new(root) })
}

impl Expression {
    /// The statement as written.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether it holds. What cannot be evaluated does not.
    pub fn evaluate(&self, lookup: &dyn Lookup) -> bool {
        self.root.value(lookup).is_ok_and(|value| !value.is_blank())
    }

    /// Whether it holds, and what each part of it gave.
    pub fn explain(&self, lookup: &dyn Lookup) -> Explanation {
        explain::explain(&self.root, lookup)
    }

    /// The names of the variables it asks for, in the order written, repeated as written.
    pub fn variables(&self) -> impl Iterator<Item = &str> {
        let mut names = Vec::new();
        self.root.visit(&mut |term| {
            if let Node::Variable(name) = &term.node {
                names.push(&**name);
            }
        });
        names.into_iter()
    }

    /// The names of the inputs it asks for, in the order written, repeated as written.
    pub fn inputs(&self) -> impl Iterator<Item = &str> {
        let mut names = Vec::new();
        self.root.visit(&mut |term| {
            if let Node::Input(name) = &term.node {
                names.push(&**name);
            }
        });
        names.into_iter()
    }
}

impl fmt::Debug for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Expression").field(&self.text).finish()
    }
}

/// The same text means the same.
impl PartialEq for Expression {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}
