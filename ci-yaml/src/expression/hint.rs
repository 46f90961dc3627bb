//! How to mend a statement that is none.

use super::error::{Problem, SyntaxError};
use super::evaluate::Failure;
use super::token::{Kind, Token, word};
use crate::matching::pattern::{PatternError, Reason};

/// What no token begins with, at a place; `after` is the token right before it, without space between.
pub(super) fn unknown(text: &str, offset: usize, after: Option<&Token>, inputs: bool) -> SyntaxError {
    let rest = &text[offset..];
    let first = rest.chars().next().unwrap_or(' ');
    let found = match word(rest) {
        0 => first.to_string(),
        length => rest[..length].to_owned(),
    };
    let error = |problem, length| SyntaxError::at(offset, length, problem);
    let plain = |found: String| {
        let length = found.len();
        error(Problem::Unknown(found), length)
    };
    match first {
        '"' | '\'' => {
            let length = rest.find('\n').unwrap_or(rest.len());
            error(Problem::UnclosedText(first), length)
                .hint(format!("close it with another {first} on the same line"))
        }
        '/' => regex(rest, offset),
        '$' => dollar(rest, offset, inputs),
        _ => plain(found.clone()).hint(match after.map(|token| &token.kind) {
            Some(Kind::Regex(_)) => Some(behind_regex(rest)),
            Some(Kind::Variable(name)) if matches!(first, '-' | '.') => Some(format!(
                "a variable's name is made of letters, digits and underscores, so it ends as `${name}`"
            )),
            _ => bare(first, &found),
        }),
    }
}

fn bare(first: char, found: &str) -> Option<String> {
    Some(match (first, found) {
        ('=', _) => "compare with `==`".to_owned(),
        ('&', _) => "write `&&`".to_owned(),
        ('|', _) => "write `||`".to_owned(),
        ('~', _) => "match with `=~`, or with `!~`".to_owned(),
        ('<' | '>', _) => "there is no greater and less; match with `=~ /…/`".to_owned(),
        ('%', _) => "a variable is written `$NAME`".to_owned(),
        ('#', _) => "there are no comments in an expression".to_owned(),
        ('“' | '”' | '„' | '‘' | '’' | '`', _) => {
            "put text in straight quotes: \"…\" or '…'".to_owned()
        }
        ('{' | '}' | '[' | ']', _) => "group with parentheses; a variable is written `$NAME`".to_owned(),
        (_, "and" | "AND") => "write `&&`".to_owned(),
        (_, "or" | "OR") => "write `||`".to_owned(),
        (_, "not" | "NOT") => "write `!`".to_owned(),
        (_, "nil" | "none" | "None" | "NULL" | "Null") => "an undefined variable is `null`".to_owned(),
        (_, word) if word.contains('_') && !word.contains(char::is_lowercase) => {
            format!("a variable is written `${word}`; put text in quotes: \"{word}\"")
        }
        (first, word) if first.is_alphanumeric() => {
            format!("put text in quotes: \"{word}\"; a variable is written `${word}`")
        }
        _ => return None,
    })
}

fn dollar(rest: &str, offset: usize, inputs: bool) -> SyntaxError {
    let behind = &rest[1..];
    let shown = |length: usize| {
        let found = rest.get(..length).unwrap_or(rest).to_owned();
        SyntaxError::at(offset, found.len(), Problem::Unknown(found))
    };
    if let Some(inner) = behind.strip_prefix('{') {
        let name = &inner[..word(inner)];
        let length = name.len() + 2 + usize::from(inner[name.len()..].starts_with('}'));
        return shown(length).hint(format!("write `${name}`, without braces"));
    }
    if behind.starts_with("[[") {
        let length = rest.find("]]").map_or(3, |end| end + 2);
        return shown(length).hint(if inputs {
            "an input is written `$[[ inputs.name ]]`".to_owned()
        } else {
            "inputs are filled in before, in files with a `spec` header, and as text: \"$[[ inputs.name ]]\""
                .to_owned()
        });
    }
    shown(1).hint("a variable is written `$NAME`".to_owned())
}

fn regex(rest: &str, offset: usize) -> SyntaxError {
    let line = rest[1..].split('\n').next().unwrap_or_default();
    match line.split_once('/') {
        Some((body, _)) if body.chars().count() < 2 => {
            let hint = match body.chars().next() {
                Some(character) => format!("write `/({character})/`"),
                None => "write `/.*/` for any text".to_owned(),
            };
            SyntaxError::at(offset, body.len() + 2, Problem::ShortRegex).hint(hint)
        }
        found => SyntaxError::at(offset, line.len() + 1, Problem::UnclosedRegex).hint(match found {
            Some(_) => {
                r"`\/` is a slash inside, so end the regular expression with one more slash".to_owned()
            }
            None => "end the regular expression with a slash: `/…/`".to_owned(),
        }),
    }
}

fn behind_regex(rest: &str) -> String {
    let line = rest.split(['\n', ' ']).next().unwrap_or_default();
    if line.contains('/') {
        r"a slash inside a regular expression is written `\/`".to_owned()
    } else {
        "the flags of a regular expression are i, s, m and U".to_owned()
    }
}

pub(super) fn too_long() -> String {
    "an expression has 99 parts at most; use a shorter regular expression, or several rules".to_owned()
}

pub(super) fn two_values() -> String {
    "join values by `==`, `!=`, `=~`, `!~`, `&&` or `||`".to_owned()
}

pub(super) fn empty() -> String {
    "write `$NAME`, or a comparison such as `$NAME == \"text\"`".to_owned()
}

pub(super) fn for_pattern(error: &PatternError) -> Option<String> {
    Some(match &error.reason {
        Reason::Lookaround { operator, .. } if operator.ends_with('!') => {
            "RE2 cannot tell what is not there: use `!~` with the rest of it".to_owned()
        }
        Reason::Lookaround { .. } => "RE2 has no lookaround: join two matches with `&&`".to_owned(),
        Reason::RepeatedRepeat(_) => "RE2 has no possessive repetition: leave the second sign out".to_owned(),
        Reason::NothingToRepeat(sign) if sign.starts_with('*') => "for any text write `.*`".to_owned(),
        Reason::UnclosedGroup => r"for the parenthesis itself write `\(`".to_owned(),
        Reason::UnopenedGroup => r"for the parenthesis itself write `\)`".to_owned(),
        Reason::UnclosedClass => r"for the bracket itself write `\[`".to_owned(),
        Reason::Escape(escape) if escape == r"\Z" => r"the end of the text is `$`".to_owned(),
        _ => return None,
    })
}

/// What can be read and not be evaluated.
pub(super) fn for_failure(failure: &Failure) -> Option<String> {
    Some(match &failure.problem {
        Problem::RegexCompared(operator) => {
            let sign = if *operator == "==" { "=~" } else { "!~" };
            format!("put the regular expression on the right of `{sign}`")
        }
        Problem::NotARegex { .. } => "write a regular expression: `/…/`".to_owned(),
        _ => return None,
    })
}
