//! What each part of a statement gave.

use super::evaluate;
use super::term::{Node, Operator, Term};
use super::{Lookup, Operand};
use std::ops::Range;
use std::sync::Arc;

/// What a part of a statement does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Operation {
    /// The value of this variable.
    Variable(Arc<str>),
    /// The value of this input.
    Input(Arc<str>),
    /// Text, a regular expression, `true`, `false` or `null`.
    Literal,
    /// `!`.
    Not,
    /// `==`.
    Equal,
    /// `!=`.
    NotEqual,
    /// `=~`.
    Match,
    /// `!~`.
    NotMatch,
    /// `&&`.
    And,
    /// `||`.
    Or,
}

/// A part of a statement, what it gave, and its own parts.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// Where it stands: bytes of the statement. Parentheses around it are not in it.
    pub range: Range<usize>,
    /// What it does.
    pub operation: Operation,
    /// What it gave; nothing where the server would fail, which counts as false.
    pub value: Option<Operand>,
    /// Whether it is true where it stands: not blank, or for the sides of `&&` and `||` neither null nor false.
    pub truth: bool,
    /// Whether the server gets to it: not the right side of `&&` and `||` when the left one decides.
    pub reached: bool,
    /// What it is made of.
    pub parts: Vec<Self>,
}

pub(super) fn explain(term: &Term, lookup: &dyn Lookup) -> Explanation {
    part(term, lookup, false, true)
}

fn part(term: &Term, lookup: &dyn Lookup, side: bool, reached: bool) -> Explanation {
    let (operation, parts, value) = match &term.node {
        Node::Not(inner) => {
            let inner = part(inner, lookup, false, reached);
            let value = inner.value.as_ref().map(|value| Operand::Boolean(value.is_blank()));
            (Operation::Not, vec![inner], value)
        }
        Node::Binary(operator @ (Operator::And | Operator::Or), sides, _) => {
            let left = part(&sides[0], lookup, true, reached);
            let decided = left.truth == (*operator == Operator::Or);
            let right = part(&sides[1], lookup, true, reached && !decided && left.value.is_some());
            let value =
                if decided || left.value.is_none() { left.value.clone() } else { right.value.clone() };
            let operation = if *operator == Operator::And { Operation::And } else { Operation::Or };
            (operation, vec![left, right], value)
        }
        Node::Binary(operator, sides, remembered) => {
            let [left, right] = [&sides[0], &sides[1]].map(|side| part(side, lookup, false, reached));
            let value = match (&left.value, &right.value) {
                (Some(left), Some(right)) => {
                    evaluate::compare(*operator, left, right, remembered, lookup).ok()
                }
                _ => None,
            };
            let operation = match operator {
                Operator::NotEqual => Operation::NotEqual,
                Operator::Match => Operation::Match,
                Operator::NotMatch => Operation::NotMatch,
                Operator::Equal | Operator::And | Operator::Or => Operation::Equal,
            };
            (operation, vec![left, right], value)
        }
        leaf => {
            let operation = match leaf {
                Node::Variable(name) => Operation::Variable(name.clone()),
                Node::Input(name) => Operation::Input(name.clone()),
                _ => Operation::Literal,
            };
            (operation, Vec::new(), Some(leaf.leaf(lookup)))
        }
    };
    let truth = value.as_ref().is_some_and(|value| if side { value.is_truthy() } else { !value.is_blank() });
    Explanation { range: term.range.clone(), operation, value, truth, reached, parts }
}

/// Longer values are cut in [`Explanation::reasons`]: characters.
const SHOWN: usize = 60;

impl Explanation {
    /// The part of the statement's text that this is about.
    pub fn source<'t>(&self, text: &'t str) -> &'t str {
        text.get(self.range.clone()).unwrap_or_default()
    }

    /// The smallest parts that make it true or false: comparisons and single values, through `&&`, `||` and `!`.
    pub fn deciding(&self) -> Vec<&Self> {
        let mut found = Vec::new();
        self.decide(&mut found);
        found
    }

    fn decide<'e>(&'e self, found: &mut Vec<&'e Self>) {
        match (&self.operation, self.parts.as_slice()) {
            (Operation::And | Operation::Or, [left, right]) => {
                // The left side decides alone, or lets the right one through and then only the right one counts,
                // except where it had to be true or false for that.
                let (alone, both) = match self.operation {
                    Operation::And => (!left.truth, self.truth),
                    _ => (left.truth, !self.truth),
                };
                if alone || both {
                    left.decide(found);
                }
                if !alone {
                    right.decide(found);
                }
            }
            (Operation::Not, [inner]) => inner.decide(found),
            _ => found.push(self),
        }
    }

    /// What is known of the variables and inputs in it, as fragments of a sentence: `CI_COMMIT_BRANCH is undefined`,
    /// `A is "x"`. Each once, in the order written.
    pub fn reasons(&self) -> Vec<String> {
        let mut reasons = Vec::new();
        self.collect(&mut reasons);
        reasons
    }

    fn collect(&self, reasons: &mut Vec<String>) {
        if let (Operation::Variable(name) | Operation::Input(name), Some(value)) =
            (&self.operation, &self.value)
        {
            let reason = format!("{name} is {}", fact(value));
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        self.parts.iter().for_each(|part| part.collect(reasons));
    }

    /// In one line: `$CI_COMMIT_BRANCH == "main" is false: CI_COMMIT_BRANCH is undefined`. The text is the statement's.
    pub fn sentence(&self, text: &str) -> String {
        let source = self.source(text);
        let truth = match (&self.value, self.truth) {
            (None, _) => "cannot be evaluated, which counts as false",
            (_, true) => "is true",
            (_, false) => "is false",
        };
        let mut reasons = self.reasons();
        reasons.extend(self.oddity());
        match reasons.is_empty() {
            true => format!("{source} {truth}"),
            false => format!("{source} {truth}: {}", reasons.join(", ")),
        }
    }

    /// What surprises most who read it.
    fn oddity(&self) -> Option<String> {
        let [left, right] = self.parts.as_slice() else { return None };
        match (&self.operation, &right.value) {
            (Operation::Match | Operation::NotMatch, Some(Operand::Text(text)))
                if evaluate::regex_in_text(text).is_none() =>
            {
                Some("the right side is no `/…/`, so the left text is looked for in it".to_owned())
            }
            (Operation::Or, _) if left.truth && !self.truth => {
                Some("`||` takes an empty text on its left for its result".to_owned())
            }
            _ => None,
        }
    }
}

fn fact(value: &Operand) -> String {
    match value {
        Operand::Null => "undefined".to_owned(),
        Operand::Text(text) if text.is_empty() => "empty".to_owned(),
        Operand::Text(text) if text.chars().count() > SHOWN => {
            let start: String = text.chars().take(SHOWN).collect();
            format!("{start:?}…")
        }
        other => other.to_string(),
    }
}
