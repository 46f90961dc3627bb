//! What stops a job, what still runs then, and what it ends with.

use super::*;
use std::time::Duration;

#[tokio::test(start_paused = true)]
async fn after_a_timeout_after_script_still_runs() {
    let mut play = Play::new();
    play.keep_everything();
    let actor = Actor::with(&[("step_script", Act::Hang)]);
    let (verdict, trace) = play.run(&actor).await;
    assert_eq!(verdict, Verdict::failed(FailureReason::JobExecutionTimeout, None));
    assert!(actor.seen()[1].starts_with("after_script timedou"), "{:?}", actor.seen());
    assert!(trace.contains("step_script could not run to completion"), "{trace}");
    assert!(trace.contains("Job failed: execution took longer than 1m0s seconds"), "{trace}");
    assert_eq!(
        sections(&trace)[4..],
        [
            "step_script",
            "after_script",
            "archive_cache_on_failure",
            "upload_artifacts_on_failure",
            "cleanup_file_variables"
        ]
    );
    assert!(play.has_artifact() && play.has_cache());
}

#[tokio::test(start_paused = true)]
async fn the_scripts_own_limit() {
    let mut play = Play::new();
    play.keep_everything();
    for name in ["RUNNER_SCRIPT_TIMEOUT", "RUNNER_AFTER_SCRIPT_TIMEOUT"] {
        play.set(name, "5s");
    }
    let actor = Actor::with(&[("step_script", Act::Hang), ("after_script", Act::Hang)]);
    let (verdict, trace) = play.run(&actor).await;
    assert_eq!(verdict.failure, Some(FailureReason::JobExecutionTimeout));
    assert!(
        trace.contains("after_script failed, but job will continue unaffected: exit status 1"),
        "{trace}"
    );
    assert!(trace.contains("after_script could not run to completion"), "{trace}");
    assert!(trace.contains("Job failed: script timeout: context deadline exceeded"), "{trace}");
    assert!(play.has_artifact() && play.has_cache());
}

