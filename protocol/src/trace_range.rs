//! Byte ranges of a trace. The two directions are written differently: a request names its first and last
//! byte, an answer how many bytes are stored.

use std::fmt;

/// The `Content-Range` of a trace chunk: inclusive offsets, no unit, no total.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ContentRange {
    /// Offset of the chunk's first byte.
    pub first: u64,
    /// Offset of its last byte.
    pub last: u64,
}

impl ContentRange {
    /// The range of a chunk of `len` bytes at `offset`; `len` must not be zero.
    pub fn of_chunk(offset: u64, len: u64) -> Self {
        Self { first: offset, last: offset + len.saturating_sub(1) }
    }

    /// Reads a request's header.
    pub fn parse(value: &str) -> Option<Self> {
        let (first, last) = value.trim().split_once('-')?;
        let range = Self { first: first.parse().ok()?, last: last.parse().ok()? };
        (range.first <= range.last).then_some(range)
    }
}

impl fmt::Display for ContentRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.first, self.last)
    }
}

/// The `Range` of an answer: `0-<size>`, where size is the number of bytes stored, hence the next offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoredRange(pub u64);

impl StoredRange {
    /// Reads an answer's header. What cannot be read counts as nothing stored, so everything is sent again.
    pub fn parse(value: Option<&str>) -> Self {
        let stored = value.and_then(|v| v.trim().rsplit_once('-')).and_then(|(_, size)| size.parse().ok());
        Self(stored.unwrap_or(0))
    }
}

impl fmt::Display for StoredRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0-{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn shapes() {
        assert_eq!(ContentRange::of_chunk(10, 5).to_string(), "10-14");
        assert_eq!(ContentRange::parse("10-14"), Some(ContentRange { first: 10, last: 14 }));
        assert_eq!(ContentRange::parse("bytes 1-2/3"), None);
        assert_eq!(ContentRange::parse("5-4"), None);
        assert_eq!(StoredRange::parse(Some("0-14")), StoredRange(14));
        assert_eq!(StoredRange::parse(Some("nonsense")), StoredRange(0));
        assert_eq!(StoredRange::parse(None), StoredRange(0));
    }

    proptest! {
        #[test]
        fn any_header_is_survived(text in ".*") {
            let _ = ContentRange::parse(&text);
            let _ = StoredRange::parse(Some(&text));
        }

        #[test]
        fn what_is_written_is_read(offset in 0..u64::MAX / 2, len in 1..u64::MAX / 4) {
            let range = ContentRange::of_chunk(offset, len);
            prop_assert_eq!(ContentRange::parse(&range.to_string()), Some(range));
        }
    }
}
