//! A part of a log that is written before its place in the log has come.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::spool::Spool;

/// How much is copied at once, in bytes.
const PIECE: usize = 64 * 1024;

/// What was written ahead of its turn: kept in a file until it is [released](Self::release) into the log, which it is
/// part of from then on, or [discarded](Self::discard). Clones are the same part.
///
/// No more is kept than the log itself could take.
#[derive(Clone)]
pub struct Aside(Arc<Shared>);

struct Shared {
    log: Spool,
    state: Mutex<State>,
}

enum State {
    /// Its turn has not come.
    Kept(Kept),
    /// Bytes go to the log as they come.
    Released,
    /// Nothing of it will ever be shown.
    Discarded,
}

struct Kept {
    file: File,
    length: u64,
    failure: Option<io::Error>,
}

impl Aside {
    /// A part of `log`, kept in `file`, which must be empty, and open for reading and writing.
    pub(crate) fn new(log: Spool, file: File) -> Self {
        let state = State::Kept(Kept { file, length: 0, failure: None });
        Self(Arc::new(Shared { log, state: Mutex::new(state) }))
    }

    /// Appends what was kept to the log, and from now on whatever is written.
    pub fn release(&self) {
        let mut state = self.lock();
        if let State::Kept(kept) = &mut *state {
            if let Err(error) = kept.copy_to(&self.0.log) {
                self.0.log.fail(&error);
            }
            *state = State::Released;
            self.0.log.prompt();
        }
    }

    /// Drops what was kept, and from now on whatever is written. Does nothing once it was released.
    pub fn discard(&self) {
        let mut state = self.lock();
        if matches!(*state, State::Kept(_)) {
            *state = State::Discarded;
        }
    }

    pub(crate) fn append(&self, bytes: &[u8]) {
        match &mut *self.lock() {
            State::Kept(kept) => kept.store(bytes, self.0.log.limit()),
            State::Released => self.0.log.append(bytes),
            State::Discarded => {}
        }
    }

    pub(crate) fn refuses(&self) -> bool {
        match &*self.lock() {
            State::Kept(kept) => kept.is_full(self.0.log.limit()),
            State::Released => self.0.log.refuses(),
            State::Discarded => true,
        }
    }

    pub(crate) fn prompt(&self) {
        if matches!(*self.lock(), State::Released) {
            self.0.log.prompt();
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn is_full(&self, limit: u64) -> bool {
        self.failure.is_some() || self.length > limit
    }

    /// Stores bytes while there are not more than the log admits; the log itself cuts them where it has to.
    fn store(&mut self, bytes: &[u8], limit: u64) {
        if self.is_full(limit) {
            return;
        }
        match self.file.write_all_at(bytes, self.length) {
            Ok(()) => self.length += bytes.len() as u64,
            Err(error) => self.failure = Some(error),
        }
    }

    fn copy_to(&mut self, log: &Spool) -> io::Result<()> {
        let (mut at, mut piece) = (0, vec![0; PIECE]);
        while at < self.length {
            let wanted = usize::try_from(self.length - at).unwrap_or(PIECE).min(PIECE);
            self.file.read_exact_at(&mut piece[..wanted], at)?;
            log.append(&piece[..wanted]);
            at += wanted as u64;
        }
        self.failure.take().map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(limit: u64) -> (Spool, Aside) {
        let spool = Spool::new(tempfile::tempfile().unwrap(), limit);
        let aside = Aside::new(spool.clone(), tempfile::tempfile().unwrap());
        (spool, aside)
    }

    fn text(spool: &Spool) -> String {
        String::from_utf8(spool.read_at(0, 1 << 20).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn comes_when_it_is_released_and_then_at_once() {
        let (spool, aside) = log(1000);
        aside.append(b"second ");
        aside.prompt();
        spool.append(b"first ");
        assert_eq!(text(&spool), "first ");
        assert_eq!(spool.watch().now().prompt, 0);
        aside.release();
        assert_eq!(spool.watch().now().prompt, 13);
        aside.append(b"third");
        aside.release();
        aside.discard();
        aside.append(b".");
        assert_eq!(text(&spool), "first second third.");
    }

    #[test]
    fn what_is_discarded_never_shows() {
        let (spool, aside) = log(1000);
        aside.append(b"never");
        aside.discard();
        assert!(aside.refuses());
        aside.append(b"nor this");
        aside.release();
        assert!(spool.is_empty());
    }

    #[test]
    fn the_limit_is_that_of_the_whole_log() {
        let (spool, aside) = log(10);
        spool.append(b"123456");
        for _ in 0..1000 {
            aside.append(b"abc");
        }
        assert!(aside.refuses());
        let State::Kept(kept) = &*aside.lock() else { panic!("still kept") };
        assert!(kept.length < 20, "{}", kept.length);
    }

    #[test]
    fn a_log_that_is_full_says_so_once() {
        let (spool, aside) = log(10);
        spool.append(b"123456");
        aside.append(b"abcdefgh");
        aside.release();
        aside.append(b"more");
        assert!(text(&spool).starts_with("123456abcd\n\x1b[33;1mJob's log exceeded limit of 10 bytes."));
        assert!(spool.truncated() && aside.refuses());
        let (spool, aside) = log(10);
        aside.append(b"abcdefghijklmnop");
        aside.release();
        assert!(text(&spool).starts_with("abcdefghij\n"), "{}", text(&spool));
    }

    #[test]
    fn a_disk_that_fails_is_known_of_the_log() {
        let spool = Spool::new(tempfile::tempfile().unwrap(), 1000);
        let full = std::fs::File::options().read(true).write(true).open("/dev/full").unwrap();
        let aside = Aside::new(spool.clone(), full);
        aside.append(b"x");
        assert!(aside.refuses());
        aside.release();
        assert!(spool.error().is_some());
    }
}
