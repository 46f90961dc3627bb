//! Cuts a log into lines: joins what headers with times say is one line, and cuts what is too long.

use super::LONGEST_LINE;
use std::io::{self, Read};

/// Length of a header with a time.
const HEADER: usize = 32;
const BLOCK: usize = 128 << 10;

/// A line of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Its bytes, without headers and line feeds.
    pub(super) text: Vec<u8>,
    /// `hh:mm:ss`, where it has a header.
    pub(super) time: Option<String>,
    /// How many bytes of the log it is, headers and line feeds included.
    pub(super) length: u64,
}

/// Takes lines off a stream. Memory is bounded whatever the stream holds.
pub(super) struct Lines<R> {
    input: R,
    buffer: Vec<u8>,
    start: usize,
    ended: bool,
    stamped: Option<bool>,
}

impl<R: Read> Lines<R> {
    pub(super) fn new(input: R, stamped: Option<bool>) -> Self {
        Self { input, buffer: Vec::new(), start: 0, ended: false, stamped }
    }

    /// Whether lines have headers with times, once the first was read.
    pub(super) fn stamped(&self) -> Option<bool> {
        self.stamped
    }

    /// The next line; nothing at the end. The last one may be unfinished.
    pub(super) fn next(&mut self) -> io::Result<Option<Line>> {
        let Some((mut text, mut length)) = self.physical()? else { return Ok(None) };
        let stamped = *self.stamped.get_or_insert_with(|| header(&text).is_some());
        if !stamped {
            return Ok(Some(Line { text, time: None, length }));
        }
        let time = header(&text).map(|header| header.time);
        if time.is_some() {
            text.drain(..HEADER);
        }
        while text.len() < LONGEST_LINE && self.continues()? {
            let Some((more, bytes)) = self.physical()? else { break };
            text.extend_from_slice(more.get(HEADER..).unwrap_or_default());
            length += bytes;
        }
        Ok(Some(Line { text, time, length }))
    }

    /// What is between two line feeds.
    fn physical(&mut self) -> io::Result<Option<(Vec<u8>, u64)>> {
        let mut looked = 0;
        loop {
            let rest = self.buffer.get(self.start..).unwrap_or_default();
            let found = rest.iter().skip(looked).position(|byte| *byte == b'\n').map(|at| at + looked);
            match found {
                Some(at) if at <= LONGEST_LINE => return Ok(Some(self.take(at, at + 1))),
                _ if rest.len() > LONGEST_LINE => {
                    let at = boundary(rest, LONGEST_LINE);
                    return Ok(Some(self.take(at, at)));
                }
                _ if self.ended && rest.is_empty() => return Ok(None),
                _ if self.ended => {
                    let at = rest.len();
                    return Ok(Some(self.take(at, at)));
                }
                _ => looked = rest.len(),
            }
            self.fill()?;
        }
    }

    fn take(&mut self, text: usize, all: usize) -> (Vec<u8>, u64) {
        let rest = self.buffer.get(self.start..).unwrap_or_default();
        let taken = rest.get(..text).unwrap_or_default().to_vec();
        self.start += all;
        (taken, all as u64)
    }

    fn continues(&mut self) -> io::Result<bool> {
        while self.buffer.len() - self.start < HEADER && !self.ended {
            self.fill()?;
        }
        Ok(header(self.buffer.get(self.start..).unwrap_or_default()).is_some_and(|header| header.continues))
    }

    fn fill(&mut self) -> io::Result<()> {
        self.buffer.drain(..self.start);
        self.start = 0;
        let read = self.input.by_ref().take(BLOCK as u64).read_to_end(&mut self.buffer)?;
        self.ended = read == 0;
        Ok(())
    }
}

/// Where to cut so that no character is cut, if it is UTF-8.
fn boundary(bytes: &[u8], at: usize) -> usize {
    let begins = |at: &usize| bytes.get(*at).is_none_or(|byte| byte & 0xC0 != 0x80);
    (at.saturating_sub(3)..=at).rev().find(begins).unwrap_or(at)
}

struct Header {
    time: String,
    continues: bool,
}

/// `2026-01-02T03:04:05.678901Z 00O ` at the begin of a line.
fn header(line: &[u8]) -> Option<Header> {
    const SHAPE: &[u8; HEADER] = b"0000-00-00T00:00:00.000000Z xxS ";
    let head = line.get(..HEADER)?;
    let fits = head.iter().zip(SHAPE).all(|(byte, shape)| match shape {
        b'0' => byte.is_ascii_digit(),
        b'x' => byte.is_ascii_hexdigit(),
        b'S' => matches!(byte, b'O' | b'E'),
        _ => byte == shape,
    });
    let last = *head.last()?;
    let continues = last == b'+';
    let shaped = fits || (continues && header_with_blank(head));
    let time = String::from_utf8_lossy(head.get(11..19)?).into_owned();
    shaped.then_some(Header { time, continues })
}

fn header_with_blank(head: &[u8]) -> bool {
    let mut blank = head.to_vec();
    if let Some(last) = blank.last_mut() {
        *last = b' ';
    }
    header(&blank).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(input: &[u8]) -> Vec<Line> {
        let mut lines = Lines::new(input, None);
        std::iter::from_fn(|| lines.next().unwrap()).collect()
    }

    fn texts(input: &[u8]) -> Vec<String> {
        lines(input).into_iter().map(|line| String::from_utf8(line.text).unwrap()).collect()
    }

    #[test]
    fn plain_lines_end_with_line_feeds_and_the_last_may_not() {
        assert_eq!(texts(b"a\n\nb"), ["a", "", "b"]);
        assert_eq!(texts(b"a\n"), ["a"]);
        assert!(texts(b"").is_empty());
    }

    #[test]
    fn headers_are_taken_off_and_continued_lines_joined() {
        let log = b"2026-01-02T03:04:05.678901Z 00O one\n2026-01-02T03:04:06.000000Z 01E+ and\n\
            2026-01-02T03:04:07.000000Z 01E two\nno header\n";
        let found = lines(log);
        let shown: Vec<_> =
            found.iter().map(|line| (String::from_utf8_lossy(&line.text), line.time.as_deref())).collect();
        assert_eq!(
            shown,
            [
                ("one and".into(), Some("03:04:05")),
                ("two".into(), Some("03:04:07")),
                ("no header".into(), None)
            ]
        );
        assert_eq!(found.iter().map(|line| line.length).sum::<u64>(), log.len() as u64);
    }

    #[test]
    fn only_the_first_line_decides_whether_there_are_headers() {
        let log = b"x\n2026-01-02T03:04:05.678901Z 00O one\n";
        assert_eq!(texts(log), ["x", "2026-01-02T03:04:05.678901Z 00O one"]);
    }

    #[test]
    fn long_lines_are_cut_between_characters() {
        let log = format!("{}é{}\n", "a".repeat(LONGEST_LINE - 1), "b".repeat(10));
        let found = texts(log.as_bytes());
        assert_eq!(found[0].len(), LONGEST_LINE - 1);
        assert_eq!(found[1], format!("é{}", "b".repeat(10)));
    }
}
