//! The text around expansions, and the words inside them.

use super::ExpandError;
use super::arithmetic;

/// How deep expansions may nest.
const MAX_DEPTH: usize = 32;
/// How long a result may be.
const MAX_LENGTH: usize = 1 << 20;

/// Where a word stands, which decides about its quotes and its end.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// The whole text: quotes are characters like others.
    Document,
    /// The word of `${NAME:-word}`: double quotes go, single quotes are characters.
    Word,
    /// The pattern of `${NAME#pattern}`: quotes of both kinds go, and what they enclose stands for itself.
    Pattern,
    /// The pattern of `${NAME/pattern/text}`, which a slash ends.
    PatternBeforeSlash,
}

/// A character of a result, and whether quotes or an expansion made it stand for itself.
pub(super) type Piece = (char, bool);

pub(super) struct Expander<'a> {
    pub(super) text: &'a str,
    pub(super) at: usize,
    pub(super) depth: usize,
    pub(super) lookup: &'a dyn Fn(&str) -> Option<String>,
}

impl<'a> Expander<'a> {
    pub(super) fn new(text: &'a str, lookup: &'a dyn Fn(&str) -> Option<String>) -> Self {
        Self { text, at: 0, depth: 0, lookup }
    }

    /// Expands all of the text.
    pub(super) fn document(mut self) -> Result<String, ExpandError> {
        let pieces = self.pieces(Context::Document)?;
        Ok(pieces.into_iter().map(|(c, _)| c).collect())
    }

    /// The value of a variable; an empty one counts as none.
    pub(super) fn value(&self, name: &str) -> Option<String> {
        (self.lookup)(name).filter(|value| !value.is_empty())
    }

    pub(super) fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    pub(super) fn peek(&self) -> Option<char> {
        self.rest().chars().next()
    }

    pub(super) fn take(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += c.len_utf8();
        Some(c)
    }

    /// Goes past a text if it comes next.
    pub(super) fn accept(&mut self, text: &str) -> bool {
        let found = self.rest().starts_with(text);
        if found {
            self.at += text.len();
        }
        found
    }

    pub(super) fn syntax(&self, what: &'static str) -> ExpandError {
        ExpandError::Syntax { what, offset: self.at }
    }

    /// One level deeper in the text.
    pub(super) fn nested<T>(
        &mut self,
        inner: impl FnOnce(&mut Self) -> Result<T, ExpandError>,
    ) -> Result<T, ExpandError> {
        if self.depth >= MAX_DEPTH {
            return Err(ExpandError::TooLarge);
        }
        self.depth += 1;
        let result = inner(self);
        self.depth -= 1;
        result
    }

    /// Expands up to the end of the text or, inside `${…}`, up to what ends the word, which stays.
    pub(super) fn pieces(&mut self, context: Context) -> Result<Vec<Piece>, ExpandError> {
        let mut pieces = Vec::new();
        let mut quoted = false;
        while let Some(c) = self.peek() {
            let inside = context != Context::Document;
            let pattern = matches!(context, Context::Pattern | Context::PatternBeforeSlash);
            match c {
                '}' if inside && !quoted => return Ok(pieces),
                '/' if context == Context::PatternBeforeSlash && !quoted => return Ok(pieces),
                '"' if inside => {
                    self.at += 1;
                    quoted = !quoted;
                }
                '\'' if pattern && !quoted => self.single_quoted(&mut pieces)?,
                '\\' => self.escape(&mut pieces, inside, pattern && !quoted),
                '`' => return Err(ExpandError::Command),
                '$' => {
                    let value = self.dollar()?;
                    pieces.extend(value.chars().map(|c| (c, quoted)));
                }
                c => {
                    self.at += c.len_utf8();
                    pieces.push((c, quoted));
                }
            }
            if pieces.len() > MAX_LENGTH {
                return Err(ExpandError::TooLarge);
            }
        }
        match context {
            Context::Document => Ok(pieces),
            Context::Word | Context::Pattern | Context::PatternBeforeSlash => {
                Err(self.syntax("a `${` without `}`"))
            }
        }
    }

    fn single_quoted(&mut self, pieces: &mut Vec<Piece>) -> Result<(), ExpandError> {
        let end = self.rest()[1..].find('\'').ok_or_else(|| self.syntax("a quote that does not end"))?;
        pieces.extend(self.rest()[1..=end].chars().map(|c| (c, true)));
        self.at += end + 2;
        Ok(())
    }

    /// A backslash stands for itself before anything that has no meaning here.
    fn escape(&mut self, pieces: &mut Vec<Piece>, inside: bool, pattern: bool) {
        self.at += 1;
        match self.peek() {
            Some('\n') => self.at += 1,
            Some(c) if matches!(c, '$' | '`' | '\\') || (inside && matches!(c, '"' | '}')) || pattern => {
                self.at += c.len_utf8();
                pieces.push((c, true));
            }
            Some(_) | None => pieces.push(('\\', false)),
        }
    }

    /// Expands what begins with a `$`.
    fn dollar(&mut self) -> Result<String, ExpandError> {
        self.at += 1;
        if self.accept("((") {
            return self.arithmetic();
        }
        match self.peek() {
            Some('(') => Err(ExpandError::Command),
            Some('{') => {
                self.at += 1;
                self.nested(Self::braces)
            }
            Some(c) if c.is_ascii_alphabetic() || c == '_' => {
                let name = self.name();
                Ok(self.value(name).unwrap_or_default())
            }
            // No positional parameters, no processes, no status.
            Some('0'..='9' | '@' | '*' | '?' | '$' | '!' | '-') => {
                self.at += 1;
                Ok(String::new())
            }
            Some('#') => {
                self.at += 1;
                Ok(String::new())
            }
            Some(_) | None => Ok("$".to_owned()),
        }
    }

    /// The name that begins here; it may be empty.
    pub(super) fn name(&mut self) -> &'a str {
        let rest = self.rest();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    fn arithmetic(&mut self) -> Result<String, ExpandError> {
        let expression = self.nested(|this| this.raw_until("))"))?;
        self.at += 2;
        Ok(arithmetic::evaluate(&expression, &|name| self.value(name))?.to_string())
    }

    /// Expands references up to an end that is not inside parentheses; the end stays.
    pub(super) fn raw_until(&mut self, end: &str) -> Result<String, ExpandError> {
        let mut result = String::new();
        let mut open = 0_usize;
        while let Some(c) = self.peek() {
            if open == 0 && self.rest().starts_with(end) {
                return Ok(result);
            }
            match c {
                '$' => result.push_str(&self.dollar()?),
                '`' => return Err(ExpandError::Command),
                '"' => self.at += 1,
                c => {
                    match c {
                        '(' => open += 1,
                        ')' => open = open.saturating_sub(1),
                        _ => {}
                    }
                    self.at += c.len_utf8();
                    result.push(c);
                }
            }
            if result.len() > MAX_LENGTH {
                return Err(ExpandError::TooLarge);
            }
        }
        Err(self.syntax("an expression that does not end"))
    }
}
