//! What a statement yields when only some variables are known: for telling what can never be.

use super::error::Problem;
use super::evaluate::compare;
use super::term::{Node, Operator, Term};
use super::{Expression, Lookup, Operand};
use std::sync::Arc;

/// What is known of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Knowledge {
    /// It is not defined.
    Undefined,
    /// It has this value.
    Text(Arc<str>),
    /// It has some value that is not blank.
    Defined,
    /// Nothing.
    Unknown,
}

/// What is known, and how much matching may be done (see [`Lookup::afford`]): what may not is not known.
#[derive(Clone, Copy)]
pub struct Premises<'a> {
    /// What is known of a variable.
    pub variable: &'a dyn Fn(&str) -> Knowledge,
    /// Whether so many more steps may be taken.
    pub afford: &'a dyn Fn(u64) -> bool,
}

impl Lookup for Premises<'_> {
    fn variable(&self, _: &str) -> Option<Arc<str>> {
        None
    }

    fn afford(&self, steps: u64) -> bool {
        (self.afford)(steps)
    }
}

impl Expression {
    /// Whether it holds, whatever the unknown variables are; nothing where that depends on them.
    pub fn decide(&self, known: Premises<'_>) -> Option<bool> {
        match partial(&self.root, known) {
            Partial::Value(value) => Some(!value.is_blank()),
            Partial::Defined => Some(true),
            Partial::Blank => Some(false),
            Partial::Unknown => None,
        }
    }
}

enum Partial {
    Value(Operand),
    /// Text that is not blank.
    Defined,
    /// Something blank: null, false or empty.
    Blank,
    Unknown,
}

impl Partial {
    /// Whether `&&` and `||` take it for true.
    fn is_truthy(&self) -> Option<bool> {
        match self {
            Self::Value(value) => Some(value.is_truthy()),
            Self::Defined => Some(true),
            Self::Blank | Self::Unknown => None,
        }
    }

    fn is_blank(&self) -> Option<bool> {
        match self {
            Self::Value(value) => Some(value.is_blank()),
            Self::Defined => Some(false),
            Self::Blank => Some(true),
            Self::Unknown => None,
        }
    }

    fn boolean(value: Option<bool>) -> Self {
        value.map_or(Self::Unknown, |value| Self::Value(Operand::Boolean(value)))
    }
}

/// Statements have fewer than a hundred tokens, which bounds the depth.
fn partial(term: &Term, known: Premises<'_>) -> Partial {
    match &term.node {
        Node::Variable(name) => match (known.variable)(name) {
            Knowledge::Undefined => Partial::Value(Operand::Null),
            Knowledge::Text(text) => Partial::Value(Operand::Text(text)),
            Knowledge::Defined => Partial::Defined,
            Knowledge::Unknown => Partial::Unknown,
        },
        Node::Input(_) => Partial::Unknown,
        Node::Text(text) => Partial::Value(Operand::Text(text.clone())),
        Node::Regex(regex) => Partial::Value(Operand::Regex(regex.clone())),
        Node::Boolean(value) => Partial::Value(Operand::Boolean(*value)),
        Node::Null => Partial::Value(Operand::Null),
        Node::Not(inner) => Partial::boolean(partial(inner, known).is_blank()),
        Node::Binary(Operator::And, sides, _) => {
            both(partial(&sides[0], known), || partial(&sides[1], known))
        }
        Node::Binary(Operator::Or, sides, _) => {
            either(partial(&sides[0], known), || partial(&sides[1], known))
        }
        Node::Binary(operator, sides, remembered) => {
            match (partial(&sides[0], known), partial(&sides[1], known)) {
                (Partial::Value(left), Partial::Value(right)) => {
                    match compare(*operator, &left, &right, remembered, &known) {
                        Ok(value) => Partial::Value(value),
                        Err(Problem::TooMuchWork) => Partial::Unknown,
                        Err(_) => Partial::Blank,
                    }
                }
                (left, right) => Partial::boolean(compared(*operator, &left, &right)),
            }
        }
    }
}

