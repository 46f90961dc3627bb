//! Jobs whose process is gone.

use super::{fake::Fault, *};

const LINE: &[u8] = b"ERROR: Job failed (system failure): its process ended\n";

async fn buried(api: &Fake, spool: Option<&Spool>) -> Reported {
    dead(api, &subject(), spool, LINE, FailureReason::RunnerSystemFailure, Persistence::default()).await
}

fn left(content: &[u8]) -> Spool {
    let spool = spool();
    spool.append(content);
    spool
}

fn holding(stored: &[u8]) -> Fake {
    let api = Fake::default();
    api.0.borrow_mut().stored.extend_from_slice(stored);
    api
}

fn stored(api: &Fake) -> Vec<u8> {
    api.0.borrow().stored.clone()
}

#[tokio::test(start_paused = true)]
async fn the_rest_of_the_trace_and_the_verdict_arrive() {
    for known in [0, 1, 3, 1_500_000, 2_000_000] {
        let content: Vec<u8> = (0..2_000_000_u32).map(|n| n.to_le_bytes()[0]).collect();
        let (api, spool) = (holding(&content[..known]), left(&content));
        assert_eq!(buried(&api, Some(&spool)).await, Reported::Accepted);
        assert_eq!(stored(&api), [&content[..], b"\n", LINE].concat());
        let state = api.0.borrow();
        assert_eq!(state.verdicts[0].failure_reason, Some(FailureReason::RunnerSystemFailure));
        assert_eq!(state.verdicts[0].output, TraceSource::output(&spool));
        assert_eq!(state.verdicts[0].exit_code, None);
        let sent: usize = state
            .seen
            .iter()
            .map(|seen| if let fake::What::Patch { bytes, .. } = seen.what { bytes } else { 0 })
            .sum();
        assert!(sent <= 2_000_100 - known + 512, "the probe is small: {sent}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_report_that_was_cut_short_repeats_nothing() {
    let (api, spool) = (Fake::default(), left(b"output\n"));
    api.plan([Fault::CutAfter]);
    let persistence = Persistence { verdict: Duration::ZERO, ..Persistence::default() };
    assert!(matches!(
        dead(&api, &subject(), Some(&spool), LINE, FailureReason::RunnerSystemFailure, persistence).await,
        Reported::GaveUp(_)
    ));
    assert_eq!(buried(&api, Some(&spool)).await, Reported::Accepted);
    assert_eq!(stored(&api), [b"output\n", LINE].concat());
}

#[tokio::test(start_paused = true)]
async fn without_a_spool_the_line_follows_what_is_there() {
    for known in [&b""[..], b"x", b"what the coordinator has\n"] {
        for faults in [vec![], vec![Fault::CutBefore], vec![Fault::Status(500), Fault::CutBefore]] {
            let api = holding(known);
            api.plan(faults);
            assert_eq!(buried(&api, None).await, Reported::Accepted);
            assert_eq!(stored(&api), [known, LINE].concat());
            assert_eq!(api.0.borrow().verdicts[0].output, TraceOutput::default());
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_does_not_double_the_line() {
    let api = holding(b"what the coordinator has\n");
    api.plan([Fault::Fine, Fault::CutAfter]);
    assert_eq!(buried(&api, None).await, Reported::Accepted);
    assert_eq!(stored(&api), [b"what the coordinator has\n", LINE].concat());
}

#[tokio::test(start_paused = true)]
async fn a_spool_that_lost_its_end_does_not_hide_the_line() {
    let known = [b'x'; 1000];
    let (api, spool) = (holding(&known), left(&known[..10]));
    assert_eq!(buried(&api, Some(&spool)).await, Reported::Accepted);
    assert_eq!(stored(&api), [&known, LINE].concat());
    assert_eq!(api.0.borrow().verdicts[0].output, TraceOutput::default());
}

#[tokio::test(start_paused = true)]
async fn a_job_that_is_over_is_left_alone() {
    let (api, spool) = (Fake::default(), left(b"output\n"));
    api.0.borrow_mut().job_status = JobStatus::Stopped;
    assert!(matches!(buried(&api, Some(&spool)).await, Reported::Refused(_)));
    assert_eq!(api.calls(), ["PATCH 0+61", "PUT failed"]);
}
