//! The coverage that a job's trace tells (`Gitlab::Ci::Trace::Stream#extract_coverage`).

use regex::bytes::{Regex, RegexBuilder};

/// How much of a line is looked at, in bytes.
const MOST_LINE: usize = 1 << 20;
/// What a compiled expression may take, in bytes.
const MOST_MEMORY: usize = 16 << 20;

/// The expression of `coverage` is one that this program cannot run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the regular expression of `coverage` cannot be used")]
pub struct BadExpression;

/// Looks for the coverage in a trace, as it grows.
///
/// The last line counts that matches and has a number in its last match: in the last group of that, or in all of it
/// where there are no groups. Colours are not taken out before, as GitLab does not.
#[derive(Clone, Debug)]
pub struct Finder {
    regex: Regex,
    line: Vec<u8>,
    found: Option<f64>,
}

impl Finder {
    /// For an expression without slashes.
    ///
    /// # Errors
    /// Where it cannot be compiled, or would take too much memory.
    pub fn new(expression: &str) -> Result<Self, BadExpression> {
        let build = |unicode: bool| {
            RegexBuilder::new(expression).unicode(unicode).size_limit(MOST_MEMORY).nest_limit(100).build()
        };
        // Classes are of ASCII, as in RE2; names of scripts and letters in classes are not to be had so.
        let regex = build(false).or_else(|_| build(true)).map_err(|_| BadExpression)?;
        Ok(Self { regex, line: Vec::new(), found: None })
    }

    /// More of the trace, in pieces of any size.
    pub fn feed(&mut self, bytes: &[u8]) {
        let mut pieces = bytes.split(|byte| *byte == b'\n');
        let Some(first) = pieces.next() else { return };
        self.keep(first);
        for piece in pieces {
            self.end_line();
            self.keep(piece);
        }
    }

    /// The coverage in per cent; nothing where the trace tells none. What comes after begins a new line.
    pub fn finish(&mut self) -> Option<f64> {
        self.end_line();
        self.found
    }

    fn keep(&mut self, piece: &[u8]) {
        let room = MOST_LINE.saturating_sub(self.line.len());
        self.line.extend_from_slice(piece.get(..room).unwrap_or(piece));
    }

    fn end_line(&mut self) {
        let mut line = std::mem::take(&mut self.line);
        let text = without_time(line.strip_suffix(b"\r").unwrap_or(&line));
        if let Some(found) = last_match(&self.regex, text) {
            self.found = found.or(self.found);
        }
        line.clear();
        self.line = line;
    }
}

/// A line without the moment and the stream that a runner may put before it: `2026-11-21T08:00:00.000000Z 00O `.
fn without_time(line: &[u8]) -> &[u8] {
    const LENGTH: usize = "2026-11-21T08:00:00.000000Z 00O ".len();
    let Some((head, rest)) = line.split_at_checked(LENGTH) else { return line };
    let shape = b"0000-00-00T00:00:00.000000Z xxs+";
    let fits = head.iter().zip(shape).all(|(byte, shape)| match shape {
        b'0' => byte.is_ascii_digit(),
        b'x' => byte.is_ascii_hexdigit(),
        b's' => matches!(byte, b'O' | b'E'),
        b'+' => matches!(byte, b' ' | b'+'),
        other => byte == other,
    });
    if fits { rest } else { line }
}

/// The number in the last match; the outer nothing where nothing matches, the inner where there is no number.
fn last_match(regex: &Regex, line: &[u8]) -> Option<Option<f64>> {
    let groups = regex.captures_len() - 1;
    let last = regex.captures_iter(line).last()?;
    let text = last.get(groups).map(|found| found.as_bytes()).unwrap_or_default();
    Some(number(text))
}

/// The first number: digits, and more of them behind a point.
fn number(text: &[u8]) -> Option<f64> {
    let start = text.iter().position(u8::is_ascii_digit)?;
    let digits = |text: &[u8]| text.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let rest = text.get(start..)?;
    let mut end = digits(rest);
    if let Some((b'.', fraction)) = rest.get(end..).and_then(<[u8]>::split_first) {
        let more = digits(fraction);
        end += if more > 0 { more + 1 } else { 0 };
    }
    std::str::from_utf8(rest.get(..end)?).ok()?.parse().ok()
}

#[cfg(test)]
mod tests;
