//! Masks what follows a token prefix such as `glpat-`.

use super::Mark;
use super::automaton::{Automaton, ROOT};

/// Where the reader stands; nothing is ever held back.
#[derive(Default)]
pub(super) struct Token {
    /// Place in the automaton of prefixes.
    node: u32,
    /// A prefix, and then only bytes of a token, are behind us.
    live: bool,
    /// The run behind that prefix has got its replacement.
    masked: bool,
    /// How many bytes before here are masked, without a gap.
    hidden: usize,
}

impl Token {
    pub(super) fn is_outside(&self) -> bool {
        self.node == ROOT && !self.live
    }

    /// Takes the next byte with the mark it has got, and says which one it has then.
    ///
    /// A masked value inside a token does not end it. A prefix of which nothing is shown belongs to a masked value and
    /// begins nothing: what follows a masked job token is ordinary text.
    pub(super) fn push(&mut self, prefixes: &Automaton, byte: u8, mark: Mark) -> Mark {
        let shown = mark == Mark::Plain;
        self.hidden = if shown { 0 } else { self.hidden.saturating_add(1) };
        let mark = if shown && self.live { self.inside(byte) } else { mark };
        self.node = prefixes.next(self.node, byte);
        if prefixes.longest(self.node) > self.hidden {
            self.live = true;
        }
        mark
    }

    fn inside(&mut self, byte: u8) -> Mark {
        if !is_token_byte(byte) {
            (self.live, self.masked) = (false, false);
            return Mark::Plain;
        }
        if std::mem::replace(&mut self.masked, true) { Mark::Inside } else { Mark::Start }
    }
}

fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"_.=-".contains(&byte)
}
