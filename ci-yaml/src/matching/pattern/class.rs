//! Classes of characters, and escapes.

use super::Dialect;
use super::error::{PatternError, Reason};
use super::unicode;

/// A class in the notation of the `regex` crate.
#[derive(Debug)]
pub(super) struct Class {
    pub(super) text: String,
    pub(super) cost: u64,
    /// What is not in it, where that is ASCII alone.
    without: Option<String>,
}

/// Any character but ASCII, byte by byte, in text that is UTF-8. The `regex` crate takes a tenth of a millisecond for each
/// class of its own that goes beyond ASCII, several times as long as for all the rest of an expression.
const BEYOND_ASCII: &str = r"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}";

impl Class {
    /// The same outside of brackets where letter case matters, quicker to make.
    pub(super) fn alone(&self) -> String {
        match &self.without {
            Some(members) => format!(r"(?-u:[\x00-\x7f--[{members}]]|{BEYOND_ASCII})"),
            None => self.text.clone(),
        }
    }

    /// Any character, with line breaks or without.
    pub(super) fn any(line_breaks: bool) -> String {
        let ascii = if line_breaks { r"[\x00-\x7f]" } else { r"[\x00-\x09\x0b-\x7f]" };
        format!("(?-u:{ascii}|{BEYOND_ASCII})")
    }
}

type Result<T> = std::result::Result<T, PatternError>;

fn error<T>(offset: usize, reason: Reason) -> Result<T> {
    Err(PatternError { offset, reason })
}

/// Writes a character as itself, inside or outside of a class.
pub(super) fn push_literal(text: &mut String, character: char) {
    if r"\.+*?()|[]{}^$#&-~".contains(character) {
        text.push('\\');
    }
    text.push(character);
}

/// `\d` and its like: what is in it, and whether it is the opposite.
fn perl(letter: u8, dialect: Dialect) -> Option<(&'static str, bool)> {
    Some(match (letter, dialect) {
        (b'd', _) => ("0-9", false),
        (b'D', _) => ("0-9", true),
        (b's', Dialect::Re2) => (r"\t\n\x0c\r\x20", false),
        (b'S', Dialect::Re2) => (r"\t\n\x0c\r\x20", true),
        (b's', Dialect::Ruby) => (r"\t\n\x0b\x0c\r\x20", false),
        (b'S', Dialect::Ruby) => (r"\t\n\x0b\x0c\r\x20", true),
        (b'w', _) => ("0-9A-Za-z_", false),
        (b'W', _) => ("0-9A-Za-z_", true),
        (b'h', Dialect::Ruby) => ("0-9A-Fa-f", false),
        (b'H', Dialect::Ruby) => ("0-9A-Fa-f", true),
        _ => return None,
    })
}

/// `[:alpha:]` and its like.
fn posix(name: &str, dialect: Dialect) -> Option<&'static str> {
    Some(match name {
        "alnum" if dialect == Dialect::Ruby => r"\p{L}\p{M}\p{Nl}\p{Nd}",
        "alpha" if dialect == Dialect::Ruby => r"\p{L}\p{M}\p{Nl}",
        "digit" if dialect == Dialect::Ruby => r"\p{Nd}",
        "lower" if dialect == Dialect::Ruby => r"\p{Ll}",
        "upper" if dialect == Dialect::Ruby => r"\p{Lu}",
        "word" if dialect == Dialect::Ruby => r"\p{L}\p{M}\p{Nl}\p{Nd}\p{Pc}",
        "alnum" => "0-9A-Za-z",
        "alpha" => "A-Za-z",
        "ascii" => r"\x00-\x7f",
        "blank" => r"\t\x20",
        "cntrl" => r"\x00-\x1f\x7f",
        "digit" => "0-9",
        "graph" => r"\x21-\x7e",
        "lower" => "a-z",
        "print" => r"\x20-\x7e",
        "punct" => r"\x21-\x2f\x3a-\x40\x5b-\x60\x7b-\x7e",
        "space" => r"\t\n\x0b\x0c\r\x20",
        "upper" => "A-Z",
        "word" => "0-9A-Za-z_",
        "xdigit" => "0-9A-Fa-f",
        _ => return None,
    })
}

fn set(members: &str, negated: bool, cost: u64) -> Class {
    let sign = if negated { "^" } else { "" };
    let is_ascii = members.is_ascii() && ![r"\p", r"\P", "[^"].iter().any(|more| members.contains(more));
    let without = (negated && is_ascii).then(|| members.to_owned());
    Class { text: format!("[{sign}{members}]"), cost: if negated { cost + 6 } else { cost }, without }
}

