//! Finds masked values, holding back what may be the beginning of one.

use std::collections::VecDeque;
use std::ops::Range;

use super::Mark;
use super::automaton::{Automaton, ROOT};

/// Where the reader stands.
///
/// Every occurrence of every phrase is found, overlapping ones too; occurrences that share a byte are one group, and get
/// one replacement. So of `abcd` and `cdef` in `abcdef` nothing remains, which a leftmost match would not give.
#[derive(Default)]
pub(super) struct Phrase {
    node: u32,
    /// The bytes that are not decided, at most as many as the longest phrase has.
    held: VecDeque<u8>,
    /// Position of the first of them.
    base: u64,
    /// Groups that end behind `base`, in order and apart; only the first may begin before it.
    groups: VecDeque<Range<u64>>,
}

impl Phrase {
    pub(super) fn is_outside(&self) -> bool {
        self.node == ROOT
    }

    /// Takes the next byte and gives each byte that is decided by it to `give`.
    pub(super) fn push(&mut self, phrases: &Automaton, byte: u8, give: impl FnMut(u8, Mark)) {
        self.held.push_back(byte);
        self.node = phrases.next(self.node, byte);
        let length = phrases.longest(self.node);
        if length > 0 {
            self.join(length);
            self.node = phrases.settle(self.node);
        }
        self.release(phrases.depth(self.node), give);
    }

    /// Nothing follows: gives all that is left.
    pub(super) fn close(&mut self, give: impl FnMut(u8, Mark)) {
        self.release(0, give);
        self.node = ROOT;
    }

    fn join(&mut self, length: usize) {
        let end = self.base + self.held.len() as u64;
        let mut start = end - length as u64;
        while let Some(last) = self.groups.pop_back_if(|last| last.end > start) {
            start = start.min(last.start);
        }
        self.groups.push_back(start..end);
    }

    /// Gives all but the last `keep` bytes: a later occurrence begins among those.
    fn release(&mut self, keep: usize, mut give: impl FnMut(u8, Mark)) {
        while self.held.len() > keep
            && let Some(byte) = self.held.pop_front()
        {
            let at = self.base;
            self.base += 1;
            while self.groups.pop_front_if(|first| first.end <= at).is_some() {}
            give(
                byte,
                match self.groups.front() {
                    Some(group) if group.start == at => Mark::Start,
                    Some(group) if group.start < at => Mark::Inside,
                    _ => Mark::Plain,
                },
            );
        }
        if self.held.is_empty() {
            self.groups.clear();
        }
    }
}
