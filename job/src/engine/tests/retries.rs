//! What is tried again.

use super::*;

#[tokio::test(start_paused = true)]
async fn preparing_is_tried_again() {
    let play = Play::new();
    let actor = Actor::default();
    *actor.prepare_failures.borrow_mut() = vec![PrepareError::Temporary { message: "not yet".to_owned() }];
    let (verdict, trace) = play.run(&actor).await;
    assert_eq!(verdict, Verdict::success());
    assert!(trace.contains("ERROR: Preparation failed: not yet"), "{trace}");
    assert!(trace.contains("Will be retried in 250ms ..."), "{trace}");
}

#[tokio::test(start_paused = true)]
async fn preparing_is_given_up_after_three_tries() {
    let play = Play::new();
    let actor = Actor::default();
    let failure = |_| PrepareError::Temporary { message: "never".to_owned() };
    *actor.prepare_failures.borrow_mut() = (0..5).map(failure).collect();
    let (verdict, trace) = play.run(&actor).await;
    assert_eq!(verdict.failure, Some(FailureReason::RunnerSystemFailure));
    assert_eq!(trace.matches("Preparation failed: never").count(), 3);
    assert!(trace.ends_with("ERROR: Job failed (system failure): never\x1b[0;m\n"), "{trace}");
}

#[tokio::test(start_paused = true)]
async fn sources_are_tried_for_again_after_clearing_up_once() {
    let mut play = Play::new();
    play.set("GIT_STRATEGY", "fetch");
    play.set("GET_SOURCES_ATTEMPTS", "3");
    let actor = Actor::with(&[("get_sources", Act::End("", 128))]);
    let (verdict, trace) = play.run(&actor).await;
    assert_eq!(verdict.exit_code, Some(128));
    assert_eq!(trace.matches("WARNING: Retrying...").count(), 2);
    assert_eq!(
        sections(&trace)[2..],
        ["get_sources", "clear_worktree", "get_sources", "get_sources", "cleanup_file_variables"]
    );
}

#[tokio::test(start_paused = true)]
async fn an_abort_ends_a_pause() {
    let mut play = Play::new();
    play.set("GIT_STRATEGY", "fetch");
    play.set("GET_SOURCES_ATTEMPTS", "10");
    play.order.settings.retry_pause = std::time::Duration::from_secs(30);
    let actor = Actor::with(&[("get_sources", Act::End("", 128))]);
    let control = play.control.clone();
    let abort = async {
        tokio::time::sleep(std::time::Duration::from_secs(10)).await;
        control.abort(AbortCause::Coordinator);
    };
    let ((verdict, trace), ()) = tokio::join!(play.run(&actor), abort);
    assert_eq!(verdict.failure, Some(FailureReason::UnknownFailure));
    assert_eq!(trace.matches("Retrying").count(), 1);
}
