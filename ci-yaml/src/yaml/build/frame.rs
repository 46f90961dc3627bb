//! What is read but not yet where it belongs.

use crate::yaml::syntax::Mark;
use crate::yaml::tag::Shape;
use crate::{Diagnostic, Key, Map, Node, Span};
use std::collections::HashSet;

/// Why no node is made.
pub(super) enum Stop {
    /// It would take too much.
    Now(Box<Diagnostic>),
    /// Ruby refuses it, unless the text turns out not to be YAML.
    Later(Box<Diagnostic>),
}

impl Stop {
    pub(super) fn now(diagnostic: Diagnostic) -> Self {
        Self::Now(Box::new(diagnostic))
    }

    pub(super) fn later(diagnostic: Diagnostic) -> Self {
        Self::Later(Box::new(diagnostic))
    }
}

/// A node that was read.
pub(super) struct Built {
    pub(super) node: Node,
    /// How many collections nest in it.
    pub(super) height: usize,
    pub(super) origin: Origin,
}

/// What was written, on which it depends whether `<<` merges it.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Origin {
    /// A scalar; whether it is a string that is never a merge key.
    Scalar {
        only_text: bool,
    },
    Sequence,
    Mapping,
    Alias,
    /// An alias of a collection that is not complete: the number of its frame.
    Open(usize),
}

/// What a name stands for.
pub(super) enum Anchored {
    Node { node: Node, height: usize },
    Open(usize),
}

/// A collection that is being read.
pub(super) struct Frame<'a> {
    pub(super) content: Content,
    pub(super) shape: Shape,
    pub(super) anchor: Option<&'a str>,
    pub(super) start: Mark,
    pub(super) end: Mark,
    /// The height of the highest of what is in it.
    pub(super) height: usize,
}

pub(super) enum Content {
    Seq(Vec<Node>),
    Map {
        map: Map,
        /// The key whose value comes next.
        key: Option<PendingKey>,
        /// The keys that are only there through `<<`, which may be given again.
        merged: HashSet<Key>,
    },
}

pub(super) struct PendingKey {
    pub(super) key: Key,
    pub(super) span: Span,
    pub(super) merges: bool,
}
