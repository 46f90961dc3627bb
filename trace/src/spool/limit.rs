//! How long a log may get, and what is written when it is full.

use crate::line::{BOLD_YELLOW, RESET};

/// The limit of gitlab-runner's default `output_limit` (4096 KiB), in bytes.
pub const DEFAULT_LIMIT: u64 = 4096 * 1024;

/// What of some bytes fits into the log.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Room<'a> {
    All,
    /// Only these; the log is full behind them.
    Only(&'a [u8]),
}

/// A log is full once it has `limit` bytes, even if nothing is left over then.
pub(super) fn admit(length: u64, limit: u64, bytes: &[u8]) -> Room<'_> {
    let room = limit.saturating_sub(length);
    match usize::try_from(room) {
        Ok(room) if room <= bytes.len() => Room::Only(&bytes[..boundary(bytes, room)]),
        _ => Room::All,
    }
}

/// The last place up to `end` that does not cut a character. Bytes that are no UTF-8 are cut anywhere.
fn boundary(bytes: &[u8], end: usize) -> usize {
    let continues = |at: usize| bytes.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
    if !continues(end) {
        return end;
    }
    let start = (end.saturating_sub(3)..end).rev().find(|&at| !continues(at));
    match start {
        Some(start) if start + character(bytes[start]) > end => start,
        _ => end,
    }
}

/// Length of the character that begins with this byte.
fn character(first: u8) -> usize {
    match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 1,
    }
}

pub(super) fn notice(limit: u64) -> String {
    format!(
        "\n{BOLD_YELLOW}Job's log exceeded limit of {limit} bytes.\n\
         Job execution will continue but no more output will be collected.{RESET}\n"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_between_characters() {
        let text = "aé✓🦀b".as_bytes(); // 1, 2, 3, 4 and 1 bytes
        let cuts: Vec<usize> = (0..text.len()).map(|end| boundary(text, end)).collect();
        assert_eq!(cuts, [0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10]);
        assert_eq!(boundary(b"\x80\x80\x80\x80\x80\x80", 4), 4);
        assert_eq!(boundary(b"a\x80\x80", 2), 2);
        assert_eq!(boundary(b"\xff\x80\x80", 1), 1);
    }

    #[test]
    fn is_full_at_the_limit() {
        assert_eq!(admit(0, 5, b"abcd"), Room::All);
        assert_eq!(admit(1, 5, b"abcd"), Room::Only(b"abcd"));
        assert_eq!(admit(3, 5, b"abcd"), Room::Only(b"ab"));
        assert_eq!(admit(9, 5, b"abcd"), Room::Only(b""));
    }
}
