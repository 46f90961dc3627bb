//! From RE2's (or Ruby's) notation to that of the `regex` crate, in one pass.
//!
//! The result has no flags that last: each part of it says for itself what it needs, but for one `(?i)` at its very
//! start. Groups become groups without a number.

mod groups;
mod repeat;

use super::class::{self, Class};
use super::error::{PatternError, Reason};
use super::{Dialect, MOST_BYTES, MOST_COST};
use std::collections::HashSet;

type Result<T> = std::result::Result<T, PatternError>;

/// An expression of the `regex` crate.
#[derive(Debug)]
pub(super) struct Translated {
    pub(super) text: String,
    /// About as many instructions as it has with its repetitions written out; one at least.
    pub(super) cost: u64,
    /// How many groups are within one another, at most.
    pub(super) nested: usize,
}

pub(super) fn translate(body: &str, flags: &str, dialect: Dialect) -> Result<Translated> {
    if body.len() > MOST_BYTES {
        return Err(PatternError { offset: 0, reason: Reason::TooLarge });
    }
    let mut translator = Translator {
        body,
        offset: 0,
        dialect,
        out: String::with_capacity(body.len() + 8),
        flags: Flags::default(),
        folded: false,
        names: HashSet::new(),
        last_name: body.rfind(":]"),
        frames: vec![Frame::default()],
        nested: 0,
    };
    for flag in flags.chars() {
        translator.flags = translator
            .flags
            .with(flag, true, dialect)
            .ok_or(PatternError { offset: 0, reason: Reason::Flag(flag) })?;
    }
    translator.run()
}

/// What lasts to the end of the group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Flags {
    /// Letters match in both cases.
    fold: bool,
    /// `^` and `$` match at each line.
    lines: bool,
    /// The dot matches a line break.
    dot_all: bool,
}

impl Flags {
    /// Greediness is read and has no effect.
    fn with(mut self, flag: char, on: bool, dialect: Dialect) -> Option<Self> {
        match (flag, dialect) {
            ('i', _) => self.fold = on,
            ('s', Dialect::Re2) | ('m', Dialect::Ruby) => self.dot_all = on,
            ('m', Dialect::Re2) => self.lines = on,
            ('U', Dialect::Re2) => {}
            _ => return None,
        }
        Some(self)
    }
}

/// An open group, or all of it.
#[derive(Debug, Default)]
struct Frame {
    /// Where it was opened, in the body.
    opened: usize,
    /// What held before it.
    outer: Flags,
    /// Where it begins in the output.
    start: usize,
    /// Whether it ends where the group around it ends.
    to_the_end: bool,
    /// The cost of what it holds.
    cost: u64,
    /// The most repetitions of anything in it.
    repeated: u32,
    /// What a repetition would apply to.
    last: Option<Atom>,
}

#[derive(Clone, Copy, Debug)]
struct Atom {
    /// Where it begins in the output.
    start: usize,
    cost: u64,
    /// The most repetitions within it.
    repeated: u32,
    /// How many repetitions apply to it; more than one only with flags between them.
    unary: usize,
}

struct Translator<'t> {
    body: &'t str,
    offset: usize,
    dialect: Dialect,
    out: String,
    flags: Flags,
    /// Whether the output begins with `(?i)`.
    folded: bool,
    names: HashSet<&'t str>,
    /// Where the last `:]` stands, which ends the name of a class.
    last_name: Option<usize>,
    frames: Vec<Frame>,
    /// The most groups within one another so far.
    nested: usize,
}

impl<'t> Translator<'t> {
    fn run(mut self) -> Result<Translated> {
        // Flags at the very start hold for all.
        while self.rest().starts_with("(?") && self.leading_flags()? {}
        self.folded = self.flags.fold;
        let mut after_repetition = false;
        while let Some(next) = self.rest().chars().next() {
            if let Some(repetition) = self.repetition() {
                if after_repetition && (self.dialect == Dialect::Re2 || next == '+') {
                    let reason = Reason::RepeatedRepeat(repetition.written.to_owned());
                    return Err(self.at(self.offset, reason));
                }
                self.repeat(&repetition)?;
                after_repetition = true;
                continue;
            }
            after_repetition = false;
            match next {
                '(' => self.open()?,
                ')' => self.close()?,
                '|' => {
                    self.offset += 1;
                    self.out.push('|');
                    self.frame().last = None;
                }
                '^' | '$' | '.' => self.sign(next),
                '[' => {
                    let (class, length) =
                        class::bracket(self.rest(), self.offset, self.dialect, self.last_name)?;
                    self.class(&class);
                    self.offset += length;
                }
                '\\' => self.escape()?,
                literal => {
                    self.literal(literal);
                    self.offset += literal.len_utf8();
                }
            }
        }
        self.end_flags();
        let cost = match self.frames.pop() {
            Some(frame) if self.frames.is_empty() => frame.cost,
            frame => {
                let opened = frame.map_or(0, |frame| frame.opened);
                return Err(self.at(opened, Reason::UnclosedGroup));
            }
        };
        if cost > MOST_COST {
            return Err(self.at(0, Reason::TooLarge));
        }
        let text = if self.folded { format!("(?i){}", self.out) } else { self.out };
        Ok(Translated { text, cost: cost.max(1), nested: self.nested })
    }

