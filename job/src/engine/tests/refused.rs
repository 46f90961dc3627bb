//! Jobs that cannot be run as they are meant.

use super::*;

#[tokio::test]
async fn what_cannot_be_prepared_runs_nothing() {
    let play = Play::new();
    let actor = Actor::default();
    *actor.prepare_failures.borrow_mut() = vec![PrepareError::Configuration { message: "no".to_owned() }];
    let (verdict, trace) = play.run(&actor).await;
    assert_eq!(verdict.failure, Some(FailureReason::ScriptFailure));
    assert_eq!(actor.seen(), ["cleanup "]);
    assert_eq!(sections(&trace), ["prepare_executor"]);
}

#[tokio::test]
async fn a_clone_path_that_is_not_allowed() {
    let mut play = Play::new();
    play.set("GIT_CLONE_PATH", "/tmp/x");
    play.order.payload.features.failure_reasons = vec!["runner_configuration_error".to_owned()];
    let (verdict, trace) = play.run(&Actor::default()).await;
    assert_eq!(verdict.failure, Some(FailureReason::RunnerConfigurationError));
    assert_eq!(sections(&trace), ["prepare_executor"]);
    assert!(trace.contains("Job failed: setting GIT_CLONE_PATH is not allowed"), "{trace}");
}

#[tokio::test]
async fn parts_of_a_payload_that_nobody_could_honour() {
    let mut play = Play::new();
    play.order.payload.secrets.insert("DB".to_owned(), serde_json::json!({}));
    let actor = Actor::default();
    let (verdict, trace) = play.run(&actor).await;
    assert_eq!(verdict.failure, Some(FailureReason::ScriptFailure));
    assert_eq!(actor.seen(), ["cleanup "]);
    assert!(sections(&trace).is_empty());
    assert!(trace.contains("Job failed: this runner does not support external secrets (DB)"), "{trace}");
}

#[tokio::test]
async fn a_cache_policy_that_does_not_exist() {
    let mut play = Play::new();
    play.keep_everything();
    play.order.payload.artifacts.clear();
    play.order.payload.cache[0].policy = "pul".to_owned();
    let actor = Actor::default();
    let (verdict, trace) = play.run(&actor).await;
    assert_eq!(verdict, Verdict::failed(FailureReason::RunnerSystemFailure, None));
    assert_eq!(
        sections(&trace),
        ["prepare_executor", "prepare_script", "get_sources", "cleanup_file_variables"]
    );
    assert!(trace.contains("Job failed (system failure): unknown cache policy pul for k"), "{trace}");
}

#[tokio::test]
async fn wrong_settings_are_one_warning() {
    let mut play = Play::new();
    play.set("GET_SOURCES_ATTEMPTS", "many");
    play.set("GIT_STRATEGY", "none");
    play.set("CI_DEBUG_TRACE", "perhaps");
    let (verdict, trace) = play.run(&Actor::default()).await;
    assert!(verdict.is_success());
    let expected = "\x1b[0;33mWARNING: CI_DEBUG_TRACE: expected bool got \"perhaps\", using default value: false\n\
                    GET_SOURCES_ATTEMPTS: expected int got \"many\", using default value: 1\x1b[0;m\n";
    assert!(trace.contains(expected), "{trace}");
}
