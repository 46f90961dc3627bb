//! Regular expressions as the server's RE2 takes them (`lib/gitlab/untrusted_regexp.rb`), run by the `regex` crate.
//!
//! What RE2 refuses is refused, what only the `regex` crate knows means what RE2 makes of it, and classes such as `\d`
//! are ASCII. Only whether something matches is asked, so greediness and groups have no effect. Matching takes time in
//! proportion to expression times text, and is refused where that is out of all proportion.

mod class;
mod error;
mod plain;
#[cfg(test)]
mod tests;
mod translate;
mod unicode;

pub use error::{PatternError, Reason};

use plain::Plain;
use regex::bytes;
use std::fmt;
use std::sync::OnceLock;

/// The longest body of a regular expression, in bytes. RE2 ends a little later, when its memory does.
pub(super) const MOST_BYTES: usize = 262_144;
/// Most groups within one another, as in RE2.
pub(super) const MOST_NESTED: usize = 1000;
/// Most groups within one another that are compiled here, which takes stack for each.
const MOST_COMPILED_NESTED: usize = 60;
/// About how many instructions RE2 affords an expression in the eight mebibytes that are its default.
pub(super) const MOST_COST: u64 = 466_000;
/// Most instructions that are compiled here: some hundredths of a second, some ten mebibytes.
const MOST_COMPILED: u64 = 60_000;
/// What the compiled form may take, in bytes. An expression within [`MOST_COMPILED`] stays below.
const MOST_MEMORY: usize = 64 << 20;
/// What making the smallest expression ready takes, in nanoseconds.
const MAKING: u64 = 100_000;
/// Most instructions times bytes of text; some tenths of a second at worst.
const MOST_WORK: u64 = 200_000_000;

/// Whose language it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// Google's RE2: everywhere but in `changes:regexp` and `exists:regexp`.
    Re2,
    /// Ruby's own.
    Ruby,
}

/// A text of the form `/body/flags`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Literal<'t> {
    /// What is between the first and the last slash; may be empty and may hold slashes.
    pub body: &'t str,
    /// Any of `i`, `s`, `m` and `U`.
    pub flags: &'t str,
}

/// The regular expression that a text is, if one of its lines has the form `/body/flags`
/// (`untrusted_regexp/ruby_syntax.rb`). That is the form of `only` and `except`, where slashes inside need no escape.
/// In expressions the text has its `\/` replaced by `/` before.
pub fn literal(text: &str) -> Option<Literal<'_>> {
    text.split('\n').find_map(|line| {
        let (body, flags) = line.strip_prefix('/')?.rsplit_once('/')?;
        flags.bytes().all(|flag| b"ismU".contains(&flag)).then_some(Literal { body, flags })
    })
}

/// Checks a regular expression of RE2, without slashes.
///
/// # Errors
/// What RE2 does not take; what is too large.
pub fn compile(body: &str, flags: &str) -> Result<Regex, PatternError> {
    Regex::new(body, flags, Dialect::Re2)
}

/// Checks a regular expression of Ruby, as `rules:changes:regexp` has it, without slashes.
///
/// It is run by the same engine in linear time, so what that cannot do is refused: lookaround, back-references, atomic
/// and possessive groups, set operations in classes. `\p{…}` knows categories and scripts only; classes such as
/// `[[:punct:]]` beyond letters and digits are ASCII.
///
/// # Errors
/// What Ruby or this engine does not take; what is too large.
pub fn ruby(body: &str) -> Result<Regex, PatternError> {
    Regex::new(body, "", Dialect::Ruby)
}

/// A regular expression that was checked. It is compiled when it is first used.
#[derive(Clone)]
pub struct Regex {
    body: Box<str>,
    flags: Box<str>,
    dialect: Dialect,
    cost: u64,
    nested: usize,
    plain: Option<Plain>,
    compiled: OnceLock<Option<bytes::Regex>>,
}

/// Matching would take too long, too much memory or too much stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the regular expression and the text are too large to be matched")]
pub struct TooMuchWork;

impl Regex {
    fn new(body: &str, flags: &str, dialect: Dialect) -> Result<Self, PatternError> {
        let translated = translate::translate(body, flags, dialect)?;
        Ok(Self {
            body: body.into(),
            flags: flags.into(),
            dialect,
            cost: translated.cost,
            nested: translated.nested,
            plain: plain::plain(body, flags, dialect),
            compiled: OnceLock::new(),
        })
    }

    /// Whether it is found in a text.
    ///
    /// # Errors
    /// Where that would be too much work.
    pub fn search(&self, text: &str) -> Result<bool, TooMuchWork> {
        if let Some(plain) = &self.plain {
            return Ok(plain.is_match(text));
        }
        let too_large = self.cost > MOST_COMPILED || self.nested > MOST_COMPILED_NESTED;
        if too_large || self.work(text) > MOST_WORK {
            return Err(TooMuchWork);
        }
        let regex = self.compiled.get_or_init(|| self.build()).as_ref().ok_or(TooMuchWork)?;
        Ok(regex.is_match(text.as_bytes()))
    }

    /// Whether it is found in a text; not where that would be too much work.
    pub fn is_match(&self, text: &str) -> bool {
        self.search(text).unwrap_or(false)
    }

    /// About how many steps of about a nanosecond matching it takes at worst, making it ready included.
    pub fn work(&self, text: &str) -> u64 {
        let length = u64::try_from(text.len()).unwrap_or(u64::MAX);
        match (&self.plain, self.compiled.get()) {
            (Some(_), _) => length,
            (None, Some(_)) => self.cost.saturating_mul(length),
            (None, None) => self.cost.saturating_mul(length.saturating_add(500)).saturating_add(MAKING),
        }
    }

    /// What it was made of, without slashes and flags.
    pub fn body(&self) -> &str {
        &self.body
    }

    fn build(&self) -> Option<bytes::Regex> {
        let translated = translate::translate(&self.body, &self.flags, self.dialect).ok()?;
        bytes::RegexBuilder::new(&translated.text).size_limit(MOST_MEMORY).nest_limit(1_000).build().ok()
    }
}

/// As it is compared by the server: by what it was made of.
impl PartialEq for Regex {
    fn eq(&self, other: &Self) -> bool {
        self.body == other.body && self.flags == other.flags
    }
}

impl fmt::Display for Regex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "/{}/{}", self.body, self.flags)
    }
}

impl fmt::Debug for Regex {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Regex({self})")
    }
}
