//! The stand-in, spoken to by a client that is nothing but a socket.

use super::*;
use serde_json::json;
use std::io::{Read, Write};
use std::net::TcpStream;

const TOKEN: &str = "glrt-rigrigrigrigrigrigrig";
const SOON: Duration = Duration::from_secs(10);

struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> Option<&str> {
        let fits = |line: &&str| line.split(':').next().is_some_and(|key| key.eq_ignore_ascii_case(name));
        self.head.lines().find(fits).and_then(|line| line.split_once(": ")).map(|(_, value)| value)
    }

    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// One request on a connection of its own; nothing if the connection was cut.
fn send(host: &str, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Option<Answer> {
    let mut stream = TcpStream::connect(host).ok()?;
    let mut request = format!(
        "{method} /api/v4{path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\
         User-Agent: gitlab-runner 19.4.0 (main; go1.26.8; linux/amd64)\r\n\
         X-Request-Id: 0123456789abcdef0123456789abcdef\r\nContent-Length: {}\r\n",
        body.len()
    );
    for (name, value) in headers {
        request.push_str(&format_args!("{name}: {value}\r\n").to_string());
    }
    request.push_str("\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    // The other side may hang up while it is being written to.
    let _ = stream.write_all(body);
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).ok()?;
    let end = answer.windows(4).position(|w| w == b"\r\n\r\n")?;
    let head = String::from_utf8(answer[..end].to_vec()).unwrap();
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, head, body: answer[end + 4..].to_vec() })
}

fn info() -> Value {
    let recorded = include_str!("../../conformance/requests/job-success.json");
    let requests: Value = serde_json::from_str(recorded).unwrap();
    let body: Value = serde_json::from_str(requests[0]["body"].as_str().unwrap()).unwrap();
    body["info"].clone()
}

fn request_job(coordinator: &Coordinator, last_update: &str) -> Option<Answer> {
    let mut body = json!({ "info": info(), "token": TOKEN, "system_id": "s_1746f8786189" });
    if !last_update.is_empty() {
        body["last_update"] = json!(last_update);
    }
    let headers =
        [("Content-Type", "application/json"), ("Accept", "application/json"), ("Runner-Token", TOKEN)];
    send(&coordinator.host(), "POST", "/jobs/request", &headers, body.to_string().as_bytes())
}

/// A job that was handed out, from the runner's side.
struct Taken<'a> {
    coordinator: &'a Coordinator,
    id: u64,
    token: String,
}

impl<'a> Taken<'a> {
    fn take(coordinator: &'a Coordinator) -> Self {
        let payload = request_job(coordinator, "").unwrap().json();
        let token = payload["token"].as_str().unwrap().to_owned();
        Self { coordinator, id: payload["id"].as_u64().unwrap(), token }
    }

    fn put(&self, extra: &Value) -> Option<Answer> {
        let mut body = json!({ "info": info(), "token": self.token, "state": "running", "output": {} });
        for (key, value) in extra.as_object().unwrap() {
            body[key] = value.clone();
        }
        let headers = [("Content-Type", "application/json"), ("Job-Token", &self.token)];
        send(
            &self.coordinator.host(),
            "PUT",
            &format!("/jobs/{}", self.id),
            &headers,
            body.to_string().as_bytes(),
        )
    }

    fn patch(&self, range: &str, bytes: &[u8]) -> Option<Answer> {
        let headers =
            [("Content-Type", "text/plain"), ("Job-Token", self.token.as_str()), ("Content-Range", range)];
        let path = format!("/jobs/{}/trace?debug_trace=false", self.id);
        send(&self.coordinator.host(), "PATCH", &path, &headers, bytes)
    }

    fn finish(&self, trace: &[u8]) -> Option<Answer> {
        let checksum = format!("crc32:{:08x}", crc32fast::hash(trace));
        let output = json!({ "checksum": checksum, "bytesize": trace.len() });
        self.put(&json!({ "state": "success", "checksum": checksum, "output": output }))
    }
}

fn with_job() -> (Coordinator, JobHandle) {
    let coordinator = Coordinator::start();
    coordinator.add_runner(TOKEN);
    let job = coordinator.enqueue(TOKEN, &Payload::new("unit", &["true"]));
    (coordinator, job)
}

