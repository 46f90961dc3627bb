//! What a scalar without quotes stands for, as Ruby's Psych decides it (`Psych::ScalarScanner`, psych 5).
//!
//! This is neither YAML 1.1 nor 1.2: words are compared without regard to case, `y` and `n` are strings, `1e3` is a
//! string, commas may stand in numbers, `08` is a string and `012` is ten.

mod number;
mod time;

use crate::Value;

/// Why a scalar has no value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// It would make an object of a class that GitLab does not permit.
    Class(String),
    /// Ruby cannot convert it.
    Invalid,
}

/// The longest word that means something.
const LONGEST_WORD: usize = 5;

/// The value of a plain scalar.
pub(super) fn resolve(text: &str) -> Result<Value, Refusal> {
    if text.is_empty() {
        return Ok(Value::Null);
    }
    if text.len() <= LONGEST_WORD
        && let Some(value) = word(text)
    {
        return Ok(value);
    }
    let value = match text.as_bytes().first() {
        Some(b'0'..=b'9' | b'+' | b'-' | b'.') if !text.contains('\n') => {
            if let Some(class) = time::class(text) {
                return Err(Refusal::Class(class.into()));
            }
            number::resolve(text)?
        }
        Some(b':') if text.len() > 1 && !text.contains('\n') => Some(Value::Str(symbol(text).into())),
        _ => None,
    };
    Ok(value.unwrap_or_else(|| Value::Str(text.into())))
}

/// `null`, `yes`, `off` and their like. Ruby looks at each line on its own, and does not look if any line begins with
/// another letter.
fn word(text: &str) -> Option<Value> {
    let may_be_word =
        |line: &str| line.bytes().next().is_none_or(|byte| b"ytonf~".contains(&byte.to_ascii_lowercase()));
    if !text.split('\n').all(may_be_word) {
        return None;
    }
    let has = |words: &[&str]| {
        text.split('\n').any(|line| words.iter().any(|word| line.eq_ignore_ascii_case(word)))
    };
    if text == "~" || has(&["null"]) {
        Some(Value::Null)
    } else if has(&["yes", "true", "on"]) {
        Some(Value::Bool(true))
    } else if has(&["no", "false", "off"]) {
        Some(Value::Bool(false))
    } else {
        None
    }
}

/// The name of a symbol: `:name`, `:"name"`, `:'name'`.
fn symbol(text: &str) -> &str {
    let name = text.strip_prefix(':').unwrap_or(text);
    let quote = name.chars().next().filter(|quote| matches!(quote, '"' | '\''));
    let quoted = quote.and_then(|quote| {
        let inner = &name[1..];
        inner.rfind(quote).map(|end| &inner[..end])
    });
    match quoted {
        Some(quoted) => quoted.strip_prefix(':').unwrap_or(quoted),
        None => name,
    }
}

/// Takes a text apart from its start.
#[derive(Clone, Copy)]
struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    /// Takes one of these bytes.
    fn one_of(&mut self, bytes: &[u8]) -> Option<u8> {
        let (first, rest) = self.0.split_first()?;
        bytes.contains(first).then(|| {
            self.0 = rest;
            *first
        })
    }

    /// Takes all bytes of a kind; how many.
    fn while_is(&mut self, is: impl Fn(u8) -> bool) -> usize {
        let count = self.0.iter().take_while(|byte| is(**byte)).count();
        self.0 = &self.0[count..];
        count
    }

    /// Takes between so many and so many digits, all that there are.
    fn digits(&mut self, least: usize, most: usize) -> Option<usize> {
        let count = self.while_is(|byte| byte.is_ascii_digit());
        (least..=most).contains(&count).then_some(count)
    }

    fn is_over(self) -> bool {
        self.0.is_empty()
    }
}

#[cfg(test)]
mod tests;
