//! How the service stops, and how it takes a changed configuration.

use crate::support::{LONG, TOKEN, blocked_job, config, coordinator, fifo, finish, pair, section};
use kit::coordinator::{Coordinator, Endpoint, Verdict};
use kit::payload::Payload;
use kit::runner::{Config, Section, Service};
use nix::sys::signal::Signal;
use std::time::{Duration, Instant};

const OTHER: &str = "glrt-otherotherotherother";

#[test]
fn quit_drains() {
    let (coordinator, mut service) = pair(2);
    let fifo = fifo(&service, "drain");
    let running = blocked_job(&coordinator, &fifo);
    running.wait_line("start", LONG);
    coordinator.wait_polling(TOKEN, LONG);
    service.signal(Signal::SIGQUIT);
    coordinator.wait_for("no held job request", LONG, |state| {
        state.waiting.values().all(|held| *held == 0).then_some(())
    });
    let late = coordinator.enqueue(TOKEN, &Payload::new("late", &["true"]));
    fifo.release(1);
    assert_eq!(running.wait_finished(LONG), Verdict::Success);
    assert!(service.wait(LONG).success());
    assert!(late.inspect(|job| job.deliveries.is_empty()), "a service that drains took a job");
    service.assert_nothing_left();
    coordinator.assert_no_violations();
}

#[test]
fn an_idle_service_ends_at_once() {
    for signal in [Signal::SIGQUIT, Signal::SIGTERM, Signal::SIGINT] {
        let (coordinator, mut service) = pair(1);
        coordinator.wait_polling(TOKEN, LONG);
        let begun = Instant::now();
        service.signal(signal);
        assert!(service.wait(LONG).success(), "{signal}");
        assert!(begun.elapsed() < Duration::from_secs(4), "{signal} took {:?}", begun.elapsed());
        service.assert_nothing_left();
    }
}

#[test]
fn terminate_aborts_within_the_timeout() {
    let coordinator = coordinator();
    let config = config(&coordinator, 1).global("shutdown_timeout", 15);
    let mut service = Service::start(&config);
    let payload = Payload::new("long", &["echo start", "sleep 1000"]).file("CERT", "secret");
    let job = coordinator.enqueue(TOKEN, &payload);
    job.wait_line("start", LONG);
    let begun = Instant::now();
    service.signal(Signal::SIGTERM);
    service.wait(LONG);
    assert!(begun.elapsed() < Duration::from_secs(16), "the end took {:?}", begun.elapsed());
    assert_eq!(job.wait_finished(LONG), Verdict::Failed);
    let last = job.inspect(|job| job.final_update.clone()).expect("a final update");
    assert_eq!(last.failure_reason.as_deref(), Some("runner_interrupted"));
    service.assert_nothing_left();
    coordinator.assert_no_violations();
}

#[test]
fn signals_for_the_service_do_not_end_a_job() {
    let (coordinator, mut service) = pair(1);
    let fifo = fifo(&service, "spared");
    let job = blocked_job(&coordinator, &fifo);
    job.wait_line("start", LONG);
    service.signal(Signal::SIGUSR1);
    let processes = service.job_processes();
    assert!(!processes.is_empty(), "{}", service.log_tail());
    for pid in processes {
        for signal in [Signal::SIGUSR1, Signal::SIGUSR2, Signal::SIGHUP, Signal::SIGQUIT] {
            nix::sys::signal::kill(pid, signal).unwrap();
        }
    }
    fifo.release(1);
    assert_eq!(job.wait_finished(LONG), Verdict::Success);
    finish(&coordinator, &mut service);
}

#[test]
fn a_job_that_outlasts_the_shutdown_timeout_was_interrupted() {
    let coordinator = coordinator();
    let section = section(&coordinator).key("graceful_kill_timeout", "60s").key("force_kill_timeout", "60s");
    let config = Config::with_section(section).global("shutdown_timeout", 1);
    let mut service = Service::start(&config);
    let script = ["trap '' TERM INT", "echo start", "while :; do sleep 1000; done"];
    let job = coordinator.enqueue(TOKEN, &Payload::new("stubborn", &script));
    job.wait_line("start", LONG);
    service.signal(Signal::SIGTERM);
    assert_eq!(service.wait(LONG).code(), Some(1));
    assert_eq!(job.wait_finished(LONG), Verdict::Failed);
    let last = job.inspect(|job| job.final_update.clone()).expect("a final update");
    assert_eq!(last.failure_reason.as_deref(), Some("runner_interrupted"));
    let trace = String::from_utf8_lossy(&job.trace()).into_owned();
    assert!(trace.contains("ERROR: Job failed: aborted: terminated"), "{trace}");
    service.assert_nothing_left();
    coordinator.assert_no_violations();
}

