//! One alternative of a pattern, as a row of tokens.

use std::iter::Peekable;
use std::str::Chars;

/// What a part of a pattern takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// This character.
    Is(char),
    /// `?`: any character but `/`.
    One,
    /// A class. One that is negated takes `/` too, as in the library.
    Class {
        /// Whether those are meant that are not in it.
        negated: bool,
        /// First and last characters.
        ranges: Vec<(char, char)>,
    },
    /// `*`: any number of characters but `/`.
    Many,
    /// `**/`: any number of components, each with its `/`.
    Folders,
    /// `**` at the end: whatever is left.
    Everything,
}

impl Token {
    /// Whether a token that takes one character takes this one.
    pub(super) fn takes(&self, character: char) -> bool {
        match self {
            Self::Is(wanted) => *wanted == character,
            Self::One => character != '/',
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&character)) != *negated
            }
            Self::Many | Self::Folders | Self::Everything => false,
        }
    }
}

/// Reads a pattern without braces.
pub(super) fn parse(text: &str) -> Option<Vec<Token>> {
    let mut tokens = Vec::new();
    let mut rest = text.chars().peekable();
    while let Some(character) = rest.next() {
        let starts_component = matches!(tokens.last(), None | Some(Token::Is('/') | Token::Folders));
        let token = match character {
            '*' if starts_component => stars(&mut rest),
            '*' => Token::Many,
            '?' => Token::One,
            '[' => class(&mut rest)?,
            '\\' => Token::Is(rest.next()?),
            character => Token::Is(character),
        };
        // `**` says no more than `*` there, and `**/**/` no more than `**/`.
        if !matches!(
            (tokens.last(), &token),
            (Some(Token::Many), Token::Many) | (Some(Token::Folders), Token::Folders)
        ) {
            tokens.push(token);
        }
    }
    Some(tokens)
}

/// Stars at the start of a component, behind the first.
fn stars(rest: &mut Peekable<Chars<'_>>) -> Token {
    if rest.next_if_eq(&'*').is_none() {
        return Token::Many;
    }
    match rest.peek() {
        None => Token::Everything,
        Some('/') => {
            rest.next();
            Token::Folders
        }
        Some(_) => Token::Many,
    }
}

/// A class behind its bracket. It holds at least one character, so a `]` there ends nothing and is an error.
fn class(rest: &mut Peekable<Chars<'_>>) -> Option<Token> {
    let negated = rest.next_if(|c| matches!(c, '!' | '^')).is_some();
    let mut ranges = Vec::new();
    loop {
        let character = rest.next()?;
        if character == ']' {
            return (!ranges.is_empty()).then_some(Token::Class { negated, ranges });
        }
        let low = literal(character, rest)?;
        let mut ahead = rest.clone();
        let is_range = ahead.next() == Some('-') && ahead.next().is_some_and(|next| next != ']');
        let high = if is_range {
            rest.next();
            let character = rest.next()?;
            literal(character, rest)?
        } else {
            low
        };
        ranges.push((low, high));
    }
}

fn literal(character: char, rest: &mut Peekable<Chars<'_>>) -> Option<char> {
    if character == '\\' { rest.next() } else { Some(character) }
}
