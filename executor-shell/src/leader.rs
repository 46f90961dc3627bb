//! A command's own process, from its start to its exit status.

use executor::Exit;
use rustix::process::{Pid, WaitId, WaitIdOptions, WaitIdStatus, waitid};
use std::io;
use std::os::fd::OwnedFd;
use tokio::io::Interest;
use tokio::io::unix::AsyncFd;
use tokio::signal::unix::{Signal, SignalKind, signal};

/// The process that leads a command's process group. Its number stays taken until [`Leader::reap`], so that the
/// group can be signalled until then.
pub(crate) struct Leader {
    pid: Pid,
    end: End,
}

/// How its end is learnt.
enum End {
    Handle(AsyncFd<OwnedFd>),
    /// Linux before 5.3.
    Signal(Signal),
}

impl Leader {
    /// Watches a child that was just started.
    pub(crate) fn new(pid: Pid, handle: Option<OwnedFd>) -> io::Result<Self> {
        let end = match handle {
            Some(handle) => End::Handle(watch(handle)?),
            None => End::Signal(signal(SignalKind::child())?),
        };
        Ok(Self { pid, end })
    }

    pub(crate) fn pid(&self) -> Pid {
        self.pid
    }

    /// Waits until it ended. May be called again, and given up at any time.
    pub(crate) async fn ended(&mut self) -> io::Result<()> {
        while !self.has_ended()? {
            match &mut self.end {
                End::Handle(handle) => handle.readable().await?.clear_ready(),
                End::Signal(child) => {
                    child.recv().await;
                }
            }
        }
        Ok(())
    }

    /// Whether it ended.
    pub(crate) fn has_ended(&self) -> io::Result<bool> {
        Ok(self.wait(WaitIdOptions::NOWAIT)?.is_some())
    }

    /// Takes its exit status; nothing if it has not ended.
    pub(crate) fn reap(&self) -> io::Result<Option<Exit>> {
        Ok(self.wait(WaitIdOptions::empty())?.as_ref().map(exit))
    }

    fn wait(&self, options: WaitIdOptions) -> io::Result<Option<WaitIdStatus>> {
        let options = options | WaitIdOptions::EXITED | WaitIdOptions::NOHANG;
        Ok(rustix::io::retry_on_intr(|| waitid(WaitId::Pid(self.pid), options))?)
    }
}

#[allow(unsafe_code, reason = "tokio takes any descriptor and asks for a promise about it")]
fn watch(handle: OwnedFd) -> io::Result<AsyncFd<OwnedFd>> {
    // SAFETY: an owned descriptor stays open and the same for as long as it is owned, which is by the `AsyncFd`.
    Ok(unsafe { AsyncFd::register_with_interest(handle, Interest::READABLE) }?)
}

fn exit(status: &WaitIdStatus) -> Exit {
    match status.terminating_signal() {
        Some(number) => Exit::Signal(number),
        None => Exit::Code(status.exit_status().unwrap_or(-1)),
    }
}

#[cfg(test)]
mod tests {
    use super::Leader;
    use executor::Exit;
    use rustix::process::{Pid, PidfdFlags, pidfd_open};
    use std::os::fd::OwnedFd;
    use std::process::{Command, Stdio};

    /// A shell that ends when its input does.
    #[expect(clippy::zombie_processes, reason = "the leader takes its status")]
    async fn end(script: &str, handle: fn(Pid) -> Option<OwnedFd>) -> Exit {
        let mut child = Command::new("sh").args(["-c", script]).stdin(Stdio::piped()).spawn().unwrap();
        let pid = Pid::from_child(&child);
        let mut leader = Leader::new(pid, handle(pid)).unwrap();
        assert!(!leader.has_ended().unwrap());
        assert_eq!(leader.reap().unwrap(), None);
        let (ended, ()) = tokio::join!(leader.ended(), async { drop(child.stdin.take()) });
        ended.unwrap();
        assert!(leader.has_ended().unwrap(), "its status is still there");
        leader.reap().unwrap().unwrap()
    }

    #[tokio::test]
    async fn end_is_learnt_from_a_handle() {
        let handle = |pid| pidfd_open(pid, PidfdFlags::empty()).ok();
        assert_eq!(end("read x; exit 3", handle).await, Exit::Code(3));
        assert_eq!(end("read x; kill -9 $$", handle).await, Exit::Signal(9));
    }

    #[tokio::test]
    async fn end_is_learnt_without_a_handle() {
        assert_eq!(end("read x; exit 3", |_| None).await, Exit::Code(3));
        assert_eq!(end("read x; kill -9 $$", |_| None).await, Exit::Signal(9));
    }
}
