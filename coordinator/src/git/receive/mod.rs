//! What a push says before its objects, and what git says after them.

mod report;

pub(super) use report::Report;

use super::pktline::{self, Next, NoPacket};
use serde::{Deserialize, Serialize};

/// A change of a ref that a push asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Command {
    /// The full name of the ref.
    pub(super) reference: String,
    /// What it points to, as the client believes; nothing where it is to be made.
    pub(super) before: Option<String>,
    /// What it shall point to; nothing where it is to be deleted.
    pub(super) after: Option<String>,
}

/// All that comes before the objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Head {
    /// The changes asked for. None at all in the request by which a client tries whether it may.
    pub(super) commands: Vec<Command>,
    /// Whether reports and messages come on bands of their own.
    pub(super) side_band: bool,
    /// Whether a report is wanted.
    pub(super) report: bool,
    /// Whether all changes are wanted, or none.
    pub(super) atomic: bool,
    /// Push options.
    pub(super) options: Vec<String>,
    /// What was read, and is still to be given to git: it may reach into the objects.
    pub(super) raw: Vec<u8>,
}

/// Why the beginning of a push cannot be understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum HeadError {
    /// It is not what git sends.
    #[error("this is no push")]
    Malformed,
    /// There are too many refs, or too many options.
    #[error("there are too many refs or options in one push")]
    TooBig,
    /// A signed push, which was not offered.
    #[error("signed pushes are not accepted here")]
    Signed,
}

impl From<NoPacket> for HeadError {
    fn from(_: NoPacket) -> Self {
        Self::Malformed
    }
}

/// Reads the beginning of a push as it comes in.
#[derive(Debug)]
pub(super) struct HeadReader {
    head: Head,
    at: usize,
    part: Part,
    limit: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Commands { options: bool },
    Options,
    Done,
}

impl HeadReader {
    /// At most so many bytes may come before the objects.
    pub(super) fn new(limit: usize) -> Self {
        Self { head: Head::default(), at: 0, part: Part::Commands { options: false }, limit }
    }

    /// Takes some more. Whether all is there.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<bool, HeadError> {
        self.head.raw.extend_from_slice(bytes);
        while self.part != Part::Done {
            let range = match pktline::next(&self.head.raw, self.at)? {
                Next::More => break,
                Next::Flush => {
                    self.at += pktline::FLUSH.len();
                    self.part = match self.part {
                        Part::Commands { options: true } if !self.head.commands.is_empty() => Part::Options,
                        _ => Part::Done,
                    };
                    continue;
                }
                Next::Data(range) => range,
            };
            self.at = range.end;
            // The objects are no part of what is bounded here.
            if self.at > self.limit {
                return Err(HeadError::TooBig);
            }
            let line = self.head.raw.get(range).unwrap_or_default();
            let line = line.strip_suffix(b"\n").unwrap_or(line).to_owned();
            match self.part {
                Part::Options => self.head.options.push(text(&line)?.to_owned()),
                _ => self.command(&line)?,
            }
        }
        if self.part != Part::Done && self.head.raw.len() > self.limit.saturating_add(pktline::MOST) {
            return Err(HeadError::TooBig);
        }
        Ok(self.part == Part::Done)
    }

    /// All of it.
    pub(super) fn finish(self) -> Head {
        self.head
    }

    /// Reads a line of the list of commands.
    fn command(&mut self, line: &[u8]) -> Result<(), HeadError> {
        if line.starts_with(b"shallow ") {
            return Ok(());
        }
        if line.starts_with(b"push-cert") {
            return Err(HeadError::Signed);
        }
        let (line, capabilities) = match line.iter().position(|b| *b == 0) {
            Some(at) => (&line[..at], Some(text(&line[at + 1..])?)),
            None => (line, None),
        };
        let mut words = text(line)?.splitn(3, ' ');
        let (Some(before), Some(after), Some(reference)) = (words.next(), words.next(), words.next()) else {
            return Err(HeadError::Malformed);
        };
        if let Some(capabilities) = capabilities.filter(|_| self.head.commands.is_empty()) {
            let has = |name: &str| capabilities.split(' ').any(|word| word == name);
            self.part = Part::Commands { options: has("push-options") };
            self.head.report = has("report-status") || has("report-status-v2");
            self.head.side_band = has("side-band-64k");
            self.head.atomic = has("atomic");
        }
        let reference = reference.to_owned();
        self.head.commands.push(Command { reference, before: id(before)?, after: id(after)? });
        Ok(())
    }
}

