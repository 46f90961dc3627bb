//! Globs as Ruby's `File.fnmatch` takes them with `FNM_PATHNAME`, `FNM_DOTMATCH` and `FNM_EXTGLOB`, which is how the
//! server matches paths in `changes` and `exists`.
//!
//! - `*` is any run without a slash, leading dots included; `?` one character but a slash; `[a-c]`, `[!a]` and `[^a]`
//!   one character of a class, never a slash, and there are no named classes; `\` takes the meaning away.
//! - `**/` at the start of a part is any number of directories, none as well. Elsewhere `**` is `*`.
//! - `{a,b}` is written out before anything else, so alternatives may hold slashes and parts of other constructs. With
//!   an opening brace that is not closed a glob matches nothing.
//!
//! Time to match grows with the length of pattern and path, not with the number of stars: only the last star is ever
//! tried again. A glob that writes out to more than [`MOST_ALTERNATIVES`] patterns is not read: it matches nothing
//! and spends all of a budget.

mod braces;
mod compile;
#[cfg(test)]
mod tests;

use compile::{Alternative, Element, Part};

/// Most patterns that the braces of one glob may stand for.
pub const MOST_ALTERNATIVES: usize = 4_096;

/// Most steps that [`Glob::matches`] takes; far beyond what a path of a file system needs.
const MOST_STEPS: u64 = 20_000_000;

/// A glob, ready to be matched.
#[derive(Clone, Debug)]
pub struct Glob {
    alternatives: Vec<Alternative>,
    too_large: bool,
}

/// How much matching is still allowed. One step is about one comparison of characters, and takes some five to ten
/// nanoseconds.
#[derive(Clone, Copy, Debug)]
pub struct Budget(u64);

impl Budget {
    /// So many steps.
    pub fn new(steps: u64) -> Self {
        Self(steps)
    }

    /// Whether it is used up.
    pub fn is_spent(self) -> bool {
        self.0 == 0
    }

    /// Uses so many steps up; whether any are left.
    pub(crate) fn spend(&mut self, steps: usize) -> bool {
        self.0 = self.0.saturating_sub(u64::try_from(steps).unwrap_or(u64::MAX));
        self.0 > 0
    }
}

impl Glob {
    /// Reads a pattern. There is no invalid one; some match nothing.
    pub fn new(pattern: &str) -> Self {
        match braces::expand(pattern) {
            Some(patterns) => {
                let alternatives = patterns.iter().filter_map(|pattern| compile::compile(pattern)).collect();
                Self { alternatives, too_large: false }
            }
            None => Self { alternatives: Vec::new(), too_large: true },
        }
    }

    /// The same, where reading it counts as well.
    pub(super) fn new_within(pattern: &str, budget: &mut Budget) -> Self {
        if budget.is_spent() {
            return Self { alternatives: Vec::new(), too_large: true };
        }
        let glob = Self::new(pattern);
        if glob.too_large {
            // Nobody could tell what it matches: whoever asks has to learn that.
            *budget = Budget::new(0);
            return glob;
        }
        // About what it takes to write out and to read what the braces stand for.
        let each = pattern.len().saturating_add(16).saturating_mul(4);
        budget.spend(glob.alternatives.len().saturating_add(1).saturating_mul(each));
        glob
    }

    /// Whether it matches a whole path. Paths are relative and have no slash at their start.
    pub fn matches(&self, path: &str) -> bool {
        self.matches_within(path, &mut Budget::new(MOST_STEPS))
    }

    /// The same, as long as the budget lasts; no match when it is spent.
    pub fn matches_within(&self, path: &str, budget: &mut Budget) -> bool {
        self.alternatives.iter().any(|alternative| alternative.matches(path, budget))
    }

    /// Whether its braces stand for more than [`MOST_ALTERNATIVES`] patterns, so that it was not read.
    pub fn is_too_large(&self) -> bool {
        self.too_large
    }
}

impl Alternative {
    fn matches(&self, path: &str, budget: &mut Budget) -> bool {
        // An empty text is in its own place, and comparing it takes the processor ten times as long as asking whether
        // it is empty.
        let begins = self.prefix.is_empty() || path.starts_with(&*self.prefix);
        if !budget.spend(1) || !begins || !(self.suffix.is_empty() || path.ends_with(&*self.suffix)) {
            return false;
        }
        let (mut part, mut start) = (0, 0);
        let mut again: Option<(usize, usize)> = None; // The part after the last `**/`, and where it was tried.
        loop {
            if let Some(Part::Directories) = self.parts.get(part) {
                part += 1;
                again = Some((part, start));
            }
            let end = path[start..].find('/').map_or(path.len(), |length| start + length);
            let elements = match self.parts.get(part) {
                Some(Part::Elements(elements)) => elements.as_slice(),
                _ => &[],
            };
            if segment(elements, &path[start..end], budget) {
                match (part + 1 >= self.parts.len(), end == path.len()) {
                    (true, true) => return true,
                    (false, false) => {
                        (part, start) = (part + 1, end + 1);
                        continue;
                    }
                    _ => {}
                }
            }
            let next = again.and_then(|(after, from)| Some((after, from + path[from..].find('/')? + 1)));
            let Some((after, from)) = next.filter(|_| budget.spend(1)) else { return false };
            again = next;
            (part, start) = (after, from);
        }
    }
}

/// Whether one part of a path, without slashes, is what the elements say.
fn segment(elements: &[Element], text: &str, budget: &mut Budget) -> bool {
    let (mut element, mut rest) = (0, text);
    let mut again: Option<(usize, &str)> = None; // What follows the last star, and where it was tried.
    loop {
        let step = match elements.get(element) {
            Some(Element::Star) if element + 1 == elements.len() => return true,
            Some(Element::Star) => {
                let from = candidate(&elements[element + 1..], rest);
                again = from.map(|from| (element + 1, from));
                from
            }
            Some(Element::Literal(literal)) => rest.strip_prefix(&**literal),
            Some(Element::Any) => after_one(rest, |_| true),
            Some(Element::Class(class)) => after_one(rest, |character| class.contains(character)),
            None if rest.is_empty() => return true,
            None => None,
        };
        if !budget.spend(1) {
            return false;
        }
        if let Some(behind) = step {
            (element, rest) = (element + 1, behind);
        } else {
            let Some((after, from)) = again else { return false };
            let next = after_one(from, |_| true).and_then(|next| candidate(&elements[after..], next));
            let Some(from) = next else { return false };
            again = Some((after, from));
            (element, rest) = (after, from);
        }
    }
}

/// The first place at or behind which the elements can match, as far as their first byte tells.
fn candidate<'t>(elements: &[Element], text: &'t str) -> Option<&'t str> {
    match elements.first() {
        Some(Element::Literal(literal)) => {
            let at = memchr::memchr(*literal.as_bytes().first()?, text.as_bytes())?;
            // A first byte is never in the middle of a character.
            text.get(at..)
        }
        _ => Some(text),
    }
}

fn after_one(text: &str, is: impl FnOnce(char) -> bool) -> Option<&str> {
    let first = text.chars().next().filter(|character| is(*character))?;
    text.get(first.len_utf8()..)
}
