//! Making one shell word of any bytes.

/// bash's `$'…'`, or the bytes themselves where no shell would see anything in them.
pub(super) fn ansi_c(bytes: &[u8]) -> Vec<u8> {
    if is_bare(bytes) {
        return bytes.to_vec();
    }
    if bytes.is_empty() {
        return b"''".to_vec();
    }
    let mut word = Vec::with_capacity(bytes.len() + bytes.len() / 8 + 3);
    word.extend_from_slice(b"$'");
    for &byte in bytes {
        match byte {
            b'\'' => word.extend_from_slice(b"\\'"),
            b'\\' => word.extend_from_slice(b"\\\\"),
            b'\n' => word.extend_from_slice(b"\\n"),
            b'\t' => word.extend_from_slice(b"\\t"),
            b'\r' => word.extend_from_slice(b"\\r"),
            b' '..=b'~' => word.push(byte),
            _ => word.extend_from_slice(&hex(byte)),
        }
    }
    word.push(b'\'');
    word
}

fn hex(byte: u8) -> [u8; 4] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    [b'\\', b'x', DIGITS[usize::from(byte >> 4)], DIGITS[usize::from(byte & 15)]]
}

/// POSIX's `'…'`, or the bytes themselves where no shell would see anything in them.
pub(super) fn single(bytes: &[u8]) -> Vec<u8> {
    if is_bare(bytes) {
        return bytes.to_vec();
    }
    let mut word = Vec::with_capacity(bytes.len() + bytes.len() / 8 + 2);
    word.push(b'\'');
    for &byte in bytes {
        if byte == b'\'' {
            word.extend_from_slice(b"'\\''");
        } else {
            word.push(byte);
        }
    }
    word.push(b'\'');
    word
}

/// Whether a word needs no quotes anywhere.
fn is_bare(bytes: &[u8]) -> bool {
    !bytes.is_empty()
        && bytes
            .iter()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b',' | b'-' | b'.' | b'/' | b'@' | b'_'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        for (bytes, bash, posix) in [
            (&b""[..], &b"''"[..], &b"''"[..]),
            (b"a-b/c.d_e@f,9", b"a-b/c.d_e@f,9", b"a-b/c.d_e@f,9"),
            (b"a b", b"$'a b'", b"'a b'"),
            (b"it's", b"$'it\\'s'", b"'it'\\''s'"),
            (b"\\n\n\t\r", b"$'\\\\n\\n\\t\\r'", b"'\\n\n\t\r'"),
            (b"$(x) `y` \"z\"", b"$'$(x) `y` \"z\"'", b"'$(x) `y` \"z\"'"),
            (b"\x01\xc3\xa9\x7f", b"$'\\x01\\xc3\\xa9\\x7f'", b"'\x01\xc3\xa9\x7f'"),
        ] {
            assert_eq!(ansi_c(bytes), bash);
            assert_eq!(single(bytes), posix);
        }
    }
}