/// An id; zeros are none.
fn id(text: &str) -> Result<Option<String>, HeadError> {
    if !super::folders::is_id(text) {
        return Err(HeadError::Malformed);
    }
    Ok(text.bytes().any(|b| b != b'0').then(|| text.to_ascii_lowercase()))
}

fn text(bytes: &[u8]) -> Result<&str, HeadError> {
    std::str::from_utf8(bytes).map_err(|_| HeadError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ZERO: &str = crate::git::NO_SHA;

    fn request() -> Vec<u8> {
        let (one, two) = ("1".repeat(40), "2".repeat(40));
        let mut out = Vec::new();
        let first = format!("{one} {two} refs/heads/main");
        pktline::push(&mut out, &[format!("shallow {one}").as_bytes()]);
        pktline::push(
            &mut out,
            &[first.as_bytes(), b"\0 report-status-v2 side-band-64k push-options agent=git/2"],
        );
        pktline::push(&mut out, &[format!("{ZERO} {two} refs/heads/new\n").as_bytes()]);
        pktline::push(&mut out, &[format!("{one} {ZERO} refs/tags/old").as_bytes()]);
        out.extend_from_slice(pktline::FLUSH);
        pktline::push(&mut out, &[b"ci.skip"]);
        pktline::push(&mut out, &[b"ci.variable=A=1\n"]);
        out.extend_from_slice(pktline::FLUSH);
        out.extend_from_slice(b"PACK0001zzzz");
        out
    }

    proptest! {
        #[test]
        fn a_push_is_read_however_it_is_cut(cuts in prop::collection::vec(1usize..40, 1..40)) {
            let bytes = request();
            let mut reader = HeadReader::new(1 << 20);
            let (mut rest, mut cuts) = (bytes.as_slice(), cuts.iter().cycle());
            let mut done = false;
            while !done {
                let (piece, more) = rest.split_at((*cuts.next().unwrap()).min(rest.len()));
                done = reader.feed(piece).unwrap();
                rest = more;
            }
            let head = reader.finish();
            prop_assert!(head.side_band && head.report);
            prop_assert_eq!(&head.options, &["ci.skip", "ci.variable=A=1"]);
            let of = |c: &Command| (c.reference.clone(), c.before.is_some(), c.after.is_some());
            let commands: Vec<_> = head.commands.iter().map(of).collect();
            prop_assert_eq!(commands, [
                ("refs/heads/main".to_owned(), true, true),
                ("refs/heads/new".to_owned(), false, true),
                ("refs/tags/old".to_owned(), true, false),
            ]);
            prop_assert_eq!([head.raw.as_slice(), rest].concat(), bytes);
        }

        #[test]
        fn anything_is_survived(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = HeadReader::new(100).feed(&bytes);
        }
    }

    #[test]
    fn a_try_has_no_commands() {
        let mut reader = HeadReader::new(100);
        assert!(reader.feed(b"0000").unwrap());
        assert!(reader.finish().commands.is_empty());
    }

    #[test]
    fn what_is_no_push_is_refused() {
        let fed = |bytes: &[u8]| HeadReader::new(200).feed(bytes);
        let line = |text: &str| {
            let mut out = Vec::new();
            pktline::push(&mut out, &[text.as_bytes()]);
            out
        };
        assert_eq!(fed(b"GET / HTTP/1.1"), Err(HeadError::Malformed));
        assert_eq!(fed(&line("a b refs/heads/main")), Err(HeadError::Malformed));
        assert_eq!(fed(&line(&format!("{ZERO} {ZERO}"))), Err(HeadError::Malformed));
        assert_eq!(fed(&line("push-cert\0 x")), Err(HeadError::Signed));
        let many = line(&format!("{ZERO} {} refs/heads/x", "1".repeat(40))).repeat(3);
        assert_eq!(fed(&many), Err(HeadError::TooBig));
        assert_eq!(
            HeadReader::new(10).feed(&[b"fff0".as_slice(), &[b'x'; 65530]].concat()),
            Err(HeadError::TooBig)
        );
    }
}
