//! A statement as a tree.

use crate::matching::pattern::Regex;
use std::ops::Range;
use std::sync::{Arc, Mutex};

/// A part of a statement and where it stands, in bytes.
#[derive(Debug)]
pub(super) struct Term {
    pub(super) range: Range<usize>,
    pub(super) node: Node,
}

#[derive(Debug)]
pub(super) enum Node {
    Variable(Arc<str>),
    Input(Arc<str>),
    Text(Arc<str>),
    Regex(Arc<Regex>),
    Boolean(bool),
    Null,
    Not(Box<Term>),
    Binary(Operator, Box<[Term; 2]>, Remembered),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    Equal,
    NotEqual,
    Match,
    NotMatch,
    And,
    Or,
}

impl Operator {
    /// As the server has it; the smaller binds the tighter.
    pub(super) fn precedence(self) -> u8 {
        match self {
            Self::Equal | Self::NotEqual | Self::Match | Self::NotMatch => 10,
            Self::And => 11,
            Self::Or => 12,
        }
    }

    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::NotEqual => "!=",
            Self::Match => "=~",
            Self::NotMatch => "!~",
            Self::And => "&&",
            Self::Or => "||",
        }
    }
}

/// The text that was last on the right of a `=~`, and what it is as a regular expression, if it is one.
#[derive(Debug, Default)]
pub(super) struct Remembered(Mutex<Option<Last>>);

type Last = (Arc<str>, Option<Arc<Regex>>);

impl Remembered {
    /// The regular expression that a text is, made once as long as the text is the same.
    pub(super) fn regex(
        &self,
        text: &Arc<str>,
        make: impl FnOnce(&str) -> Option<Regex>,
    ) -> Option<Arc<Regex>> {
        let Ok(mut last) = self.0.lock() else { return make(text).map(Arc::new) };
        match &*last {
            Some((known, regex)) if known == text => regex.clone(),
            _ => {
                let regex = make(text).map(Arc::new);
                *last = Some((text.clone(), regex.clone()));
                regex
            }
        }
    }
}

impl Term {
    /// Whether there are values with which the server raises an error: what is on the right of a `=~` may be a boolean,
    /// or what is on the left of a `==` a regular expression.
    pub(super) fn may_fail(&self) -> bool {
        let mut fails = false;
        self.visit(&mut |term| {
            let Node::Binary(operator, sides, _) = &term.node else { return };
            fails |= match operator {
                Operator::Match | Operator::NotMatch => {
                    matches!(sides[1].node, Node::Boolean(_) | Node::Not(_) | Node::Binary(..))
                }
                Operator::Equal | Operator::NotEqual => {
                    matches!(sides[0].node, Node::Regex(_) | Node::Binary(Operator::And | Operator::Or, ..))
                }
                Operator::And | Operator::Or => false,
            };
        });
        fails
    }

    /// Calls for each part, in the order written.
    pub(super) fn visit<'t>(&'t self, call: &mut impl FnMut(&'t Self)) {
        call(self);
        match &self.node {
            Node::Not(inner) => inner.visit(call),
            Node::Binary(_, sides, _) => sides.iter().for_each(|side| side.visit(call)),
            Node::Variable(_)
            | Node::Input(_)
            | Node::Text(_)
            | Node::Regex(_)
            | Node::Boolean(_)
            | Node::Null => {}
        }
    }
}
