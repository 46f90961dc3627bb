//! Takes a worker's frames apart. The worker is not trusted: it runs where the job's own commands ran.

use super::frame::{HEAD, Kind};
use executor::Stream;

/// A part of what a worker sends.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Part<'a> {
    /// For the trace; a frame may come in several of these.
    Said(Stream, &'a [u8]),
    /// An archive begins.
    Name(Vec<u8>),
    /// It goes on; a frame may come in several of these.
    Content(&'a [u8]),
    /// It ends.
    Whole,
    /// The end of everything.
    Report(Vec<u8>),
}

/// What no worker of ours sends.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Violation {
    /// A frame of an unknown kind.
    #[error("a frame of kind {0}")]
    Kind(u8),
    /// A frame beyond the limit of its kind.
    #[error("a frame of kind {kind} with {length} bytes")]
    Length {
        /// The kind.
        kind: u8,
        /// What it claims to hold.
        length: u32,
    },
    /// A report that cannot be read.
    #[error("a report that cannot be read")]
    Report,
    /// An archive where none is awaited, or a part of one where none began.
    #[error("an archive that was not asked for")]
    Archive,
    /// A name that is not that of a file.
    #[error("an archive without a proper name")]
    Name,
}

/// Takes frames apart, however they are cut. Only names and reports are gathered; all else is passed on.
#[derive(Debug, Default)]
pub(super) struct Decoder {
    state: State,
}

#[derive(Debug)]
enum State {
    Head {
        bytes: [u8; HEAD],
        filled: usize,
    },
    /// Bytes of a stream, or of an archive.
    Passing {
        stream: Option<Stream>,
        left: usize,
    },
    Gathering {
        kind: Kind,
        left: usize,
        bytes: Vec<u8>,
    },
    Done,
    Broken(Violation),
}

impl Default for State {
    fn default() -> Self {
        Self::Head { bytes: [0; HEAD], filled: 0 }
    }
}

impl Decoder {
    /// How many bytes of a name or report are there before it is whole.
    pub(super) fn held_back(&self) -> usize {
        match &self.state {
            State::Gathering { bytes, .. } => bytes.len(),
            State::Head { .. } | State::Passing { .. } | State::Done | State::Broken(_) => 0,
        }
    }

