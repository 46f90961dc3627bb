//! What is sent while a job runs, and what answers do to it.

use super::{fake::Fault, *};

fn canceling() -> Fault {
    Fault::Answer(Box::new(Answer { job_status: JobStatus::Canceling, ..answer(200) }))
}

#[tokio::test(start_paused = true)]
async fn a_trivial_job_costs_three_calls_and_no_time() {
    let job = Job::new();
    let reported = job.run(async |job| {
        job.spool.append(b"section\n");
        job.spool.prompt();
        tokio::task::yield_now().await;
        job.spool.append(b"Job succeeded\n");
        Verdict::success()
    });
    assert_eq!(reported.await, Reported::Accepted);
    assert_eq!(job.api.calls(), ["PUT running", "PATCH 0+22", "PUT success"]);
    assert_eq!(job.api.times(), [0.0, 0.0, 0.0]);
    let state = job.api.0.borrow();
    assert_eq!(state.updates[0].output, TraceOutput::default());
    assert_eq!(state.updates[0].checksum, None);
    assert_eq!(state.updates[1].output, TraceSource::output(&job.spool));
    assert_eq!(state.updates[1].checksum, state.updates[1].output.checksum);
}

#[tokio::test(start_paused = true)]
async fn a_job_without_output_costs_two_calls() {
    let job = Job::new();
    assert_eq!(job.run(async |_| failed()).await, Reported::Accepted);
    assert_eq!(job.api.calls(), ["PUT running", "PUT failed"]);
    let state = job.api.0.borrow();
    assert_eq!(
        serde_json::to_value(&state.updates[1].output).unwrap(),
        serde_json::json!({"checksum": "crc32:00000000"})
    );
    assert_eq!(state.updates[1].failure_reason, Some(FailureReason::ScriptFailure));
    assert_eq!(state.updates[1].exit_code, Some(3));
}

#[tokio::test(start_paused = true)]
async fn any_other_answer_lets_the_job_run() {
    for fault in
        [Fault::Status(409), Fault::Status(500), Fault::Status(202), Fault::CutBefore, Fault::CutAfter]
    {
        let job = Job::new();
        job.api.plan([fault]);
        assert_eq!(job.reporter().start().await, Start::Run);
    }
}

