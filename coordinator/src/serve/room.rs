//! How many connections the system lets a process have: accepting more than that fails for everybody, over and over.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Files beside connections: the database, traces, repositories, git's pipes.
const OTHERS: usize = 512;

/// As many connections as are wanted, if the system lets us. Its soft limit is raised for that as far as it may be.
pub(super) fn room(wanted: usize) -> usize {
    let limit = getrlimit(Resource::Nofile);
    let needed = u64::try_from(wanted.saturating_add(OTHERS)).unwrap_or(u64::MAX);
    let most = limit.maximum.unwrap_or(u64::MAX).min(needed);
    let mut soft = limit.current.unwrap_or(u64::MAX);
    if soft < most && setrlimit(Resource::Nofile, Rlimit { current: Some(most), ..limit }).is_ok() {
        soft = most;
    }
    within(wanted, usize::try_from(soft).unwrap_or(usize::MAX))
}

fn within(wanted: usize, files: usize) -> usize {
    wanted.min(files.saturating_sub(OTHERS).max(files / 2)).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_others() {
        assert_eq!(within(8192, 1 << 20), 8192);
        assert_eq!(within(8192, 1024), 512);
        assert_eq!(within(8192, 256), 128);
        assert_eq!(within(20, 1024), 20);
        assert_eq!(within(0, 0), 1);
    }
}
