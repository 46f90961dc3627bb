//! Workers that do not answer as they should.

use super::*;
use executor::Exit;
use protocol::{Artifact, ArtifactWhen, FailureReason};

fn frame(kind: u8, content: &[u8]) -> Vec<u8> {
    [&[kind][..], &u32::try_from(content.len()).unwrap().to_be_bytes(), content].concat()
}

/// What a job ends with whose first worker answers so.
async fn answered(answer: Vec<u8>, exit: Exit) -> (crate::Verdict, String) {
    let mut rig = Rig::new(None);
    rig.script("script", &["echo must not run"]);
    let mut hidden = rig.hidden();
    hidden.answer = Some((answer, exit));
    let (verdict, trace) = rig.run_there(hidden).await;
    assert!(!trace.contains("must not run"), "{trace}");
    assert!(trace.contains("ERROR: out of memory\n"), "the executor is heard beside the worker: {trace}");
    (verdict, trace)
}

#[tokio::test]
async fn an_end_without_a_report_says_what_the_process_said() {
    let (verdict, trace) = answered(frame(1, b"begun\n"), Exit::Signal(9)).await;
    assert_eq!(verdict.failure, Some(FailureReason::RunnerSystemFailure));
    assert!(trace.contains("begun\nsome library is missing\n"), "{trace}");
    let end = "Job failed (system failure): the worker of the stage ended too early: signal: killed";
    assert!(trace.contains(end), "{trace}");
}

#[tokio::test]
async fn what_no_worker_sends_ends_the_stage() {
    let told = br#"{"end":"well","echo":null}"#;
    for (answer, what) in [
        (frame(9, b""), "a frame of kind 9"),
        (frame(6, b"{}"), "a report that cannot be read"),
        (frame(6, b""), "a report that cannot be read"),
        (frame(6, br#"{"end":{"failed":{"reason":"no_such","message":""}},"echo":null}"#), "cannot be read"),
        (frame(4, b"PK"), "an archive that was not asked for"),
        ([frame(3, b"../../etc/cron.d/x"), frame(6, told)].concat(), "an archive without a proper name"),
        (vec![1, 0xff, 0xff, 0xff, 0xff], "a frame of kind 1 with 4294967295 bytes"),
    ] {
        let (verdict, trace) = answered(answer, Exit::Code(0)).await;
        assert_eq!(verdict.failure, Some(FailureReason::RunnerSystemFailure), "{what}");
        assert!(
            trace.contains("the worker of the stage sent what no worker sends: ") && trace.contains(what),
            "{trace}"
        );
    }
}

#[tokio::test]
async fn a_report_counts_whatever_the_process_ends_with() {
    let told = br#"{"end":{"code":3},"echo":null}"#;
    let (verdict, trace) = answered(frame(6, told), Exit::Code(0)).await;
    assert_eq!(verdict.exit_code, Some(3));
    assert!(!trace.contains("some library is missing"), "{trace}");
}

#[tokio::test]
async fn artifacts_that_cannot_be_left_fail_the_job() {
    let mut rig = Rig::new(None);
    rig.order.payload.artifacts = vec![Artifact {
        name: "a".to_owned(),
        paths: vec!["out".to_owned()],
        when: ArtifactWhen::Always,
        ..Artifact::default()
    }];
    rig.script("script", &["mkdir -p out"]);
    std::fs::write(rig.kept(), "in the way").unwrap();
    let (verdict, trace) = rig.run_there(rig.hidden()).await;
    assert_eq!(verdict.exit_code, Some(1), "{trace}");
    assert_eq!(trace.matches("FATAL: cannot leave artifacts: ").count(), 1, "{trace}");
}