#[test]
fn a_second_signal_ends_the_service_at_once() {
    let coordinator = coordinator();
    let section = section(&coordinator).key("graceful_kill_timeout", "60s").key("force_kill_timeout", "60s");
    let config = Config::with_section(section).global("shutdown_timeout", 120);
    let mut service = Service::start(&config);
    let script = ["trap '' TERM INT", "echo start", "while :; do sleep 1000; done"];
    let job = coordinator.enqueue(TOKEN, &Payload::new("stubborn", &script));
    job.wait_line("start", LONG);
    service.signal(Signal::SIGTERM);
    assert!(service.is_running());
    coordinator.assert_stays("the job goes on for now", Duration::from_millis(500), |state| {
        state.jobs.values().all(|job| !job.is_ended())
    });
    let begun = Instant::now();
    service.signal(Signal::SIGINT);
    let status = service.wait(LONG);
    assert_eq!(status.code(), Some(1));
    assert!(begun.elapsed() < Duration::from_secs(3), "the end took {:?}", begun.elapsed());
    // The next service ends what is left of a job whose process dies.
    for pid in service.job_processes() {
        nix::sys::signal::kill(pid, Signal::SIGKILL).expect("the job's process is there");
    }
    service.start_again();
    assert_eq!(job.wait_finished(LONG), Verdict::Failed);
    finish(&coordinator, &mut service);
}

#[test]
fn hangup_takes_a_new_section() {
    let coordinator = coordinator();
    coordinator.add_runner(OTHER);
    let mut service = Service::start(&config(&coordinator, 2));
    coordinator.wait_polling(TOKEN, LONG);
    let more = config(&coordinator, 2).section(Section::new(&coordinator.url(), OTHER).key("name", "other"));
    service.place().write_config(&more);
    service.signal(Signal::SIGHUP);
    let job = coordinator.enqueue(OTHER, &Payload::new("other", &["true"]));
    assert_eq!(job.wait_finished(LONG), Verdict::Success);
    finish(&coordinator, &mut service);
}

#[test]
fn a_changed_file_is_noticed_without_a_signal() {
    let coordinator = coordinator();
    coordinator.add_runner(OTHER);
    let mut service = Service::start(&config(&coordinator, 2));
    coordinator.wait_polling(TOKEN, LONG);
    let more = config(&coordinator, 2).section(Section::new(&coordinator.url(), OTHER).key("name", "other"));
    service.place().write_config(&more);
    let begun = Instant::now();
    coordinator.wait_polling(OTHER, LONG);
    assert!(begun.elapsed() < Duration::from_secs(10), "noticed after {:?}", begun.elapsed());
    finish(&coordinator, &mut service);
}

#[test]
fn a_broken_file_keeps_the_old_configuration() {
    let (coordinator, mut service) = pair(1);
    coordinator.wait_polling(TOKEN, LONG);
    let before = service.log().len();
    service.place().write_config_text("concurrent = [[[ nonsense");
    service.signal(Signal::SIGHUP);
    let job = coordinator.enqueue(TOKEN, &Payload::new("still", &["true"]));
    assert_eq!(job.wait_finished(LONG), Verdict::Success);
    // The complaint names the file, at the latest when the file is looked at the next time.
    let deadline = Instant::now() + Duration::from_secs(10);
    while !service.log()[before..].contains("config.toml") {
        assert!(Instant::now() < deadline, "nothing is said of the broken file\n{}", service.log_tail());
        std::thread::sleep(Duration::from_millis(50));
    }
    let next = coordinator.enqueue(TOKEN, &Payload::new("after", &["true"]));
    assert_eq!(next.wait_finished(LONG), Verdict::Success);
    finish(&coordinator, &mut service);
}

#[test]
fn a_reload_leaves_running_jobs_alone() {
    let (coordinator, mut service) = pair(1);
    let fifo = fifo(&service, "reload");
    let job = blocked_job(&coordinator, &fifo);
    job.wait_line("start", LONG);
    let elsewhere = Coordinator::start();
    elsewhere.add_runner(TOKEN);
    service.place().write_config(&Config::with_section(section(&elsewhere)).global("concurrent", 2));
    service.signal(Signal::SIGHUP);
    elsewhere.wait_requests(Endpoint::RequestJob, 1, LONG);
    fifo.release(1);
    assert_eq!(job.wait_finished(LONG), Verdict::Success);
    finish(&coordinator, &mut service);
}