/// A class that begins with a backslash, and its length: `\d`, `\pN`, `\p{Greek}`. Nothing where it is no class.
pub(super) fn escaped_class(rest: &str, offset: usize, dialect: Dialect) -> Result<Option<(Class, usize)>> {
    let Some(letter) = rest.as_bytes().get(1) else { return Ok(None) };
    if let Some((members, negated)) = perl(*letter, dialect) {
        return Ok(Some((set(members, negated, 2), 2)));
    }
    if !matches!(letter, b'p' | b'P') {
        return Ok(None);
    }
    let name = &rest[2..];
    if dialect == Dialect::Ruby && !name.starts_with('{') {
        return Ok(None);
    }
    let (name, length) = match name.strip_prefix('{') {
        Some(inner) => match inner.split_once('}') {
            Some((name, _)) => (name, name.len() + 4),
            None => return error(offset, Reason::Class(rest.chars().take(20).collect())),
        },
        None => {
            let length = name.chars().next().map_or(0, char::len_utf8);
            (&name[..length], length + 2)
        }
    };
    let (name, opposite) = match name.strip_prefix('^') {
        Some(name) => (name, true),
        None => (name, false),
    };
    match unicode::members(name) {
        Some(members) => {
            Ok(Some((set(&members, opposite != (*letter == b'P'), unicode::cost(name)), length)))
        }
        None => error(offset, Reason::Class(rest[..length].to_owned())),
    }
}

/// A character that is written with a backslash, and its length.
pub(super) fn escaped_character(rest: &str, offset: usize, dialect: Dialect) -> Result<(char, usize)> {
    let mut characters = rest.chars().skip(1);
    let unknown = || {
        let found: String = rest.chars().take(2).collect();
        error(offset, Reason::Escape(found))
    };
    let Some(letter) = characters.next() else { return unknown() };
    let simple = match (letter, dialect) {
        ('a', _) => '\x07',
        ('f', _) => '\x0c',
        ('n', _) => '\n',
        ('r', _) => '\r',
        ('t', _) => '\t',
        ('v', _) => '\x0b',
        ('e', Dialect::Ruby) => '\x1b',
        ('x', _) => return hexadecimal(rest, offset),
        ('u', Dialect::Ruby) => return ruby_unicode(rest, offset),
        ('0'..='7', _) => return octal(rest, offset, dialect),
        ('8' | '9' | 'k' | 'g', Dialect::Ruby) | ('8' | '9', Dialect::Re2) => {
            return back_reference(rest, offset, dialect);
        }
        ('K' | 'G' | 'X', Dialect::Ruby) => {
            return error(offset, Reason::Unsupported(rest[..2].to_owned()));
        }
        (other, Dialect::Ruby) => other,
        (mark, Dialect::Re2) if mark.is_ascii() && !mark.is_ascii_alphanumeric() => mark,
        _ => return unknown(),
    };
    Ok((simple, 1 + letter.len_utf8()))
}

fn back_reference<T>(rest: &str, offset: usize, dialect: Dialect) -> Result<T> {
    error(offset, Reason::BackReference { reference: rest[..2].to_owned(), dialect })
}

/// `\0`, `\07`, `\123`; a single digit from 1 to 7 would be a back-reference.
fn octal(rest: &str, offset: usize, dialect: Dialect) -> Result<(char, usize)> {
    let digits = rest.bytes().skip(1).take(3).take_while(|byte| (b'0'..=b'7').contains(byte)).count();
    if digits == 1 && !rest.starts_with(r"\0") {
        return back_reference(rest, offset, dialect);
    }
    let value = u32::from_str_radix(&rest[1..=digits], 8).ok().and_then(char::from_u32);
    match value {
        Some(character) => Ok((character, digits + 1)),
        None => error(offset, Reason::Escape(rest[..=digits].to_owned())),
    }
}

