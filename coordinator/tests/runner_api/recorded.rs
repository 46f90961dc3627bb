//! Requests that an unmodified gitlab-runner 19.4.0 sent, once more. Tokens, numbers and the text of traces are put in
//! as they are here.

use crate::http::{self, Answer};
use crate::rig::Rig;
use base64::Engine as _;
use pipeline::Status;
use protocol::{Checksum, Job};
use serde::Deserialize;
use std::collections::BTreeMap;
use tokio::io::AsyncWriteExt as _;

#[derive(Deserialize)]
struct Recorded {
    method: String,
    path: String,
    headers: BTreeMap<String, String>,
    body: Option<String>,
    base64: Option<String>,
    /// First byte, and the one behind the last.
    trace: Option<(usize, usize)>,
}

fn recording(name: &str) -> Vec<Recorded> {
    let path = format!("{}/tests/runner_api/recorded/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

/// The text of any trace.
fn text(length: usize) -> Vec<u8> {
    (0..length).map(|at| b"0123456789abcdef\n"[at % 17]).collect()
}

/// What a replay knows.
struct Replay<'r> {
    rig: &'r Rig,
    jobs: Vec<Job>,
    runner: String,
    sent: usize,
}

impl Replay<'_> {
    fn fill(&self, text: &str, registration: &str) -> String {
        let crc = Checksum(crc32fast::hash(&self::text(self.sent)));
        let mut text = text
            .replace("@CRC@", &crc.to_string())
            .replace("@RUNNER_TOKEN@", &self.runner)
            .replace("@REGISTRATION_TOKEN@", registration);
        for (index, job) in self.jobs.iter().enumerate() {
            text = text.replace(&format!("@JOB{index}@"), &job.id.to_string());
            text = text.replace(&format!("@JOB_TOKEN{index}@"), job.token.expose());
        }
        text
    }

    async fn send(&mut self, request: &Recorded) -> Answer {
        let registration = self.rig.kernel.registration_token().await.unwrap();
        let body = match (&request.base64, request.trace) {
            (Some(packed), _) => base64::prelude::BASE64_STANDARD.decode(packed).unwrap(),
            (None, Some((from, to))) => {
                self.sent = to;
                text(to)[from..].to_vec()
            }
            (None, None) => {
                self.fill(request.body.as_deref().unwrap_or_default(), registration.expose()).into_bytes()
            }
        };
        let mut headers: Vec<(String, String)> = request.headers.clone().into_iter().collect();
        headers.iter_mut().for_each(|(_, value)| *value = self.fill(value, registration.expose()));
        let chunked = request.headers.contains_key("Transfer-Encoding");
        if !chunked {
            headers.push(("Content-Length".into(), body.len().to_string()));
        }
        let headers: Vec<(&str, &str)> =
            headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let path = self.fill(&request.path, registration.expose());
        let mut stream = http::open(self.rig.address, &request.method, &path, &headers).await;
        if chunked {
            for piece in body.chunks(100) {
                http::chunk(&mut stream, piece).await.unwrap();
            }
            http::chunk(&mut stream, b"").await.unwrap();
        } else {
            stream.write_all(&body).await.unwrap();
        }
        let answer = http::answer(&mut stream, false).await;
        if request.path.ends_with("jobs/request") && answer.status == 201 {
            self.jobs.push(Job::from_json(&answer.body).unwrap());
            self.sent = 0;
        }
        if request.path.ends_with("runners") && request.method == "POST" {
            self.runner = answer.json()["token"].as_str().unwrap().to_owned();
        }
        answer
    }
}

/// Replays a recording; answers the statuses of all calls.
async fn replay<'r>(rig: &'r Rig, name: &str) -> (Vec<(String, u16)>, Replay<'r>) {
    let mut replay = Replay { rig, jobs: Vec::new(), runner: rig.runner.expose().to_owned(), sent: 0 };
    let mut statuses = Vec::new();
    for request in recording(name) {
        let answer = replay.send(&request).await;
        let call = format!("{} {}", request.method, request.path.split('?').next().unwrap());
        if request.trace.is_some() {
            assert_eq!(answer.header("range"), Some(format!("0-{}", replay.sent).as_str()));
            assert!(answer.header("x-gitlab-trace-update-interval").unwrap().parse::<u64>().unwrap() >= 3);
        }
        if request.trace.is_some() || request.method == "PUT" {
            assert!(answer.header("job-status").is_some(), "{call}");
        }
        statuses.push((call, answer.status));
    }
    (statuses, replay)
}

fn assert_all(statuses: &[(String, u16)], of: &str, status: u16, count: usize) {
    let found: Vec<_> = statuses.iter().filter(|(call, _)| call.starts_with(of)).collect();
    assert!(found.len() == count && found.iter().all(|(_, got)| *got == status), "{statuses:?}");
}

