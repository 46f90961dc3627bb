//! A shell for a person, on their own terminal.
//!
//! The shell becomes the terminal's foreground, as a program does that a shell starts: keys such as Ctrl-C and Ctrl-Z
//! are for it and what it starts. Afterwards the terminal is as it was before.

use crate::cgroup::Group;
use crate::leader::Leader;
use crate::reaper::Leaders;
use crate::spawn::with_signals_blocked;
use executor::Exit;
use rustix::process::{Pid, Signal, getpgrp, kill_process_group};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetpgrp, tcsetattr, tcsetpgrp};
use std::io;
use std::os::fd::OwnedFd;

/// A terminal whose state is put back when this is dropped.
pub(crate) struct Lent {
    terminal: OwnedFd,
    modes: Option<Termios>,
    /// The process group in the foreground, if that is this process's own to give away.
    foreground: Option<Pid>,
}

impl Lent {
    /// Notes the state of a terminal; what is none has none.
    pub(crate) fn of(terminal: OwnedFd) -> Self {
        let modes = tcgetattr(&terminal).ok();
        let foreground = tcgetpgrp(&terminal).ok().filter(|group| *group == getpgrp());
        Self { terminal, modes, foreground }
    }

    /// Whether a process that is started may take the foreground.
    pub(crate) fn is_ours(&self) -> bool {
        self.foreground.is_some()
    }
}

impl Drop for Lent {
    fn drop(&mut self) {
        // Who is not in the foreground any more would be stopped for this. A terminal that is gone needs nothing.
        with_signals_blocked(|| {
            if let Some(group) = self.foreground {
                let _ = tcsetpgrp(&self.terminal, group);
            }
            if let Some(modes) = &self.modes {
                let _ = tcsetattr(&self.terminal, OptionalActions::Drain, modes);
            }
        });
    }
}

/// A shell that is hung up on when this is dropped before its end.
pub(crate) struct Talk {
    leader: Leader,
    leaders: Leaders,
    group: Option<Group>,
    is_over: bool,
    /// Given back last.
    _lent: Lent,
}

impl Talk {
    /// A shell that was just started.
    pub(crate) fn new(leader: Leader, leaders: Leaders, lent: Lent, group: Option<Group>) -> Self {
        Self { leader, leaders, group, is_over: false, _lent: lent }
    }

    /// Waits for its end.
    pub(crate) async fn end(mut self) -> io::Result<Exit> {
        self.leader.ended().await?;
        let exit = self.leader.reap()?;
        self.is_over = true;
        self.leaders.remove(self.leader.pid().as_raw_pid());
        if let Some(group) = &self.group {
            // With background children in it, it stays until the end of the job.
            let _ = group.remove();
        }
        exit.ok_or_else(|| io::Error::other("its exit status is missing"))
    }
}

impl Drop for Talk {
    fn drop(&mut self) {
        if self.is_over {
            return;
        }
        // Interactive shells hear no SIGTERM. What does not hang up ends with the job.
        for sent in [Signal::HUP, Signal::CONT] {
            let _ = kill_process_group(self.leader.pid(), sent);
        }
        self.leaders.remove(self.leader.pid().as_raw_pid());
    }
}
