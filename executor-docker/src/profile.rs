//! Profiles of seccomp, which lie on the runner's machine.

use std::io::{self, Read as _};

/// Most bytes of a profile. Docker's own has about 13,000.
const MOST: u64 = 4 << 20;

/// Reads a profile.
///
/// # Errors
/// It cannot be read, or is no text of that size.
pub(crate) fn read(path: &str) -> io::Result<String> {
    let mut text = String::new();
    std::fs::File::open(path)?.take(MOST + 1).read_to_string(&mut text)?;
    if text.len() as u64 > MOST {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, "it is larger than any profile"));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn what_has_no_end_is_not_read() {
        assert_eq!(read("/dev/zero").unwrap_err().kind(), std::io::ErrorKind::FileTooLarge);
        assert!(read("/nonexistent").is_err());
    }
}
