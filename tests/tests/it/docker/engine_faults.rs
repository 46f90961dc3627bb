//! Engines, containers and registries that are not there, or go away.

use super::rig::{Rig, says, shown};
use crate::support::LONG;
use kit::coordinator::{Cancel, Verdict};
use kit::docker::{Engine, PrivateEngine, ScriptedRegistry};
use kit::payload::Payload;
use serde_json::json;
use std::time::{Duration, Instant};

/// What may pass while the end of a container is noticed.
const NOTICED_WITHIN: Duration = Duration::from_secs(10);

/// A job that says `start` and does not end by itself.
fn endless() -> Payload {
    Payload::new("endless", &["echo start", "while :; do sleep 1000; done"])
}

/// A job that shows that all is well.
fn fine(rig: &Rig) {
    assert!(rig.succeeds(&Payload::new("after", &["echo fine"])).has_line("fine"));
}

#[test]
fn a_container_that_is_removed_from_outside_fails_the_job() {
    let Some(engine) = Engine::require() else { return };
    let rig = Rig::start_on(&engine, 1, "rig/busybox", |section| section);
    for how in [["rm", "--force"], ["kill", "--signal=KILL"]] {
        let job = rig.enqueue(&endless());
        job.wait_line("start", LONG);
        let removed = Instant::now();
        engine.docker(&[&how[..], &[&rig.build_container(job.id)]].concat());
        assert_eq!(job.wait_finished(NOTICED_WITHIN), Verdict::Failed, "after {how:?}");
        let last = job.inspect(|job| job.final_update.clone()).expect("a final update");
        assert_eq!(last.failure_reason.as_deref(), Some("runner_system_failure"), "after {how:?}");
        assert!(removed.elapsed() < NOTICED_WITHIN);
    }
    fine(&rig);
    rig.finish();
}

#[test]
fn an_engine_that_stops_during_a_step_fails_the_job_and_the_next_works() {
    let Some(shared) = Engine::require() else { return };
    let Some(mut private) = PrivateEngine::start(&shared, &["rig/busybox"]) else { return };
    let rig = Rig::start_on(&private.engine().clone(), 1, "rig/busybox", |section| section);
    fine(&rig);
    for kill in [false, true] {
        let job = rig.enqueue(&endless());
        job.wait_line("start", LONG);
        if kill {
            private.kill();
        } else {
            private.stop();
        }
        assert_eq!(job.wait_finished(LONG), Verdict::Failed);
        says(&job.text(), &["ERROR: Job failed (system failure)"]);
        private.start_again();
        fine(&rig);
    }
    rig.finish();
}

#[test]
fn an_engine_that_is_not_there_is_tried_again_and_named() {
    let Some(shared) = Engine::require() else { return };
    let Some(mut private) = PrivateEngine::start(&shared, &["rig/busybox"]) else { return };
    let rig = Rig::start_on(&private.engine().clone(), 1, "rig/busybox", |section| section);
    private.stop();
    let (log, last) = rig.fails(&Payload::new("before", &["true"]));
    assert_eq!(last.failure_reason.as_deref(), Some("runner_system_failure"));
    says(&log, &["docker.sock"]);
    private.start_again();
    fine(&rig);
    rig.finish();
}

#[test]
fn an_image_that_does_not_exist_is_named() {
    let Some(engine) = Engine::require() else { return };
    let registry = kit::docker::Registry::start(std::net::Ipv4Addr::LOCALHOST, None);
    let Some(registry) = registry else { return };
    let rig = Rig::start_on(&engine, 1, "rig/busybox", |section| section);
    let image = registry.image("none/such:1");
    let begun = Instant::now();
    let (log, last) = rig.fails(&Payload::new("missing", &["true"]).image(&image));
    assert!(begun.elapsed() < NOTICED_WITHIN, "nothing to try again, it took {:?}", begun.elapsed());
    assert_eq!(last.failure_reason.as_deref(), Some("runner_configuration_error"));
    says(&log, &[&format!("failed to pull image \"{image}\""), "manifest unknown"]);
    rig.finish();
}

