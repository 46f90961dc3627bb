//! Readers of what a run says, and of what it has said so far.

use super::Checkout;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::Read as _;
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;

#[test]
fn a_reader_that_does_not_read_keeps_nobody_from_ending_a_run() {
    let checkout = Checkout::with(
        "a: {script: ['for i in $(seq 20000); do echo \"line $i, which is one of very many that nobody reads\"; done', sleep 1000]}\n",
    );
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let mut command = checkout.ci(&["run", "--executor", "shell"]);
        let mut child = command.process_group(0).stdout(Stdio::piped()).spawn().expect("it runs");
        // It has begun to write, and nobody reads on.
        let mut out = child.stdout.take().expect("its output");
        out.read_exact(&mut [0; 1000]).expect("it says something");
        kill(Pid::from_raw(child.id().cast_signed()), signal).expect("a signal");
        assert_eq!(child.wait().expect("its end").code(), Some(130));
        drop(out);
        assert_eq!(super::kills::left_of(&checkout), Vec::<String>::new());
    }
}

#[test]
fn the_log_of_a_job_that_runs_can_be_read() {
    let checkout = Checkout::with(
        "a: {script: [echo so-far, 'echo ready > \"$FIFO\"', 'read -r line < \"$FIFO\"', echo later]}\n",
    );
    let fifo = checkout.home().join("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("a fifo");
    let running = checkout.begin(&["--variable", &format!("FIFO={}", fifo.display())]);
    assert_eq!(std::fs::read_to_string(&fifo).expect("the script's word"), "ready\n");
    let output = checkout.ci(&["log", "a"]).output().expect("it runs");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && text.contains("so-far") && !text.contains("later"), "{output:?}");
    std::fs::write(&fifo, "go on\n").expect("the script waits");
    let (status, _) = running.end();
    assert!(status.success());
}
