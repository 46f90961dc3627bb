//! Traces that grow.

use crate::http;
use crate::rig::{Rig, settings};
use coordinator::files::FileLimits;
use coordinator::runner_api::RunnerApi;
use pipeline::{JobId, Status};
use protocol::Checksum;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt as _;

fn output(bytes: &[u8]) -> String {
    let checksum = Checksum(crc32fast::hash(bytes));
    format!(r#","output":{{"checksum":"{checksum}","bytesize":{}}}"#, bytes.len())
}

#[tokio::test]
async fn pieces_fit_or_are_refused() {
    let rig = Rig::start().await;
    let job = rig.job().await;
    let first = rig.patch(&job, 0, b"hello ").await;
    assert_eq!(
        (first.status, first.header("range"), first.header("job-status")),
        (202, Some("0-6"), Some("running"))
    );
    for start in [0, 5, 7] {
        let refused = rig.patch(&job, start, b"x").await;
        assert_eq!((refused.status, refused.header("range")), (416, Some("0-6")));
        assert_eq!(refused.header("job-status"), Some("running"));
    }
    let path = format!("jobs/{}/trace", job.id);
    let token = ("JOB-TOKEN", job.token.expose());
    assert_eq!(rig.call("PATCH", &path, &[token], b"x").await.status, 400);
    assert_eq!(rig.call("PATCH", &path, &[token, ("Content-Range", "x-y")], b"x").await.status, 400);
    let packed = [token, ("Content-Range", "6-6"), ("Content-Encoding", "gzip")];
    assert_eq!(rig.call("PATCH", &path, &packed, b"x").await.status, 415);
    // The end is not believed.
    let odd = rig.call("PATCH", &format!("{path}/"), &[token, ("Content-Range", "6-99")], b"world").await;
    assert_eq!((odd.status, odd.header("range")), (202, Some("0-11")));
    assert_eq!(rig.trace(&job).await, b"hello world");
}

#[tokio::test]
async fn an_empty_trace_has_a_range_too() {
    let rig = Rig::start().await;
    let job = rig.job().await;
    assert_eq!(rig.patch(&job, 5, b"x").await.header("range"), Some("0-0"));
    assert_eq!(rig.put(&job, "success", r#","output":{"checksum":"crc32:00000000"}"#).await.status, 200);
}

#[tokio::test]
async fn what_came_of_a_piece_that_broke_off_counts() {
    let rig = Rig::start().await;
    let job = rig.job().await;
    let headers = [("JOB-TOKEN", job.token.expose()), ("Content-Range", "0-9"), ("Content-Length", "10")];
    let mut stream =
        http::open(rig.address, "PATCH", &format!("/api/v4/jobs/{}/trace", job.id), &headers).await;
    stream.write_all(b"12345").await.unwrap();
    drop(stream);
    let stored = async {
        while rig.files.traces().length(JobId(job.id)).await.unwrap() < 5 {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), stored).await.unwrap();
    let again = rig.patch(&job, 0, b"1234567890").await;
    assert_eq!((again.status, again.header("range")), (416, Some("0-5")));
    assert_eq!(rig.patch(&job, 5, b"67890").await.header("range"), Some("0-10"));
    assert_eq!(rig.trace(&job).await, b"1234567890");
}

#[tokio::test]
async fn too_long_a_trace_fails_its_job() {
    let rig = Rig::with(settings(), FileLimits { trace: 10, ..FileLimits::default() }).await;
    let job = rig.job().await;
    assert_eq!(rig.patch(&job, 0, b"1234567890").await.status, 202);
    let refused = rig.patch(&job, 10, b"x").await;
    assert_eq!((refused.status, refused.header("job-status")), (403, Some("failed")));
    let row = rig.row(&job).await;
    assert_eq!((row.status, row.failure_reason.as_deref()), (Status::Failed, Some("trace_size_exceeded")));
}

#[tokio::test]
async fn a_job_ends_when_its_trace_is_whole() {
    let rig = Rig::start().await;
    let job = rig.job().await;
    let text = b"all of it";
    rig.patch(&job, 0, &text[..4]).await;
    let early = rig.put(&job, "success", &output(text)).await;
    assert_eq!((early.status, early.header("job-status")), (202, Some("running")));
    assert_eq!(early.header("x-gitlab-trace-update-interval"), Some("1"));
    assert_eq!(rig.row(&job).await.status, Status::Running);
    rig.patch(&job, 4, &text[4..]).await;
    assert_eq!(rig.put(&job, "success", &output(text)).await.status, 200);
    assert_eq!(rig.row(&job).await.status, Status::Success);
}

#[tokio::test]
async fn nobody_waits_for_ever_for_a_trace() {
    let patience = Duration::from_millis(200);
    let rig = Rig::with(RunnerApi { trace_patience: patience, ..settings() }, FileLimits::default()).await;
    let job = rig.job().await;
    let began = Instant::now();
    let mut statuses = Vec::new();
    while statuses.last() != Some(&200) {
        statuses.push(rig.put(&job, "success", &output(b"never sent")).await.status);
    }
    assert!(statuses.len() > 1 && statuses[0] == 202 && began.elapsed() >= patience, "{statuses:?}");
    assert_eq!(rig.row(&job).await.status, Status::Success);
}

#[tokio::test]
async fn the_coverage_is_found_in_the_trace() {
    let rig = Rig::start().await;
    rig.push(r"job: {script: [make], coverage: '/total: (\d+\.\d+)%/'}").await;
    let job = rig.take().await;
    rig.patch(&job, 0, b"total: 10.5%\n2026-11-21T08:00:00.000000Z 01O tot").await;
    let at = rig.trace(&job).await.len() as u64;
    rig.patch(&job, at, b"al: 87.25%\nend\n").await;
    assert_eq!(rig.put(&job, "success", "").await.status, 200);
    assert_eq!(rig.row(&job).await.coverage, Some(87.25));
}

#[tokio::test]
async fn followers_hear_of_bytes_and_runners_of_followers() {
    let rig = Rig::start().await;
    let job = rig.job().await;
    let interval = |answer: &http::Answer| {
        answer.header("x-gitlab-trace-update-interval").unwrap().parse::<u64>().unwrap()
    };
    assert!(interval(&rig.patch(&job, 0, b"a").await) > 3);
    let mut follower = rig.files.traces().follow(JobId(job.id)).await.unwrap();
    assert_eq!(interval(&rig.patch(&job, 1, b"b").await), 3);
    assert_eq!(interval(&rig.put(&job, "running", "").await), 3);
    follower.changed().await.unwrap();
    assert_eq!(follower.borrow_and_update().length, 2);
    rig.put(&job, "success", "").await;
    follower.changed().await.unwrap();
    assert!(follower.borrow().sealed);
}

#[tokio::test]
async fn traces_that_may_hold_secrets_are_marked() {
    let rig = Rig::start().await;
    let job = rig.job().await;
    let headers = [("JOB-TOKEN", job.token.expose()), ("Content-Range", "0-0")];
    rig.call("PATCH", &format!("jobs/{}/trace?debug_trace=true", job.id), &headers, b"x").await;
    assert!(rig.row(&job).await.debug_trace);
}

/// 50 jobs at once, a megabyte at a time, as runners with much to tell send it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_traces_at_once_are_kept_to_the_byte() {
    const JOBS: usize = 50;
    const PIECES: u64 = 8;
    let rig = Arc::new(Rig::start().await);
    let names: Vec<String> = (0..JOBS).map(|n| format!("j{n}: {{script: [make]}}")).collect();
    rig.push(&names.join("\n")).await;
    let mut jobs = Vec::new();
    for _ in 0..JOBS {
        jobs.push(rig.take().await);
    }
    let began = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for job in jobs {
        let rig = rig.clone();
        tasks.spawn(async move {
            let seed = u8::try_from(job.id % 251).unwrap();
            let piece: Vec<u8> = (0..1 << 20).map(|n: u32| n.to_le_bytes()[1] ^ seed).collect();
            let mut crc = crc32fast::Hasher::new();
            for number in 0..PIECES {
                let patched = rig.patch(&job, number << 20, &piece).await;
                assert_eq!(patched.status, 202);
                crc.update(&piece);
            }
            (job, crc.finalize())
        });
    }
    let done = tasks.join_all().await;
    let rate = (JOBS as f64 * PIECES as f64) / began.elapsed().as_secs_f64();
    println!("{rate:.0} MiB/s over {JOBS} jobs");
    for (job, crc) in done {
        let id = JobId(job.id);
        assert_eq!(rig.files.traces().measure(id).await.unwrap(), (PIECES << 20, crc));
    }
}