    /// Takes the next bytes. After a report nothing counts; after a violation it is the answer to everything.
    pub(super) fn feed(
        &mut self,
        mut bytes: &[u8],
        take: &mut dyn FnMut(Part<'_>) -> Result<(), Violation>,
    ) -> Result<(), Violation> {
        while !bytes.is_empty() {
            match self.step(bytes, take) {
                Ok(used) => bytes = &bytes[used.min(bytes.len())..],
                Err(violation) => {
                    self.state = State::Broken(violation.clone());
                    return Err(violation);
                }
            }
        }
        Ok(())
    }

    /// Uses up some bytes; says how many.
    fn step(
        &mut self,
        bytes: &[u8],
        take: &mut dyn FnMut(Part<'_>) -> Result<(), Violation>,
    ) -> Result<usize, Violation> {
        match &mut self.state {
            State::Done => Ok(bytes.len()),
            State::Broken(violation) => Err(violation.clone()),
            State::Head { bytes: head, filled } => {
                let used = (HEAD - *filled).min(bytes.len());
                head[*filled..*filled + used].copy_from_slice(&bytes[..used]);
                *filled += used;
                if *filled == HEAD {
                    self.state = begin(*head)?;
                    self.end_if_over(take)?;
                }
                Ok(used)
            }
            State::Passing { stream, left } => {
                let used = (*left).min(bytes.len());
                *left -= used;
                take(match stream {
                    Some(stream) => Part::Said(*stream, &bytes[..used]),
                    None => Part::Content(&bytes[..used]),
                })?;
                self.end_if_over(take)?;
                Ok(used)
            }
            State::Gathering { left, bytes: gathered, .. } => {
                let used = (*left).min(bytes.len());
                *left -= used;
                gathered.extend_from_slice(&bytes[..used]);
                self.end_if_over(take)?;
                Ok(used)
            }
        }
    }

    /// Ends a frame that has all its bytes.
    fn end_if_over(
        &mut self,
        take: &mut dyn FnMut(Part<'_>) -> Result<(), Violation>,
    ) -> Result<(), Violation> {
        match &mut self.state {
            State::Passing { left: 0, .. } => self.state = State::default(),
            State::Gathering { kind, left: 0, bytes } => {
                let (kind, bytes) = (*kind, std::mem::take(bytes));
                self.state = if kind == Kind::Report { State::Done } else { State::default() };
                take(match kind {
                    Kind::Name => Part::Name(bytes),
                    Kind::Report => Part::Report(bytes),
                    Kind::Stdout | Kind::Stderr | Kind::Content | Kind::Whole => Part::Whole,
                })?;
            }
            State::Head { .. }
            | State::Passing { .. }
            | State::Gathering { .. }
            | State::Done
            | State::Broken(_) => {}
        }
        Ok(())
    }
}

fn begin([kind, length @ ..]: [u8; HEAD]) -> Result<State, Violation> {
    let length = u32::from_be_bytes(length);
    let known = Kind::of(kind).ok_or(Violation::Kind(kind))?;
    let left = usize::try_from(length).ok().filter(|length| *length <= known.limit());
    let left = left.ok_or(Violation::Length { kind, length })?;
    Ok(match known {
        Kind::Stdout => State::Passing { stream: Some(Stream::Stdout), left },
        Kind::Stderr => State::Passing { stream: Some(Stream::Stderr), left },
        Kind::Content => State::Passing { stream: None, left },
        Kind::Name | Kind::Whole | Kind::Report => State::Gathering { kind: known, left, bytes: Vec::new() },
    })
}

#[cfg(test)]
mod tests {
    use super::super::frame::Frames;
    use super::*;
    use executor::Output;
    use proptest::prelude::*;
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct Sink(Arc<Mutex<Vec<u8>>>);

    impl Write for Sink {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What is understood of bytes in pieces: output joined by stream, archives, the report.
    fn understood(bytes: &[u8], cuts: &[usize]) -> Result<Vec<(String, Vec<u8>)>, Violation> {
        let (mut decoder, mut rest) = (Decoder::default(), bytes);
        let mut parts: Vec<(String, Vec<u8>)> = Vec::new();
        for cut in cuts.iter().cycle() {
            let (now, later) = rest.split_at((*cut).min(rest.len()));
            decoder.feed(now, &mut |part| {
                let (what, bytes) = match part {
                    Part::Said(stream, bytes) => (format!("{stream:?}"), bytes.to_vec()),
                    Part::Name(name) => ("name".to_owned(), name),
                    Part::Content(bytes) => ("content".to_owned(), bytes.to_vec()),
                    Part::Whole => ("whole".to_owned(), Vec::new()),
                    Part::Report(bytes) => ("report".to_owned(), bytes),
                };
                match parts.last_mut() {
                    Some((last, joined)) if *last == what => joined.extend(bytes),
                    _ => parts.push((what, bytes)),
                }
                Ok(())
            })?;
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
        Ok(parts)
    }

    proptest! {
        #[test]
        fn cuts_do_not_matter(cuts in proptest::collection::vec(1..90_000usize, 1..9), long in 0..200_000usize) {
            let sink = Sink::default();
            let frames = Frames::to(sink.clone());
            let text = vec![b'x'; long + 1];
            frames.write(Stream::Stdout, &text);
            frames.write(Stream::Stderr, b"e");
            frames.send(Kind::Name, b"a.zip").unwrap();
            frames.send(Kind::Content, b"PK").unwrap();
            frames.send(Kind::Whole, b"").unwrap();
            frames.send(Kind::Report, b"{}").unwrap();
            let mut bytes = sink.0.lock().unwrap().clone();
            bytes.extend_from_slice(b"what comes later does not count");
            let part = |what: &str, bytes: &[u8]| (what.to_owned(), bytes.to_vec());
            prop_assert_eq!(
                understood(&bytes, &cuts).unwrap(),
                [
                    part("Stdout", &text),
                    part("Stderr", b"e"),
                    part("name", b"a.zip"),
                    part("content", b"PK"),
                    part("whole", b""),
                    part("report", b"{}"),
                ]
            );
        }

        #[test]
        fn anything_is_survived(bytes in proptest::collection::vec(prop_oneof![0..8u8, any::<u8>()], 0..400)) {
            let _ = understood(&bytes, &[3]);
        }
    }

    #[test]
    fn frames_beyond_their_limit_are_not_waited_for() {
        let head = |kind: u8, length: u32| [vec![kind], length.to_be_bytes().to_vec()].concat();
        assert_eq!(understood(&head(9, 0), &[1]), Err(Violation::Kind(9)));
        for (kind, length) in [(1, 65_537), (3, 321), (5, 1), (6, 1 << 20 | 1), (2, u32::MAX)] {
            assert_eq!(understood(&head(kind, length), &[2]), Err(Violation::Length { kind, length }));
        }
        let mut decoder = Decoder::default();
        let mut none = |_: Part<'_>| Ok(());
        assert!(decoder.feed(&[7], &mut none).is_ok(), "a head is looked at when it is whole");
        assert!(decoder.feed(&[0, 0, 0, 0], &mut none).is_err());
        assert_eq!(decoder.feed(&head(1, 0), &mut none), Err(Violation::Kind(7)), "no way back");
    }
}
