//! A pattern without braces, read once (`fnmatch` and `bracket` in Ruby's `dir.c`).

/// One of the patterns that a glob stands for.
#[derive(Clone, Debug)]
pub(super) struct Alternative {
    /// What every path that matches begins with.
    pub(super) prefix: Box<str>,
    /// What every path that matches ends with.
    pub(super) suffix: Box<str>,
    pub(super) parts: Vec<Part>,
}

/// What stands between two slashes of a pattern.
#[derive(Clone, Debug)]
pub(super) enum Part {
    /// `**/`.
    Directories,
    Elements(Vec<Element>),
}

#[derive(Clone, Debug)]
pub(super) enum Element {
    Literal(String),
    Any,
    Star,
    Class(Class),
}

/// A class of characters: ranges, both ends included.
#[derive(Clone, Debug, Default)]
pub(super) struct Class {
    negated: bool,
    ranges: Vec<(char, char)>,
}

impl Class {
    pub(super) fn contains(&self, character: char) -> bool {
        let behind = self.ranges.partition_point(|(low, _)| *low <= character);
        let inside = behind.checked_sub(1).and_then(|index| self.ranges.get(index));
        inside.is_some_and(|(_, high)| character <= *high) != self.negated
    }

    /// Sorts the ranges and joins those that touch, so that a search by halves finds the only one there can be.
    fn tidy(mut self) -> Self {
        self.ranges.sort_unstable();
        let mut tidy: Vec<(char, char)> = Vec::with_capacity(self.ranges.len());
        for (low, high) in self.ranges {
            match tidy.last_mut() {
                Some((_, end)) if low <= *end => *end = high.max(*end),
                _ => tidy.push((low, high)),
            }
        }
        self.ranges = tidy;
        self
    }
}

/// Reads a pattern; nothing where it can match nothing, since a bracket is not closed.
pub(super) fn compile(pattern: &str) -> Option<Alternative> {
    let (mut parts, mut rest) = (Vec::new(), Some(pattern));
    while let Some(mut part) = rest {
        let behind = part.trim_start_matches("**/");
        if behind.len() < part.len() {
            parts.push(Part::Directories);
            part = behind;
        }
        let (elements, behind) = elements(part)?;
        parts.push(Part::Elements(elements));
        rest = behind;
    }
    Some(Alternative { prefix: prefix(&parts).into(), suffix: suffix(&parts).into(), parts })
}

fn prefix(parts: &[Part]) -> String {
    let mut prefix = String::new();
    for (index, part) in parts.iter().enumerate() {
        let Part::Elements(elements) = part else { break };
        match elements.first() {
            Some(Element::Literal(literal)) => prefix.push_str(literal),
            Some(_) => break,
            None => {}
        }
        if elements.len() > 1 || index + 1 == parts.len() {
            break;
        }
        prefix.push('/');
    }
    prefix
}

fn suffix(parts: &[Part]) -> &str {
    match parts.last() {
        Some(Part::Elements(elements)) => match elements.last() {
            Some(Element::Literal(literal)) => literal,
            _ => "",
        },
        _ => "",
    }
}

/// The elements up to the next slash, and what follows that slash if there is one.
fn elements(part: &str) -> Option<(Vec<Element>, Option<&str>)> {
    let (mut elements, mut rest) = (Vec::new(), part);
    loop {
        // An escaped slash is a slash, and a backslash at the end is nothing.
        let next = rest.strip_prefix('\\').filter(|behind| behind.starts_with('/') || behind.is_empty());
        rest = next.unwrap_or(rest);
        let Some(first) = rest.chars().next() else { return Some((elements, None)) };
        let behind = &rest[first.len_utf8()..];
        match first {
            '/' => return Some((elements, Some(behind))),
            '*' => {
                if !matches!(elements.last(), Some(Element::Star)) {
                    elements.push(Element::Star);
                }
                rest = behind;
            }
            '?' => {
                elements.push(Element::Any);
                rest = behind;
            }
            '[' => {
                let (class, behind) = bracket(behind)?;
                elements.push(Element::Class(class));
                rest = behind;
            }
            _ => {
                let (character, behind) = unescaped(rest)?;
                match elements.last_mut() {
                    Some(Element::Literal(literal)) => literal.push(character),
                    _ => elements.push(Element::Literal(character.into())),
                }
                rest = behind;
            }
        }
    }
}

/// The next character, without the backslash before it, and what follows.
fn unescaped(text: &str) -> Option<(char, &str)> {
    let text = text.strip_prefix('\\').unwrap_or(text);
    let first = text.chars().next()?;
    Some((first, &text[first.len_utf8()..]))
}

/// A class, from behind its bracket, and what follows it. It may be empty, and it may hold a slash, which no character
/// of a part is. Nothing where it is not closed.
fn bracket(text: &str) -> Option<(Class, &str)> {
    let mut class = Class::default();
    let mut rest = text;
    if let Some(behind) = text.strip_prefix(['!', '^']) {
        class.negated = true;
        rest = behind;
    }
    loop {
        if let Some(behind) = rest.strip_prefix(']') {
            return Some((class.tidy(), behind));
        }
        let (low, behind) = unescaped(rest)?;
        rest = behind;
        if let Some(behind) = rest.strip_prefix('-').filter(|behind| !behind.starts_with(']')) {
            let (high, behind) = unescaped(behind)?;
            rest = behind;
            if low <= high {
                class.ranges.push((low, high));
                continue;
            }
            // A range that runs backwards is its two ends.
            class.ranges.push((high, high));
        }
        class.ranges.push((low, low));
    }
}