#[tokio::test(start_paused = true)]
async fn a_stopped_job_does_not_start_and_says_nothing() {
    let over = Answer { job_status: JobStatus::Stopped, ..answer(200) };
    for fault in [Fault::Status(403), Fault::Status(404), Fault::Answer(Box::new(over))] {
        let job = Job::new();
        job.api.plan([fault]);
        assert!(matches!(job.reporter().start().await, Start::Abandoned(_)));
        assert_eq!(job.api.calls(), ["PUT running"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_canceled_before_it_starts_is_reported_so() {
    let job = Job::new();
    job.spool.append(b"header\n");
    job.api.plan([canceling(), Fault::CutBefore]);
    assert_eq!(job.reporter().start().await, Start::Canceled(Reported::Accepted));
    assert_eq!(job.api.calls(), ["PUT running", "PUT failed", "PUT failed"]);
    let state = job.api.0.borrow();
    assert_eq!(state.verdicts[0].failure_reason, Some(FailureReason::JobCanceled));
    assert_eq!(state.verdicts[0].output, TraceOutput::default());
}

#[tokio::test(start_paused = true)]
async fn a_silent_job_hears_of_its_cancel_within_the_interval() {
    for (interval, at_most) in [(Some(3), 3.0), (Some(60), 30.0), (None, 10.0)] {
        let job = Job::new();
        job.api.0.borrow_mut().interval = interval;
        let reported = job.run(async |job| {
            job.api.0.borrow_mut().job_status = JobStatus::Canceling;
            job.control.canceled().cancelled().await;
            failed()
        });
        assert_eq!(reported.await, Reported::Accepted);
        assert!(!job.control.aborted().is_cancelled());
        assert_eq!(job.api.times()[1], at_most, "{interval:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_cancel_in_any_answer_counts() {
    for status in [202, 416, 500, 404] {
        let job = Job::new();
        job.api.plan([
            Fault::Fine,
            Fault::Answer(Box::new(Answer { job_status: JobStatus::Canceling, ..answer(status) })),
        ]);
        let reported = job.run(async |job| {
            job.spool.append(b"output\n");
            job.control.canceled().cancelled().await;
            failed()
        });
        assert_eq!(reported.await, Reported::Accepted, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_abort_stops_the_job_and_all_calls_but_the_last() {
    let over = |status| Fault::Answer(Box::new(Answer { job_status: JobStatus::Stopped, ..answer(status) }));
    for fault in [Fault::Status(403), over(202), over(500)] {
        let job = Job::new();
        job.api.plan([Fault::Fine, fault]);
        let reported = job.run(async |job| {
            job.spool.append(b"output\n");
            job.control.aborted().cancelled().await;
            job.api.0.borrow_mut().job_status = JobStatus::Stopped;
            job.spool.append(b"cleaned up\n");
            pause(100.0).await;
            failed()
        });
        assert!(matches!(reported.await, Reported::Refused(_)));
        assert_eq!(job.control.cause(), Some(&crate::AbortCause::Coordinator));
        let calls = job.api.calls();
        assert_eq!(calls.len(), 4, "{calls:?}");
        assert!(calls[2].starts_with("PATCH") && calls[3] == "PUT failed", "{calls:?}");
        assert!(job.api.times()[2] > 100.0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_keep_alive_that_finds_nothing_aborts() {
    for status in [403, 404] {
        let job = Job::new();
        job.api.plan([Fault::Fine, Fault::Status(status)]);
        job.run(async |job| {
            job.control.aborted().cancelled().await;
            failed()
        })
        .await;
        assert_eq!(job.api.calls()[1], "PUT running");
    }
}

#[tokio::test(start_paused = true)]
async fn a_missing_trace_stops_neither_job_nor_verdict() {
    let job = Job::new();
    job.api.plan([Fault::Fine, Fault::Status(404), Fault::Status(404), Fault::Status(404)]);
    let reported = job.run(async |job| {
        job.spool.append(b"output\n");
        pause(1.2).await;
        Verdict::success()
    });
    assert_eq!(reported.await, Reported::Accepted);
    assert!(!job.control.aborted().is_cancelled());
}

#[tokio::test(start_paused = true)]
async fn output_is_seen_soon_after_it_rests() {
    let job = Job::new();
    job.api.0.borrow_mut().interval = Some(3);
    job.run(async |job| {
        pause(5.05).await;
        job.spool.append(b"output\n");
        pause(10.0).await;
        Verdict::success()
    })
    .await;
    let patch = job.api.calls().iter().position(|call| call == "PATCH 0+7").unwrap();
    assert!((5.14..5.17).contains(&job.api.times()[patch]), "{:?}", job.api.times());
}

#[tokio::test(start_paused = true)]
async fn a_section_end_is_sent_though_nobody_watches() {
    let job = Job::new();
    job.api.0.borrow_mut().interval = Some(60);
    job.run(async |job| {
        pause(5.0).await;
        job.spool.append(b"output\n");
        pause(5.0).await;
        job.spool.prompt();
        pause(1.0).await;
        Verdict::success()
    })
    .await;
    assert_eq!(job.api.calls(), ["PUT running", "PATCH 0+7", "PUT success"]);
    assert!((10.0..10.01).contains(&job.api.times()[1]), "{:?}", job.api.times());
}

#[tokio::test(start_paused = true)]
async fn a_backlog_is_sent_at_once_and_in_pieces() {
    let job = Job::new();
    job.api.0.borrow_mut().interval = Some(60);
    let reported = job.run(async |job| {
        job.spool.append(&vec![b'x'; 5 * 1024 * 1024 + 5]);
        pause(1.0).await;
        assert_eq!(job.api.0.borrow().stored.len(), 5 * 1024 * 1024);
        Verdict::success()
    });
    assert_eq!(reported.await, Reported::Accepted);
    assert_eq!(job.api.0.borrow().stored, job.written());
    assert_eq!(job.api.calls().len(), 1 + 6 + 1);
}

#[tokio::test(start_paused = true)]
async fn a_piece_on_its_way_is_not_cut_by_the_end() {
    let job = Job::new();
    job.api.plan([Fault::Fine, Fault::Slow(Duration::from_secs(20))]);
    job.run(async |job| {
        job.spool.append(b"output\n");
        pause(5.0).await;
        Verdict::success()
    })
    .await;
    assert_eq!(job.api.calls(), ["PUT running", "PATCH 0+7", "PUT success"]);
    assert!(job.api.times()[2] > 20.0);
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_does_not_duplicate() {
    let job = Job::new();
    job.api.plan([Fault::Fine, Fault::CutAfter]);
    let reported = job.run(async |job| {
        job.spool.append(b"one\n");
        pause(1.0).await;
        job.spool.append(b"two\n");
        pause(10.0).await;
        Verdict::success()
    });
    assert_eq!(reported.await, Reported::Accepted);
    assert_eq!(job.api.0.borrow().stored, b"one\ntwo\n");
}

#[tokio::test(start_paused = true)]
async fn a_forgotten_trace_is_sent_again() {
    let job = Job::new();
    job.api.plan([Fault::Fine, Fault::Fine, Fault::Forget(2)]);
    let reported = job.run(async |job| {
        job.spool.append(b"one\n");
        pause(1.0).await;
        job.spool.append(b"two\n");
        pause(1.0).await;
        Verdict::success()
    });
    assert_eq!(reported.await, Reported::Accepted);
    assert_eq!(job.api.calls()[1..4], ["PATCH 0+4", "PATCH 4+4", "PATCH 2+6"]);
    assert_eq!(job.api.0.borrow().stored, job.written());
}

#[tokio::test(start_paused = true)]
async fn foreign_bytes_do_not_hold_up_the_verdict() {
    let job = Job::new();
    job.api.plan([Fault::Fine, Fault::Add("a note of the server")]);
    let reported = job.run(async |job| {
        job.spool.append(b"one\n");
        pause(5.0).await;
        job.spool.append(b"two\n");
        Verdict::success()
    });
    assert_eq!(reported.await, Reported::Accepted);
    assert_eq!(job.api.0.borrow().stored, b"a note of the server");
    assert_eq!(job.api.0.borrow().verdicts[0].output, TraceSource::output(&job.spool));
}

#[tokio::test(start_paused = true)]
async fn bytes_behind_foreign_ones_keep_their_place() {
    let job = Job::new();
    job.api.plan([Fault::Fine, Fault::Add("12345678")]);
    job.run(async |job| {
        job.spool.append(b"abc");
        pause(5.0).await;
        job.spool.append(b"defghijkl");
        pause(5.0).await;
        Verdict::success()
    })
    .await;
    assert_eq!(job.api.0.borrow().stored, b"12345678ijkl");
}
