//! One component of a pattern, and whether a name matches it.

use super::PatternError;

/// One component of a pattern.
#[derive(Debug)]
pub(super) enum Segment {
    /// `**`: any number of directories, none included.
    AnyDepth,
    /// A pattern for one name.
    Name(Vec<Token>),
}

#[derive(Debug)]
pub(super) enum Token {
    /// This character.
    Is(u32),
    /// `?`
    One,
    /// `*`
    Many,
    /// `[…]`
    Class { negated: bool, ranges: Vec<(u32, u32)> },
}

/// Reads the components of a pattern without braces.
pub(super) fn parse_all(pattern: &[u8]) -> Result<Vec<Segment>, PatternError> {
    let mut segments: Vec<Segment> =
        crate::paths::components(pattern).map(parse).collect::<Result<_, _>>()?;
    // `**/**` says no more than `**`, and each one would be walked for each place in the pattern.
    segments.dedup_by(|a, b| matches!((a, b), (Segment::AnyDepth, Segment::AnyDepth)));
    if segments.len() >= usize::from(u16::MAX) {
        return Err(PatternError);
    }
    Ok(segments)
}

fn parse(text: &[u8]) -> Result<Segment, PatternError> {
    if text == b"**" {
        return Ok(Segment::AnyDepth);
    }
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(character) = take(&mut rest) {
        let token = match u8::try_from(character) {
            Ok(b'*') if matches!(tokens.last(), Some(Token::Many)) => continue,
            Ok(b'*') => Token::Many,
            Ok(b'?') => Token::One,
            Ok(b'[') => class(&mut rest)?,
            Ok(b'\\') => Token::Is(take(&mut rest).ok_or(PatternError)?),
            _ => Token::Is(character),
        };
        tokens.push(token);
    }
    Ok(Segment::Name(tokens))
}

/// Reads a class behind its opening bracket. A `]` right at the start is an error, as in doublestar.
fn class(rest: &mut &[u8]) -> Result<Token, PatternError> {
    let negated = matches!(rest.first(), Some(b'!' | b'^'));
    if negated {
        *rest = &rest[1..];
    }
    let mut ranges = Vec::new();
    loop {
        if let Some(after) = rest.strip_prefix(b"]") {
            if ranges.is_empty() {
                return Err(PatternError);
            }
            *rest = after;
            return Ok(Token::Class { negated, ranges });
        }
        let low = class_character(rest)?;
        let high = match rest {
            [b'-', next, ..] if *next != b']' => {
                *rest = &rest[1..];
                class_character(rest)?
            }
            _ => low,
        };
        ranges.push((low, high));
    }
}

fn class_character(rest: &mut &[u8]) -> Result<u32, PatternError> {
    match take(rest).ok_or(PatternError)? {
        0x5C => take(rest).ok_or(PatternError),
        character => Ok(character),
    }
}

/// Whether a name matches; linear in the name for each `*`, without recursion.
pub(super) fn matches(tokens: &[Token], name: &[u8]) -> bool {
    let mut position = 0;
    let mut rest = name;
    // Where to go on when the tokens behind the last `*` fail: that `*` takes one character more.
    let mut retry: Option<(usize, &[u8])> = None;
    loop {
        match tokens.get(position) {
            Some(Token::Many) => {
                retry = Some((position + 1, rest));
                position += 1;
                continue;
            }
            Some(token) => {
                let mut after = rest;
                if take(&mut after).is_some_and(|character| token.accepts(character)) {
                    rest = after;
                    position += 1;
                    continue;
                }
            }
            None if rest.is_empty() => return true,
            None => {}
        }
        let Some((again, from)) = retry.as_mut() else { return false };
        if take(from).is_none() {
            return false;
        }
        position = *again;
        rest = from;
    }
}

impl Token {
    fn accepts(&self, character: u32) -> bool {
        match self {
            Self::Is(wanted) => *wanted == character,
            Self::One | Self::Many => true,
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&character)) != *negated
            }
        }
    }
}

/// Takes one character: a code point, or a byte that is not UTF-8 as a value above all code points.
fn take(rest: &mut &[u8]) -> Option<u32> {
    const NOT_A_CHARACTER: u32 = 0x11_0000;
    let first = *rest.first()?;
    let width = match first {
        0xC2..=0xDF => 2,
        0xE0..=0xEF => 3,
        0xF0..=0xF4 => 4,
        _ => 1,
    };
    let (character, width) = match rest.get(..width).map(str::from_utf8) {
        Some(Ok(text)) => (text.chars().next().map_or(NOT_A_CHARACTER, u32::from), width),
        _ => (NOT_A_CHARACTER + u32::from(first), 1),
    };
    *rest = &rest[width..];
    Some(character)
}