#[test]
fn a_job_goes_through() {
    let (coordinator, job) = with_job();
    let taken = Taken::take(&coordinator);
    assert_eq!(taken.put(&json!({})).unwrap().status, 200);
    let answer = taken.patch("0-4", b"hello").unwrap();
    assert_eq!((answer.status, answer.header("range")), (202, Some("0-5")));
    assert_eq!(answer.header("job-status"), Some("running"));
    let answer = taken.finish(b"hello").unwrap();
    assert_eq!((answer.status, answer.header("job-status")), (200, Some("success")));
    assert_eq!(job.wait_finished(SOON), Verdict::Success);
    assert_eq!(job.trace(), b"hello");
    assert_eq!(request_job(&coordinator, "").unwrap().status, 204);
}

#[test]
fn a_wrong_offset_is_refused_and_told() {
    let (coordinator, job) = with_job();
    let taken = Taken::take(&coordinator);
    taken.put(&json!({})).unwrap();
    taken.patch("0-4", b"hello").unwrap();
    for range in ["0-4", "6-10"] {
        let answer = taken.patch(range, b"world").unwrap();
        assert_eq!((answer.status, answer.header("range")), (416, Some("0-5")));
    }
    assert_eq!(taken.patch("5-9", b"world").unwrap().status, 202);
    assert_eq!(job.trace(), b"helloworld");
    job.forget_trace();
    assert_eq!(taken.finish(b"helloworld").unwrap().status, 412);
    coordinator.assert_no_violations();
}

#[test]
fn what_is_wrong_is_noted() {
    let (coordinator, _job) = with_job();
    let taken = Taken::take(&coordinator);
    assert_eq!(taken.patch("bytes 0-4/5", b"hello").unwrap().status, 400);
    assert_eq!(taken.patch("0-5", b"hello").unwrap().status, 400);
    let stranger = Taken { coordinator: &coordinator, id: taken.id, token: "glcbt-64_other".to_owned() };
    assert_eq!(stranger.put(&json!({})).unwrap().status, 403);
    taken.put(&json!({ "state": "done" })).unwrap();
    let notes = coordinator.take_violations().join("\n");
    for part in
        ["bytes 0-4/5", "\"0-5\" of 5 bytes", "not this job's", "state \"done\"", "the trace stored is"]
    {
        assert!(notes.contains(part), "{part} in {notes}");
    }
}

#[test]
fn after_the_end_there_is_nothing_to_say() {
    let (coordinator, job) = with_job();
    let taken = Taken::take(&coordinator);
    taken.put(&json!({})).unwrap();
    coordinator.fault(Rule::on(Endpoint::UpdateJob, Fault::CutAfter).times(1));
    assert!(taken.finish(b"").is_none(), "the answer is lost");
    assert_eq!(job.wait_finished(SOON), Verdict::Success);
    let answer = taken.finish(b"").unwrap();
    assert_eq!((answer.status, answer.header("job-status")), (403, Some("success")));
    // The final update of an empty trace names no size; the one sent here does.
    let notes = coordinator.take_violations();
    assert!(notes.iter().all(|note| note.contains("bytesize")), "{notes:?}");
}

#[test]
fn a_held_request_gets_the_job_at_once() {
    let coordinator = Coordinator::start();
    coordinator.add_runner(TOKEN);
    let version = request_job(&coordinator, "").unwrap().header("x-gitlab-last-update").unwrap().to_owned();
    let job = std::thread::scope(|scope| {
        let held = scope.spawn(|| request_job(&coordinator, &version).unwrap());
        coordinator.wait_polling(TOKEN, SOON);
        let job = coordinator.enqueue(TOKEN, &Payload::new("late", &["true"]));
        let answer = held.join().unwrap();
        assert_eq!((answer.status, answer.json()["id"].as_u64()), (201, Some(job.id)));
        job
    });
    assert_eq!(job.inspect(|job| job.phase), Phase::Reserved);
}

