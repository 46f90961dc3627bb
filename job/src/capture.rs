//! Keeps what a command prints, within a bound.

use executor::{Output, Stream};
use std::sync::{Mutex, PoisonError};

/// Standard output and the beginning of standard error of a command whose output is data.
pub(crate) struct Capture {
    limit: usize,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    stdout: Vec<u8>,
    stderr: Vec<u8>,
    overflow: bool,
}

/// How much of standard error is kept, in bytes.
const STDERR_LIMIT: usize = 4096;

/// What a command printed.
pub(crate) struct Captured {
    /// Its standard output, whole.
    pub(crate) stdout: Vec<u8>,
    /// The beginning of its standard error.
    pub(crate) stderr: String,
}

impl Capture {
    /// Keeps up to `limit` bytes of standard output.
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, state: Mutex::default() }
    }

    /// What was printed; nothing if it was more than the limit.
    pub(crate) fn take(&self) -> Option<Captured> {
        let state = std::mem::take(&mut *self.state.lock().unwrap_or_else(PoisonError::into_inner));
        let stderr = String::from_utf8_lossy(&state.stderr).trim().to_owned();
        (!state.overflow).then_some(Captured { stdout: state.stdout, stderr })
    }
}

impl Output for Capture {
    fn write(&self, stream: Stream, bytes: &[u8]) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match stream {
            Stream::Stdout if state.overflow => {}
            Stream::Stdout if state.stdout.len() + bytes.len() > self.limit => {
                state.overflow = true;
                state.stdout = Vec::new();
            }
            Stream::Stdout => state.stdout.extend_from_slice(bytes),
            Stream::Stderr => {
                let room = STDERR_LIMIT.saturating_sub(state.stderr.len()).min(bytes.len());
                state.stderr.extend_from_slice(&bytes[..room]);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_the_limit_is_nothing() {
        let capture = Capture::new(4);
        capture.write(Stream::Stdout, b"abcd");
        assert_eq!(capture.take().unwrap().stdout, b"abcd");
        capture.write(Stream::Stdout, b"abcde");
        capture.write(Stream::Stdout, b"a");
        assert!(capture.take().is_none());
    }
}
