//! From RE2's (or Ruby's) notation to that of the `regex` crate, in one pass.
//!
//! The result has no flags that last: each part of it says for itself what it needs, but for one `(?i)` at its very
//! start. Groups become groups without a number.

use super::class::{self, Class};
use super::error::{PatternError, Reason};
use super::{Dialect, MOST_BYTES, MOST_COST, MOST_NESTED};
use std::collections::HashSet;

type Result<T> = std::result::Result<T, PatternError>;

/// Most repetitions, also of repetitions within one another.
const MOST_REPEATED: u32 = 1000;

/// An expression of the `regex` crate.
#[derive(Debug)]
pub(super) struct Translated {
    pub(super) text: String,
    /// About as many instructions as it has with its repetitions written out; one at least.
    pub(super) cost: u64,
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
        frames: vec![Frame::default()],
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
    frames: Vec<Frame>,
}

impl<'t> Translator<'t> {
    fn run(mut self) -> Result<Translated> {
        // Flags at the very start hold for all.
        while self.rest().starts_with("(?") && self.leading_flags()? {}
        self.folded = self.flags.fold;
        let mut after_repetition = false;
        while let Some(next) = self.rest().chars().next() {
            let repetition = self.repetition()?;
            if let Some((text, min, max)) = repetition {
                if after_repetition {
                    return Err(self.at(self.offset, Reason::RepeatedRepeat(text.to_owned())));
                }
                self.repeat(text, min, max)?;
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
                    let (class, length) = class::bracket(self.rest(), self.offset, self.dialect)?;
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
        Ok(Translated { text, cost: cost.max(1) })
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
            self.cased(&text, cost * if self.flags.fold { 3 } else { 1 });
        } else {
            self.plain(&text, cost);
        }
    }

    fn class(&mut self, class: &Class) {
        self.cased(&class.text, class.cost);
    }

    fn sign(&mut self, sign: char) {
        self.offset += 1;
        let lines = self.flags.lines || self.dialect == Dialect::Ruby;
        match (sign, lines, self.flags.dot_all) {
            ('^', false, _) => self.plain(r"\A", 1),
            ('^', true, _) => self.plain("(?m:^)", 1),
            ('$', false, _) => self.plain(r"\z", 1),
            ('$', true, _) => self.plain("(?m:$)", 1),
            (_, _, true) => self.plain("(?s:.)", 10),
            (_, _, false) => self.plain(".", 10),
        }
    }

    fn escape(&mut self) -> Result<()> {
        let rest = self.rest();
        let (text, cost) = match (rest.as_bytes().get(1), self.dialect) {
            (Some(b'A'), _) => (r"\A", 1),
            (Some(b'z'), _) => (r"\z", 1),
            (Some(b'Z'), Dialect::Ruby) => (r"(?:\n?\z)", 2),
            (Some(b'R'), Dialect::Ruby) => (r"(?:\r\n|[\n\x0b\x0c\r\x{85}\x{2028}\x{2029}])", 12),
            (Some(b'b'), _) => (r"(?-u:\b)", 1),
            (Some(b'B'), _) => (r"(?-u:\B)", 1),
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

    /// The repetition that begins here: how it is written, its least and its most.
    fn repetition(&self) -> Result<Option<(&'t str, u32, Option<u32>)>> {
        let rest = self.rest();
        let (length, min, max) = match rest.as_bytes().first() {
            Some(b'*') => (1, 0, None),
            Some(b'+') => (1, 1, None),
            Some(b'?') => (1, 0, Some(1)),
            Some(b'{') => match counted(rest, self.dialect) {
                Some(counted) => counted,
                None => return Ok(None),
            },
            _ => return Ok(None),
        };
        // A question mark behind it makes it the less greedy, without effect.
        let length = length + usize::from(rest[length..].starts_with('?'));
        Ok(Some((&rest[..length], min, max)))
    }

    fn repeat(&mut self, text: &str, min: u32, max: Option<u32>) -> Result<()> {
        let offset = self.offset;
        let times = max.unwrap_or(min);
        let Some(mut atom) = self.frame().last else {
            return Err(self.at(offset, Reason::NothingToRepeat(text.to_owned())));
        };
        let repeated = atom.repeated.saturating_mul(times.max(1));
        if repeated > MOST_REPEATED || min > MOST_REPEATED || max.is_some_and(|max| max < min) {
            return Err(self.at(offset, Reason::RepeatSize(text.to_owned())));
        }
        if atom.unary > 0 {
            if atom.unary > MOST_NESTED {
                return Err(self.at(offset, Reason::TooDeep));
            }
            self.out.insert_str(atom.start, "(?:");
            self.out.push(')');
        }
        match (text.as_bytes().first(), max) {
            (Some(b'{'), Some(max)) => self.out.push_str(&format!("{{{min},{max}}}")),
            (Some(b'{'), None) => self.out.push_str(&format!("{{{min},}}")),
            _ => self.out.push_str(&text[..1]),
        }
        let cost = atom.cost.saturating_mul(u64::from(times.max(1))).saturating_add(1);
        atom = Atom { cost, repeated, unary: atom.unary + 1, ..atom };
        let frame = self.frame();
        let before = frame.last.map_or(0, |last| last.cost);
        frame.cost = frame.cost.saturating_sub(before).saturating_add(cost);
        frame.repeated = frame.repeated.max(repeated);
        frame.last = Some(atom);
        self.offset += text.len();
        Ok(())
    }

    fn open(&mut self) -> Result<()> {
        let opened = self.offset;
        let outer = self.flags;
        if self.rest().starts_with("(?") {
            if !self.special()? {
                return Ok(());
            }
        } else {
            self.offset += 1;
        }
        if self.frames.len() > MOST_NESTED {
            return Err(self.at(opened, Reason::TooDeep));
        }
        let start = self.out.len();
        self.out.push_str("(?:");
        self.frames.push(Frame { opened, outer, start, ..Frame::default() });
        Ok(())
    }

    fn close(&mut self) -> Result<()> {
        let frame = self.frames.pop().filter(|_| !self.frames.is_empty());
        let Some(frame) = frame else { return Err(self.at(self.offset, Reason::UnopenedGroup)) };
        self.out.push(')');
        self.flags = frame.outer;
        self.offset += 1;
        self.atom(frame.start, frame.cost.saturating_add(2), frame.repeated.max(1));
        Ok(())
    }

    /// Flags for all that follows, at the start of everything. Whether there were any.
    fn leading_flags(&mut self) -> Result<bool> {
        let (before, offset) = (self.flags, self.offset);
        if self.rest().starts_with("(?<") || self.rest().starts_with("(?P") || self.special()? {
            (self.flags, self.offset) = (before, offset);
            self.names.clear();
            return Ok(false);
        }
        Ok(true)
    }

    /// What begins with `(?`: a group with a name, flags with or without a group. Whether it opens a group.
    fn special(&mut self) -> Result<bool> {
        let (rest, offset) = (self.rest(), self.offset);
        for operator in ["(?=", "(?!", "(?<=", "(?<!"] {
            if rest.starts_with(operator) {
                let reason = Reason::Lookaround { operator: operator.to_owned(), dialect: self.dialect };
                return Err(self.at(offset, reason));
            }
        }
        if rest.starts_with("(?P=") {
            let reference = rest.split_inclusive(')').next().unwrap_or(rest).to_owned();
            return Err(self.at(offset, Reason::BackReference { reference, dialect: self.dialect }));
        }
        let named = ["(?P<", "(?<"].into_iter().skip(usize::from(self.dialect == Dialect::Ruby));
        for start in named {
            if let Some(behind) = rest.strip_prefix(start) {
                return self.named(start.len(), behind).map(|()| true);
            }
        }
        if self.dialect == Dialect::Ruby && rest.starts_with("(?#") {
            let end = rest.find(')').ok_or_else(|| self.at(offset, Reason::UnclosedGroup))?;
            self.offset += end + 1;
            return Ok(false);
        }
        if self.dialect == Dialect::Ruby && ["(?>", "(?~", "(?("].iter().any(|start| rest.starts_with(start))
        {
            return Err(self.at(offset, Reason::Unsupported(rest[..3].to_owned())));
        }
        self.set_flags(rest)
    }

    fn named(&mut self, start: usize, behind: &'t str) -> Result<()> {
        let name = behind.split_once('>').map(|(name, _)| name);
        let valid = name.filter(|name| {
            !name.is_empty() && name.chars().all(|character| character.is_alphanumeric() || character == '_')
        });
        match valid {
            // Ruby lets several groups have one name.
            Some(name) if self.names.insert(name) || self.dialect == Dialect::Ruby => {
                self.offset += start + name.len() + 1;
                Ok(())
            }
            _ => Err(self.at(self.offset, Reason::Name(name.unwrap_or(behind).to_owned()))),
        }
    }

    fn set_flags(&mut self, rest: &str) -> Result<bool> {
        let (mut flags, mut on, mut any) = (self.flags, true, true);
        for (index, character) in rest.char_indices().skip(2) {
            match character {
                '-' if on => (on, any) = (false, false),
                ':' | ')' if any => {
                    self.offset += index + 1;
                    if character == ':' {
                        // The group restores what held before it; `open` has noted that.
                        self.flags = flags;
                    } else {
                        self.flags = flags;
                    }
                    return Ok(character == ':');
                }
                _ => match flags.with(character, on, self.dialect) {
                    Some(changed) => (flags, any) = (changed, true),
                    None => {
                        let found = &rest[..index + character.len_utf8()];
                        return Err(self.at(self.offset, Reason::Group(found.to_owned())));
                    }
                },
            }
        }
        Err(self.at(self.offset, Reason::UnclosedGroup))
    }
}

/// `{n}`, `{n,}`, `{n,m}`: its length and numbers. Anything else that begins with a brace is text.
fn counted(rest: &str, dialect: Dialect) -> Option<(usize, u32, Option<u32>)> {
    let (inner, _) = rest.strip_prefix('{')?.split_once('}')?;
    let (min, max) = match inner.split_once(',') {
        Some((min, max)) => (min, Some(max)),
        None => (inner, None),
    };
    let number = |digits: &str| {
        let digits_only = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
        digits_only.then(|| digits.parse().unwrap_or(u32::MAX))
    };
    let length = inner.len() + 2;
    Some(match max {
        None => (length, number(min)?, Some(number(min)?)),
        Some("") => (length, number(min)?, None),
        Some(max) if min.is_empty() && dialect == Dialect::Ruby => (length, 0, Some(number(max)?)),
        Some(max) => (length, number(min)?, Some(number(max)?)),
    })
}
