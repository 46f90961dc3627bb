//! One process to end, held so that its number cannot come to mean another.

use crate::proc::{self, Stat};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitId, WaitIdOptions, kill_process, pidfd_open, pidfd_send_signal, waitid,
};
use std::os::fd::OwnedFd;
use std::time::{Duration, Instant};

/// Between two looks at a process that the system gives no handle for (Linux before 5.3, or too many open files).
const LOOK: Duration = Duration::from_millis(2);

/// A process that was found alive.
pub(crate) struct Target {
    pid: Pid,
    pub(crate) stat: Stat,
    handle: Option<OwnedFd>,
}

impl Target {
    /// Takes hold of a process if it is alive and `is_meant`, which is asked once its number is certain.
    pub(crate) fn seize(pid: i32, is_meant: impl FnOnce(&Stat) -> bool) -> Option<Self> {
        let number = Pid::from_raw(pid)?;
        let handle = match pidfd_open(number, PidfdFlags::empty()) {
            Ok(handle) => Some(handle),
            Err(rustix::io::Errno::SRCH) => return None,
            Err(_) => None,
        };
        let stat = proc::stat(pid).filter(|stat| stat.is_alive() && is_meant(stat))?;
        Some(Self { pid: number, stat, handle })
    }

    /// Sends a signal; whether it could be sent.
    pub(crate) fn send(&self, signal: Signal) -> bool {
        match &self.handle {
            Some(handle) => pidfd_send_signal(handle, signal).is_ok(),
            None => self.is_alive() && kill_process(self.pid, signal).is_ok(),
        }
    }

    /// Waits until it ended; whether it did.
    pub(crate) fn wait(&self, until: Instant) -> bool {
        loop {
            let left = until.saturating_duration_since(Instant::now());
            match &self.handle {
                Some(handle) => match poll_once(handle, left) {
                    Some(ended) => return ended,
                    None => continue,
                },
                None if !self.is_alive() => return true,
                None if left.is_zero() => return false,
                None => std::thread::sleep(LOOK.min(left)),
            }
        }
    }

    /// Takes its exit status away, if it is our child and has ended.
    pub(crate) fn reap(&self) {
        reap(self.pid);
    }

    fn is_alive(&self) -> bool {
        proc::stat(self.stat.pid).is_some_and(|now| now.start == self.stat.start && now.is_alive())
    }
}

/// Whether the process ended within the time; nothing when interrupted.
fn poll_once(handle: &OwnedFd, left: Duration) -> Option<bool> {
    let timeout = Timespec {
        tv_sec: left.as_secs().try_into().unwrap_or(i64::MAX),
        tv_nsec: left.subsec_nanos().into(),
    };
    match poll(&mut [PollFd::new(handle, PollFlags::IN)], Some(&timeout)) {
        Ok(ready) => Some(ready > 0),
        Err(rustix::io::Errno::INTR) => None,
        Err(_) => Some(false),
    }
}

/// Takes away the exit status of a child that ended; any other process is left as it is.
pub(crate) fn reap(pid: Pid) {
    // Not a child of ours, or not ended yet: nothing to take.
    let _ = waitid(WaitId::Pid(pid), WaitIdOptions::EXITED | WaitIdOptions::NOHANG);
}

#[cfg(test)]
mod tests {
    use super::Target;
    use rustix::process::Signal;
    use std::process::Command;
    use std::time::{Duration, Instant};

    #[test]
    fn ends_what_it_holds_and_nothing_else() {
        let mut child = Command::new("sleep").arg("1000").spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        assert!(Target::seize(pid, |_| false).is_none());
        let target = Target::seize(pid, |stat| stat.pid == pid).unwrap();
        assert!(!target.wait(Instant::now()));
        assert!(target.send(Signal::KILL));
        assert!(target.wait(Instant::now() + Duration::from_secs(10)));
        assert!(Target::seize(pid, |_| true).is_none(), "a zombie is no target");
        child.wait().unwrap();
        assert!(!target.send(Signal::KILL));
    }

    #[test]
    fn works_without_a_handle() {
        let mut child = Command::new("sleep").arg("1000").spawn().unwrap();
        let pid = i32::try_from(child.id()).unwrap();
        let mut target = Target::seize(pid, |_| true).unwrap();
        target.handle = None;
        assert!(!target.wait(Instant::now()));
        assert!(target.send(Signal::KILL));
        assert!(target.wait(Instant::now() + Duration::from_secs(10)));
        child.wait().unwrap();
        assert!(!target.send(Signal::KILL));
    }
}
