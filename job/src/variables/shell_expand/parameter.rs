//! `${…}`.

use super::ExpandError;
use super::arithmetic;
use super::document::{Context, Expander, Piece};
use super::pattern::Pattern;

impl Expander<'_> {
    /// Expands what follows `${`, its `}` included.
    pub(super) fn braces(&mut self) -> Result<String, ExpandError> {
        if self.rest().starts_with('#') && !self.rest().starts_with("#}") {
            return self.length();
        }
        let indirect = self.rest().starts_with('!') && !self.rest().starts_with("!}");
        if indirect {
            self.at += 1;
        }
        let (name, value) = self.parameter()?;
        let (name, value) = match (indirect, value) {
            (false, value) => (name, value),
            (true, None) => (String::new(), None),
            (true, Some(name)) => {
                let value = self.value(&name);
                (name, value)
            }
        };
        let result = self.operation(&name, value)?;
        if self.accept("}") { Ok(result) } else { Err(self.syntax("an unknown expansion")) }
    }

    /// `${#NAME}`: how many characters.
    fn length(&mut self) -> Result<String, ExpandError> {
        self.at += 1;
        let (_, value) = self.parameter()?;
        if !self.accept("}") {
            return Err(self.syntax("an unknown expansion"));
        }
        Ok(value.map_or(0, |value| value.chars().count()).to_string())
    }

    /// A name, and what it stands for. Variables are no lists: all of one is its first element.
    fn parameter(&mut self) -> Result<(String, Option<String>), ExpandError> {
        match self.peek() {
            Some(c) if c.is_ascii_digit() => {
                let digits = self.rest().find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest().len());
                let name = self.rest()[..digits].to_owned();
                self.at += digits;
                return Ok((name, None));
            }
            Some(c @ ('@' | '*' | '#' | '?' | '-' | '$' | '!')) => {
                self.at += 1;
                return Ok((c.to_string(), None));
            }
            Some(_) | None => {}
        }
        let name = self.name().to_owned();
        if name.is_empty() {
            return Err(self.syntax("no name"));
        }
        let value = self.value(&name);
        if !self.accept("[") {
            return Ok((name, value));
        }
        let index = self.nested(|this| this.raw_until("]"))?;
        self.at += 1;
        let first = matches!(index.as_str(), "@" | "*") || self.evaluate(&index)? == 0;
        Ok((name, value.filter(|_| first)))
    }

    fn operation(&mut self, name: &str, value: Option<String>) -> Result<String, ExpandError> {
        if self.rest().starts_with('}') {
            return Ok(value.unwrap_or_default());
        }
        if self.rest().starts_with(':') && !self.rest()[1..].starts_with(['-', '=', '?', '+']) {
            self.at += 1;
            return self.substring(&value.unwrap_or_default());
        }
        // An empty variable counts as unset, so the colon changes nothing.
        self.accept(":");
        match self.take() {
            Some('-') => {
                let word = self.word()?;
                Ok(value.unwrap_or(word))
            }
            Some('+') => {
                let word = self.word()?;
                Ok(value.map(|_| word).unwrap_or_default())
            }
            Some('=') => {
                self.word()?;
                value.ok_or(ExpandError::Assignment)
            }
            Some('?') => {
                let message = self.word()?;
                value.ok_or_else(|| ExpandError::Unset { name: name.to_owned(), message })
            }
            Some('#') => self.without_prefix(&value.unwrap_or_default()),
            Some('%') => self.without_suffix(&value.unwrap_or_default()),
            Some('/') => self.replaced(&value.unwrap_or_default()),
            Some(c @ ('^' | ',')) => self.with_case(&value.unwrap_or_default(), c),
            Some('@') => self.transformed(value),
            Some(_) | None => Err(self.syntax("an unknown expansion")),
        }
    }

    fn word(&mut self) -> Result<String, ExpandError> {
        Ok(self.pieces(Context::Word)?.into_iter().map(|(c, _)| c).collect())
    }

    fn pattern(&mut self, context: Context) -> Result<Pattern, ExpandError> {
        Ok(Pattern::new(&self.pieces(context)?))
    }

    fn evaluate(&self, expression: &str) -> Result<i64, ExpandError> {
        arithmetic::evaluate(expression, &|name| self.value(name))
    }

    /// `${NAME:offset}` and `${NAME:offset:length}`; negative numbers count from the end.
    fn substring(&mut self, value: &str) -> Result<String, ExpandError> {
        let expression = self.nested(Self::slice_expression)?;
        let offset = self.evaluate(&expression)?;
        let length = match self.accept(":") {
            true => {
                let expression = self.nested(Self::slice_expression)?;
                Some(self.evaluate(&expression)?)
            }
            false => None,
        };
        let chars: Vec<char> = value.chars().collect();
        let count = i64::try_from(chars.len()).unwrap_or(i64::MAX);
        let start = if offset < 0 { offset.saturating_add(count) } else { offset };
        if start < 0 || start > count {
            return Ok(String::new());
        }
        let end = match length {
            None => count,
            Some(length) if length < 0 => count.saturating_add(length),
            Some(length) => start.saturating_add(length).min(count),
        };
        let range =
            usize::try_from(start).ok().zip(usize::try_from(end).ok()).filter(|(start, end)| start <= end);
        Ok(range.map(|(start, end)| chars[start..end].iter().collect()).unwrap_or_default())
    }

    /// An expression up to `:` or `}`; the colon of a `?:` belongs to it.
    fn slice_expression(&mut self) -> Result<String, ExpandError> {
        let begin = self.at;
        let rest = self.rest();
        let (mut choices, mut depth) = (0_usize, 0_usize);
        let mut end = None;
        for (index, c) in rest.char_indices() {
            match c {
                '{' | '(' => depth += 1,
                '}' if depth == 0 => end = Some(index),
                ':' if depth == 0 && choices == 0 => end = Some(index),
                '}' | ')' => depth = depth.saturating_sub(1),
                '?' => choices += 1,
                ':' => choices = choices.saturating_sub(usize::from(depth == 0)),
                _ => {}
            }
            if end.is_some() {
                break;
            }
        }
        let end = begin + end.ok_or_else(|| self.syntax("a `${` without `}`"))?;
        let mut inner =
            Expander { text: &self.text[..end], at: begin, depth: self.depth, lookup: self.lookup };
        let mut result = String::new();
        while inner.at < end {
            result.push_str(&inner.raw_to_end()?);
        }
        self.at = end;
        Ok(result)
    }

    /// Expands references up to the end of the text.
    fn raw_to_end(&mut self) -> Result<String, ExpandError> {
        let pieces = self.pieces(Context::Document)?;
        Ok(pieces.into_iter().map(|(c, _)| c).collect())
    }

    fn without_prefix(&mut self, value: &str) -> Result<String, ExpandError> {
        let longest = self.accept("#");
        let pattern = self.pattern(Context::Pattern)?;
        let chars: Vec<char> = value.chars().collect();
        let ends = pattern.ends(&chars);
        let end = if longest { ends.last() } else { ends.first() };
        Ok(chars[end.copied().unwrap_or(0)..].iter().collect())
    }

    fn without_suffix(&mut self, value: &str) -> Result<String, ExpandError> {
        let longest = self.accept("%");
        let pattern = self.pattern(Context::Pattern)?.reversed();
        let mut chars: Vec<char> = value.chars().rev().collect();
        let ends = pattern.ends(&chars);
        let end = if longest { ends.last() } else { ends.first() };
        chars.drain(..end.copied().unwrap_or(0));
        Ok(chars.into_iter().rev().collect())
    }

    /// `/pattern/text` once, `//` everywhere, `/#` at the beginning, `/%` at the end.
    fn replaced(&mut self, value: &str) -> Result<String, ExpandError> {
        let mode = match self.peek() {
            Some(c @ ('/' | '#' | '%')) => {
                self.at += 1;
                Some(c)
            }
            _ => None,
        };
        let pattern = self.pattern(Context::PatternBeforeSlash)?;
        let text = if self.accept("/") { self.word()? } else { String::new() };
        let chars: Vec<char> = value.chars().collect();
        Ok(match mode {
            Some('#') => match pattern.ends(&chars).last() {
                Some(&end) => text + &chars[end..].iter().collect::<String>(),
                None => value.to_owned(),
            },
            Some('%') => {
                let reversed: Vec<char> = chars.iter().rev().copied().collect();
                match pattern.reversed().ends(&reversed).last() {
                    Some(&end) => chars[..chars.len() - end].iter().collect::<String>() + &text,
                    None => value.to_owned(),
                }
            }
            all => pattern.replace(&chars, &text, all.is_some())?,
        })
    }

    /// `^` and `,` change the case of the first character, doubled that of all, where a pattern matches.
    fn with_case(&mut self, value: &str, kind: char) -> Result<String, ExpandError> {
        let all = self.accept(&kind.to_string());
        let pieces: Vec<Piece> = self.pieces(Context::Pattern)?;
        let pattern = if pieces.is_empty() { None } else { Some(Pattern::new(&pieces)) };
        let applies = |c: char| pattern.as_ref().is_none_or(|p| p.ends(&[c]).contains(&1));
        let mut result = String::with_capacity(value.len());
        for (index, c) in value.chars().enumerate() {
            match (all || index == 0) && applies(c) {
                true if kind == '^' => result.extend(c.to_uppercase()),
                true => result.extend(c.to_lowercase()),
                false => result.push(c),
            }
        }
        Ok(result)
    }

    /// `@U`, `@u`, `@L`: case; `@Q`: quoted for a shell.
    fn transformed(&mut self, value: Option<String>) -> Result<String, ExpandError> {
        let kind = self.take();
        let Some(value) = value else { return Ok(String::new()) };
        let mut chars = value.chars();
        match kind {
            Some('U') => Ok(value.to_uppercase()),
            Some('L') => Ok(value.to_lowercase()),
            Some('u') => {
                Ok(chars.next().map(|c| c.to_uppercase().chain(chars).collect()).unwrap_or_default())
            }
            Some('Q') => Ok(format!("'{}'", value.replace('\'', "'\\''"))),
            Some(_) | None => Err(self.syntax("an unknown expansion")),
        }
    }
}
