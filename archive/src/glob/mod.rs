//! Doublestar patterns on bytes, as GitLab Runner uses them for `artifacts:paths`, `artifacts:exclude` and
//! `cache:paths`.
//!
//! A pattern is compiled to a literal base and a small automaton over path components, so a tree is walked once however
//! many `**` a pattern has, and no pattern costs more than its length times that of the name.
//!
//! Rules: `*` and `?` stay within a component; `**` as a whole component is zero or more directories, and like `*` if
//! glued to other characters; `[abc]`, `[a-z]`, `[^x]`, `[!x]`; `{a,b}`, nested too; a backslash takes the next
//! character literally. Dot files are like any other.

mod braces;
mod segment;

use segment::Segment;

/// A pattern that cannot be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("syntax error in pattern")]
pub(crate) struct PatternError;

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct Glob {
    base: Vec<u8>,
    alternatives: Vec<Vec<Segment>>,
}

/// How far a path has come through the pattern: places reached, as alternative and segment.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Progress(Vec<(u16, u16)>);

impl Progress {
    /// Whether nothing below this path can match any more.
    pub(crate) fn is_dead(&self) -> bool {
        self.0.is_empty()
    }
}

impl Glob {
    /// Compiles a cleaned pattern relative to the project; the empty pattern is the project itself.
    pub(crate) fn parse(pattern: &[u8]) -> Result<Self, PatternError> {
        let literal = literal_prefix(pattern);
        let base = pattern[..literal].strip_suffix(b"/").unwrap_or(&pattern[..literal]).to_vec();
        let alternatives = braces::expand(&pattern[literal..])?
            .iter()
            .map(|text| segment::parse_all(text))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Self { base, alternatives })
    }

    /// The components before the first one with a wildcard: the only part in which symbolic links are followed.
    pub(crate) fn base(&self) -> &[u8] {
        &self.base
    }

    /// Whether the pattern is a plain path.
    pub(crate) fn is_literal(&self) -> bool {
        self.alternatives.iter().all(Vec::is_empty)
    }

    /// The state at the base.
    pub(crate) fn start(&self) -> Progress {
        let mut reached = Vec::with_capacity(self.alternatives.len());
        for alternative in 0..self.alternatives.len() {
            self.reach(alternative as u16, 0, &mut reached);
        }
        Progress(reached)
    }

    /// The state one component further.
    pub(crate) fn step(&self, from: &Progress, name: &[u8]) -> Progress {
        let mut reached = Vec::new();
        for &(alternative, position) in &from.0 {
            match self.alternatives[usize::from(alternative)].get(usize::from(position)) {
                None => {}
                Some(Segment::AnyDepth) => self.reach(alternative, position, &mut reached),
                Some(Segment::Name(tokens)) if segment::matches(tokens, name) => {
                    self.reach(alternative, position + 1, &mut reached);
                }
                Some(Segment::Name(_)) => {}
            }
        }
        reached.sort_unstable();
        reached.dedup();
        Progress(reached)
    }

    /// Whether a path that has come this far matches as a whole.
    pub(crate) fn accepts(&self, progress: &Progress) -> bool {
        progress.0.iter().any(|&(alternative, position)| {
            usize::from(position) == self.alternatives[usize::from(alternative)].len()
        })
    }

    /// Whether a whole relative path matches; the project itself is the empty path, to patterns `.`.
    pub(crate) fn matches(&self, path: &[u8]) -> bool {
        let rest = if self.base.is_empty() {
            path
        } else {
            match path.strip_prefix(self.base.as_slice()) {
                Some([]) => &[],
                Some([b'/', rest @ ..]) => rest,
                _ => return false,
            }
        };
        let start = self.start();
        if path.is_empty() {
            return self.accepts(&start) || self.accepts(&self.step(&start, b"."));
        }
        let mut progress = start;
        for name in crate::paths::components(rest) {
            progress = self.step(&progress, name);
            if progress.is_dead() {
                return false;
            }
        }
        self.accepts(&progress)
    }

    /// Adds a place and those that zero directories for `**` lead to.
    fn reach(&self, alternative: u16, mut position: u16, reached: &mut Vec<(u16, u16)>) {
        reached.push((alternative, position));
        let segments = &self.alternatives[usize::from(alternative)];
        while let Some(Segment::AnyDepth) = segments.get(usize::from(position)) {
            position += 1;
            reached.push((alternative, position));
        }
    }
}

/// The length of the part before the first component with a special character.
fn literal_prefix(pattern: &[u8]) -> usize {
    match pattern.iter().position(|byte| b"*?[{\\".contains(byte)) {
        None => pattern.len(),
        Some(special) => {
            pattern[..special].iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1)
        }
    }
}

#[cfg(test)]
mod tests;
