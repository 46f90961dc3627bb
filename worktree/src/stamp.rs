//! What tells whether a file is still the one that was seen: the stat data that git's index keeps too.

use rustix::fs::Stat;
use std::time::{SystemTime, UNIX_EPOCH};

/// Clocks of files tick this coarsely on old kernels (HZ=100), and a little more.
const GRAIN: i64 = 20_000_000;
/// Some file systems keep whole seconds, FAT even numbers of them.
const COARSE_GRAIN: i64 = 2_000_000_000;
const SECOND: i64 = 1_000_000_000;

/// Stat data of a file. Times are nanoseconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Stamp {
    pub(crate) size: u64,
    pub(crate) mtime: i64,
    pub(crate) ctime: i64,
    pub(crate) ino: u64,
    /// Permissions only.
    pub(crate) mode: u32,
}

impl Stamp {
    /// How many bytes [`Self::encode`] writes.
    pub(crate) const LENGTH: usize = 36;

    pub(crate) fn of(stat: &Stat) -> Self {
        Self {
            size: u64::try_from(stat.st_size).unwrap_or(0),
            mtime: nanoseconds(stat.st_mtime, i64::try_from(stat.st_mtime_nsec).unwrap_or(0)),
            ctime: nanoseconds(stat.st_ctime, i64::try_from(stat.st_ctime_nsec).unwrap_or(0)),
            ino: stat.st_ino,
            mode: stat.st_mode & 0o7777,
        }
    }

    /// Whether a change of the file after the moment `seen` would show in its stamp. If not, the file was changed so
    /// shortly before that a later change can bear the same time: git calls that racy.
    pub(crate) fn is_settled(&self, seen: i64) -> bool {
        let grain = if self.ctime % SECOND == 0 { COARSE_GRAIN } else { GRAIN };
        self.ctime.saturating_add(grain) < seen
    }

    pub(crate) fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.size.to_le_bytes());
        out.extend_from_slice(&self.mtime.to_le_bytes());
        out.extend_from_slice(&self.ctime.to_le_bytes());
        out.extend_from_slice(&self.ino.to_le_bytes());
        out.extend_from_slice(&self.mode.to_le_bytes());
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let (size, rest) = bytes.split_first_chunk()?;
        let (mtime, rest) = rest.split_first_chunk()?;
        let (ctime, rest) = rest.split_first_chunk()?;
        let (ino, rest) = rest.split_first_chunk()?;
        let mode = rest.first_chunk()?;
        Some(Self {
            size: u64::from_le_bytes(*size),
            mtime: i64::from_le_bytes(*mtime),
            ctime: i64::from_le_bytes(*ctime),
            ino: u64::from_le_bytes(*ino),
            mode: u32::from_le_bytes(*mode),
        })
    }
}

/// Now, in nanoseconds since the epoch, by the clock that files are stamped with.
pub(crate) fn now() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(now.as_nanos()).unwrap_or(i64::MAX)
}

fn nanoseconds(seconds: i64, nanos: i64) -> i64 {
    seconds.saturating_mul(SECOND).saturating_add(nanos)
}

/// Seconds and nanoseconds of a time, as system calls take it.
pub(crate) fn timespec(time: i64) -> rustix::fs::Timespec {
    rustix::fs::Timespec { tv_sec: time.div_euclid(SECOND), tv_nsec: time.rem_euclid(SECOND) as _ }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stamps_are_written_and_read() {
        let stamp = Stamp { size: 1, mtime: -2, ctime: 3, ino: u64::MAX, mode: 0o755 };
        let mut bytes = Vec::new();
        stamp.encode(&mut bytes);
        assert_eq!((bytes.len(), Stamp::decode(&bytes)), (Stamp::LENGTH, Some(stamp)));
        assert_eq!(Stamp::decode(&bytes[1..]), None);
    }

    #[test]
    fn a_file_changed_just_now_is_not_settled() {
        let at = |ctime| Stamp { ctime, ..Stamp::default() };
        assert!(!at(1_000_000_001).is_settled(1_010_000_000));
        assert!(at(1_000_000_001).is_settled(1_030_000_000));
        assert!(!at(1_000_000_000).is_settled(2_500_000_000), "whole seconds are a coarse clock's");
    }

    #[test]
    fn times_before_the_epoch() {
        let time = timespec(-1);
        assert_eq!((time.tv_sec, time.tv_nsec), (-1, 999_999_999));
    }
}
