//! Git's framing: a length of four hexadecimal digits that counts itself, then the bytes.

use std::ops::Range;

/// The most bytes of one packet, its length included.
pub(super) const MOST: usize = 65520;
/// What one packet of a side band carries: the length, the band and a margin are off.
const BAND: usize = 65515;
/// What ends a list.
pub(super) const FLUSH: &[u8] = b"0000";

/// What is at the start of some bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// Not all of it is there yet.
    More,
    /// A packet: where its content is. It ends where the content ends.
    Data(Range<usize>),
    /// The end of a list. Four bytes.
    Flush,
}

/// These are no packets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("these are no packets of git's")]
pub(super) struct NoPacket;

/// What is at `at`.
pub(super) fn next(bytes: &[u8], at: usize) -> Result<Next, NoPacket> {
    let Some(head) = bytes.get(at..at + 4) else { return Ok(Next::More) };
    if !head.iter().all(u8::is_ascii_hexdigit) {
        return Err(NoPacket);
    }
    let text = std::str::from_utf8(head).map_err(|_| NoPacket)?;
    match usize::from_str_radix(text, 16).map_err(|_| NoPacket)? {
        0 => Ok(Next::Flush),
        length @ 4..=MOST if bytes.len() >= at + length => Ok(Next::Data(at + 4..at + length)),
        4..=MOST => Ok(Next::More),
        _ => Err(NoPacket),
    }
}

/// Adds a packet. The content must be short enough for one.
pub(super) fn push(out: &mut Vec<u8>, parts: &[&[u8]]) {
    let length = 4 + parts.iter().map(|part| part.len()).sum::<usize>();
    debug_assert!(length <= MOST, "a packet of {length} bytes");
    out.extend_from_slice(format!("{length:04x}").as_bytes());
    for part in parts {
        out.extend_from_slice(part);
    }
}

/// Adds bytes on a band of the side band, in as many packets as it takes.
pub(super) fn push_band(out: &mut Vec<u8>, band: u8, bytes: &[u8]) {
    for part in bytes.chunks(BAND) {
        push(out, &[&[band], part]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn packets_are_found_and_others_are_refused() {
        assert_eq!(next(b"0006ab0000", 0), Ok(Next::Data(4..6)));
        assert_eq!(next(b"0006ab0000", 6), Ok(Next::Flush));
        assert_eq!(next(b"0004", 0), Ok(Next::Data(4..4)));
        assert_eq!(next(b"0006a", 0), Ok(Next::More));
        assert_eq!(next(b"00", 0), Ok(Next::More));
        for bad in [b"0001", b"0002", b"0003", b"fff1", b"ffff", b"+006", b"00 6", b"zzzz"] {
            assert_eq!(next(bad, 0), Err(NoPacket));
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(bytes in prop::collection::vec(any::<u8>(), 0..200_000)) {
            let mut out = Vec::new();
            push_band(&mut out, 2, &bytes);
            out.extend_from_slice(FLUSH);
            let (mut at, mut found) = (0, Vec::new());
            while let Next::Data(range) = next(&out, at).unwrap() {
                at = range.end;
                prop_assert_eq!(out[range.start], 2);
                found.extend_from_slice(&out[range.start + 1..range.end]);
            }
            prop_assert_eq!(found, bytes);
        }

        #[test]
        fn anything_is_survived(bytes in prop::collection::vec(any::<u8>(), 0..64), at in 0usize..80) {
            let _ = next(&bytes, at);
        }
    }
}
