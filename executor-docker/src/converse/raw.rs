//! A terminal that hands every key on.

use rustix::termios::{OptionalActions, Termios, tcgetattr, tcsetattr};
use std::os::fd::OwnedFd;

/// The terminal until it is as before.
pub(super) struct Raw<'a> {
    terminal: &'a OwnedFd,
    before: Option<Termios>,
}

impl<'a> Raw<'a> {
    /// Makes a terminal hand on keys as they are typed. What is no terminal stays as it is.
    pub(super) fn make(terminal: &'a OwnedFd) -> Self {
        let before = tcgetattr(terminal).ok();
        if let Some(before) = &before {
            let mut raw = before.clone();
            raw.make_raw();
            if let Err(error) = tcsetattr(terminal, OptionalActions::Drain, &raw) {
                tracing::debug!(%error, "the terminal stays as it is");
            }
        }
        Self { terminal, before }
    }
}

impl Drop for Raw<'_> {
    fn drop(&mut self) {
        if let Some(before) = &self.before {
            // A terminal that is gone needs nothing.
            let _ = tcsetattr(self.terminal, OptionalActions::Drain, before);
        }
    }
}
