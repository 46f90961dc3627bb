//! Several services of one runner on one machine, with one engine.

use super::rig::Rig;
use crate::support::LONG;
use kit::coordinator::Verdict;
use kit::payload::Payload;
use nix::sys::signal::{Signal, kill};

#[test]
fn a_service_that_starts_leaves_the_jobs_of_its_neighbours_alone() {
    let Some(rig) = Rig::start("rig/busybox", |section| section) else { return };
    let job = rig.enqueue(&Payload::new("long", &["echo start", "sleep 5", "echo done"]));
    job.wait_line("start", LONG);
    let mut neighbour = rig.neighbour();
    assert_eq!(job.wait_finished(LONG), Verdict::Success, "{}", neighbour.log_tail());
    neighbour.quit(LONG);
    rig.finish();
}

#[test]
fn a_service_that_starts_removes_what_nobody_remembers() {
    let Some(mut rig) = Rig::start("rig/busybox", |section| section) else { return };
    let network = ("FF_NETWORK_PER_BUILD", "true");
    let job =
        rig.enqueue(&Payload::new("long", &["echo start", "sleep 1000"]).variable(network.0, network.1));
    job.wait_line("start", LONG);
    let processes = rig.service.job_processes();
    rig.service.kill();
    for pid in processes {
        kill(pid, Signal::SIGKILL).expect("the process of a job that runs");
    }
    // Its record is lost as well.
    let config = rig.service.place().config();
    let records = config.parent().expect("a folder").join(".runner_state/jobs");
    std::fs::remove_dir_all(&records).expect("the records of the service");
    rig.service.start_again();
    rig.wait_clean();
    rig.service.quit(LONG);
}