#[test]
fn a_registry_that_hangs_holds_no_cancelled_job() {
    let Some(engine) = Engine::require() else { return };
    let registry = ScriptedRegistry::hanging(std::net::Ipv4Addr::LOCALHOST);
    let rig = Rig::start_on(&engine, 1, "rig/busybox", |section| section);
    let job = rig.enqueue(&Payload::new("hangs", &["true"]).image(&registry.image("app:1")));
    registry.wait_for_requests(1, LONG);
    job.cancel(Cancel::Canceled);
    assert_eq!(job.wait_finished(NOTICED_WITHIN), Verdict::Canceled);
    // Nor does a job with a time limit wait for it.
    let job = rig.enqueue(&Payload::new("hangs", &["true"]).image(&registry.image("app:2")).timeout(3));
    assert_eq!(job.wait_finished(LONG), Verdict::Failed);
    let last = job.inspect(|job| job.final_update.clone()).expect("a final update");
    assert_eq!(last.failure_reason.as_deref(), Some("job_execution_timeout"));
    says(&job.text(), &["Using Docker executor with image", "Pulling docker image"]);
    fine(&rig);
    rig.finish();
}

#[test]
fn an_image_without_a_shell_is_named() {
    let Some(rig) = Rig::start("rig/busybox", |section| section) else { return };
    let (log, last) = rig.fails(&Payload::new("scratch", &["echo hi"]).image("rig/scratch"));
    assert_eq!(last.failure_reason.as_deref(), Some("runner_system_failure"));
    says(&log, &["\"sh\": executable file not found in $PATH"]);
    rig.finish();
}

#[test]
fn an_entrypoint_that_does_not_run_the_script_fails_the_job() {
    let Some(rig) = Rig::start("rig/busybox", |section| section) else { return };
    let (log, _) = rig.fails(&Payload::new("swallowed", &["echo hi"]).image("rig/swallow"));
    says(&log, &["nothing to do", "entrypoint"]);
    assert!(!log.has_line("hi"));
    // What it says before it hands over is in the log, once.
    let entrypoint =
        json!({ "name": "rig/busybox", "entrypoint": ["sh", "-c", "echo prepared; exec \"$@\"", "sh"] });
    let payload =
        Payload::new("prepared", &["echo hi"]).after_script(&["echo after"]).set("/image", entrypoint);
    let log = rig.succeeds(&payload);
    assert_eq!(shown(&log).matches("prepared").count(), 1, "{}", shown(&log));
    rig.finish();
}

#[test]
fn an_entrypoint_that_never_ends_costs_the_jobs_time_and_no_more() {
    let Some(rig) = Rig::start("rig/busybox", |section| section) else { return };
    let waits = json!({ "name": "rig/busybox", "entrypoint": ["sh", "-c", "echo waiting; sleep 1000"] });
    let payload = Payload::new("waits", &["echo hi"]).set("/image", waits);
    let job = rig.enqueue(&payload.clone().timeout(3));
    assert_eq!(job.wait_finished(LONG), Verdict::Failed);
    let last = job.inspect(|job| job.final_update.clone()).expect("a final update");
    assert_eq!(last.failure_reason.as_deref(), Some("job_execution_timeout"));
    let job = rig.enqueue(&payload);
    job.wait_for("the image's name", LONG, |job| {
        String::from_utf8_lossy(&job.trace).contains("for rig/busybox").then_some(())
    });
    job.cancel(Cancel::Canceled);
    assert_eq!(job.wait_finished(NOTICED_WITHIN), Verdict::Canceled);
    fine(&rig);
    rig.finish();
}

#[test]
fn unknown_options_of_images_are_refused() {
    let Some(rig) = Rig::start("rig/busybox", |section| section) else { return };
    let image = json!({ "name": "rig/busybox", "executor_opts": { "docker": { "colour": "red" } } });
    let (_, last) = rig.fails(&Payload::new("odd", &["true"]).set("/image", image));
    assert_eq!((last.failure_reason.as_deref(), last.exit_code), (Some("runner_system_failure"), Some(3)));
    rig.finish();
}
