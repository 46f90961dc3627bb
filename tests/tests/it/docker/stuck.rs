//! What never comes to an end by itself: the job ends all the same, and nothing of it is left.

use super::rig::{Rig, says, shown};
use crate::support::LONG;
use kit::coordinator::Verdict;
use kit::docker::{Engine, PrivateEngine};
use kit::payload::Payload;
use serde_json::json;

fn with_entrypoint(name: &str, script: &str) -> Payload {
    let entrypoint = json!({ "name": "rig/busybox", "entrypoint": ["sh", "-c", script, "sh"] });
    Payload::new(name, &["echo ran"]).set("/image", entrypoint)
}

#[test]
fn an_entrypoint_that_never_runs_the_script_is_heard_and_removed() {
    let Some(rig) = Rig::start("rig/busybox", |section| section) else { return };
    let waits = with_entrypoint("waits", "echo no database yet; sleep 1000").timeout(8);
    let (log, last) = rig.fails(&waits);
    assert_eq!(last.failure_reason.as_deref(), Some("job_execution_timeout"));
    says(&log, &["has not begun to run the script yet", "no database yet"]);
    // Whoever waits for it has cleaned up before the next job, in time for it.
    let log = rig.succeeds(&with_entrypoint("prepared", "echo prepared; exec \"$@\""));
    assert!(log.has_line("ran") && !shown(&log).contains("not begun"), "{}", shown(&log));
    rig.finish();
}

#[test]
fn an_entrypoint_that_fails_fails_the_script_and_no_stage_before() {
    let Some(rig) = Rig::start("rig/busybox", |section| section) else { return };
    let payload = with_entrypoint("broken", "echo no database; exit 5").after_script(&["echo after"]);
    let (log, last) = rig.fails(&payload);
    assert_eq!((last.failure_reason.as_deref(), last.exit_code), (Some("script_failure"), Some(5)));
    assert!(
        log.all_lines_of("step_script").iter().any(|line| line.contains("no database")),
        "{}",
        shown(&log)
    );
    says(&log, &["[] WARNING: after_script failed, but job will continue unaffected: exit code 5"]);
    rig.finish();
}

#[test]
fn an_engine_that_stands_still_holds_no_job() {
    let Some(shared) = Engine::require() else { return };
    let Some(mut private) = PrivateEngine::start(&shared, &["rig/busybox", "rig/user"]) else { return };
    let rig = Rig::start_on(&private.engine().clone(), 1, "rig/busybox", |section| section);
    // An image with a user has a helper container, too.
    let script = ["echo start", "while :; do sleep 1000; done"];
    let job = rig.enqueue(&Payload::new("frozen", &script).image("rig/user").timeout(10));
    job.wait_line("start", LONG);
    private.freeze();
    assert_eq!(job.wait_finished(LONG * 2), Verdict::Failed);
    let last = job.inspect(|job| job.final_update.clone()).expect("a final update");
    assert_eq!(last.failure_reason.as_deref(), Some("job_execution_timeout"));
    private.thaw();
    rig.finish();
}

#[test]
fn a_helper_container_that_does_not_answer_holds_no_job() {
    let Some(engine) = Engine::require() else { return };
    let rig = Rig::start_on(&engine, 1, "rig/busybox", |section| section);
    // Its stages are over by then, and the next thing asked of it is to give the work tree to the job's user.
    let payload = with_entrypoint("paused", "echo slow; sleep 7; exec \"$@\"");
    let job = rig.enqueue(&payload.service(json!({ "name": "rig/web" })).timeout(12));
    job.wait_line("slow", LONG);
    engine.docker(&["pause", &rig.container(job.id, "predefined")]);
    assert_eq!(job.wait_finished(LONG), Verdict::Failed);
    let last = job.inspect(|job| job.final_update.clone()).expect("a final update");
    assert_eq!(last.failure_reason.as_deref(), Some("job_execution_timeout"));
    says(&job.text(), &["[step_script] "]);
    rig.finish();
}