#[tokio::test(start_paused = true)]
async fn a_timeout_while_sources_are_fetched() {
    let mut play = Play::new();
    play.keep_everything();
    play.set("GIT_STRATEGY", "fetch");
    let actor = Actor::with(&[("get_sources", Act::Hang)]);
    let (verdict, trace) = play.run(&actor).await;
    assert_eq!(verdict.failure, Some(FailureReason::JobExecutionTimeout));
    assert!(trace.contains("Job failed: execution took longer than 1m0s seconds"), "{trace}");
    assert!(!sections(&trace).contains(&"after_script"));
    assert_eq!(sections(&trace).last(), Some(&"cleanup_file_variables"));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_in_after_script() {
    let mut play = Play::new();
    play.keep_everything();
    let actor = Actor::with(&[("after_script", Act::Hang)]);
    let (verdict, trace) = play.run(&actor).await;
    assert_eq!(verdict.failure, Some(FailureReason::JobExecutionTimeout));
    assert!(trace.contains("Job failed: execution took longer than 1m0s seconds"), "{trace}");
    assert!(sections(&trace).contains(&"upload_artifacts_on_failure") && play.has_artifact());
}

#[tokio::test(start_paused = true)]
async fn a_timeout_while_a_cache_is_saved() {
    let mut play = Play::new();
    play.keep_everything();
    play.order.payload.cache[0].untracked = true;
    let actor = Actor::with(&[("archive_cache", Act::Hang)]);
    let (verdict, trace) = play.run(&actor).await;
    assert_eq!(verdict.failure, Some(FailureReason::JobExecutionTimeout));
    assert_eq!(
        sections(&trace)[6..],
        ["archive_cache", "upload_artifacts_on_failure", "cleanup_file_variables"]
    );
    assert!(play.has_artifact());
}

#[tokio::test(start_paused = true)]
async fn limits_of_the_configuration() {
    let mut play = Play::new();
    play.set("GIT_STRATEGY", "fetch");
    play.order.settings.get_sources_timeout = Some(Duration::from_secs(10));
    let (verdict, trace) = play.run(&Actor::with(&[("get_sources", Act::Hang)])).await;
    assert_eq!(verdict.failure, Some(FailureReason::JobExecutionTimeout));
    assert!(trace.contains("Job failed: get sources timeout: exceeded timeout of 10s"), "{trace}");

    let mut play = Play::new();
    play.order.settings.prepare_timeout = Some(Duration::from_secs(1));
    play.order.settings.retry_pause = Duration::from_secs(30);
    let actor = Actor::default();
    *actor.prepare_failures.borrow_mut() = vec![PrepareError::Temporary { message: "not yet".to_owned() }];
    let (verdict, trace) = play.run(&actor).await;
    assert_eq!(verdict.failure, Some(FailureReason::JobExecutionTimeout));
    assert!(trace.contains("Job failed: prepare timeout: exceeded timeout of 1s"), "{trace}");
    assert_eq!(actor.seen(), ["cleanup "]);
}

#[tokio::test]
async fn a_limit_may_be_any_number() {
    for limit in [i64::MAX, i64::MIN, 0] {
        let mut play = Play::new();
        play.order.payload.runner_info.timeout = limit;
        assert!(play.run(&Actor::default()).await.0.is_success(), "{limit}");
    }
}

#[tokio::test]
async fn a_cancel_ends_the_script_only() {
    let mut play = Play::new();
    play.keep_everything();
    let actor = Actor::with(&[("step_script", Act::Cancel(play.control.clone()))]);
    let (verdict, trace) = play.run(&actor).await;
    assert_eq!(verdict.failure, Some(FailureReason::UnknownFailure));
    assert!(actor.seen()[1].starts_with("after_script cancele"));
    assert!(trace.contains("WARNING: script canceled externally (UI, API)"));
    assert!(trace.contains("ERROR: Job failed: canceled"));
    assert!(play.has_artifact() && play.has_cache());
}

#[tokio::test]
async fn a_cancel_before_the_scripts_ends_the_job() {
    let mut play = Play::new();
    play.keep_everything();
    play.control.cancel();
    let actor = Actor::default();
    let (verdict, trace) = play.run(&actor).await;
    assert_eq!(verdict.failure, Some(FailureReason::UnknownFailure));
    assert_eq!(actor.seen(), ["cleanup "]);
    assert!(trace.contains("ERROR: Job failed: canceled"));
    assert!(!play.has_artifact() && !play.has_cache());
}

#[tokio::test]
async fn a_cancel_while_sources_are_fetched_ends_the_job() {
    let mut play = Play::new();
    play.keep_everything();
    play.set("GIT_STRATEGY", "fetch");
    let actor = Actor::with(&[("get_sources", Act::Cancel(play.control.clone()))]);
    let (_, trace) = play.run(&actor).await;
    assert_eq!(
        sections(&trace),
        ["prepare_executor", "prepare_script", "get_sources", "cleanup_file_variables"]
    );
    assert!(!trace.contains("externally") && trace.contains("ERROR: Job failed: canceled"), "{trace}");
}

#[tokio::test(start_paused = true)]
async fn a_cancel_in_after_script_changes_nothing() {
    let mut play = Play::new();
    play.keep_everything();
    play.set("RUNNER_AFTER_SCRIPT_TIMEOUT", "5s");
    let actor = Actor::with(&[("after_script", Act::Cancel(play.control.clone()))]);
    let (verdict, _) = play.run(&actor).await;
    assert!(verdict.is_success());
    assert!(play.has_artifact() && play.has_cache());
}

#[tokio::test]
async fn an_abort_leaves_nothing_but_clean_up() {
    let mut play = Play::new();
    play.keep_everything();
    play.order.payload.features.failure_reasons = vec!["runner_interrupted".to_owned()];
    let actor = Actor::with(&[("step_script", Act::Abort(play.control.clone()))]);
    let (verdict, trace) = play.run(&actor).await;
    assert_eq!(verdict, Verdict::failed(FailureReason::RunnerInterrupted, None));
    assert_eq!(actor.seen(), ["step_script running", "cleanup "]);
    assert!(trace.contains("ERROR: Job failed: aborted: terminated"));
    assert_eq!(sections(&trace).last(), Some(&"cleanup_file_variables"));
    assert!(!play.has_artifact() && !play.has_cache());
}

#[tokio::test]
async fn a_withdrawn_job_ends_wherever_it_is() {
    for (stage, failing) in [("get_sources", false), ("after_script", false), ("after_script", true)] {
        let mut play = Play::new();
        play.keep_everything();
        play.set("GIT_STRATEGY", if stage == "get_sources" { "fetch" } else { "none" });
        let status = i32::from(failing);
        let actor = Actor::with(&[
            ("step_script", Act::End("", status)),
            (stage, Act::Withdraw(play.control.clone())),
        ]);
        let (verdict, trace) = play.run(&actor).await;
        assert_eq!(verdict, Verdict::failed(FailureReason::UnknownFailure, None), "{stage}");
        assert!(trace.contains("ERROR: Job failed: canceled"), "{stage}: {trace}");
        assert!(!trace.contains("unaffected"), "{stage}: {trace}");
        assert!(!play.has_artifact(), "{stage}");
    }
}

#[tokio::test]
async fn an_abort_while_artifacts_are_handed_in() {
    let mut play = Play::new();
    play.keep_everything();
    play.order.payload.artifacts[0].untracked = true;
    let actor = Actor::with(&[
        ("step_script", Act::End("", 3)),
        ("upload_artifacts_on_failure", Act::Abort(play.control.clone())),
    ]);
    let (verdict, trace) = play.run(&actor).await;
    assert_eq!(verdict.exit_code, None);
    assert!(trace.contains("ERROR: Job failed: aborted: terminated"), "{trace}");
    assert!(play.has_cache() && !play.has_artifact());
}
