//! The form of a message: a header, then a payload.
//!
//! A header is 24 bytes: four that mark a beginning, the frame's number in its direction, its kind, a detail of
//! it, two zeros, the payload's size, the command or request it belongs to, and a sum over all of these. Numbers
//! are big-endian.
//!
//! A frame to the host, header included, is no larger than what a pipe takes in one piece whoever else writes to
//! it (`PIPE_BUF`), so that other bytes come between frames and never into one.

use bytes::Bytes;

/// Size of a header in bytes.
pub(crate) const HEADER: usize = 24;

/// What a pipe takes in one piece, in bytes.
pub(crate) const ATOMIC: usize = 4096;

/// Whom a frame is for. Frames of one direction are none in the other: an entrypoint may echo what it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    ToAgent,
    ToHost,
}

impl Direction {
    /// How a frame begins. The first byte occurs in no UTF-8 text.
    pub(crate) fn mark(self) -> [u8; 4] {
        match self {
            Self::ToAgent => *b"\xfbrQ\x02",
            Self::ToHost => *b"\xfcrA\x03",
        }
    }

    /// The largest payload, in bytes. Only the host is trusted with large ones: a script's variables may be many.
    pub(crate) fn most_payload(self) -> usize {
        match self {
            Self::ToAgent => 64 << 20,
            Self::ToHost => ATOMIC - HEADER,
        }
    }
}

/// A message as it is sent, but for its number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Frame {
    pub(crate) kind: u8,
    pub(crate) detail: u8,
    pub(crate) id: u32,
    pub(crate) payload: Bytes,
}

impl Frame {
    /// The header to send before the payload.
    pub(crate) fn header(&self, sequence: u32) -> Header {
        let size = u32::try_from(self.payload.len()).unwrap_or(u32::MAX);
        Header { sequence, kind: self.kind, detail: self.detail, id: self.id, size }
    }
}

/// What stands before a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    /// The frame's number in its direction, from 0; see [`Header::following`].
    pub(crate) sequence: u32,
    pub(crate) kind: u8,
    pub(crate) detail: u8,
    pub(crate) id: u32,
    /// Of the payload, in bytes.
    pub(crate) size: u32,
}

impl Header {
    pub(crate) fn to_bytes(self, direction: Direction) -> [u8; HEADER] {
        let mut bytes = [0; HEADER];
        bytes[..4].copy_from_slice(&direction.mark());
        bytes[4..8].copy_from_slice(&self.sequence.to_be_bytes());
        (bytes[8], bytes[9]) = (self.kind, self.detail);
        bytes[12..16].copy_from_slice(&self.size.to_be_bytes());
        bytes[16..20].copy_from_slice(&self.id.to_be_bytes());
        let sum = sum(&bytes[..20]);
        bytes[20..].copy_from_slice(&sum.to_be_bytes());
        bytes
    }

    /// Reads what may be a header.
    pub(crate) fn from_bytes(bytes: &[u8; HEADER], direction: Direction) -> Option<Self> {
        let [
            m0,
            m1,
            m2,
            m3,
            s0,
            s1,
            s2,
            s3,
            kind,
            detail,
            0,
            0,
            z0,
            z1,
            z2,
            z3,
            i0,
            i1,
            i2,
            i3,
            c0,
            c1,
            c2,
            c3,
        ] = *bytes
        else {
            return None;
        };
        let header = Self {
            sequence: u32::from_be_bytes([s0, s1, s2, s3]),
            kind,
            detail,
            id: u32::from_be_bytes([i0, i1, i2, i3]),
            size: u32::from_be_bytes([z0, z1, z2, z3]),
        };
        let fits = [m0, m1, m2, m3] == direction.mark()
            && u32::from_be_bytes([c0, c1, c2, c3]) == sum(&bytes[..20])
            && header.payload_size() <= direction.most_payload();
        fits.then_some(header)
    }

    /// The number after another. That of the first frame does not come again.
    pub(crate) fn following(sequence: u32) -> u32 {
        sequence.checked_add(1).unwrap_or(1)
    }

    /// Size of the payload in bytes.
    pub(crate) fn payload_size(self) -> usize {
        usize::try_from(self.size).unwrap_or(usize::MAX)
    }
}

/// FNV-1a, 32 bits: against accidents, not against intent.
fn sum(bytes: &[u8]) -> u32 {
    bytes.iter().fold(0x811c_9dc5, |sum, byte| (sum ^ u32::from(*byte)).wrapping_mul(0x0100_0193))
}
