//! Groups and flags.

use super::super::error::Reason;
use super::super::{Dialect, MOST_NESTED};
use super::{Frame, Result, Translator};

impl<'t> Translator<'t> {
    pub(super) fn open(&mut self) -> Result<()> {
        let opened = self.offset;
        let outer = self.flags;
        let mut to_the_end = false;
        if self.rest().starts_with("(?") {
            let comment = self.rest().starts_with("(?#");
            if !self.special()? {
                // Ruby's flags also hold its alternatives together: `a(?i)b|c` is `a(?i:b|c)`.
                to_the_end = self.dialect == Dialect::Ruby && !comment;
                if !to_the_end {
                    return Ok(());
                }
            }
        } else {
            self.offset += 1;
        }
        if self.frames.len() > MOST_NESTED {
            return Err(self.at(opened, Reason::TooDeep));
        }
        self.nested = self.nested.max(self.frames.len());
        let start = self.out.len();
        self.out.push_str("(?:");
        self.frames.push(Frame { opened, outer, start, to_the_end, ..Frame::default() });
        Ok(())
    }

    pub(super) fn close(&mut self) -> Result<()> {
        self.end_flags();
        if self.frames.len() < 2 {
            return Err(self.at(self.offset, Reason::UnopenedGroup));
        }
        self.offset += 1;
        self.end_group();
        Ok(())
    }

    /// Ends the groups that flags have opened, at the end of the group they stand in.
    pub(super) fn end_flags(&mut self) {
        while self.frames.last().is_some_and(|frame| frame.to_the_end) {
            self.end_group();
        }
    }

    fn end_group(&mut self) {
        let Some(frame) = self.frames.pop() else { return };
        self.out.push(')');
        self.flags = frame.outer;
        self.atom(frame.start, frame.cost.saturating_add(2), frame.repeated.max(1));
    }

    /// Flags for all that follows, at the start of everything. Whether there were any.
    pub(super) fn leading_flags(&mut self) -> Result<bool> {
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
                    // A group restores what held before it; `open` has noted that.
                    self.flags = flags;
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