#[test]
fn what_nobody_acknowledges_is_put_back() {
    let (coordinator, job) = with_job();
    coordinator.configure(|settings| settings.acknowledge_within = Duration::from_millis(200));
    let first = Taken::take(&coordinator);
    let version = request_job(&coordinator, "").unwrap().header("x-gitlab-last-update").unwrap().to_owned();
    // Held until the first delivery runs out.
    let again = request_job(&coordinator, &version).unwrap();
    assert_eq!((again.status, again.json()["id"].as_u64()), (201, Some(job.id)));
    assert_eq!(first.put(&json!({})).unwrap().status, 403, "too late");
    assert_eq!(job.inspect(|job| job.deliveries.len()), 2);
    let token = again.json()["token"].as_str().unwrap().to_owned();
    let second = Taken { coordinator: &coordinator, id: job.id, token };
    assert_eq!(second.put(&json!({})).unwrap().status, 200);
}

#[test]
fn faults_happen_below_and_above_http() {
    let (coordinator, job) = with_job();
    coordinator.fault(Rule::on(Endpoint::RequestJob, Fault::CutBefore).times(1));
    coordinator
        .fault(Rule::on(Endpoint::RequestJob, Fault::Status { code: 503, retry_after: Some(7) }).times(1));
    coordinator.fault(Rule::on(Endpoint::RequestJob, Fault::Html).times(1));
    coordinator.fault(Rule::on(Endpoint::RequestJob, Fault::HalfJson).times(1));
    assert!(request_job(&coordinator, "").is_none());
    let busy = request_job(&coordinator, "").unwrap();
    assert_eq!((busy.status, busy.header("retry-after")), (503, Some("7")));
    assert_eq!(request_job(&coordinator, "").unwrap().header("content-type"), Some("text/html"));
    let half = request_job(&coordinator, "").unwrap();
    let announced: usize = half.header("content-length").unwrap().parse().unwrap();
    assert!(half.status == 201 && half.body.len() < announced);
    assert_eq!(job.inspect(|job| job.phase), Phase::Queued);
    assert_eq!(Taken::take(&coordinator).id, job.id);
    assert_eq!(coordinator.requests(Endpoint::RequestJob), 5);
}

#[test]
fn cancels_reach_the_runner_in_headers() {
    let (coordinator, job) = with_job();
    let taken = Taken::take(&coordinator);
    taken.put(&json!({})).unwrap();
    job.cancel(Cancel::Canceling);
    let answer = taken.patch("0-1", b"x\n").unwrap();
    assert_eq!((answer.status, answer.header("job-status")), (202, Some("canceling")));
    taken.finish(b"x\n").unwrap();
    assert_eq!(job.wait_finished(SOON), Verdict::Canceled);
    let hard = coordinator.enqueue(TOKEN, &Payload::new("hard", &["true"]));
    let taken = Taken::take(&coordinator);
    hard.cancel(Cancel::Canceled);
    let answer = taken.put(&json!({})).unwrap();
    assert_eq!((answer.status, answer.header("job-status")), (403, Some("canceled")));
    assert_eq!(taken.finish(b"").unwrap().status, 403);
    coordinator.take_violations();
}

#[test]
fn an_outage_ends_where_it_began() {
    let (coordinator, job) = with_job();
    coordinator.stop();
    assert!(request_job(&coordinator, "").is_none());
    assert!(TcpStream::connect(coordinator.host()).is_err());
    coordinator.start_again();
    assert_eq!(Taken::take(&coordinator).id, job.id);
}

