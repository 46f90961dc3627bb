//! `--watch`: once more whenever a file changes.

use super::Checkout;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;

#[test]
fn a_change_runs_again_and_ends_what_may_be_interrupted() {
    let checkout = Checkout::with(
        "a: {interruptible: true, script: ['echo \"read $(cat word.txt)\"', 'test \"$(cat word.txt)\" != first || sleep 1000']}\n",
    );
    checkout.write("word.txt", "first");
    let mut command = checkout.ci(&["run", "--executor", "shell", "--watch"]);
    command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("it runs");
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let mut wait = |text: &str| loop {
        let line = lines.next().unwrap_or_else(|| panic!("no {text}")).expect("a line");
        if line.contains(text) {
            return;
        }
    };
    wait("read first");
    // The run goes on: it is canceled, and the next one begins.
    checkout.write("word.txt", "second");
    wait("a * canceled");
    wait("read second");
    wait("pipeline passed");
    let mut told = BufReader::new(child.stderr.take().expect("its words")).lines();
    assert!(told.any(|line| line.expect("a line").contains("waiting for changes")));
    // Nothing goes on: the next run begins.
    checkout.write("word.txt", "third");
    wait("read third");
    wait("pipeline passed");
    assert!(told.any(|line| line.expect("a line").contains("waiting for changes")));
    kill(Pid::from_raw(child.id().cast_signed()), Signal::SIGINT).expect("a signal");
    assert_eq!(child.wait().expect("its end").code(), Some(130));
    assert_eq!(super::kills::left_of(&checkout), Vec::<String>::new());
}
