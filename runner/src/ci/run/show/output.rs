//! Where displays write, and the clock they go by.

use crate::ci::run::signals::Hurry;
use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, poll};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// So much a reader takes at once that takes anything: of a pipe that has room, at least this much is free.
const PIECE: usize = 4096;

/// How often it is looked whether somebody wants an end while a reader does not read, in milliseconds.
const PATIENCE: u16 = 100;

/// A writer whose reader may go away: that ends no run.
pub(super) struct Output {
    to: Box<dyn Write>,
    gone: bool,
}

impl Output {
    pub(super) fn stdout(hurry: &Hurry) -> Self {
        Self::to(Patient { to: std::io::stdout(), hurry: hurry.clone() })
    }

    pub(super) fn stderr(hurry: &Hurry) -> Self {
        Self::to(Patient { to: std::io::stderr(), hurry: hurry.clone() })
    }

    pub(super) fn to(writer: impl Write + 'static) -> Self {
        Self { to: Box::new(writer), gone: false }
    }

    /// Writes all of it at once, unless nobody reads any more.
    pub(super) fn write(&mut self, text: &str) {
        if self.gone || text.is_empty() {
            return;
        }
        let written = self.to.write_all(text.as_bytes()).and_then(|()| self.to.flush());
        self.gone = written.is_err();
    }
}

/// Waits for a reader that takes its time, until the run is to end.
struct Patient<W> {
    to: W,
    hurry: Hurry,
}

impl<W: AsFd> Patient<W> {
    fn wait(&self) -> io::Result<()> {
        loop {
            let mut ends = [PollFd::new(self.to.as_fd(), PollFlags::POLLOUT)];
            match poll(&mut ends, PATIENCE) {
                Ok(0) if self.hurry.is_on() => return Err(io::ErrorKind::TimedOut.into()),
                Ok(0) | Err(Errno::EINTR) => {}
                Ok(_) => return Ok(()),
                Err(error) => return Err(error.into()),
            }
        }
    }
}

impl<W: Write + AsFd> Write for Patient<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.wait()?;
        let piece = bytes.get(..PIECE).unwrap_or(bytes);
        let written = self.to.write(piece)?;
        // What a buffer holds would be written without waiting.
        self.to.flush()?;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Tells the time since a run began.
#[derive(Clone)]
pub(super) struct Clock(Rc<dyn Fn() -> Duration>);

impl Clock {
    /// The real one, from now on.
    pub(super) fn real() -> Self {
        let start = Instant::now();
        Self(Rc::new(move || start.elapsed()))
    }

    /// The time.
    pub(super) fn now(&self) -> Duration {
        (self.0)()
    }
}

#[cfg(test)]
pub(super) mod testing {
    use super::*;
    use std::cell::{Cell, RefCell};

    /// What was written, to be looked at.
    #[derive(Clone, Default)]
    pub(in super::super) struct Written(Rc<RefCell<Vec<u8>>>);

    impl Written {
        pub(in super::super) fn output(&self) -> Output {
            Output::to(self.clone())
        }

        /// What was written since the last call.
        pub(in super::super) fn take(&self) -> String {
            String::from_utf8(std::mem::take(&mut *self.0.borrow_mut())).unwrap()
        }
    }

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.borrow_mut().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// A clock that goes when it is told to.
    #[derive(Clone, Default)]
    pub(in super::super) struct Hand(Rc<Cell<Duration>>);

    impl Hand {
        pub(in super::super) fn clock(&self) -> Clock {
            let time = self.0.clone();
            Clock(Rc::new(move || time.get()))
        }

        pub(in super::super) fn forward(&self, millis: u64) {
            self.0.set(self.0.get() + Duration::from_millis(millis));
        }
    }

    /// A reader that goes away.
    pub(in super::super) struct Closed;

    impl Write for Closed {
        fn write(&mut self, _: &[u8]) -> std::io::Result<usize> {
            Err(std::io::ErrorKind::BrokenPipe.into())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
}
