//! How a worker answers: frames on its standard output.
//!
//! A frame is one byte for its kind, the length of what follows in four bytes (most significant first), and that.

use super::report::Report;
use executor::{Output, Stream};
use std::io::{self, Write};
use std::sync::{Mutex, PoisonError};

/// Length of a frame's head, in bytes.
pub(super) const HEAD: usize = 5;

/// Most bytes of a frame with a piece of something longer.
pub(super) const LONGEST_PIECE: usize = 64 * 1024;
/// Most bytes of a name: that of files, behind a type and a slash.
pub(super) const LONGEST_NAME: usize = 255 + 1 + 64;
/// Most bytes of a report.
pub(super) const LONGEST_REPORT: usize = 1024 * 1024;

/// What a frame holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Kind {
    /// Bytes for the trace, as from a command's standard output.
    Stdout = 1,
    /// Bytes for the trace, as from a command's standard error.
    Stderr = 2,
    /// The name of an archive that is left with the engine; what follows is its content.
    Name = 3,
    /// The next bytes of the archive.
    Content = 4,
    /// The archive is whole.
    Whole = 5,
    /// How the stage ended; nothing follows.
    Report = 6,
}

impl Kind {
    pub(super) fn of(byte: u8) -> Option<Self> {
        const ALL: [Kind; 6] =
            [Kind::Stdout, Kind::Stderr, Kind::Name, Kind::Content, Kind::Whole, Kind::Report];
        ALL.into_iter().find(|kind| *kind as u8 == byte)
    }

    /// Most bytes that such a frame may hold.
    pub(super) fn limit(self) -> usize {
        match self {
            Self::Stdout | Self::Stderr | Self::Content => LONGEST_PIECE,
            Self::Name => LONGEST_NAME,
            Self::Whole => 0,
            Self::Report => LONGEST_REPORT,
        }
    }
}

/// Writes frames. As the output of a stage it writes what is said; a reader that went away hears no more.
pub(crate) struct Frames(Mutex<Box<dyn Write + Send>>);

impl Frames {
    pub(super) fn to(out: impl Write + Send + 'static) -> Self {
        Self(Mutex::new(Box::new(out)))
    }

    /// Writes one frame.
    pub(super) fn send(&self, kind: Kind, content: &[u8]) -> io::Result<()> {
        let length = u32::try_from(content.len()).ok().filter(|_| content.len() <= kind.limit());
        let length = length.ok_or(io::ErrorKind::InvalidInput)?;
        let mut frame = Vec::with_capacity(HEAD + content.len());
        frame.push(kind as u8);
        frame.extend_from_slice(&length.to_be_bytes());
        frame.extend_from_slice(content);
        let mut out = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        out.write_all(&frame)?;
        out.flush()
    }

    /// Ends the answer.
    pub(super) fn finish(&self, report: &Report) -> io::Result<()> {
        let text = serde_json::to_vec(report).map_err(io::Error::other)?;
        self.send(Kind::Report, &text)
    }
}

impl Output for Frames {
    fn write(&self, stream: Stream, bytes: &[u8]) {
        let kind = match stream {
            Stream::Stdout => Kind::Stdout,
            Stream::Stderr => Kind::Stderr,
        };
        for piece in bytes.chunks(LONGEST_PIECE) {
            // Without a reader the report finds out, which nothing can do without.
            let _ = self.send(kind, piece);
        }
    }
}
