//! What a person types, taken by a thread of its own: the terminal is shared with others, who do not expect it to
//! answer at once when there is nothing to read.

use rustix::event::{PollFd, PollFlags, poll};
use rustix::pipe::{PipeFlags, pipe_with};
use std::io;
use std::os::fd::OwnedFd;
use std::thread::JoinHandle;
use tokio::sync::mpsc;

/// Most bytes that are taken at once.
const PIECE: usize = 4096;
/// So many pieces may wait to be sent.
const WAITING: usize = 4;

/// Listens until it is dropped; not a key is taken after that.
pub(super) struct Keyboard {
    typed: mpsc::Receiver<Vec<u8>>,
    /// Closed to end the thread.
    end: Option<OwnedFd>,
    thread: Option<JoinHandle<()>>,
}

impl Keyboard {
    /// Starts to listen.
    pub(super) fn listen(terminal: OwnedFd) -> io::Result<Self> {
        let (ended, end) = pipe_with(PipeFlags::CLOEXEC)?;
        let (sender, typed) = mpsc::channel(WAITING);
        let thread = std::thread::Builder::new().name("keyboard".into()).spawn(move || {
            while let Some(keys) = next(&terminal, &ended) {
                // Whoever types on while nothing is taken waits; whoever ends this does not.
                if sender.blocking_send(keys).is_err() {
                    return;
                }
            }
        })?;
        Ok(Self { typed, end: Some(end), thread: Some(thread) })
    }

    /// What is typed next; nothing when no more can come.
    pub(super) async fn typed(&mut self) -> Option<Vec<u8>> {
        self.typed.recv().await
    }
}

/// Waits for keys; nothing at the end.
fn next(terminal: &OwnedFd, ended: &OwnedFd) -> Option<Vec<u8>> {
    loop {
        let mut watched = [PollFd::new(terminal, PollFlags::IN), PollFd::new(ended, PollFlags::IN)];
        match poll(&mut watched, None) {
            Err(rustix::io::Errno::INTR) => continue,
            Err(_) => return None,
            Ok(_) if !watched[1].revents().is_empty() => return None,
            Ok(_) => {}
        }
        let mut keys = vec![0; PIECE];
        match rustix::io::read(terminal, &mut keys) {
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
            Ok(0) | Err(_) => return None,
            Ok(read) => {
                keys.truncate(read);
                return Some(keys);
            }
        }
    }
}

impl Drop for Keyboard {
    fn drop(&mut self) {
        self.end = None;
        self.typed.close();
        if let Some(thread) = self.thread.take() {
            // It waits for nothing but what has just been closed.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write as _;

    #[tokio::test]
    async fn keys_arrive_until_nobody_listens() {
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        let mut typist = std::fs::File::from(writer);
        let mut keyboard = Keyboard::listen(reader.try_clone().unwrap()).unwrap();
        typist.write_all(b"ls\r").unwrap();
        assert_eq!(keyboard.typed().await.unwrap(), b"ls\r");
        drop(keyboard);
        typist.write_all(b"for others").unwrap();
        let mut left = [0; 16];
        assert_eq!(rustix::io::read(&reader, &mut left).unwrap(), 10);
    }

    #[tokio::test]
    async fn a_terminal_that_is_gone_ends_it() {
        let (reader, writer) = pipe_with(PipeFlags::CLOEXEC).unwrap();
        let mut keyboard = Keyboard::listen(reader).unwrap();
        drop(writer);
        assert_eq!(keyboard.typed().await, None);
    }
}
