//! A git process with pipes, in a group of its own, that never outlives those who wait for it.

use rustix::process::{Pid, Signal, kill_process_group};
use std::io;
use std::process::{Command, Stdio};
use std::time::Duration;
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout};
use tokio::sync::oneshot;

/// How long a process may take to clean up after itself before it is killed.
const GRACE: Duration = Duration::from_secs(3);

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Exit {
    /// Well.
    Success,
    /// With this exit status; nothing where a signal ended it.
    Failure(Option<i32>),
    /// It took too long.
    Late,
    /// Nobody knows.
    Lost,
}

/// A process. Once this is dropped, it and all that it started end.
#[derive(Debug)]
pub(super) struct Process {
    pub(super) stdin: Option<ChildStdin>,
    pub(super) stdout: Option<ChildStdout>,
    pub(super) stderr: Option<ChildStderr>,
    ended: oneshot::Receiver<Exit>,
    /// Closed when this is dropped.
    _wanted: oneshot::Sender<()>,
}

impl Process {
    /// Starts it. It may take so long.
    pub(super) fn start(mut command: Command, deadline: Duration) -> io::Result<Self> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut command = tokio::process::Command::from(command);
        command.process_group(0).kill_on_drop(true);
        let mut child = command.spawn()?;
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (tell, ended) = oneshot::channel();
        let (_wanted, unwanted) = oneshot::channel::<()>();
        tokio::spawn(async move {
            let _ = tell.send(keep(child, unwanted, deadline).await);
        });
        Ok(Self { stdin, stdout, stderr, ended, _wanted })
    }

    /// Waits for its end; what it still has to say is not heard.
    pub(super) async fn finish(mut self) -> Exit {
        self.stdin = None;
        let drain = async {
            let (mut stdout, mut stderr) = (self.stdout.take(), self.stderr.take());
            let (mut out, mut err) = (tokio::io::sink(), tokio::io::sink());
            let both = async {
                if let Some(stdout) = &mut stdout {
                    let _ = tokio::io::copy(stdout, &mut out).await;
                }
            };
            let other = async {
                if let Some(stderr) = &mut stderr {
                    let _ = tokio::io::copy(stderr, &mut err).await;
                }
            };
            tokio::join!(both, other);
        };
        let (exit, ()) = tokio::join!(&mut self.ended, drain);
        exit.unwrap_or(Exit::Lost)
    }
}

async fn keep(mut child: Child, unwanted: oneshot::Receiver<()>, deadline: Duration) -> Exit {
    let mut exit = Exit::Lost;
    tokio::select! {
        status = child.wait() => {
            return match status {
                Ok(status) if status.success() => Exit::Success,
                Ok(status) => Exit::Failure(status.code()),
                Err(_) => Exit::Lost,
            };
        }
        _ = unwanted => {}
        () = tokio::time::sleep(deadline) => exit = Exit::Late,
    }
    // Its number is its own as long as it was not waited for. Asked to end, git removes what it has half written.
    signal(&child, Signal::TERM);
    if tokio::time::timeout(GRACE, child.wait()).await.is_err() {
        signal(&child, Signal::KILL);
        let _ = child.wait().await;
    }
    exit
}

fn signal(child: &Child, signal: Signal) {
    if let Some(group) = child.id().and_then(|id| i32::try_from(id).ok()).and_then(Pid::from_raw) {
        let _ = kill_process_group(group, signal);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, BufReader};

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[tokio::test]
    async fn ends_are_told() {
        let long = Duration::from_secs(60);
        assert_eq!(Process::start(shell("echo x"), long).unwrap().finish().await, Exit::Success);
        assert_eq!(Process::start(shell("exit 3"), long).unwrap().finish().await, Exit::Failure(Some(3)));
        let late = Process::start(shell("exec sleep 60"), Duration::from_millis(50)).unwrap();
        assert_eq!(late.finish().await, Exit::Late);
    }

    #[tokio::test]
    async fn all_that_it_started_ends_with_it() {
        let mut process =
            Process::start(shell("sleep 600 & echo $!; trap '' TERM; wait"), Duration::from_secs(60))
                .unwrap();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).await.unwrap();
        drop(process);
        // The pipe closes when the last of them is gone.
        assert_eq!(out.read_to_end(&mut Vec::new()).await.unwrap(), 0);
    }
}
