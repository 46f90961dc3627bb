//! How deep `extends` goes, and whether it comes to an end.

use super::graph::Graph;

/// The most entries that may extend one another in a row (`Extendable::Entry::MAX_NESTING_LEVELS` and the first).
pub(super) const MOST_LEVELS: usize = 11;

/// The graph, walked once.
pub(super) struct Survey {
    /// All entries, parents before those that extend them, unless they form a circle.
    pub(super) order: Vec<usize>,
    /// How many entries extend one another in a row from here on, this one included. Means nothing in a circle.
    height: Vec<usize>,
    /// Whether something is wrong here or in what this extends: an unknown or unfit parent, a circle.
    broken: Vec<bool>,
    /// Circles, of which each entry is in one at most.
    pub(super) circles: Vec<Vec<usize>>,
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    New,
    Open,
    Done,
}

impl Survey {
    /// Walks without recursion: the length of a chain is the user's.
    pub(super) fn new(graph: &Graph<'_>) -> Self {
        let count = graph.entries.len();
        let mut survey = Self {
            order: Vec::with_capacity(count),
            height: vec![1; count],
            broken: graph.entries.iter().map(super::graph::Extending::is_wrong).collect(),
            circles: Vec::new(),
        };
        let mut state = vec![State::New; count];
        let mut in_circle = vec![false; count];
        for start in 0..count {
            if state[start] == State::New {
                survey.walk(graph, start, &mut state, &mut in_circle);
            }
        }
        survey
    }

    fn walk(&mut self, graph: &Graph<'_>, start: usize, state: &mut [State], in_circle: &mut [bool]) {
        let mut path = vec![(start, graph.entries[start].extending_parents())];
        state[start] = State::Open;
        while let Some((index, parents)) = path.last_mut() {
            let index = *index;
            match parents.next() {
                None => {
                    path.pop();
                    state[index] = State::Done;
                    self.order.push(index);
                    if let Some((child, _)) = path.last() {
                        self.inherit(*child, index);
                    }
                }
                Some(parent) => match state[parent] {
                    State::Done => self.inherit(index, parent),
                    State::New => {
                        state[parent] = State::Open;
                        path.push((parent, graph.entries[parent].extending_parents()));
                    }
                    State::Open => {
                        self.broken[index] = true;
                        if !in_circle[parent] && !in_circle[index] && self.circles.len() < super::MOST_ERRORS
                        {
                            let members = path.iter().map(|(member, _)| *member);
                            let circle: Vec<usize> = members.skip_while(|member| *member != parent).collect();
                            circle.iter().for_each(|member| in_circle[*member] = true);
                            self.circles.push(circle);
                        }
                    }
                },
            }
        }
    }

    fn inherit(&mut self, child: usize, parent: usize) {
        self.broken[child] |= self.broken[parent];
        self.height[child] = self.height[child].max(self.height[parent] + 1);
    }

    /// Whether GitLab finds nothing wrong when it comes to an entry from so many others.
    pub(super) fn is_fine(&self, index: usize, ancestors: usize) -> bool {
        !self.broken[index] && ancestors + self.height[index] <= MOST_LEVELS
    }

    /// Whether an entry is wrong only because of its depth.
    pub(super) fn is_only_deep(&self, index: usize) -> bool {
        !self.broken[index] && self.height[index] > MOST_LEVELS
    }
}
