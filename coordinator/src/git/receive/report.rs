//! What git says of a push: which refs it changed.

use super::super::pktline::{self, Next, NoPacket};
use std::collections::HashMap;

/// The most that a report may take: a line for each ref of the push.
const MOST: usize = 32 << 20;

/// Collects git's report, and lets everything else through.
#[derive(Debug)]
pub(in super::super) struct Report {
    side_band: bool,
    /// What is not yet a whole packet.
    partial: Vec<u8>,
    /// The report itself, as packets.
    inner: Vec<u8>,
    ended: bool,
}

impl Report {
    /// Of a push that wants bands, or wants the report alone.
    pub(in super::super) fn new(side_band: bool) -> Self {
        Self { side_band, partial: Vec::new(), inner: Vec::new(), ended: false }
    }

    /// Takes what git said. Gives what goes to the client at once: progress, and signs of life.
    pub(in super::super) fn feed(&mut self, bytes: &[u8]) -> Result<Vec<u8>, NoPacket> {
        if !self.side_band {
            self.keep(bytes)?;
            return Ok(Vec::new());
        }
        self.partial.extend_from_slice(bytes);
        let (mut at, mut through) = (0, Vec::new());
        while !self.ended {
            let range = match pktline::next(&self.partial, at)? {
                Next::More => break,
                Next::Flush => {
                    at += pktline::FLUSH.len();
                    self.ended = true;
                    continue;
                }
                Next::Data(range) => range,
            };
            let whole = at..range.end;
            at = range.end;
            match self.partial.get(range).unwrap_or_default() {
                [1, content @ ..] if !content.is_empty() => {
                    let content = content.to_owned();
                    self.keep(&content)?;
                }
                _ => through.extend_from_slice(self.partial.get(whole).unwrap_or_default()),
            }
        }
        self.partial.drain(..at);
        Ok(through)
    }

    fn keep(&mut self, bytes: &[u8]) -> Result<(), NoPacket> {
        if self.inner.len() + bytes.len() > MOST {
            return Err(NoPacket);
        }
        self.inner.extend_from_slice(bytes);
        Ok(())
    }

    /// Says why git refused refs, in words that it does not know: `reasons` by the ref's full name.
    pub(in super::super) fn explain(&mut self, reasons: &HashMap<&str, &str>) {
        let Some(lines) = lines(&self.inner) else { return };
        let mut out = Vec::new();
        for line in lines {
            let name = line.strip_prefix("ng ").and_then(|rest| rest.split(' ').next());
            match name.and_then(|name| Some((name, reasons.get(name)?))) {
                Some((name, reason)) => {
                    pktline::push(
                        &mut out,
                        &[format!("ng {name} {}\n", reason.trim_end_matches('.')).as_bytes()],
                    );
                }
                None => pktline::push(&mut out, &[line.as_bytes(), b"\n"]),
            }
        }
        out.extend_from_slice(pktline::FLUSH);
        self.inner = out;
    }

    /// Each ref with what became of it: nothing, or why it was not changed. Nothing at all where the report is not
    /// whole.
    pub(in super::super) fn results(&self) -> Option<HashMap<String, Option<String>>> {
        let lines = lines(&self.inner)?;
        let result = |line: String| {
            if let Some(name) = line.strip_prefix("ok ") {
                return Some((name.to_owned(), None));
            }
            let (name, reason) = line.strip_prefix("ng ")?.split_once(' ')?;
            Some((name.to_owned(), Some(reason.to_owned())))
        };
        Some(lines.into_iter().filter_map(result).collect())
    }

    /// What goes to the client in the end: `words` where it has a band for them, and the report.
    pub(in super::super) fn ending(&self, words: Option<&str>) -> Vec<u8> {
        if !self.side_band {
            return self.inner.clone();
        }
        let mut out = Vec::new();
        pktline::push_band(&mut out, 2, words.unwrap_or_default().as_bytes());
        pktline::push_band(&mut out, 1, &self.inner);
        if self.ended {
            out.extend_from_slice(pktline::FLUSH);
        }
        out
    }

    /// What goes to the client where the push was broken off.
    pub(in super::super) fn broken(&self, why: &str) -> Vec<u8> {
        let mut out = Vec::new();
        if self.side_band {
            pktline::push_band(&mut out, 3, format!("{why}\n").as_bytes());
        }
        out
    }
}

/// The lines of a whole report.
fn lines(inner: &[u8]) -> Option<Vec<String>> {
    let (mut at, mut lines) = (0, Vec::new());
    loop {
        match pktline::next(inner, at).ok()? {
            Next::Data(range) => {
                at = range.end;
                let line = String::from_utf8_lossy(inner.get(range)?);
                lines.push(line.trim_end_matches('\n').to_owned());
            }
            Next::Flush => {
                return lines.first().is_some_and(|line| line.starts_with("unpack ")).then_some(lines);
            }
            Next::More => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inner() -> Vec<u8> {
        let mut out = Vec::new();
        for line in ["unpack ok\n", "ok refs/heads/a\n", "ng refs/heads/b deny updating a hidden ref\n"] {
            pktline::push(&mut out, &[line.as_bytes()]);
        }
        out.extend_from_slice(pktline::FLUSH);
        out
    }

    #[test]
    fn the_report_waits_and_progress_does_not() {
        let mut all = Vec::new();
        pktline::push_band(&mut all, 2, b"Resolving\n");
        all.extend_from_slice(b"0005\x01");
        let progress = all.len();
        pktline::push_band(&mut all, 1, &inner());
        all.extend_from_slice(pktline::FLUSH);
        let mut report = Report::new(true);
        let mut through = Vec::new();
        for byte in &all {
            through.extend(report.feed(&[*byte]).unwrap());
        }
        assert_eq!(through, all[..progress]);
        assert_eq!(report.ending(None), all[progress..]);
        let ending = report.ending(Some("hello\n"));
        assert!(ending.starts_with(b"000b\x02hello\n") && ending.ends_with(b"0000"));
        let results = report.results().unwrap();
        assert_eq!(results["refs/heads/a"], None);
        assert!(results["refs/heads/b"].is_some());
    }

    #[test]
    fn reasons_are_given_in_better_words() {
        let mut report = Report::new(false);
        assert!(report.feed(&inner()).unwrap().is_empty());
        report.explain(&HashMap::from([("refs/heads/b", "It is protected."), ("refs/heads/a", "never")]));
        assert_eq!(report.results().unwrap()["refs/heads/b"].as_deref(), Some("It is protected"));
        assert_eq!(report.results().unwrap()["refs/heads/a"], None);
    }

    #[test]
    fn half_a_report_is_none() {
        let whole = inner();
        let mut report = Report::new(false);
        report.feed(&whole[..whole.len() - 4]).unwrap();
        assert_eq!(report.results(), None);
        assert!(Report::new(true).feed(b"what?").is_err());
        assert_eq!(Report::new(true).results(), None);
    }
}
