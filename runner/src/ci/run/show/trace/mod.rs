//! Traces as people read them: lines without markers, without overwritten progress, and nothing that steers a
//! terminal.

mod harmless;
mod marker;
mod stamp;

pub(in crate::ci) use harmless::Harmless;

use marker::Marker;

/// Longest line that is kept whole; what is longer becomes several.
const LONGEST: usize = 1 << 20;
/// Longest text before a return that may be a marker.
const LONGEST_MARKER: usize = 1024;
/// The most sections that are known to be open at once.
const DEEPEST: usize = 64;

/// What a trace is made of.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::ci) enum Piece<'a> {
    /// A line, without its end; of a line that was overwritten, what was there last.
    Line(&'a [u8]),
    /// A section begins.
    Open(&'a str),
    /// A section ends.
    Close(&'a str),
}

/// Takes a trace in pieces of any size.
#[derive(Debug, Default)]
pub(in crate::ci) struct Reader {
    /// What came since the last return or line feed.
    pending: Vec<u8>,
    /// What was there before the last return: shown unless something else follows.
    overwritten: Vec<u8>,
    /// Whether a marker was in this line.
    marked: bool,
    /// Whether the line has begun, so that no time stamp can follow.
    begun: bool,
    /// Names of sections that are open, the outermost first.
    open: Vec<String>,
}

impl Reader {
    /// Takes more of the trace.
    pub(in crate::ci) fn feed(&mut self, mut bytes: &[u8], tell: &mut dyn FnMut(Piece<'_>)) {
        while let Some(at) = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let (head, rest) = bytes.split_at(at);
            self.take(head, tell);
            match rest.first() {
                Some(b'\n') => self.end_line(tell),
                _ => self.end_part(tell),
            }
            bytes = rest.get(1..).unwrap_or_default();
        }
        self.take(bytes, tell);
    }

    /// The trace is over: gives what is left.
    pub(in crate::ci) fn finish(&mut self, tell: &mut dyn FnMut(Piece<'_>)) {
        if !self.pending.is_empty() || !self.overwritten.is_empty() {
            self.end_line(tell);
        }
    }

    /// The line that is being written, as it looks now.
    pub(in crate::ci) fn unfinished(&self) -> &[u8] {
        let pending = if self.begun { self.pending.as_slice() } else { stamp::without(&self.pending) };
        let visible = |bytes: &[u8]| bytes.iter().any(|byte| !byte.is_ascii_whitespace());
        // What may still become a marker is not shown.
        if visible(pending) && !Marker::may_begin(pending) { pending } else { &self.overwritten }
    }

    /// Names of the sections that are open, the outermost first.
    pub(in crate::ci) fn open_sections(&self) -> &[String] {
        &self.open
    }

    fn take(&mut self, mut bytes: &[u8], tell: &mut dyn FnMut(Piece<'_>)) {
        while self.pending.len() + bytes.len() > LONGEST {
            let (head, rest) = bytes.split_at(LONGEST.saturating_sub(self.pending.len()).min(bytes.len()));
            self.pending.extend_from_slice(head);
            self.end_line(tell);
            bytes = rest;
            self.begun = true;
        }
        self.pending.extend_from_slice(bytes);
    }

    /// A return: what was written may be a marker, or is about to be overwritten.
    fn end_part(&mut self, tell: &mut dyn FnMut(Piece<'_>)) {
        let pending = std::mem::take(&mut self.pending);
        let part = self.unstamped(&pending);
        let tail = part.len().saturating_sub(LONGEST_MARKER);
        let found = part.get(tail..).and_then(Marker::at_end);
        let Some((start, marker)) = found else {
            if !Harmless::is_blank(part) {
                self.overwritten = part.to_vec();
            }
            return;
        };
        // What stands before a marker is a line of its own.
        let before = part.get(..tail + start).unwrap_or_default();
        if !Harmless::is_blank(before) {
            self.overwritten.clear();
            tell(Piece::Line(before));
        } else if !self.overwritten.is_empty() {
            tell(Piece::Line(&std::mem::take(&mut self.overwritten)));
        }
        self.marked = true;
        self.enter(&marker, tell);
    }

    fn enter(&mut self, marker: &Marker, tell: &mut dyn FnMut(Piece<'_>)) {
        if marker.starts {
            if self.open.len() < DEEPEST {
                self.open.push(marker.name.clone());
            }
            return tell(Piece::Open(&marker.name));
        }
        if let Some(at) = self.open.iter().rposition(|open| *open == marker.name) {
            self.open.truncate(at);
        }
        tell(Piece::Close(&marker.name));
    }

    fn end_line(&mut self, tell: &mut dyn FnMut(Piece<'_>)) {
        let mut pending = std::mem::take(&mut self.pending);
        let overwritten = std::mem::take(&mut self.overwritten);
        let line = self.unstamped(&pending);
        let blank = Harmless::is_blank(line);
        if blank && !overwritten.is_empty() {
            tell(Piece::Line(&overwritten));
        } else if !(blank && self.marked) {
            tell(Piece::Line(line));
        }
        (self.marked, self.begun) = (false, false);
        if pending.capacity() <= 4096 {
            pending.clear();
            self.pending = pending;
        }
    }

    /// The part without the time stamp that a line may begin with.
    fn unstamped<'a>(&mut self, part: &'a [u8]) -> &'a [u8] {
        if std::mem::replace(&mut self.begun, true) { part } else { stamp::without(part) }
    }
}

#[cfg(test)]
mod tests;
