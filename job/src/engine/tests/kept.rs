//! What a job hands in, and what it keeps to itself.

use super::*;

#[tokio::test]
async fn caches_come_first_and_both_fit_the_result() {
    for (status, expected) in [
        (0, ["archive_cache", "upload_artifacts_on_success"]),
        (1, ["archive_cache_on_failure", "upload_artifacts_on_failure"]),
    ] {
        let mut play = Play::new();
        play.keep_everything();
        let actor = Actor::with(&[("step_script", Act::End("", status))]);
        let (_, trace) = play.run(&actor).await;
        let sections = sections(&trace);
        assert_eq!(sections[3], "restore_cache");
        assert_eq!(sections[6..8], expected);
        assert!(play.has_artifact() && play.has_cache());
    }
}

#[tokio::test]
async fn nothing_to_hand_in_has_no_section() {
    let mut play = Play::new();
    play.keep_everything();
    play.order.payload.cache[0].when = ArtifactWhen::OnFailure;
    play.order.payload.artifacts[0].when = ArtifactWhen::OnFailure;
    let (_, trace) = play.run(&Actor::default()).await;
    assert!(!trace.contains("Saving cache") && !trace.contains("Uploading artifacts"), "{trace}");
}

#[tokio::test]
async fn an_upload_that_fails_fails_the_job_and_a_cache_does_not() {
    let mut play = Play::new();
    play.keep_everything();
    std::fs::write(play.folder.path().join("cache"), "in the way").unwrap();
    std::fs::write(play.folder.path().join("artifacts"), "in the way").unwrap();
    let (verdict, trace) = play.run(&Actor::default()).await;
    assert!(trace.contains("Failed to create cache"), "{trace}");
    assert_eq!(verdict, Verdict::failed(FailureReason::ScriptFailure, Some(1)));
    assert!(trace.contains("ERROR: Job failed: exit status 1"), "{trace}");
    assert!(!trace.contains("Failed at command"), "{trace}");
}

#[tokio::test]
async fn secrets_are_neither_in_the_trace_nor_left_in_files() {
    let mut play = Play::new();
    let hidden =
        |key: &str, file| Variable { masked: true, file, ..Variable::public(key, "hunter2-and-more") };
    play.order.payload.variables.extend([hidden("PASSWORD", false), hidden("KEY_FILE", true)]);
    let actor = Actor::with(&[("step_script", Act::End("hunter2-and-more tok-of-the-job\n", 0))]);
    let (_, trace) = play.run(&actor).await;
    assert!(trace.contains("[MASKED] [MASKED]\n"), "{trace}");
    let temporary = play.folder.path().join("builds/short/0/g/p.tmp");
    assert_eq!(std::fs::read_dir(temporary).unwrap().count(), 0);
}