    fn rest(&self) -> &'t str {
        self.body.get(self.offset..).unwrap_or_default()
    }

    fn at(&self, offset: usize, reason: Reason) -> PatternError {
        PatternError { offset, reason }
    }

    /// The innermost group.
    fn frame(&mut self) -> &mut Frame {
        if self.frames.is_empty() {
            self.frames.push(Frame::default());
        }
        let last = self.frames.len() - 1;
        &mut self.frames[last]
    }

    /// Notes something that a repetition can apply to and that was just written.
    fn atom(&mut self, start: usize, cost: u64, repeated: u32) {
        let frame = self.frame();
        frame.cost = frame.cost.saturating_add(cost);
        frame.repeated = frame.repeated.max(repeated);
        frame.last = Some(Atom { start, cost, repeated, unary: 0 });
    }

    /// Writes text for which letter case matters or not, as the flags say.
    fn cased(&mut self, text: &str, cost: u64) {
        let start = self.out.len();
        let wrap = match (self.flags.fold, self.folded) {
            (true, false) => Some("(?i:"),
            (false, true) => Some("(?-i:"),
            _ => None,
        };
        self.out.push_str(wrap.unwrap_or_default());
        self.out.push_str(text);
        if wrap.is_some() {
            self.out.push(')');
        }
        self.atom(start, cost, 1);
    }

    fn plain(&mut self, text: &str, cost: u64) {
        let start = self.out.len();
        self.out.push_str(text);
        self.atom(start, cost, 1);
    }

    fn literal(&mut self, character: char) {
        let mut text = String::new();
        class::push_literal(&mut text, character);
        let cost = u64::try_from(character.len_utf8()).unwrap_or(4);
        if character.is_alphabetic() || !character.is_ascii() {
            self.cased(&text, cost);
        } else {
            self.plain(&text, cost);
        }
    }

    fn class(&mut self, class: &Class) {
        let text = if self.flags.fold { class.text.clone() } else { class.alone() };
        self.cased(&text, class.cost);
    }

    fn sign(&mut self, sign: char) {
        self.offset += 1;
        let lines = self.flags.lines || self.dialect == Dialect::Ruby;
        match (sign, lines, self.flags.dot_all) {
            ('^', false, _) => self.plain(r"\A", 1),
            ('^', true, _) => self.plain("(?m:^)", 1),
            ('$', false, _) => self.plain(r"\z", 1),
            ('$', true, _) => self.plain("(?m:$)", 1),
            (_, _, dot_all) => self.plain(&Class::any(dot_all), 8),
        }
    }

    fn escape(&mut self) -> Result<()> {
        let rest = self.rest();
        let (text, cost) = match (rest.as_bytes().get(1), self.dialect) {
            (Some(b'A'), _) => (r"\A", 1),
            (Some(b'z'), _) => (r"\z", 1),
            (Some(b'Z'), Dialect::Ruby) => (r"(?:\n?\z)", 2),
            (Some(b'R'), Dialect::Ruby) => (r"(?:\r\n|[\n\x0b\x0c\r\x{85}\x{2028}\x{2029}])", 12),
            (Some(b'b'), Dialect::Ruby) => (r"\b", 1),
            (Some(b'B'), Dialect::Ruby) => (r"\B", 1),
            (Some(b'b'), Dialect::Re2) => (r"(?-u:\b)", 1),
            (Some(b'B'), Dialect::Re2) => (r"(?-u:\B)", 1),
            (Some(b'C'), Dialect::Re2) => ("(?s-u:.)", 1),
            (Some(b'Q'), Dialect::Re2) => {
                self.quoted();
                return Ok(());
            }
            _ => {
                if let Some((class, length)) = class::escaped_class(rest, self.offset, self.dialect)? {
                    self.class(&class);
                    self.offset += length;
                } else {
                    let (character, length) = class::escaped_character(rest, self.offset, self.dialect)?;
                    self.literal(character);
                    self.offset += length;
                }
                return Ok(());
            }
        };
        self.plain(text, cost);
        self.offset += 2;
        Ok(())
    }

    /// `\Q…\E`: as it is, to the end where `\E` is missing.
    fn quoted(&mut self) {
        let rest = &self.rest()[2..];
        let (text, behind) = rest.split_once(r"\E").unwrap_or((rest, ""));
        for character in text.chars() {
            self.literal(character);
        }
        self.offset = self.body.len() - behind.len();
    }
}