/// `\x7F`, `\x{10FFFF}`.
fn hexadecimal(rest: &str, offset: usize) -> Result<(char, usize)> {
    let behind = &rest[2..];
    let (digits, length) = match behind.strip_prefix('{') {
        Some(inner) => match inner.split_once('}') {
            Some((digits, _)) => (digits, digits.len() + 4),
            None => return error(offset, Reason::Escape(r"\x{".to_owned())),
        },
        None => (behind.get(..2).unwrap_or_default(), 4),
    };
    let valid = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_hexdigit());
    // A surrogate is a number to RE2 and no character; it matches nothing in text either way.
    let value = u32::from_str_radix(digits.trim_start_matches('0'), 16)
        .or(if valid && digits.bytes().all(|byte| byte == b'0') { Ok(0) } else { Err(()) });
    match value.ok().filter(|_| valid).and_then(char::from_u32) {
        Some(character) => Ok((character, length)),
        None => error(offset, Reason::Escape(rest.chars().take(length).collect())),
    }
}

/// `\u00e9`, `\u{e9}`.
fn ruby_unicode(rest: &str, offset: usize) -> Result<(char, usize)> {
    let behind = &rest[2..];
    let (digits, length) = match behind.strip_prefix('{').and_then(|inner| inner.split_once('}')) {
        Some((digits, _)) => (digits, digits.len() + 4),
        None => (behind.get(..4).unwrap_or_default(), 6),
    };
    let value =
        u32::from_str_radix(digits, 16).ok().filter(|_| !digits.starts_with('+')).and_then(char::from_u32);
    match value {
        Some(character) => Ok((character, length)),
        None => error(offset, Reason::Escape(rest.chars().take(length).collect())),
    }
}

/// `[…]`, and its length. `last_name` is where the last `:]` of all stands: before it `[:` begins a name.
pub(super) fn bracket(
    rest: &str,
    offset: usize,
    dialect: Dialect,
    last_name: Option<usize>,
) -> Result<(Class, usize)> {
    let mut at = 1;
    let negated = rest[at..].starts_with('^');
    at += usize::from(negated);
    let mut members = String::new();
    let (mut cost, mut first) = (0_u64, true);
    loop {
        let here = &rest[at..];
        let Some(next) = here.chars().next() else { return error(offset, Reason::UnclosedClass) };
        if next == ']' && !first {
            return Ok((set(&members, negated, cost), at + 1));
        }
        first = false;
        if let Some((class, length)) = member_class(here, offset + at, dialect, last_name)? {
            members.push_str(&class.text);
            cost += class.cost;
            at += length;
            continue;
        }
        let (low, length) = member(here, offset + at, dialect)?;
        let start = at;
        at += length;
        let mut high = low;
        if rest[at..].starts_with('-') && !rest[at + 1..].starts_with(']') && rest.len() > at + 1 {
            let (end, length) = member(&rest[at + 1..], offset + at + 1, dialect)?;
            at += 1 + length;
            high = end;
            if high < low {
                return error(offset + start, Reason::Range(rest[start..at].to_owned()));
            }
        }
        push_literal(&mut members, low);
        if high != low {
            members.push('-');
            push_literal(&mut members, high);
        }
        cost += if high.is_ascii() { 1 } else { 6 };
    }
}

/// `[:alpha:]`, `\d`, `\pN` within brackets.
fn member_class(
    here: &str,
    offset: usize,
    dialect: Dialect,
    last_name: Option<usize>,
) -> Result<Option<(Class, usize)>> {
    if here.starts_with('\\') {
        return escaped_class(here, offset, dialect);
    }
    if dialect == Dialect::Ruby && here.starts_with("&&") {
        return error(offset, Reason::Unsupported("&&".to_owned()));
    }
    let inner = here.strip_prefix("[:").filter(|_| last_name.is_some_and(|last| last > offset));
    let Some((name, _)) = inner.and_then(|inner| inner.split_once(":]")) else {
        return match here.starts_with('[') && dialect == Dialect::Ruby {
            true => error(offset, Reason::Unsupported("[ within [ ]".to_owned())),
            false => Ok(None),
        };
    };
    let length = name.len() + 4;
    let (positive, negated) = match name.strip_prefix('^') {
        Some(name) => (name, true),
        None => (name, false),
    };
    match posix(positive, dialect) {
        Some(members) => Ok(Some((set(members, negated, 4), length))),
        None => error(offset, Reason::Class(here[..length].to_owned())),
    }
}

/// One character within brackets, and its length.
fn member(here: &str, offset: usize, dialect: Dialect) -> Result<(char, usize)> {
    match here.chars().next() {
        Some('\\') if dialect == Dialect::Ruby && here.starts_with(r"\b") => Ok(('\x08', 2)),
        Some('\\') => escaped_character(here, offset, dialect),
        Some(character) => Ok((character, character.len_utf8())),
        None => error(offset, Reason::UnclosedClass),
    }
}
