//! Processes that die: the service, jobs, everything at once. No job may be lost, and nothing left.

use crate::support::{LONG, TOKEN, blocked_job, config, coordinator, fifo, finish, pair};
use kit::coordinator::{Coordinator, JobHandle, Verdict};
use kit::payload::Payload;
use kit::random::Random;
use kit::runner::{Service, runner_above};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::collections::BTreeMap;
use std::time::{Duration, Instant};

/// Within this time after the death of its process a job must have been reported.
const REPORTED_WITHIN: Duration = Duration::from_secs(10);

#[test]
fn a_service_that_is_killed_again_and_again_loses_no_job() {
    let coordinator = coordinator();
    coordinator.configure(|settings| settings.acknowledge_within = Duration::from_secs(3));
    let mut service = Service::start(&config(&coordinator, 4));
    let evidence = service.place().shared("evidence");
    let line = format!("echo $CI_JOB_ID >> {}", evidence.display());
    let payload = Payload::new("short", &[&line, "sleep 0.$((CI_JOB_ID % 4))", "echo done-$CI_JOB_ID"]);
    let jobs: Vec<JobHandle> = (0..100).map(|_| coordinator.enqueue(TOKEN, &payload)).collect();
    let mut random = Random::new(20);
    for _ in 0..20 {
        let seen = coordinator.inspect(|state| state.requests.len());
        let more = usize::try_from(5 + random.below(20)).unwrap_or(5);
        coordinator.wait_for("more requests", LONG, |state| {
            let over = state.jobs.values().all(kit::coordinator::JobRecord::is_ended);
            (over || state.requests.len() >= seen + more).then_some(())
        });
        service.kill();
        service.start_again();
    }
    for job in &jobs {
        assert_eq!(job.wait_finished(Duration::from_secs(120)), Verdict::Success, "job {}", job.id);
        assert!(job.text().has_line(&format!("done-{}", job.id)));
    }
    let text = std::fs::read_to_string(evidence).expect("the jobs' evidence");
    let mut runs: BTreeMap<&str, u32> = BTreeMap::new();
    text.lines().for_each(|id| *runs.entry(id).or_default() += 1);
    let twice: Vec<_> = runs.iter().filter(|(_, count)| **count != 1).collect();
    assert!(runs.len() == 100 && twice.is_empty(), "{} jobs ran, more than once: {twice:?}", runs.len());
    finish(&coordinator, &mut service);
}

/// Jobs that say where they are and wait.
struct Waiting {
    jobs: Vec<JobHandle>,
    fifo: kit::runner::Fifo,
}

impl Waiting {
    fn new(coordinator: &Coordinator, service: &Service, count: usize) -> Self {
        let fifo = fifo(service, "waiting");
        let pid = service.place().shared("pid-$CI_JOB_ID");
        let script = [
            format!("echo $$ > {}", pid.display()),
            "setsid sleep 7000 > /dev/null 2>&1 &".to_owned(),
            "echo start".to_owned(),
            fifo.stop_line(),
            "echo end".to_owned(),
        ];
        let script: Vec<&str> = script.iter().map(String::as_str).collect();
        let payload = Payload::new("waiting", &script).file("CERT", "secret");
        let jobs: Vec<_> = (0..count).map(|_| coordinator.enqueue(TOKEN, &payload)).collect();
        jobs.iter().for_each(|job| job.wait_line("start", LONG));
        Self { jobs, fifo }
    }

    /// The process of a job.
    fn process(&self, service: &Service, index: usize) -> Pid {
        let path = service.place().shared(&format!("pid-{}", self.jobs[index].id));
        let text = std::fs::read_to_string(path).expect("the script wrote its process id");
        let shell = Pid::from_raw(text.trim().parse().expect("a process id"));
        let process = runner_above(shell).expect("a job has a process of its own");
        assert_ne!(process, service.pid(), "a job has a process of its own");
        process
    }
}

#[track_caller]
fn assert_reported(job: &JobHandle, killed: Instant) {
    assert_eq!(job.wait_finished(REPORTED_WITHIN), Verdict::Failed);
    assert!(killed.elapsed() < REPORTED_WITHIN + Duration::from_secs(1), "{:?}", killed.elapsed());
    let last = job.inspect(|job| job.final_update.clone()).expect("a final update");
    assert_eq!(last.failure_reason.as_deref(), Some("runner_system_failure"));
    let lines = job.text().lines;
    let told = lines.iter().any(|line| line.text.starts_with("ERROR: Job failed"));
    assert!(told, "the trace does not say what happened: {lines:?}");
}

#[test]
fn a_job_whose_process_is_killed_is_reported() {
    let (coordinator, mut service) = pair(6);
    let waiting = Waiting::new(&coordinator, &service, 6);
    let mut random = Random::new(6);
    let victims: Vec<usize> = (0..6).filter(|index| *index < 2 || random.percent(50)).collect();
    let killed = Instant::now();
    for victim in &victims {
        kill(waiting.process(&service, *victim), Signal::SIGKILL).expect("the process can be killed");
    }
    victims.iter().for_each(|victim| assert_reported(&waiting.jobs[*victim], killed));
    waiting.fifo.release(6);
    for (index, job) in waiting.jobs.iter().enumerate().filter(|(index, _)| !victims.contains(index)) {
        assert_eq!(job.wait_finished(LONG), Verdict::Success, "job {index}");
        assert!(job.text().has_line("end"));
    }
    finish(&coordinator, &mut service);
}

#[test]
fn a_job_that_dies_with_the_service_is_reported_by_the_next() {
    let (coordinator, mut service) = pair(2);
    let waiting = Waiting::new(&coordinator, &service, 2);
    let processes = [waiting.process(&service, 0), waiting.process(&service, 1)];
    service.kill();
    kill(processes[0], Signal::SIGKILL).expect("the process can be killed");
    service.start_again();
    assert_reported(&waiting.jobs[0], Instant::now());
    waiting.fifo.release(2);
    assert_eq!(waiting.jobs[1].wait_finished(LONG), Verdict::Success);
    finish(&coordinator, &mut service);
}

#[test]
fn a_service_that_leaves_hands_its_jobs_over() {
    let (coordinator, mut service) = pair(1);
    let fifo = fifo(&service, "handover");
    let job = blocked_job(&coordinator, &fifo);
    job.wait_line("start", LONG);
    let begun = Instant::now();
    service.signal(Signal::SIGUSR2);
    assert!(service.wait(LONG).success());
    assert!(begun.elapsed() < Duration::from_secs(3), "leaving took {:?}", begun.elapsed());
    service.start_again();
    let next = coordinator.enqueue(TOKEN, &Payload::new("next", &["true"]));
    coordinator.assert_stays("the job left behind is counted", Duration::from_secs(2), |state| {
        state.jobs[&next.id].deliveries.is_empty()
    });
    fifo.release(1);
    assert_eq!(job.wait_finished(LONG), Verdict::Success);
    assert!(job.text().has_line("end"));
    assert_eq!(next.wait_finished(LONG), Verdict::Success);
    finish(&coordinator, &mut service);
}

#[test]
fn a_job_goes_on_without_a_service() {
    let (coordinator, mut service) = pair(1);
    let fifo = fifo(&service, "alone");
    let job = blocked_job(&coordinator, &fifo);
    job.wait_line("start", LONG);
    service.kill();
    fifo.release(1);
    assert_eq!(job.wait_finished(LONG), Verdict::Success);
    service.start_again();
    coordinator.wait_polling(TOKEN, LONG);
    finish(&coordinator, &mut service);
}
