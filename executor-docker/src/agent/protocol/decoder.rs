//! Finds frames among other bytes.

use super::frame::{Direction, HEADER, Header};

/// A part of what comes in.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece<'a> {
    /// Bytes between frames: somebody else's.
    Foreign(&'a [u8]),
    /// A frame and its payload.
    Frame(Header, &'a [u8]),
}

/// Takes bytes however they were split. Holds back no more than one frame.
pub(crate) struct Decoder {
    direction: Direction,
    /// The beginning of what may become a frame.
    begun: Vec<u8>,
}

impl Decoder {
    pub(crate) fn new(direction: Direction) -> Self {
        Self { direction, begun: Vec::new() }
    }

    /// Hands on what is complete with these bytes, in order; gives up at the first error.
    pub(crate) fn feed<E>(
        &mut self,
        mut bytes: &[u8],
        mut take: impl FnMut(Piece<'_>) -> Result<(), E>,
    ) -> Result<(), E> {
        while !self.begun.is_empty() && !bytes.is_empty() {
            // No more than the beginning needs, so that the rest need not be copied.
            let lacking = match next(self.direction, &self.begun) {
                Next::Lacks(size) => size.min(bytes.len()),
                Next::Foreign(_) | Next::Frame(..) => 0,
            };
            self.begun.extend_from_slice(&bytes[..lacking]);
            bytes = &bytes[lacking..];
            let begun = std::mem::take(&mut self.begun);
            let rest = self.pass(&begun, &mut take)?;
            self.begun = if rest.len() < begun.len() { rest.to_vec() } else { begun };
        }
        if !bytes.is_empty() {
            let rest = self.pass(bytes, &mut take)?;
            self.begun.extend_from_slice(rest);
        }
        Ok(())
    }

    /// How much is held back, in bytes.
    pub(crate) fn held_back(&self) -> usize {
        self.begun.len()
    }

    /// What was held back, when nothing more comes.
    pub(crate) fn rest(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.begun)
    }

    /// Hands on what is complete; gives the beginning of what is not.
    fn pass<'a, E>(
        &self,
        mut bytes: &'a [u8],
        take: &mut impl FnMut(Piece<'_>) -> Result<(), E>,
    ) -> Result<&'a [u8], E> {
        while !bytes.is_empty() {
            let (piece, size) = match next(self.direction, bytes) {
                Next::Lacks(_) => break,
                Next::Foreign(size) => (Piece::Foreign(&bytes[..size]), size),
                Next::Frame(header, size) => (Piece::Frame(header, &bytes[HEADER..size]), size),
            };
            take(piece)?;
            bytes = &bytes[size..];
        }
        Ok(bytes)
    }
}

/// What some bytes begin with.
enum Next {
    /// So many that belong to no frame.
    Foreign(usize),
    /// A frame of this size, header included.
    Frame(Header, usize),
    /// What may be a frame, of which at least so many bytes are missing.
    Lacks(usize),
}

fn next(direction: Direction, bytes: &[u8]) -> Next {
    let mark = direction.mark();
    let foreign = beginning(bytes, &mark);
    if foreign > 0 {
        return Next::Foreign(foreign);
    }
    let Some(header) = bytes.first_chunk::<HEADER>() else { return Next::Lacks(HEADER - bytes.len()) };
    let Some(header) = Header::from_bytes(header, direction) else {
        // Somebody else's that only looks like a mark.
        return Next::Foreign(1 + beginning(&bytes[1..], &mark));
    };
    let size = HEADER + header.payload_size();
    if size <= bytes.len() { Next::Frame(header, size) } else { Next::Lacks(size - bytes.len()) }
}

/// Where the mark, or what may become one, begins; the number of bytes if nowhere.
fn beginning(bytes: &[u8], mark: &[u8; 4]) -> usize {
    let is_mark = |at: &usize| {
        let rest = &bytes[*at..];
        let common = rest.len().min(mark.len());
        rest[..common] == mark[..common]
    };
    memchr::memchr_iter(mark[0], bytes).find(is_mark).unwrap_or(bytes.len())
}
