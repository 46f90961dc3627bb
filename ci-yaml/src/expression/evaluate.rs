//! What a statement yields (`expression/lexeme/*.rb` of the server).

use super::error::Problem;
use super::term::{Node, Operator, Remembered, Term};
use super::{Lookup, Operand};
use crate::matching::pattern::{self, Regex};
use std::ops::Range;
use std::sync::Arc;

/// Where the server would raise an error.
#[derive(Debug)]
pub(super) struct Failure {
    pub(super) range: Range<usize>,
    pub(super) problem: Problem,
}

impl Term {
    pub(super) fn value(&self, lookup: &dyn Lookup) -> Result<Operand, Failure> {
        Ok(match &self.node {
            Node::Not(inner) => Operand::Boolean(inner.value(lookup)?.is_blank()),
            Node::Binary(Operator::And, sides, _) => {
                let left = sides[0].value(lookup)?;
                if left.is_truthy() { sides[1].value(lookup)? } else { left }
            }
            Node::Binary(Operator::Or, sides, _) => {
                let left = sides[0].value(lookup)?;
                if left.is_truthy() { left } else { sides[1].value(lookup)? }
            }
            Node::Binary(operator, sides, remembered) => {
                let [left, right] = [sides[0].value(lookup)?, sides[1].value(lookup)?];
                compare(*operator, &left, &right, remembered, lookup)
                    .map_err(|problem| Failure { range: self.range.clone(), problem })?
            }
            leaf => leaf.leaf(lookup),
        })
    }
}

impl Node {
    /// The value of what has no parts.
    pub(super) fn leaf(&self, lookup: &dyn Lookup) -> Operand {
        match self {
            Self::Variable(name) => lookup.variable(name).map_or(Operand::Null, Operand::Text),
            Self::Input(name) => lookup.input(name).unwrap_or(Operand::Null),
            Self::Text(text) => Operand::Text(text.clone()),
            Self::Regex(regex) => Operand::Regex(regex.clone()),
            Self::Boolean(value) => Operand::Boolean(*value),
            Self::Null | Self::Not(_) | Self::Binary(..) => Operand::Null,
        }
    }
}

/// `==`, `!=`, `=~` and `!~` of two values.
pub(super) fn compare(
    operator: Operator,
    left: &Operand,
    right: &Operand,
    remembered: &Remembered,
    lookup: &dyn Lookup,
) -> Result<Operand, Problem> {
    let holds = match operator {
        Operator::Equal => equal(left, right, operator)?,
        Operator::NotEqual => !equal(left, right, operator)?,
        Operator::Match => matches(left, right, operator, remembered, lookup)?,
        Operator::NotMatch => !matches(left, right, operator, remembered, lookup)?,
        Operator::And | Operator::Or => left.is_truthy(),
    };
    Ok(Operand::Boolean(holds))
}

fn equal(left: &Operand, right: &Operand, operator: Operator) -> Result<bool, Problem> {
    Ok(match (left, right) {
        (Operand::Regex(one), Operand::Regex(other)) => one == other,
        // The server's regular expressions ask the other side for its source, which nothing else has.
        (Operand::Regex(_), _) => return Err(Problem::RegexCompared(operator.as_str())),
        (Operand::Boolean(value), Operand::Text(text)) | (Operand::Text(text), Operand::Boolean(value)) => {
            **text == *boolean(*value)
        }
        _ => same(left, right),
    })
}

/// Ruby's `==`.
fn same(left: &Operand, right: &Operand) -> bool {
    match (left, right) {
        (Operand::Null, Operand::Null) => true,
        (Operand::Boolean(one), Operand::Boolean(other)) => one == other,
        (Operand::Integer(one), Operand::Integer(other)) => one == other,
        (Operand::Float(one), Operand::Float(other)) => one == other,
        #[expect(
            clippy::cast_precision_loss,
            reason = "a number beyond 2^53 equals no fraction written in YAML"
        )]
        (Operand::Integer(whole), Operand::Float(float))
        | (Operand::Float(float), Operand::Integer(whole)) => *whole as f64 == *float,
        (Operand::Text(one), Operand::Text(other)) => one == other,
        (Operand::List(one), Operand::List(other)) => {
            one.len() == other.len() && one.iter().zip(other.iter()).all(|(one, other)| same(one, other))
        }
        _ => false,
    }
}

fn boolean(value: bool) -> &'static str {
    if value { "true" } else { "false" }
}

/// Ruby's `to_s`. A regular expression has none that anybody could mean.
fn text(operand: &Operand) -> Option<Arc<str>> {
    Some(match operand {
        Operand::Null => "".into(),
        Operand::Boolean(value) => boolean(*value).into(),
        Operand::Text(text) => text.clone(),
        Operand::Integer(_) | Operand::Float(_) | Operand::List(_) => operand.to_string().into(),
        Operand::Regex(_) => return None,
    })
}

fn matches(
    left: &Operand,
    right: &Operand,
    operator: Operator,
    remembered: &Remembered,
    lookup: &dyn Lookup,
) -> Result<bool, Problem> {
    if !right.is_truthy() {
        return Ok(false);
    }
    let left = text(left);
    let left = left.as_deref();
    match right {
        Operand::Regex(regex) => search(regex, left, lookup),
        Operand::Text(right) => match remembered.regex(right, regex_in_text) {
            Some(regex) => search(&regex, left, lookup),
            // The server asks the right text for the left one, since it takes it for a regular expression.
            None => Ok(left.is_some_and(|left| right.contains(left))),
        },
        other => Err(Problem::NotARegex { operator: operator.as_str(), found: other.to_string() }),
    }
}

fn search(regex: &Regex, text: Option<&str>, lookup: &dyn Lookup) -> Result<bool, Problem> {
    let Some(text) = text else { return Ok(false) };
    if !lookup.afford(regex.work(text)) {
        return Err(Problem::TooMuchWork);
    }
    regex.search(text).map_err(|_| Problem::TooMuchWork)
}

/// The regular expression that a text is: `/re/flags`, on any line of it. What RE2 would refuse is plain text.
pub(super) fn regex_in_text(text: &str) -> Option<Regex> {
    let text = text.replace(r"\/", "/");
    let literal = pattern::literal(&text)?;
    pattern::compile(literal.body, literal.flags).ok()
}
