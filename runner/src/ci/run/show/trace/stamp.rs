//! Time stamps of lines, which jobs with `FF_TIMESTAMPS` have: `2026-11-21T12:03:35.883972Z 00O `.

/// Bytes that a stamp takes: date and time, number and kind of the stream, and whether the line goes on.
const LENGTH: usize = 32;

/// The line without its time stamp, if it has one.
pub(super) fn without(line: &[u8]) -> &[u8] {
    match line.split_at_checked(LENGTH) {
        Some((head, rest)) if is_stamp(head) => rest,
        _ => line,
    }
}

fn is_stamp(head: &[u8]) -> bool {
    const SHAPE: &[u8; LENGTH] = b"0000-00-00T00:00:00.000000Z hhK+";
    head.iter().zip(SHAPE).all(|(byte, shape)| match shape {
        b'0' => byte.is_ascii_digit(),
        b'h' => byte.is_ascii_hexdigit(),
        b'K' => matches!(byte, b'O' | b'E'),
        b'+' => matches!(byte, b'+' | b' '),
        other => byte == other,
    })
}

#[cfg(test)]
mod tests {
    use super::without;

    #[test]
    fn only_whole_stamps_go() {
        assert_eq!(without(b"2026-11-21T12:03:35.883972Z 00O hello"), b"hello");
        assert_eq!(without(b"2026-11-21T12:03:35.883972Z 0aE+"), b"");
        for other in ["2026-11-21T12:03:35Z hello", "2026-11-21T12:03:35.883972Z 00X hello", ""] {
            assert_eq!(without(other.as_bytes()), other.as_bytes());
        }
    }
}
