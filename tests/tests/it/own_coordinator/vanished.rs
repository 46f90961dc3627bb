//! Runners that stop or die while they have a job: within a minute it is given up, and had again by another.

use super::process::{Coordinator, TOKEN, ask, checkout, commit, git, wait_for};
use kit::runner::{Config, Section, Service};
use nix::sys::signal::Signal;
use std::time::{Duration, Instant};

/// The minute, and a look every few seconds.
const WITHIN: Duration = Duration::from_secs(75);

/// It takes the minute that it is about, so only when asked for; leases are tested with a clock in the coordinator.
#[test]
fn jobs_of_runners_that_vanish_are_had_by_others() {
    if std::env::var_os("RUNNER_TESTS_KILLS").is_none() {
        return;
    }
    for signal in [Signal::SIGSTOP, Signal::SIGKILL] {
        let folder = tempfile::tempdir().expect("a folder");
        let coordinator = Coordinator::start(folder.path(), &["--listen", "127.0.0.1:0"], Some(TOKEN));
        let url = coordinator.url.clone();
        ask(&url, "POST", "/projects?name=app").expect("a project");
        let made = ask(&url, "POST", "/user/runners?runner_type=instance_type").expect("a runner");
        let section = || Section::new(&url, made["token"].as_str().expect("a token"));
        let mut first = Service::start(&Config::with_section(section()));
        let work = folder.path().join("work");
        checkout(&work);
        let said = folder.path().join("said");
        let config = format!(
            "default:\n  retry: 2\na:\n  script:\n    - echo $CI_JOB_ID >> {}\n    - '[ $(wc -l < {}) = 2 ] || sleep 1000'\n",
            said.display(),
            said.display()
        );
        std::fs::write(work.join(".gitlab-ci.yml"), config).expect("a file");
        commit(&work, "x");
        git(&work, &["push", "-q", &coordinator.repository("root/app"), "main"]).expect("a push");
        let lines = || Some(std::fs::read_to_string(&said).ok()?.lines().count());
        wait_for("the job", WITHIN, || lines().filter(|count| *count == 1));
        // All of it: the service and the process of the job.
        for pid in first.job_processes() {
            nix::sys::signal::kill(pid, signal).expect("a process");
        }
        first.signal(signal);
        let vanished = Instant::now();
        let second = Service::start(&Config::with_section(section()));
        wait_for("the job's second attempt", WITHIN, || lines().filter(|count| *count == 2));
        assert!(vanished.elapsed() < WITHIN, "{:?}", vanished.elapsed());
        let status =
            || ask(&url, "GET", "/projects/root%2Fapp/pipelines")?[0]["status"].as_str().map(str::to_owned);
        wait_for("the end", WITHIN, || status().filter(|status| status == "success"));
        println!("{signal}: had again after {:?}", vanished.elapsed());
        drop((second, first));
        assert!(coordinator.end(Signal::SIGTERM).success());
    }
}
