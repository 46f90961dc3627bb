//! The time-stamped form of the log (`FF_TIMESTAMPS`, on by default).
//!
//! Every line gets a header of [`HEADER`] bytes: `YYYY-MM-DDTHH:MM:SS.uuuuuuZ`, a blank, the stream in two hexadecimal
//! digits, `O` or `E`, and a blank, or a `+` if the line continues the one before of the same stream. GitLab parses
//! that, so every byte of it is fixed.

use std::io::Write as _;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Length of a line's header, in bytes.
pub const HEADER: usize = 32;

/// An unfinished line is kept back up to this many bytes, its header included.
pub const LONGEST_PENDING: usize = 8192;

const FLAG: usize = HEADER - 1;
/// The last second of the year 9999: behind it a date has no fixed length.
const LAST_SECOND: u64 = 253_402_300_799;

/// Which of its two outputs a stream is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Standard output, and everything the runner itself says.
    Out,
    /// Standard error.
    Err,
}

/// One stream's lines on their way into the log.
///
/// A write is [`begin`](Self::begin), any number of [`feed`](Self::feed)s and [`end`](Self::end): how the bytes of one
/// write are cut does not matter, where a write ends does. Whole lines are given out at once. What remains without a
/// line feed is kept back for the next write, unless it has a carriage return (progress bars) or grew too long: then it
/// is given out with a line feed of ours, and the next header says `+`.
pub struct Timestamper {
    header: [u8; HEADER],
    second: u64,
    /// An unfinished line, with its header.
    line: Vec<u8>,
    /// How much of it was there before this write.
    before: usize,
    started: bool,
}

impl Timestamper {
    /// For a stream that has not said anything.
    pub fn new(stream: u8, kind: Kind) -> Self {
        let mut header = *b"1970-01-01T00:00:00.000000Z 00O ";
        let hex = b"0123456789abcdef";
        header[28] = hex[usize::from(stream >> 4)];
        header[29] = hex[usize::from(stream & 15)];
        if kind == Kind::Err {
            header[30] = b'E';
        }
        Self { header, second: 0, line: Vec::new(), before: 0, started: false }
    }

    /// For a stream that goes on with the line that another one of its number did not finish.
    pub fn continuing(stream: u8, kind: Kind) -> Self {
        let mut new = Self::new(stream, kind);
        new.header[FLAG] = b'+';
        new
    }

    /// Begins a write at `now`, the time that lines get which begin with it.
    pub fn begin(&mut self, now: SystemTime) {
        self.before = self.line.len();
        self.set_time(now.duration_since(UNIX_EPOCH).unwrap_or_default());
    }

    /// Takes a part of the write; finished lines are appended to `out`.
    pub fn feed(&mut self, bytes: &[u8], out: &mut Vec<u8>) {
        let mut start = 0;
        for feed in memchr::memchr_iter(b'\n', bytes) {
            if self.line.is_empty() {
                out.extend_from_slice(&self.header);
            } else {
                out.append(&mut self.line);
                self.before = 0;
            }
            out.extend_from_slice(&bytes[start..=feed]);
            start = feed + 1;
            self.header[FLAG] = b' ';
        }
        if start < bytes.len() {
            if self.line.is_empty() {
                self.line.extend_from_slice(&self.header);
            }
            self.line.extend_from_slice(&bytes[start..]);
        }
    }

    /// Ends the write.
    pub fn end(&mut self, out: &mut Vec<u8>) {
        if self.line.is_empty() {
            return;
        }
        // A line that began with this write does not count its header.
        let (length, new) = match self.before {
            0 => (self.line.len() - HEADER, &self.line[HEADER..]),
            before => (self.line.len(), &self.line[before..]),
        };
        if length > LONGEST_PENDING || memchr::memchr(b'\r', new).is_some() {
            self.break_line(out);
        }
    }

    /// Ends the stream: gives out what is kept back.
    pub fn close(&mut self, out: &mut Vec<u8>) {
        if !self.line.is_empty() {
            self.break_line(out);
        }
        self.header[FLAG] = b' ';
    }

    /// How many bytes are kept back.
    pub fn pending(&self) -> usize {
        self.line.len()
    }

    fn break_line(&mut self, out: &mut Vec<u8>) {
        out.append(&mut self.line);
        out.push(b'\n');
        self.before = 0;
        self.header[FLAG] = b'+';
    }

    fn set_time(&mut self, since_epoch: Duration) {
        let second = since_epoch.as_secs().min(LAST_SECOND);
        if second != self.second || !self.started {
            (self.second, self.started) = (second, true);
            self.set_second(second);
        }
        let mut micros = since_epoch.subsec_micros();
        for digit in self.header[20..26].iter_mut().rev() {
            *digit = b'0' + (micros % 10) as u8;
            micros /= 10;
        }
    }

    fn set_second(&mut self, second: u64) {
        let (year, month, day) = date(second / 86_400);
        let (hour, minute, rest) = (second / 3600 % 24, second / 60 % 60, second % 60);
        let mut text = &mut self.header[..19];
        // Always 19 bytes, since the year has four digits.
        let _ = write!(text, "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{rest:02}");
    }
}

/// Year, month and day in the Gregorian calendar of a day since 1970-01-01.
///
/// Counts from 1 March of year 0, so that a leap day is the last of its year (Howard Hinnant's `civil_from_days`).
fn date(days: u64) -> (u64, u64, u64) {
    const DAYS_IN_400_YEARS: u64 = 146_097;
    let days = days + 719_468;
    let era = days / DAYS_IN_400_YEARS;
    let of_era = days % DAYS_IN_400_YEARS;
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let from_march = (5 * of_year + 2) / 153;
    let day = of_year - (153 * from_march + 2) / 5 + 1;
    let month = if from_march < 10 { from_march + 3 } else { from_march - 9 };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests;
