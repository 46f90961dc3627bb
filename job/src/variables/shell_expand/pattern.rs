//! The shell's patterns: `*`, `?`, `[…]`.

use super::ExpandError;
use super::document::Piece;

/// The most work one replacement may be: steps of matching.
const MAX_WORK: usize = 20_000_000;
/// How long a result may be.
const MAX_LENGTH: usize = 1 << 20;

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Any,
    One,
    Char(char),
    Class { negated: bool, items: Vec<(char, char)> },
}

/// A pattern that is matched against whole stretches of text.
#[derive(Clone, Debug)]
pub(super) struct Pattern {
    tokens: Vec<Token>,
}

impl Pattern {
    /// Reads a pattern of which some characters stand for themselves.
    pub(super) fn new(pieces: &[Piece]) -> Self {
        let mut tokens = Vec::new();
        let mut rest = pieces;
        while let Some((&(c, quoted), tail)) = rest.split_first() {
            rest = tail;
            tokens.push(match c {
                '*' if !quoted => Token::Any,
                '?' if !quoted => Token::One,
                '[' if !quoted => match class(tail) {
                    Some((class, length)) => {
                        rest = &tail[length..];
                        class
                    }
                    None => Token::Char('['),
                },
                c => Token::Char(c),
            });
        }
        // Stars in a row are one star.
        tokens.dedup_by(|a, b| *a == Token::Any && *b == Token::Any);
        Self { tokens }
    }

    /// The pattern for text that is written backwards.
    pub(super) fn reversed(mut self) -> Self {
        self.tokens.reverse();
        self
    }

    /// Where matches that begin at the beginning end, in ascending order.
    pub(super) fn ends(&self, text: &[char]) -> Vec<usize> {
        // The states are the tokens that may come next.
        let mut states = vec![false; self.tokens.len() + 1];
        states[0] = true;
        self.skip_stars(&mut states);
        let mut ends = Vec::new();
        for at in 0..=text.len() {
            if states[self.tokens.len()] {
                ends.push(at);
            }
            let Some(&c) = text.get(at) else { break };
            let mut next = vec![false; states.len()];
            for (index, token) in self.tokens.iter().enumerate().filter(|(index, _)| states[*index]) {
                match token {
                    Token::Any => next[index] = true,
                    Token::One => next[index + 1] = true,
                    Token::Char(own) => next[index + 1] |= *own == c,
                    Token::Class { negated, items } => {
                        next[index + 1] |=
                            items.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated;
                    }
                }
            }
            self.skip_stars(&mut next);
            states = next;
            if !states.contains(&true) {
                break;
            }
        }
        ends
    }

    /// A star may stand for nothing.
    fn skip_stars(&self, states: &mut [bool]) {
        for (index, token) in self.tokens.iter().enumerate() {
            if states[index] && *token == Token::Any {
                states[index + 1] = true;
            }
        }
    }

    /// Replaces the first match, or all, each as long as it can be.
    pub(super) fn replace(&self, text: &[char], with: &str, all: bool) -> Result<String, ExpandError> {
        if self.tokens.is_empty() {
            return Ok(text.iter().collect());
        }
        let mut result = String::new();
        let mut at = 0;
        let mut work = 0_usize;
        while at < text.len() {
            work = work.saturating_add((text.len() - at).saturating_mul(self.tokens.len()));
            if work > MAX_WORK || result.len() > MAX_LENGTH {
                return Err(ExpandError::TooLarge);
            }
            match self.ends(&text[at..]).last() {
                Some(&length) if length > 0 => {
                    result.push_str(with);
                    at += length;
                    if !all {
                        break;
                    }
                }
                _ => {
                    result.push(text[at]);
                    at += 1;
                }
            }
        }
        result.extend(&text[at..]);
        Ok(result)
    }
}

/// A bracket expression without its `[`, and how many pieces it is.
fn class(pieces: &[Piece]) -> Option<(Token, usize)> {
    let mut at = 0;
    let negated = matches!(pieces.first(), Some(('!' | '^', false)));
    at += usize::from(negated);
    let first = at;
    let mut items = Vec::new();
    loop {
        let &(c, quoted) = pieces.get(at)?;
        if c == ']' && !quoted && at > first {
            return Some((Token::Class { negated, items }, at + 1));
        }
        if c == '[' && !quoted && matches!(pieces.get(at + 1), Some((':', false))) {
            let (ranges, length) = named(&pieces[at + 2..])?;
            items.extend_from_slice(ranges);
            at += 2 + length;
            continue;
        }
        match (pieces.get(at + 1), pieces.get(at + 2)) {
            (Some(('-', false)), Some(&(high, quoted))) if quoted || high != ']' => {
                items.push((c, high));
                at += 3;
            }
            _ => {
                items.push((c, c));
                at += 1;
            }
        }
    }
}

/// A class by name, `alpha:]`, and how many pieces it is.
fn named(pieces: &[Piece]) -> Option<(&'static [(char, char)], usize)> {
    let name: String = pieces.iter().map(|(c, _)| *c).take_while(char::is_ascii_lowercase).collect();
    let length = name.len();
    if !matches!(pieces.get(length..length + 2), Some([(':', _), (']', _)])) {
        return None;
    }
    let ranges: &[(char, char)] = match name.as_str() {
        "alpha" => &[('a', 'z'), ('A', 'Z')],
        "digit" => &[('0', '9')],
        "alnum" => &[('a', 'z'), ('A', 'Z'), ('0', '9')],
        "upper" => &[('A', 'Z')],
        "lower" => &[('a', 'z')],
        "space" => &[(' ', ' '), ('\t', '\r')],
        "blank" => &[(' ', ' '), ('\t', '\t')],
        "punct" => &[('!', '/'), (':', '@'), ('[', '`'), ('{', '~')],
        "xdigit" => &[('0', '9'), ('a', 'f'), ('A', 'F')],
        "word" => &[('a', 'z'), ('A', 'Z'), ('0', '9'), ('_', '_')],
        _ => return None,
    };
    Some((ranges, length + 2))
}
