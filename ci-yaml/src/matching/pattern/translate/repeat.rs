//! Repetitions.

use super::super::error::Reason;
use super::super::{Dialect, MOST_NESTED};
use super::{Atom, Result, Translator};
use std::fmt::Write;

/// Most repetitions, also of repetitions within one another.
const MOST_REPEATED: u32 = 1000;

/// `*`, `+`, `?`, `{n}`, `{n,}` and `{n,m}`.
pub(super) struct Repetition<'t> {
    pub(super) written: &'t str,
    min: u32,
    /// None: any number.
    max: Option<u32>,
}

impl<'t> Translator<'t> {
    /// The repetition that begins here.
    pub(super) fn repetition(&self) -> Option<Repetition<'t>> {
        let rest = self.rest();
        let (length, min, max) = match rest.as_bytes().first()? {
            b'*' => (1, 0, None),
            b'+' => (1, 1, None),
            b'?' => (1, 0, Some(1)),
            b'{' => counted(rest, self.dialect)?,
            _ => return None,
        };
        // A question mark behind it makes it the less greedy, without effect; but Ruby's `{n}?` is `(?:…{n})?`.
        let own = self.dialect == Dialect::Ruby && rest.starts_with('{') && max == Some(min);
        let length = length + usize::from(!own && rest[length..].starts_with('?'));
        Some(Repetition { written: &rest[..length], min, max })
    }

    pub(super) fn repeat(&mut self, repetition: &Repetition<'_>) -> Result<()> {
        let Repetition { written, min, max } = *repetition;
        let times = max.unwrap_or(min).max(1);
        let refuse = |reason: fn(String) -> Reason| Err(self.at(self.offset, reason(written.to_owned())));
        let Some(atom) = self.frames.last().and_then(|frame| frame.last) else {
            return refuse(Reason::NothingToRepeat);
        };
        let repeated = atom.repeated.saturating_mul(times);
        if repeated > MOST_REPEATED || min > MOST_REPEATED || max.is_some_and(|max| max < min) {
            return refuse(Reason::RepeatSize);
        }
        if atom.unary > MOST_NESTED {
            return Err(self.at(self.offset, Reason::TooDeep));
        }
        self.write_repetition(&atom, repetition);
        let cost = atom.cost.saturating_mul(u64::from(times)).saturating_add(1);
        let frame = self.frame();
        frame.cost = frame.cost.saturating_sub(atom.cost).saturating_add(cost);
        frame.repeated = frame.repeated.max(repeated);
        frame.last = Some(Atom { cost, repeated, unary: atom.unary + 1, ..atom });
        self.offset += written.len();
        Ok(())
    }

    fn write_repetition(&mut self, atom: &Atom, repetition: &Repetition<'_>) {
        if atom.unary > 0 {
            self.nested = self.nested.max(self.frames.len() + atom.unary);
            self.out.insert_str(atom.start, "(?:");
            self.out.push(')');
        }
        let sign = repetition.written.chars().next().unwrap_or('*');
        // Writing to a text cannot fail.
        let _ = match (sign, repetition.max) {
            ('{', Some(max)) => write!(self.out, "{{{},{max}}}", repetition.min),
            ('{', None) => write!(self.out, "{{{},}}", repetition.min),
            (sign, _) => self.out.write_char(sign),
        };
    }
}

/// `{n}`, `{n,}`, `{n,m}`: its length and numbers. Anything else that begins with a brace is text.
fn counted(rest: &str, dialect: Dialect) -> Option<(usize, u32, Option<u32>)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let number = |digits: &str| (!digits.is_empty()).then(|| digits.parse().unwrap_or(u32::MAX));
    let inner = rest.strip_prefix('{')?;
    let (min, behind) = inner.split_at(digits(inner));
    let (max, behind) = match behind.strip_prefix(',') {
        Some(behind) => {
            let (max, behind) = behind.split_at(digits(behind));
            (Some(max), behind)
        }
        None => (None, behind),
    };
    let length = rest.len() - behind.strip_prefix('}')?.len();
    Some(match max {
        None => (length, number(min)?, Some(number(min)?)),
        Some("") => (length, number(min)?, None),
        Some(max) if min.is_empty() && dialect == Dialect::Ruby => (length, 0, Some(number(max)?)),
        Some(max) => (length, number(min)?, Some(number(max)?)),
    })
}