fn both(left: Partial, right: impl FnOnce() -> Partial) -> Partial {
    match left.is_truthy() {
        Some(true) => right(),
        Some(false) => left,
        // The left value if that is null or false, else the right one.
        None => match right().is_blank() {
            Some(true) => Partial::Blank,
            _ => Partial::Unknown,
        },
    }
}

fn either(left: Partial, right: impl FnOnce() -> Partial) -> Partial {
    match (left.is_truthy(), left) {
        (Some(true), left) => left,
        (Some(false), _) => right(),
        // An empty text would be the result, null gives way to the right value.
        (None, Partial::Blank) if right().is_blank() == Some(true) => Partial::Blank,
        (None, _) => Partial::Unknown,
    }
}

/// A comparison with one side that is only partly known.
fn compared(operator: Operator, left: &Partial, right: &Partial) -> Option<bool> {
    let null = |side: &Partial| matches!(side, Partial::Value(Operand::Null));
    let blank_text = |side: &Partial| matches!(side, Partial::Value(Operand::Text(text)) if text.is_empty());
    let differ = |defined: &Partial, other: &Partial| {
        matches!(defined, Partial::Defined) && (null(other) || blank_text(other))
    };
    match operator {
        Operator::Equal if differ(left, right) || differ(right, left) => Some(false),
        Operator::NotEqual if differ(left, right) || differ(right, left) => Some(true),
        Operator::Match if null(right) => Some(false),
        Operator::NotMatch if null(right) => Some(true),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{Knowledge, Premises};

    fn decide(text: &str) -> Option<bool> {
        decide_within(text, &|_| true)
    }

    fn decide_within(text: &str, afford: &dyn Fn(u64) -> bool) -> Option<bool> {
        let variable = |name: &str| match name {
            "UNDEFINED" => Knowledge::Undefined,
            "MAIN" => Knowledge::Text("main".into()),
            "EMPTY" => Knowledge::Text("".into()),
            "TAG" => Knowledge::Defined,
            _ => Knowledge::Unknown,
        };
        super::super::parse(text).unwrap().decide(Premises { variable: &variable, afford })
    }

    #[test]
    fn what_takes_too_long_is_not_known() {
        for (text, expected) in [
            ("$MAIN =~ /^m.*n$/", None),
            ("$MAIN !~ /^m.*n$/", None),
            ("$MAIN =~ /^m.*n$/ && $UNDEFINED", Some(false)),
            ("$MAIN == \"main\"", Some(true)),
        ] {
            assert_eq!(decide_within(text, &|_| false), expected, "{text}");
        }
        assert_eq!(decide("$MAIN =~ /^m.*n$/"), Some(true));
    }

    #[test]
    fn what_does_not_depend_on_the_unknown_is_decided() {
        for (text, expected) in [
            ("$MAIN == \"main\"", Some(true)),
            ("$TAG", Some(true)),
            ("!$TAG", Some(false)),
            ("$TAG == null", Some(false)),
            ("$TAG != \"\"", Some(true)),
            ("$TAG == \"v1\"", None),
            ("$TAG =~ /^v/", None),
            ("$TAG && $UNDEFINED", Some(false)),
            ("$ANY && $UNDEFINED", Some(false)),
            ("$ANY && $EMPTY", Some(false)),
            ("$ANY && $MAIN", None),
            ("$UNDEFINED && $ANY", Some(false)),
            ("$UNDEFINED || $ANY", None),
            ("$MAIN || $ANY", Some(true)),
            ("$EMPTY || $MAIN", Some(false)),
            ("$ANY || $MAIN", None),
            ("$ANY =~ $UNDEFINED", Some(false)),
            ("($ANY && $UNDEFINED) || $MAIN", None),
            ("($ANY && $UNDEFINED) || $UNDEFINED", Some(false)),
        ] {
            assert_eq!(decide(text), expected, "{text}");
        }
    }
}
