//! Aho–Corasick over byte strings, laid out for few bytes a node.
//!
//! Finds, at every position of a text, the longest pattern that ends there, in time linear in the text whatever the
//! patterns are. A node's first child is the next node, so that the long unbranched tails that secrets make cost no
//! pointers; the other children live in one hash table.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// The node of the empty prefix.
pub(super) const ROOT: u32 = 0;

/// Set in `Automaton::depth` when the next node is a child of this one.
const CHAIN: u32 = 1 << 31;
/// Set in `Automaton::depth` when some children are in the hash table.
const FORK: u32 = 1 << 30;
const DEPTH: u32 = FORK - 1;

/// A set of patterns, ready to be searched for.
pub(super) struct Automaton {
    root: Box<[u32; 256]>,
    /// The byte that leads into the node.
    label: Vec<u8>,
    /// Length of the prefix that the node stands for, with the `CHAIN` and `FORK` bits.
    depth: Vec<u32>,
    /// The node of the longest proper suffix that is a prefix of some pattern.
    fail: Vec<u32>,
    /// Length of the longest pattern that ends at the node; 0: none.
    longest: Vec<u32>,
    forks: HashMap<u64, u32, BuildHasherDefault<Mix>>,
}

impl Automaton {
    pub(super) fn next(&self, mut node: u32, byte: u8) -> u32 {
        loop {
            if node == ROOT {
                return self.root[usize::from(byte)];
            }
            if let Some(child) = self.child(node, byte) {
                return child;
            }
            node = self.fail[node as usize];
        }
    }

    /// The node to go on from: where no pattern goes on behind `node`, that of its longest suffix where one does.
    pub(super) fn settle(&self, mut node: u32) -> u32 {
        while node != ROOT && self.depth[node as usize] & (CHAIN | FORK) == 0 {
            node = self.fail[node as usize];
        }
        node
    }

    /// How many of the last bytes may yet begin (or be) a pattern.
    pub(super) fn depth(&self, node: u32) -> usize {
        (self.depth[node as usize] & DEPTH) as usize
    }

    /// Length of the longest pattern that ends here; 0: none.
    pub(super) fn longest(&self, node: u32) -> usize {
        self.longest[node as usize] as usize
    }

    fn child(&self, node: u32, byte: u8) -> Option<u32> {
        let bits = self.depth[node as usize];
        if bits & CHAIN != 0 && self.label[node as usize + 1] == byte {
            return Some(node + 1);
        }
        if bits & FORK != 0 { self.forks.get(&edge(node, byte)).copied() } else { None }
    }
}

/// Collects patterns; [`Builder::build`] links them.
pub(super) struct Builder {
    automaton: Automaton,
    parent: Vec<u32>,
}

impl Builder {
    pub(super) fn new() -> Self {
        let automaton = Automaton {
            root: Box::new([ROOT; 256]),
            label: vec![0],
            depth: vec![0],
            fail: vec![ROOT],
            longest: vec![0],
            forks: HashMap::default(),
        };
        Self { automaton, parent: vec![ROOT] }
    }

    /// Adds a pattern; an empty one and one added before change nothing.
    pub(super) fn add(&mut self, pattern: &[u8]) {
        let mut node = ROOT;
        for &byte in pattern {
            node = match self.known_child(node, byte) {
                Some(child) => child,
                None => self.grow(node, byte),
            };
        }
        self.automaton.longest[node as usize] = self.automaton.depth[node as usize] & DEPTH;
    }

    pub(super) fn build(mut self) -> Automaton {
        for node in self.by_depth() {
            let parent = self.parent[node as usize];
            let fail = match parent {
                ROOT => ROOT,
                _ => {
                    let byte = self.automaton.label[node as usize];
                    self.automaton.next(self.automaton.fail[parent as usize], byte)
                }
            };
            self.automaton.fail[node as usize] = fail;
            if self.automaton.longest[node as usize] == 0 {
                self.automaton.longest[node as usize] = self.automaton.longest[fail as usize];
            }
        }
        self.automaton
    }

    fn known_child(&self, node: u32, byte: u8) -> Option<u32> {
        match node {
            ROOT => Some(self.automaton.root[usize::from(byte)]).filter(|&child| child != ROOT),
            _ => self.automaton.child(node, byte),
        }
    }

    fn grow(&mut self, parent: u32, byte: u8) -> u32 {
        let automaton = &mut self.automaton;
        // The set's size is bounded far below 2^30 bytes before anything is added here.
        let node = automaton.label.len() as u32;
        let above = automaton.depth[parent as usize];
        automaton.label.push(byte);
        automaton.depth.push((above & DEPTH) + 1);
        automaton.fail.push(ROOT);
        automaton.longest.push(0);
        self.parent.push(parent);
        if parent == ROOT {
            automaton.root[usize::from(byte)] = node;
        } else if parent + 1 == node {
            automaton.depth[parent as usize] |= CHAIN;
        } else {
            automaton.depth[parent as usize] |= FORK;
            automaton.forks.insert(edge(parent, byte), node);
        }
        node
    }

    /// All nodes but the root, shallow ones first: a node's links need those of its parent.
    fn by_depth(&self) -> Vec<u32> {
        let mut nodes: Vec<u32> = (1..self.automaton.label.len() as u32).collect();
        nodes.sort_by_key(|&node| self.automaton.depth(node));
        nodes
    }
}

fn edge(node: u32, byte: u8) -> u64 {
    u64::from(node) << 8 | u64::from(byte)
}

/// One multiplication: the keys are small numbers that nobody chooses to collide.
#[derive(Default)]
struct Mix(u64);

impl Hasher for Mix {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &byte in bytes {
            self.write_u64(self.0 ^ u64::from(byte));
        }
    }

    fn write_u64(&mut self, key: u64) {
        let wide = key.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = wide ^ wide >> 32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn automaton(patterns: &[Vec<u8>]) -> Automaton {
        let mut builder = Builder::new();
        patterns.iter().for_each(|pattern| builder.add(pattern));
        builder.build()
    }

    proptest! {
        #[test]
        fn finds_the_longest_pattern_at_every_end(
            patterns in proptest::collection::vec("[ab]{1,6}|[a-d]{1,4}", 1..8),
            text in "[abcd]{0,60}",
        ) {
            let patterns: Vec<Vec<u8>> = patterns.into_iter().map(String::into_bytes).collect();
            let automaton = automaton(&patterns);
            let mut node = ROOT;
            for (at, &byte) in text.as_bytes().iter().enumerate() {
                node = automaton.next(node, byte);
                let seen = &text.as_bytes()[..=at];
                let longest = patterns.iter().filter(|p| seen.ends_with(p)).map(Vec::len).max().unwrap_or(0);
                prop_assert_eq!(automaton.longest(node), longest);
                let prefix = (0..=seen.len())
                    .rev()
                    .find(|&n| patterns.iter().any(|p| p.starts_with(&seen[seen.len() - n..])));
                prop_assert_eq!(Some(automaton.depth(node)), prefix);
            }
        }
    }
}
