//! Stops from the keyboard and from outside.

use super::{Checkout, job, log};
use nix::sys::signal::Signal;

const PIPELINE: &str = "\
stages: [one, two]
long:
  stage: one
  script: [echo begun, 'echo ready > \"$FIFO\"', sleep 1000]
  after_script: [echo after the script]
next: {stage: two, script: ['true']}
";

fn begun() -> (Checkout, super::Running) {
    let checkout = Checkout::with(PIPELINE);
    let fifo = checkout.home().join("fifo");
    nix::unistd::mkfifo(&fifo, nix::sys::stat::Mode::S_IRWXU).expect("a fifo");
    let mut running = checkout.begin(&["--variable", &format!("FIFO={}", fifo.display())]);
    running.wait("job_started", "long");
    // Opening it waits for the script.
    assert_eq!(std::fs::read_to_string(fifo).expect("the script's word"), "ready\n");
    (checkout, running)
}

#[test]
fn one_interrupt_cancels_and_lets_after_scripts_run() {
    let (checkout, running) = begun();
    running.signal(Signal::SIGINT);
    let (status, events) = running.end();
    assert_eq!(status.code(), Some(130));
    let end = job(&events, "long").expect("its end");
    assert_eq!(end["status"], "canceled");
    assert!(log(end).contains("after the script"), "{}", log(end));
    assert_eq!(job(&events, "next").expect("its end")["status"], "canceled");
    assert_eq!(super::kills::left_of(&checkout), Vec::<String>::new());
}

#[test]
fn two_interrupts_end_everything_at_once() {
    let (checkout, running) = begun();
    running.signal(Signal::SIGINT);
    running.signal(Signal::SIGINT);
    let (status, _) = running.end();
    assert_eq!(status.code(), Some(130));
    assert_eq!(super::kills::left_of(&checkout), Vec::<String>::new());
}

#[test]
fn being_told_to_end_ends_everything() {
    let (checkout, running) = begun();
    running.signal(Signal::SIGTERM);
    let (status, _) = running.end();
    assert_eq!(status.code(), Some(130));
    assert_eq!(super::kills::left_of(&checkout), Vec::<String>::new());
}

#[test]
fn a_failure_can_end_the_rest() {
    let checkout = Checkout::with("slow: {script: [sleep 1000]}\nbad: {script: [exit 1]}\n");
    let ran = checkout.run(&["-j", "2", "--fail-fast"]);
    assert_eq!(ran.statuses(["slow", "bad"]), ["canceled", "failed"], "{ran:?}");
    assert_eq!(ran.code, Some(1));
}

#[test]
fn the_configuration_can_say_so_as_well() {
    let checkout = Checkout::with(
        "workflow: {auto_cancel: {on_job_failure: all}}\nslow: {script: [sleep 1000]}\nbad: {script: [exit 1]}\n",
    );
    let ran = checkout.run(&["-j", "2"]);
    assert_eq!(ran.statuses(["slow", "bad"]), ["canceled", "failed"], "{ran:?}");
}

#[test]
fn time_limits_hold() {
    let ran = Checkout::with(
        "long: {timeout: 1 second, script: [sleep 1000], after_script: [echo after the script]}\n",
    )
    .run(&[]);
    let end = ran.job("long");
    assert_eq!(
        (ran.code, &end["status"], &end["failure_reason"]),
        (Some(1), &"failed".into(), &"job_execution_timeout".into()),
        "{ran:?}"
    );
}