#[test]
fn uploads_and_downloads() {
    let (coordinator, job) = with_job();
    let taken = Taken::take(&coordinator);
    taken.put(&json!({})).unwrap();
    let zip = crate::zip::write_stored(&[("a.txt", b"hello", 0o100_644)]);
    let mut form = b"--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.zip\"\r\n\
                     Content-Type: application/octet-stream\r\n\r\n"
        .to_vec();
    form.extend(&zip);
    form.extend(b"\r\n--B--\r\n");
    let headers = [("Content-Type", "multipart/form-data; boundary=B"), ("Job-Token", taken.token.as_str())];
    let path = format!("/jobs/{}/artifacts?artifact_format=zip&artifact_type=archive", job.id);
    for _ in 0..2 {
        assert_eq!(send(&coordinator.host(), "POST", &path, &headers, &form).unwrap().status, 201);
    }
    assert_eq!(job.inspect(|job| job.artifacts[0].member("a.txt")), Some(b"hello".to_vec()));
    taken.finish(b"").unwrap();
    let rig = Rig { needs: vec![job.id], download_status: [500].into(), ..Rig::default() };
    coordinator.enqueue_rigged(TOKEN, Payload::new("needs", &["true"]).value(), rig);
    let next = request_job(&coordinator, "").unwrap().json();
    let dependency = &next["dependencies"][0];
    assert_eq!(dependency["artifacts_file"]["filename"], "a.zip");
    let headers = [("Job-Token", dependency["token"].as_str().unwrap())];
    let path = format!("/jobs/{}/artifacts?direct_download=true", job.id);
    assert_eq!(send(&coordinator.host(), "GET", &path, &headers, b"").unwrap().status, 500);
    assert_eq!(send(&coordinator.host(), "GET", &path, &headers, b"").unwrap().body, zip);
    assert_eq!(job.inspect(|job| job.downloads), 1);
    coordinator.take_violations();
}

#[test]
fn git_wants_the_token_of_a_live_job() {
    let (coordinator, _job) = with_job();
    let repository = coordinator.git().create("private/group/project");
    let sha = repository.commit("first", &[("README.md", "hello\n")]);
    let taken = Taken::take(&coordinator);
    let clone = |password: &str| {
        let dir = tempfile::tempdir().unwrap();
        let url =
            format!("http://gitlab-ci-token:{password}@{}/git/private/group/project.git", coordinator.host());
        let status = std::process::Command::new("git")
            .args(["clone", "--quiet", &url, "."])
            .env("GIT_TERMINAL_PROMPT", "0")
            .stderr(std::process::Stdio::null())
            .current_dir(dir.path())
            .status()
            .unwrap();
        let head = std::fs::read_to_string(dir.path().join(".git/refs/heads/main")).unwrap_or_default();
        (status.success(), head.trim().to_owned())
    };
    assert_eq!(clone(&taken.token), (true, sha));
    assert!(!clone("glcbt-64_guess").0);
    assert!(!clone("").0);
}

#[test]
fn recorded_requests_of_gitlab_runner_are_accepted() {
    let (coordinator, job) = with_job();
    let recorded = include_str!("../../conformance/requests/job-success.json");
    let recorded = recorded.replace("@SYSTEM_ID@", "s_1746f8786189");
    let requests: Vec<Value> = serde_json::from_str(&recorded).unwrap();
    let mut token = String::new();
    for request in &requests {
        let body = request["body"].as_str().unwrap().replace("glcbt-64_001000xxxxxxxxxxxxxx", &token);
        let headers = request["headers"].as_object().unwrap().iter();
        let headers: Vec<(String, String)> = headers
            .filter(|(name, _)| {
                !matches!(name.as_str(), "Host" | "User-Agent" | "Content-Length" | "X-Request-Id")
            })
            .map(|(name, value)| {
                (name.clone(), value.as_str().unwrap().replace("glcbt-64_001000xxxxxxxxxxxxxx", &token))
            })
            .map(|(name, value)| match name.as_str() {
                "Content-Range" => (name, format!("0-{}", body.len() - 1)),
                _ => (name, value),
            })
            .collect();
        let headers: Vec<(&str, &str)> = headers.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
        let path = request["path"].as_str().unwrap().trim_start_matches("/api/v4");
        let answer =
            send(&coordinator.host(), request["method"].as_str().unwrap(), path, &headers, body.as_bytes());
        let answer = answer.unwrap();
        assert!((200..300).contains(&answer.status), "{path}: {}", answer.status);
        if path == "/jobs/request" {
            token = answer.json()["token"].as_str().unwrap().to_owned();
        }
    }
    assert_eq!(job.wait_finished(SOON), Verdict::Success);
    // The work directory in the recording was replaced, so only the sum over the trace cannot fit.
    let notes = coordinator.take_violations();
    assert!(notes.iter().all(|note| note.contains("the trace stored is")), "{notes:?}");
}
