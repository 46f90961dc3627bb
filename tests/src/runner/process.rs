//! A child whose end can be waited for with a deadline.

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::process::{Child, ExitStatus};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// A child process; a thread waits for it.
#[derive(Debug)]
pub(super) struct Process {
    pid: Pid,
    ended: Receiver<ExitStatus>,
    status: Option<ExitStatus>,
}

impl Process {
    pub(super) fn watch(mut child: Child) -> Self {
        let pid = Pid::from_raw(i32::try_from(child.id()).expect("a process id fits"));
        let (sender, ended) = channel();
        std::thread::spawn(move || {
            if let Ok(status) = child.wait() {
                // Nobody may be left to hear it.
                let _ = sender.send(status);
            }
        });
        Self { pid, ended, status: None }
    }

    pub(super) fn pid(&self) -> Pid {
        self.pid
    }

    /// The status, if it ends within that time.
    pub(super) fn wait(&mut self, within: Duration) -> Option<ExitStatus> {
        if self.status.is_none() {
            self.status = self.ended.recv_timeout(within).ok();
        }
        self.status
    }

    /// Sends a signal, unless it has ended.
    pub(super) fn signal(&mut self, signal: Signal) {
        if self.wait(Duration::ZERO).is_some() {
            return;
        }
        match kill(self.pid, signal) {
            Ok(()) | Err(Errno::ESRCH) => {}
            Err(error) => panic!("cannot send {signal} to {}: {error}", self.pid),
        }
    }
}