#[tokio::test]
async fn jobs_of_one_call_each() {
    for (name, status, reason, exit_code, patches) in [
        ("job-success", Status::Success, None, None, 1),
        ("job-failed", Status::Failed, Some("script_failure"), Some(7), 1),
        ("job-timeout", Status::Failed, Some("job_execution_timeout"), None, 2),
        ("job-big-log", Status::Success, None, None, 5),
    ] {
        let rig = Rig::start().await;
        rig.push("hello: {script: [echo]}").await;
        let (statuses, replay) = replay(&rig, name).await;
        assert_all(&statuses, "POST /api/v4/jobs/request", 201, 1);
        assert_all(&statuses, "PUT", 200, 2);
        assert_all(&statuses, "PATCH", 202, patches);
        let row = rig.row(&replay.jobs[0]).await;
        assert_eq!((row.status, row.failure_reason.as_deref()), (status, reason), "{name}");
        if exit_code.is_some() {
            assert!(row.exit_code.is_some_and(|code| code != 0), "{name}");
        }
        assert_eq!(rig.trace(&replay.jobs[0]).await, text(replay.sent), "{name}");
    }
}

#[tokio::test]
async fn a_cancel() {
    let rig = Rig::start().await;
    rig.push("slow: {script: [sleep 100]}").await;
    let (statuses, replay) = replay(&rig, "job-cancel").await;
    assert_all(&statuses, "PATCH", 202, 2);
    assert_all(&statuses, "PUT", 200, 3);
    let row = rig.row(&replay.jobs[0]).await;
    // Nobody wanted it canceled here, so it is what the runner says.
    assert_eq!((row.status, row.failure_reason.as_deref()), (Status::Failed, Some("job_canceled")));
}

#[tokio::test]
async fn reports_of_all_formats() {
    let rig = Rig::start().await;
    let pipeline = rig
        .push(
            "reports: {script: [make], artifacts: {reports: {junit: r.xml, dotenv: build.env}}}\n\
        next: {stage: deploy, needs: [reports], script: [make]}",
        )
        .await;
    let (statuses, replay) = replay(&rig, "job-artifacts").await;
    assert_all(&statuses, "POST /api/v4/jobs/@JOB0@/artifacts", 201, 3);
    assert_all(&statuses, "PUT", 200, 2);
    let rows = rig.artifacts(&replay.jobs[0]).await;
    let told: Vec<_> =
        rows.iter().map(|row| (row.kind.as_str(), row.format.as_str(), row.filename.as_str())).collect();
    assert_eq!(
        told,
        [("dotenv", "gzip", ".env.gz"), ("junit", "gzip", "junit.xml.gz"), ("metrics", "raw", "meta.json")]
    );
    let reports = rig.kernel.reports(pipeline, "junit").await.unwrap();
    assert_eq!(reports[0].data["total"]["success"], 1, "{:?}", reports[0].data);
    let next = rig.take().await;
    assert_eq!(next.variable("K").map(|variable| variable.value.as_str()), Some("V"));
}

#[tokio::test]
async fn an_archive_for_the_next_job() {
    let rig = Rig::start().await;
    rig.push(
        "stages: [a, b]\none: {stage: a, script: [make], artifacts: {paths: [d]}}\n\
        two: {stage: b, script: [make]}",
    )
    .await;
    let (statuses, replay) = replay(&rig, "job-dependencies").await;
    assert_all(&statuses, "POST /api/v4/jobs/@JOB0@/artifacts", 201, 1);
    assert_all(&statuses, "GET", 200, 1);
    assert_all(&statuses, "PUT", 200, 4);
    assert_eq!(replay.jobs[1].dependencies[0].id, replay.jobs[0].id);
    let row = &rig.artifacts(&replay.jobs[0]).await[0];
    let browsed = rig.files.artifacts().browse(&row.path, "").await.unwrap().unwrap();
    assert!(!browsed.entries.is_empty());
}

#[tokio::test]
async fn registrations() {
    let rig = Rig::start().await;
    let (statuses, _) = replay(&rig, "register-authentication-token").await;
    let expected = [200, 200, 201];
    assert_eq!(statuses.iter().map(|(_, status)| *status).take(3).collect::<Vec<_>>(), expected);
    // The recording goes on with the token from before the reset, which is good for nothing now.
    assert_eq!(statuses[3].1, 403);

    let rig = Rig::start().await;
    let (statuses, _) = replay(&rig, "register-registration-token").await;
    assert_eq!(statuses.iter().map(|(_, status)| *status).collect::<Vec<_>>(), [201, 200, 204]);
    let runners = rig.kernel.runners(None).await.unwrap();
    assert_eq!(runners.len(), 1, "the registered one is gone again");
}
