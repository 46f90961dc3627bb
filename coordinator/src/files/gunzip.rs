//! Reports come as gzip members one after another, one for each file that matched.

use flate2::bufread::GzDecoder;
use std::io::{self, BufRead, BufReader, Read};

/// Why reports are not read.
#[derive(Debug, thiserror::Error)]
pub enum GunzipError {
    /// No gzip data, or damaged.
    #[error("the report is not valid gzip data")]
    Damaged,
    /// Too much comes out.
    #[error("the report has more than {limit} bytes")]
    TooLarge {
        /// The most bytes.
        limit: u64,
    },
    /// The disk failed.
    #[error("the report cannot be read")]
    Disk(#[source] io::Error),
}

/// Gives the content of each member to `each`, in order. At most `limit` bytes come out in all.
///
/// # Errors
/// Where the data is damaged, or would be more than allowed. Members before were given then.
pub fn gunzip(from: impl Read, limit: u64, mut each: impl FnMut(Vec<u8>)) -> Result<(), GunzipError> {
    let mut from = BufReader::with_capacity(64 * 1024, from);
    let mut left = limit;
    let mut first = true;
    while first || !from.fill_buf().map_err(GunzipError::Disk)?.is_empty() {
        first = false;
        let mut content = Vec::new();
        let mut decoder = GzDecoder::new(&mut from).take(left.saturating_add(1));
        decoder.read_to_end(&mut content).map_err(|_| GunzipError::Damaged)?;
        left = left.checked_sub(content.len() as u64).ok_or(GunzipError::TooLarge { limit })?;
        each(content);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write as _;

    fn member(content: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(content).unwrap();
        encoder.finish().unwrap()
    }

    fn all(bytes: &[u8], limit: u64) -> Result<Vec<Vec<u8>>, GunzipError> {
        let mut members = Vec::new();
        gunzip(bytes, limit, |content| members.push(content))?;
        Ok(members)
    }

    #[test]
    fn members_are_kept_apart() {
        let two = [member(b"one"), member(b""), member(b"two")].concat();
        assert_eq!(all(&two, 6).unwrap(), [b"one".to_vec(), b"".to_vec(), b"two".to_vec()]);
    }

    #[test]
    fn bombs_and_rubbish_are_refused() {
        let bomb = member(&vec![0; 1 << 20]);
        assert!(matches!(all(&bomb, 1000), Err(GunzipError::TooLarge { limit: 1000 })));
        let many = [member(b"1234"), member(b"5678")].concat();
        assert!(matches!(all(&many, 7), Err(GunzipError::TooLarge { .. })));
        let cut = &member(b"something longer than a header")[..20];
        for bytes in [&b""[..], b"plain", cut, &[member(b"x"), b"rest".to_vec()].concat()] {
            assert!(matches!(all(bytes, 100), Err(GunzipError::Damaged)));
        }
    }
}
