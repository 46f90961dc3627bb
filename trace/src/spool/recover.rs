//! Opens the log that a dead process left behind.

use std::fs::OpenOptions;
use std::io::{self, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::fcntl::OFlag;

use super::{Spool, State, limit};

const CHUNK: usize = 64 * 1024;

impl Spool {
    /// Opens the file of a log whose process is gone; length and checksum are those of its content, and it can be
    /// appended to. `limit` must be the one that it was written with. Symbolic links are not followed.
    ///
    /// # Errors
    /// The file cannot be opened or read, or is not a regular file.
    pub fn recover(path: &Path, limit: u64) -> io::Result<Self> {
        // Without O_NONBLOCK a fifo in its place would never open.
        let flags = OFlag::O_NOFOLLOW | OFlag::O_NONBLOCK | OFlag::O_CLOEXEC;
        let mut file = OpenOptions::new().read(true).write(true).custom_flags(flags.bits()).open(path)?;
        if !file.metadata()?.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        let notice = limit::notice(limit).into_bytes();
        let (mut state, mut tail, mut buffer) = (State::default(), Vec::new(), vec![0; CHUNK]);
        loop {
            let read = match file.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => &buffer[..read],
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            state.crc.update(read);
            state.length += read.len() as u64;
            tail.extend_from_slice(read);
            tail.drain(..tail.len().saturating_sub(notice.len()));
        }
        state.last = tail.last().copied();
        // A script may print the notice's words, but not beyond the limit.
        state.truncated = tail == notice && state.length.saturating_sub(notice.len() as u64) + 3 >= limit;
        Ok(Self::with_state(file, limit, state))
    }
}
