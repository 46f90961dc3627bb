//! The tokens of a statement (`expression/lexer.rb` and the patterns of `expression/lexeme/*.rb`).

use super::MOST_TOKENS;
use super::error::{Problem, SyntaxError};
use super::hint;
use super::term::Operator;
use crate::matching::pattern::{self, Regex};
use std::ops::Range;
use std::sync::Arc;

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Open,
    Close,
    Not,
    Operator(Operator),
    Variable(Arc<str>),
    Input(Arc<str>),
    Text(Arc<str>),
    Regex(Arc<Regex>),
    Boolean(bool),
    Null,
}

#[derive(Clone, Debug)]
pub(super) struct Token {
    pub(super) range: Range<usize>,
    pub(super) kind: Kind,
}

/// In the server's order: the first that fits is taken.
const WORDS: &[(&str, Kind)] = &[
    ("null", Kind::Null),
    ("true", Kind::Boolean(true)),
    ("false", Kind::Boolean(false)),
    ("==", Kind::Operator(Operator::Equal)),
    ("=~", Kind::Operator(Operator::Match)),
    ("!=", Kind::Operator(Operator::NotEqual)),
    ("!~", Kind::Operator(Operator::NotMatch)),
    ("&&", Kind::Operator(Operator::And)),
    ("||", Kind::Operator(Operator::Or)),
    ("!", Kind::Not),
];

/// Splits a statement. `inputs` tells whether `$[[ inputs.name ]]` is a value.
pub(super) fn tokens(text: &str, inputs: bool) -> Result<Vec<Token>, SyntaxError> {
    let mut tokens: Vec<Token> = Vec::new();
    let mut offset = 0;
    loop {
        offset += space(&text[offset..]);
        let rest = &text[offset..];
        if rest.is_empty() {
            return Ok(tokens);
        }
        let Some((length, kind)) = next(rest, inputs, offset)? else {
            let after = tokens.last().filter(|token| token.range.end == offset);
            return Err(hint::unknown(text, offset, after, inputs));
        };
        if tokens.len() == MOST_TOKENS {
            return Err(SyntaxError::at(offset, length, Problem::TooLong).hint(hint::too_long()));
        }
        tokens.push(Token { range: offset..offset + length, kind });
        offset += length;
    }
}

/// How many bytes of white space a text begins with; Ruby's `\s`.
fn space(text: &str) -> usize {
    text.len() - text.trim_start_matches([' ', '\t', '\r', '\n', '\x0b', '\x0c']).len()
}

/// How many bytes of letters, digits and underscores a text begins with; Ruby's `\w`.
pub(super) fn word(text: &str) -> usize {
    text.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count()
}

fn next(rest: &str, inputs: bool, offset: usize) -> Result<Option<(usize, Kind)>, SyntaxError> {
    Ok(match rest.as_bytes().first() {
        Some(b'(') => Some((1, Kind::Open)),
        Some(b')') => Some((1, Kind::Close)),
        Some(b'$') => input(rest, inputs).or_else(|| variable(rest)),
        Some(b'"' | b'\'') => quoted(rest),
        Some(b'/') => regex(rest, offset)?,
        _ => keyword(rest),
    })
}

fn keyword(rest: &str) -> Option<(usize, Kind)> {
    let (word, kind) = WORDS.iter().find(|(word, kind)| {
        let ends = || !rest[word.len()..].starts_with(|next: char| next.is_alphanumeric() || next == '_');
        rest.starts_with(word) && (!matches!(kind, Kind::Boolean(_)) || ends())
    })?;
    Some((word.len(), kind.clone()))
}

fn variable(rest: &str) -> Option<(usize, Kind)> {
    let length = 1 + word(&rest[1..]);
    (length > 1).then(|| (length, Kind::Variable(rest[1..length].into())))
}

fn input(rest: &str, allowed: bool) -> Option<(usize, Kind)> {
    let inner = rest.strip_prefix("$[[").filter(|_| allowed)?;
    let inner = inner[space(inner)..].strip_prefix("inputs.")?;
    let name = &inner[..word(inner)];
    let behind = &inner[name.len()..];
    let behind = behind[space(behind)..].strip_prefix("]]")?;
    (!name.is_empty()).then(|| (rest.len() - behind.len(), Kind::Input(name.into())))
}

/// From a quote to the next of its kind on the same line; there is no escape.
fn quoted(rest: &str) -> Option<(usize, Kind)> {
    let quote = rest.chars().next()?;
    let inner = &rest[1..];
    let end = inner.find([quote, '\n'])?;
    inner[end..].starts_with(quote).then(|| (end + 2, Kind::Text(inner[..end].into())))
}

fn regex(rest: &str, offset: usize) -> Result<Option<(usize, Kind)>, SyntaxError> {
    let Some(length) = regex_length(rest) else { return Ok(None) };
    let value = rest[..length].replace(r"\/", "/");
    let broken = |problem| SyntaxError::at(offset, length, problem);
    let literal = pattern::literal(&value).ok_or_else(|| broken(Problem::UnclosedRegex))?;
    match pattern::compile(literal.body, literal.flags) {
        Ok(regex) => Ok(Some((length, Kind::Regex(Arc::new(regex))))),
        Err(error) => {
            let hint = hint::for_pattern(&error);
            Err(broken(Problem::BadRegex(error)).hint(hint))
        }
    }
}

/// How long a regular expression literal is, its flags included: what the server's
/// `\/([^\/]|\\\/)+[^\\]\/[ismU]*` takes at the start of a text. A slash ends it unless it follows a backslash or
/// stands right before another slash.
fn regex_length(rest: &str) -> Option<usize> {
    let (mut count, mut previous) = (0, '/');
    let mut characters = rest.char_indices().skip(1).peekable();
    while let Some((index, character)) = characters.next() {
        if character != '/' {
            count += 1;
            previous = character;
        } else if count > 0 && characters.peek().is_some_and(|(_, next)| *next == '/') {
            return Some(index + 2 + flags(&rest[index + 2..]));
        } else if count > 0 && previous == '\\' {
            previous = '/';
        } else {
            return (count > 1).then(|| index + 1 + flags(&rest[index + 1..]));
        }
    }
    None
}

fn flags(rest: &str) -> usize {
    rest.bytes().take_while(|byte| b"ismU".contains(byte)).count()
}
