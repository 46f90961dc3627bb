//! Patterns as version 4 of the library `doublestar` matches them, against whole texts.
//!
//! `/` is the only separator. `*` and `?` stay within a component; `**` is any number of components where
//! it is a whole one, else like `*`; `[abc]`, `[a-z]`, `[^x]`, `[!x]`; `{a,b}`, nested too; a backslash takes the
//! next character as it is. `a/**` matches `a` as well.
//!
//! A pattern is a set of alternatives without braces, each a row of tokens. The places reached in a row are
//! carried along the text, so the time is at most the product of both lengths for each alternative.

mod braces;
mod tokens;

use tokens::Token;

/// Whether a text can be read as a pattern.
pub fn is_pattern(pattern: &str) -> bool {
    parse(pattern).is_some()
}

/// Whether a pattern matches a whole text.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    parse(pattern).is_some_and(|rows| rows.iter().any(|row| row_matches(row, text)))
}

fn parse(pattern: &str) -> Option<Vec<Vec<Token>>> {
    braces::expand(pattern)?.iter().map(|text| tokens::parse(text)).collect()
}

/// Places in a row: before each token and behind the last, and inside a component that a `**/` takes.
struct Places {
    before: Vec<bool>,
    inside: Vec<bool>,
}

impl Places {
    fn none(row: &[Token]) -> Self {
        Self { before: vec![false; row.len() + 1], inside: vec![false; row.len()] }
    }

    /// Reaches a place, and those behind tokens that may match nothing.
    fn reach(&mut self, row: &[Token], mut at: usize) {
        loop {
            self.before[at] = true;
            match row.get(at) {
                Some(Token::Many | Token::Folders | Token::Everything) => at += 1,
                _ => return,
            }
        }
    }
}

fn row_matches(row: &[Token], text: &str) -> bool {
    let mut places = Places::none(row);
    places.reach(row, 0);
    for character in text.chars() {
        let mut next = Places::none(row);
        for (at, token) in row.iter().enumerate() {
            let (before, inside) = (places.before[at], places.inside[at]);
            match token {
                Token::Folders if (before || inside) && character == '/' => next.reach(row, at),
                Token::Folders => next.inside[at] |= before || inside,
                Token::Everything if before => next.reach(row, at),
                Token::Many if before && character != '/' => next.reach(row, at),
                token if before && token.takes(character) => next.reach(row, at + 1),
                _ => {}
            }
        }
        places = next;
    }
    let ends_there = |at: &usize| {
        matches!(row.get(*at..), Some([] | [Token::Is('/'), Token::Everything | Token::Folders]))
    };
    (0..=row.len()).filter(|at| places.before[*at]).any(|at| ends_there(&at))
}

#[cfg(test)]
mod tests;
