//! Commands that must end in time.

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::io::{Read, Write};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::spawn;
use std::time::{Duration, Instant};

/// Runs a command to its end, with that text as its standard input.
///
/// # Panics
/// When it cannot be started or does not end in time; then it is killed, with the rest of its process group.
#[track_caller]
pub fn run_bounded(command: &mut Command, input: &[u8], within: Duration) -> Output {
    try_bounded(command, input, within).unwrap_or_else(|| panic!("{command:?} did not end within {within:?}"))
}

/// The same; nothing if it does not end in time.
///
/// # Panics
/// When it cannot be started.
#[track_caller]
pub(super) fn try_bounded(command: &mut Command, input: &[u8], within: Duration) -> Option<Output> {
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).process_group(0);
    let mut child = match command.spawn() {
        Ok(child) => child,
        Err(error) => panic!("{:?} cannot be started: {error}", command.get_program()),
    };
    let group = Pid::from_raw(i32::try_from(child.id()).expect("a process id fits"));
    let (stdin, input) = (child.stdin.take(), input.to_vec());
    spawn(move || {
        // A command that does not read its input says so by other means.
        stdin.map(|mut stdin| stdin.write_all(&input))
    });
    let stdout = read(child.stdout.take());
    let stderr = read(child.stderr.take());
    let status = ended(child);
    let deadline = Instant::now() + within;
    let rest = || deadline.saturating_duration_since(Instant::now());
    let output = (|| {
        let status = status.recv_timeout(rest()).ok()?;
        let (stdout, stderr) = (stdout.recv_timeout(rest()).ok()?, stderr.recv_timeout(rest()).ok()?);
        Some(Output { status, stdout, stderr })
    })();
    if output.is_none() {
        // It may have ended just now.
        let _ = killpg(group, Signal::SIGKILL);
    }
    output
}

fn read(from: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    spawn(move || {
        let mut all = Vec::new();
        // What was read until an error is what there is.
        let _ = from.map(|mut from| from.read_to_end(&mut all));
        let _ = sender.send(all);
    });
    receiver
}

fn ended(mut child: Child) -> Receiver<ExitStatus> {
    let (sender, receiver) = channel();
    spawn(move || child.wait().map(|status| sender.send(status)));
    receiver
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_and_takes() {
        let mut command = Command::new("sh");
        command.args(["-c", "cat; echo to >&2; exit 3"]);
        let output = run_bounded(&mut command, b"in", Duration::from_secs(10));
        assert_eq!((&*output.stdout, &*output.stderr), (&b"in"[..], &b"to\n"[..]));
        assert_eq!(output.status.code(), Some(3));
    }

    #[test]
    #[should_panic(expected = "did not end within")]
    fn what_lasts_is_killed() {
        run_bounded(Command::new("sh").args(["-c", "sleep 1000 & wait"]), b"", Duration::from_millis(100));
    }
}
