//! The verdict, and what stands in its way.

use super::{fake::Fault, *};
use tokio::time::Instant;

async fn ended(faults: impl IntoIterator<Item = Fault>) -> (Job, Reported, Duration) {
    let job = Job::new();
    job.api.plan([Fault::Fine]);
    job.api.plan(faults);
    let start = Instant::now();
    let reported = job
        .run(async |job| {
            job.spool.append(b"output\n");
            failed()
        })
        .await;
    (job, reported, start.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_verdict_is_repeated_for_hours() {
    let faults = std::iter::once(Fault::Fine).chain((0..300).map(|_| Fault::CutBefore));
    let (job, reported, time) = ended(faults).await;
    assert_eq!(reported, Reported::Accepted);
    assert!(time > Duration::from_secs(3600), "{time:?}");
    assert_eq!(job.api.0.borrow().verdicts.len(), 1);
    let times = job.api.times();
    let longest = times.windows(2).map(|pair| pair[1] - pair[0]).fold(0.0, f64::max);
    assert!(longest <= 60.01, "{longest}");
    assert!(times[3] - times[2] <= 0.26, "the first pause is short");
}

#[tokio::test(start_paused = true)]
async fn a_verdict_is_given_up_after_its_time() {
    let (job, reported, time) = ended((0..10_000).map(|_| Fault::Status(503))).await;
    assert_eq!(reported, Reported::GaveUp("503 Service Unavailable".to_owned()));
    let day = Duration::from_secs(24 * 3600);
    assert!(time <= day && time + Duration::from_secs(61) > day, "{time:?}");
    assert!(
        job.api.calls().contains(&"PUT failed".to_owned()),
        "the verdict is tried though the trace is not taken"
    );
}

#[tokio::test(start_paused = true)]
async fn a_coordinator_that_takes_no_trace_hears_the_verdict() {
    // Answers of 200 never move the trace.
    let job = Job::new();
    job.api.plan([Fault::Fine]);
    job.api.plan((0..1000).map(|_| Fault::Status(200)));
    let start = Instant::now();
    let reported = job.run(async |job| {
        job.spool.append(b"output\n");
        Verdict::success()
    });
    assert_eq!(reported.await, Reported::Accepted);
    let time = start.elapsed();
    assert!(time > Duration::from_secs(1700) && time < Duration::from_secs(2000), "{time:?}");
}

#[tokio::test(start_paused = true)]
async fn a_verdict_that_is_taken_later_is_asked_for_again() {
    let pending = Answer { update_interval: Some(Duration::from_secs(4)), ..answer(202) };
    let (job, reported, time) =
        ended([Fault::Fine, Fault::Answer(Box::new(pending)), Fault::Status(202)]).await;
    assert_eq!(reported, Reported::Accepted);
    assert_eq!(job.api.calls()[2..], ["PUT failed", "PUT failed", "PUT failed"]);
    assert!(time >= Duration::from_secs(4) && time < Duration::from_secs(5), "{time:?}");
}

#[tokio::test(start_paused = true)]
async fn a_trace_that_did_not_validate_is_sent_again() {
    let (job, reported, _) = ended([Fault::Fine, Fault::Status(412), Fault::Forget(0)]).await;
    assert_eq!(reported, Reported::Accepted);
    assert_eq!(job.api.calls()[1..], ["PATCH 0+7", "PUT failed", "PATCH 0+7", "PUT failed"]);
    assert_eq!(job.api.0.borrow().stored, job.written());
    // One that kept what it has says so.
    let (job, reported, _) = ended([Fault::Fine, Fault::Status(412)]).await;
    assert_eq!(reported, Reported::Accepted);
    assert_eq!(job.api.calls()[1..], ["PATCH 0+7", "PUT failed", "PATCH 0+7", "PUT failed"]);
}

#[tokio::test(start_paused = true)]
async fn refusals_end_the_report() {
    for status in [403, 404] {
        let (job, reported, time) = ended([Fault::Fine, Fault::Status(status)]).await;
        assert!(matches!(reported, Reported::Refused(_)));
        assert_eq!(job.api.calls().len(), 3);
        assert_eq!(time, Duration::ZERO);
    }
}

#[tokio::test(start_paused = true)]
async fn a_trace_that_is_not_taken_does_not_keep_the_verdict() {
    for status in [403, 404] {
        let (job, reported, time) = ended([Fault::Status(status)]).await;
        assert_eq!(reported, Reported::Accepted);
        assert_eq!(job.api.calls(), ["PUT running", "PATCH 0+7", "PUT failed"]);
        assert_eq!(time, Duration::ZERO);
    }
}

#[tokio::test(start_paused = true)]
async fn a_status_that_says_failed_is_only_an_echo() {
    let echo = Answer { job_status: JobStatus::Stopped, ..answer(200) };
    let (_, reported, _) = ended([Fault::Fine, Fault::Answer(Box::new(echo))]).await;
    assert_eq!(reported, Reported::Accepted);
}

#[tokio::test(start_paused = true)]
async fn a_coordinator_that_contradicts_itself_is_given_pauses() {
    let contradiction = || Fault::Answer(Box::new(answer(416)));
    let (job, reported, time) = ended((0..20).map(|_| contradiction())).await;
    assert_eq!(reported, Reported::Accepted);
    assert!(time > Duration::from_secs(10), "{time:?}");
    assert_eq!(job.api.0.borrow().stored, job.written());
}
