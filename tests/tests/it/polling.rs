//! How the service asks for jobs: several sections, limits, outages, refusals.

use crate::support::{LONG, TOKEN, blocked, blocked_job, config, coordinator, fifo, finish, pair, section};
use kit::coordinator::{Coordinator, Endpoint, Fault, JobRecord, Rule, Verdict};
use kit::payload::Payload;
use kit::runner::{Config, Section, Service};
use std::time::{Duration, Instant};

const OTHER: &str = "glrt-otherotherotherother";

#[test]
fn a_section_never_waits_for_another() {
    let (slow, quick) = (coordinator(), coordinator());
    slow.fault(Rule::on(Endpoint::RequestJob, Fault::Delay(Duration::from_secs(300))));
    let config = Config::new().global("concurrent", 2).section(section(&slow)).section(section(&quick));
    let mut service = Service::start(&config);
    quick.wait_polling(TOKEN, LONG);
    for round in 0..3 {
        let begun = Instant::now();
        let job = quick.enqueue(TOKEN, &Payload::new("quick", &["true"]));
        assert_eq!(job.wait_finished(LONG), Verdict::Success);
        assert!(begun.elapsed() < Duration::from_secs(5), "round {round} took {:?}", begun.elapsed());
    }
    service.quit(LONG);
}

#[test]
fn a_held_request_is_answered_by_a_start_at_once() {
    let (coordinator, mut service) = pair(1);
    for _ in 0..5 {
        coordinator.wait_polling(TOKEN, LONG);
        let job = coordinator.enqueue(TOKEN, &Payload::new("prompt", &["true"]));
        assert_eq!(job.wait_finished(LONG), Verdict::Success);
        let waited = job.inspect(|job| job.times.acknowledged.map(|at| at - job.times.queued));
        assert!(waited.is_some_and(|waited| waited < Duration::from_secs(1)), "{waited:?}");
    }
    finish(&coordinator, &mut service);
}

#[test]
fn the_queue_version_is_echoed_as_gitlabs_proxy_wants_it() {
    let (coordinator, mut service) = pair(1);
    coordinator.configure(|settings| settings.wake_with_204 = true);
    coordinator.wait_polling(TOKEN, LONG);
    let job = coordinator.enqueue(TOKEN, &Payload::new("woken", &["true"]));
    assert_eq!(job.wait_finished(LONG), Verdict::Success);
    finish(&coordinator, &mut service);
}

#[test]
fn compressed_payloads_are_read() {
    let (coordinator, mut service) = pair(1);
    coordinator.configure(|settings| settings.gzip = true);
    let job = coordinator.enqueue(TOKEN, &Payload::new("packed", &["echo hello"]));
    assert_eq!(job.wait_finished(LONG), Verdict::Success);
    assert!(job.text().has_line("hello"));
    finish(&coordinator, &mut service);
}

#[test]
fn limit_bounds_a_section() {
    let coordinator = coordinator();
    coordinator.add_runner(OTHER);
    let other = Section::new(&coordinator.url(), OTHER).key("name", "other");
    let config =
        Config::with_section(section(&coordinator).key("limit", 1)).global("concurrent", 4).section(other);
    let mut service = Service::start(&config);
    let fifo = fifo(&service, "limit");
    let limited: Vec<_> = (0..3).map(|_| blocked_job(&coordinator, &fifo)).collect();
    limited[0].wait_line("start", LONG);
    let free: Vec<_> = (0..2).map(|_| coordinator.enqueue(OTHER, &blocked(&fifo))).collect();
    free.iter().for_each(|job| job.wait_line("start", LONG));
    coordinator.assert_stays("the second job waits", Duration::from_millis(1500), |state| {
        state.jobs[&limited[1].id].deliveries.is_empty()
    });
    fifo.release(5);
    for job in limited.iter().chain(&free) {
        assert_eq!(job.wait_finished(LONG), Verdict::Success);
    }
    assert_eq!(coordinator.inspect(|state| state.runners[TOKEN].most_at_once), 1);
    finish(&coordinator, &mut service);
}

#[test]
fn concurrent_bounds_the_whole() {
    let (coordinator, mut service) = pair(2);
    let fifo = fifo(&service, "concurrent");
    let jobs: Vec<_> = (0..4).map(|_| blocked_job(&coordinator, &fifo)).collect();
    jobs[..2].iter().for_each(|job| job.wait_line("start", LONG));
    coordinator.assert_stays("the third job waits", Duration::from_millis(1500), |state| {
        state.jobs[&jobs[2].id].deliveries.is_empty()
    });
    fifo.release(4);
    jobs.iter().for_each(|job| assert_eq!(job.wait_finished(LONG), Verdict::Success));
    assert_eq!(coordinator.inspect(|state| state.runners[TOKEN].most_at_once), 2);
    finish(&coordinator, &mut service);
}

#[test]
fn jobs_at_once_never_share_a_directory() {
    let (coordinator, mut service) = pair(4);
    let fifo = fifo(&service, "directories");
    let payload = Payload::new("where", &["echo dir=$PWD", "echo start", &fifo.stop_line()]);
    let jobs: Vec<_> = (0..4).map(|_| coordinator.enqueue(TOKEN, &payload)).collect();
    jobs.iter().for_each(|job| job.wait_line("start", LONG));
    fifo.release(4);
    let mut directories: Vec<String> = jobs
        .iter()
        .map(|job| {
            job.wait_finished(LONG);
            let line = job.text().lines.into_iter().find(|line| line.text.starts_with("dir="));
            line.expect("the directory").text
        })
        .collect();
    directories.sort();
    directories.dedup();
    assert_eq!(directories.len(), 4);
    finish(&coordinator, &mut service);
}

