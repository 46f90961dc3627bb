//! Jobs that are stopped from outside, or by a time limit.

use crate::support::{LONG, TOKEN, blocked_job, config, coordinator, fifo, finish, pair, section};
use kit::coordinator::{Cancel, Listing, Verdict};
use kit::payload::Payload;
use kit::runner::{Config, Service};
use std::time::{Duration, Instant};

/// What a cancel may take at an update interval of one second, processes and uploads included.
const NOTICED: Duration = Duration::from_secs(5);

#[test]
fn a_cancel_stops_the_script_and_runs_what_follows() {
    let (coordinator, mut service) = pair(1);
    let script = ["echo x > file.txt", "echo start", "sleep 1000", "echo never"];
    let payload = Payload::new("canceled", &script)
        .after_script(&["echo after=$CI_JOB_STATUS"])
        .archive(&["file.txt"], "always");
    let job = coordinator.enqueue(TOKEN, &payload);
    job.wait_line("start", LONG);
    let begun = Instant::now();
    job.cancel(Cancel::Canceling);
    assert_eq!(job.wait_finished(LONG), Verdict::Canceled);
    assert!(begun.elapsed() < NOTICED, "a silent job took {:?}", begun.elapsed());
    let text = job.text();
    assert!(text.has_line("after=canceled") && !text.has_line("never"), "{text:?}");
    let last = job.inspect(|job| job.final_update.clone()).expect("a final update");
    assert_eq!((last.state.as_str(), last.failure_reason.as_deref()), ("failed", Some("job_canceled")));
    let listing = job.inspect(|job| job.artifacts[0].listing());
    assert!(matches!(listing, Listing::Zip(entries) if entries.len() == 1));
    finish(&coordinator, &mut service);
}

#[test]
fn an_abort_stops_everything_but_the_clean_up() {
    let (coordinator, mut service) = pair(1);
    let payload = Payload::new("aborted", &["echo start", "sleep 1000"])
        .file("CERT", "secret")
        .after_script(&["echo after ran"]);
    let job = coordinator.enqueue(TOKEN, &payload);
    job.wait_line("start", LONG);
    let begun = Instant::now();
    job.cancel(Cancel::Canceled);
    assert_eq!(job.wait_finished(LONG), Verdict::Canceled);
    service.quit(LONG);
    assert!(begun.elapsed() < NOTICED, "the job took {:?} to go", begun.elapsed());
    assert!(!job.text().has_line("after ran"));
    service.assert_nothing_left();
    coordinator.assert_no_violations();
}

#[test]
fn a_script_that_ignores_the_signal_is_killed() {
    let coordinator = coordinator();
    let section = section(&coordinator).key("graceful_kill_timeout", "1s").key("force_kill_timeout", "1s");
    let mut service = Service::start(&Config::with_section(section));
    let script = ["trap '' TERM INT HUP", "echo start", "while :; do sleep 1000; done"];
    let job =
        coordinator.enqueue(TOKEN, &Payload::new("stubborn", &script).after_script(&["echo after ran"]));
    job.wait_line("start", LONG);
    let begun = Instant::now();
    job.cancel(Cancel::Canceling);
    assert_eq!(job.wait_finished(LONG), Verdict::Canceled);
    assert!(begun.elapsed() < NOTICED + Duration::from_secs(2), "{:?}", begun.elapsed());
    assert!(job.text().has_line("after ran"));
    finish(&coordinator, &mut service);
}

#[test]
fn no_process_survives_its_job() {
    let (coordinator, mut service) = pair(1);
    let script = [
        "setsid sleep 7000 > /dev/null 2>&1 < /dev/null &",
        "( ( trap '' TERM HUP; exec sleep 7001 ) & )",
        "nohup setsid sh -c 'sleep 7002 & sleep 7003' > /dev/null 2>&1 &",
        "echo start",
    ];
    let job = coordinator.enqueue(TOKEN, &Payload::new("daemons", &script));
    let begun = Instant::now();
    assert_eq!(job.wait_finished(LONG), Verdict::Success);
    assert!(
        begun.elapsed() < Duration::from_secs(30),
        "the background kept the job for {:?}",
        begun.elapsed()
    );
    finish(&coordinator, &mut service);
}

#[test]
fn a_cancel_during_after_script_does_not_disturb_it() {
    let (coordinator, mut service) = pair(1);
    let fifo = fifo(&service, "after");
    let payload = Payload::new("late", &["true"]).after_script(&[
        "echo in-after",
        &fifo.stop_line(),
        "echo done-after",
    ]);
    let job = coordinator.enqueue(TOKEN, &payload);
    job.wait_line("in-after", LONG);
    job.cancel(Cancel::Canceling);
    let seen = job.inspect(|job| job.running_updates + job.chunks.len() as u32);
    // The runner has heard of the cancel once it has called again.
    job.wait_for("another call", LONG, |job| {
        (job.running_updates + job.chunks.len() as u32 > seen).then_some(())
    });
    fifo.release(1);
    assert_eq!(job.wait_finished(LONG), Verdict::Canceled);
    assert!(job.text().has_line("done-after"));
    finish(&coordinator, &mut service);
}

#[test]
fn a_job_canceled_before_it_was_acknowledged_does_not_run() {
    let (coordinator, mut service) = pair(1);
    let evidence = service.place().shared("ran");
    let job = coordinator.enqueue(TOKEN, &Payload::new("early", &[&format!("touch {}", evidence.display())]));
    // The job may have been taken by now, but can hardly have begun its script.
    job.cancel(Cancel::Canceled);
    assert_eq!(job.wait_finished(LONG), Verdict::Canceled);
    finish(&coordinator, &mut service);
    let acknowledged = job.inspect(|job| job.times.acknowledged.is_some());
    assert!(acknowledged || !evidence.exists(), "a job that was refused has run");
}

#[test]
fn a_timeout_leaves_time_for_what_follows() {
    let (coordinator, mut service) = pair(1);
    let payload = Payload::new("slow", &["echo x > file.txt", "echo start", "sleep 1000"])
        .timeout(3)
        .after_script(&["echo after=$CI_JOB_STATUS"])
        .archive(&["file.txt"], "on_failure");
    let job = coordinator.enqueue(TOKEN, &payload);
    assert_eq!(job.wait_finished(LONG), Verdict::Failed);
    let last = job.inspect(|job| job.final_update.clone()).expect("a final update");
    assert_eq!(last.failure_reason.as_deref(), Some("job_execution_timeout"));
    assert!(job.text().has_line("after=timedout"));
    assert_eq!(job.inspect(|job| job.artifacts.len()), 1);
    finish(&coordinator, &mut service);
}

#[test]
fn an_interval_of_the_coordinators_is_kept_when_looking_for_cancels() {
    let coordinator = coordinator();
    coordinator.configure(|settings| settings.update_interval = None);
    let mut service = Service::start(&config(&coordinator, 1));
    let fifo = fifo(&service, "silent");
    let job = blocked_job(&coordinator, &fifo);
    job.wait_line("start", LONG);
    let begun = Instant::now();
    job.cancel(Cancel::Canceling);
    assert_eq!(job.wait_finished(LONG), Verdict::Canceled);
    assert!(begun.elapsed() < Duration::from_secs(13), "without an interval: {:?}", begun.elapsed());
    finish(&coordinator, &mut service);
}
