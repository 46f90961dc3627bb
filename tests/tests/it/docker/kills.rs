//! Runners, jobs' processes, containers and engines that die. Nothing is left of any job when all is over.

use super::rig::Rig;
use crate::support::LONG;
use kit::coordinator::{Coordinator, JobHandle, JobRecord, Phase};
use kit::docker::{Engine, Inventory, PrivateEngine};
use kit::payload::Payload;
use kit::random::Random;
use nix::sys::signal::{Signal, kill};
use serde_json::json;
use std::time::{Duration, Instant};

/// How many times something is killed, and how many jobs there are. `RUNNER_TESTS_KILLS` asks for more than the usual
/// few: 50 stands for 500 jobs.
fn extent() -> (usize, usize) {
    let asked: Option<usize> = std::env::var("RUNNER_TESTS_KILLS").ok().and_then(|text| text.parse().ok());
    asked.map_or((3, 15), |kills| (kills, 10 * kills))
}

/// How an engine goes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Engines {
    /// As an administrator stops it; its containers end before.
    Stopped,
    /// By SIGKILL. Docker 20.10 does not start again if that hits it while it makes a network, so jobs make none.
    Killed,
}

/// A short job with most of what a job can have.
fn payload(index: usize, engines: Engines) -> Payload {
    let payload =
        Payload::new("short", &["echo start", "touch kept; (sleep 1000 &) ; sleep 0.3", "echo done"])
            .after_script(&["echo after"])
            .cache("c", &["kept"]);
    match index % 3 {
        0 => payload,
        2 if engines == Engines::Stopped => {
            payload.service(json!({ "name": "rig/web" })).variable("FF_NETWORK_PER_BUILD", "true")
        }
        _ => payload.service(json!({ "name": "rig/web" })),
    }
}

fn running(state: &kit::coordinator::State) -> usize {
    state.jobs.values().filter(|job| job.phase == Phase::Running).count()
}

/// Waits until jobs run, or none is left to.
fn wait_for_victims(coordinator: &Coordinator, ended: usize) -> bool {
    coordinator.wait_for("a job that runs", LONG, |state| {
        let over = state.jobs.values().filter(|job| job.is_ended()).count();
        let all_over = over == state.jobs.len();
        (all_over || (running(state) > 0 && over >= ended)).then_some(!all_over)
    })
}

/// Kills any container of a job.
fn kill_container(engine: &Engine, random: &mut Random) {
    let managed = "label=com.gitlab.gitlab-runner.managed=true";
    let text = engine.docker(&["ps", "--all", "--quiet", "--filter", managed]);
    let ids: Vec<&str> = text.lines().collect();
    if ids.is_empty() {
        return;
    }
    let id = ids[usize::try_from(random.below(ids.len() as u64)).unwrap_or(0)];
    // It may have gone meanwhile.
    if random.percent(50) {
        engine.try_docker(&["kill", id]);
    } else {
        engine.try_docker(&["rm", "--force", id]);
    }
}

fn kill_something(
    rig: &mut Rig,
    private: &mut PrivateEngine,
    engines: Engines,
    random: &mut Random,
) -> &'static str {
    match random.below(4) {
        0 => {
            rig.service.kill();
            rig.service.start_again();
            "the runner"
        }
        1 => {
            if let Some(pid) = rig.service.job_processes().first() {
                // It may have ended by itself.
                let _ = kill(*pid, Signal::SIGKILL);
            }
            "a job's process"
        }
        2 => {
            kill_container(private.engine(), random);
            "a container"
        }
        _ => {
            match engines {
                Engines::Stopped => private.stop(),
                Engines::Killed => private.kill(),
            }
            private.start_again();
            "the engine"
        }
    }
}

/// What stays: what the next job uses again.
fn without_what_stays(inventory: Inventory, engine: &Engine) -> Inventory {
    let reusable = engine.docker(&[
        "volume",
        "ls",
        "--quiet",
        "--filter",
        "label=com.gitlab.gitlab-runner.reusable=true",
    ]);
    let stays = reusable.lines().map(|name| format!("volume {name}"));
    stays.fold(inventory.without("volume runner-agent"), |left, name| left.without(&name))
}

#[test]
fn nothing_is_left_whatever_dies() {
    whatever_dies(Engines::Killed);
}

#[test]
fn nothing_is_left_whatever_dies_or_is_stopped() {
    whatever_dies(Engines::Stopped);
}

fn whatever_dies(engines: Engines) {
    let Some(shared) = Engine::require() else { return };
    let Some(mut private) = PrivateEngine::start(&shared, &["rig/busybox", "rig/web"]) else { return };
    let mut rig = Rig::start_on(&private.engine().clone(), 4, "rig/busybox", |section| section);
    rig.coordinator.configure(|settings| settings.acknowledge_within = Duration::from_secs(5));
    let before = private.engine().inventory();
    let (kills, count) = extent();
    let jobs: Vec<JobHandle> = (0..count).map(|index| rig.enqueue(&payload(index, engines))).collect();
    let mut random = Random::new(5);
    let mut killed = Vec::new();
    for round in 0..kills {
        if !wait_for_victims(&rig.coordinator, round * count / kills) {
            break;
        }
        killed.push(kill_something(&mut rig, &mut private, engines, &mut random));
    }
    for job in &jobs {
        job.wait_for(&format!("over, after {killed:?}"), LONG * 3, JobRecord::verdict);
    }
    let fine = jobs.iter().filter(|job| job.text().has_line("done")).count();
    assert!(fine >= jobs.len() / 2, "{fine} of {} jobs ran to their end", jobs.len());
    // One more start cleans up after whoever had no chance to.
    rig.service.quit(LONG);
    rig.service.start_again();
    let deadline = Instant::now() + LONG;
    loop {
        let left = without_what_stays(private.engine().inventory().since(&before), private.engine());
        if left.is_empty() {
            break;
        }
        assert!(Instant::now() < deadline, "left after {killed:?}:\n{left}\n{}", rig.service.log_tail());
        // What vanishes in an engine is no event for somebody who asks it as a whole.
        std::thread::sleep(Duration::from_millis(100));
    }
    // Whoever dies between the answer to a report and noting it is reported again, which GitLab takes no harm from.
    let mut violations = rig.coordinator.take_violations();
    violations.retain(|line| !line.ends_with("the job is over and its runner knows it"));
    assert!(violations.is_empty(), "{violations:#?}");
    rig.finish();
}