#[test]
fn the_end_of_an_outage_is_noticed() {
    let (coordinator, mut service) = pair(1);
    coordinator.wait_polling(TOKEN, LONG);
    coordinator.stop();
    // Long enough for a back-off to grow; nothing can be seen of it from here.
    std::thread::sleep(Duration::from_secs(8));
    coordinator.start_again();
    let begun = Instant::now();
    let job = coordinator.enqueue(TOKEN, &Payload::new("after", &["true"]));
    job.wait_running(Duration::from_secs(35));
    assert_eq!(job.wait_finished(LONG), Verdict::Success);
    assert!(begun.elapsed() < Duration::from_secs(36), "{:?}", begun.elapsed());
    finish(&coordinator, &mut service);
}

#[test]
fn a_job_survives_an_outage() {
    let (coordinator, mut service) = pair(1);
    let fifo = fifo(&service, "outage");
    let script = ["echo start", &fifo.stop_line(), "echo during", &fifo.stop_line(), "echo end"];
    let job = coordinator.enqueue(TOKEN, &Payload::new("outage", &script));
    job.wait_line("start", LONG);
    coordinator.stop();
    fifo.release(1);
    std::thread::sleep(Duration::from_secs(3));
    fifo.release(1);
    coordinator.start_again();
    assert_eq!(job.wait_finished(LONG), Verdict::Success);
    let lines = job.text().lines_of("step_script", false);
    assert!(lines.contains(&"during".to_owned()) && lines.contains(&"end".to_owned()), "{lines:?}");
    finish(&coordinator, &mut service);
}

#[test]
fn a_refused_token_parks_its_section_only() {
    let coordinator = coordinator();
    coordinator.add_runner(OTHER);
    coordinator.set_revoked(OTHER, true);
    let other = Section::new(&coordinator.url(), OTHER).key("name", "other");
    let mut service = Service::start(&config(&coordinator, 2).section(other));
    coordinator.wait_for("three refusals", LONG, |state| (refusals(state) >= 3).then_some(()));
    for _ in 0..3 {
        let job = coordinator.enqueue(TOKEN, &Payload::new("works", &["true"]));
        assert_eq!(job.wait_finished(LONG), Verdict::Success);
    }
    coordinator.assert_stays("the section is parked", Duration::from_secs(4), |state| refusals(state) == 3);
    finish(&coordinator, &mut service);
}

fn refusals(state: &kit::coordinator::State) -> usize {
    let of_other = |request: &&kit::coordinator::RequestRecord| {
        request.status == Some(403) && request.endpoint == Endpoint::RequestJob
    };
    state.requests.iter().filter(of_other).count()
}

#[test]
fn a_busy_coordinator_is_asked_later() {
    let (coordinator, mut service) = pair(1);
    coordinator.wait_polling(TOKEN, LONG);
    let busy = Fault::Status { code: 429, retry_after: Some(1) };
    coordinator.fault(Rule::on(Endpoint::RequestJob, busy).times(2));
    coordinator.fault(Rule::on(Endpoint::RequestJob, Fault::status(503)).times(2));
    coordinator.fault(Rule::on(Endpoint::RequestJob, Fault::status(409)).times(1));
    let first = coordinator.enqueue(TOKEN, &Payload::new("first", &["true"]));
    let second = coordinator.enqueue(TOKEN, &Payload::new("second", &["true"]));
    assert_eq!(first.wait_finished(LONG), Verdict::Success);
    assert_eq!(second.wait_finished(LONG), Verdict::Success);
    finish(&coordinator, &mut service);
}

#[test]
fn every_job_is_acknowledged_before_it_runs() {
    let (coordinator, mut service) = pair(4);
    let jobs: Vec<_> =
        (0..12).map(|_| coordinator.enqueue(TOKEN, &Payload::new("many", &["true"]))).collect();
    jobs.iter().for_each(|job| assert_eq!(job.wait_finished(LONG), Verdict::Success));
    assert!(jobs.iter().all(|job| job.inspect(was_run_once)));
    finish(&coordinator, &mut service);
}

fn was_run_once(job: &JobRecord) -> bool {
    job.deliveries.len() == 1 && job.running_updates >= 1 && job.times.acknowledged.is_some()
}

#[test]
fn two_coordinators_are_served_side_by_side() {
    let (one, two) = (coordinator(), Coordinator::start());
    two.add_runner(OTHER);
    let other = Section::new(&two.url(), OTHER).key("name", "other");
    let mut service = Service::start(&config(&one, 2).section(other));
    let jobs = [
        one.enqueue(TOKEN, &Payload::new("one", &["echo $CI_SERVER_URL"])),
        two.enqueue(OTHER, &Payload::new("two", &["echo $CI_SERVER_URL"])),
    ];
    for (job, url) in jobs.iter().zip([one.url(), two.url()]) {
        assert_eq!(job.wait_finished(LONG), Verdict::Success);
        assert!(job.text().has_line(&url));
    }
    finish(&one, &mut service);
}
