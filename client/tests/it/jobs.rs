//! Asking for jobs, updating them, sending traces.

use crate::{
    client_for,
    server::{Server, Step, answer, json, status},
};
use bytes::Bytes;
use client::{Failure, Patience, RequestOutcome, TraceChunk};
use protocol::{
    Checksum, Features, Info, JobRequest, JobState, JobStatus, RunnerToken, Secret, StoredRange, TraceOutput,
    UpdateRequest,
};
use std::time::Duration;

fn request() -> JobRequest {
    let info = Info { name: "runner".to_owned(), features: Features::of_client(), ..Info::default() };
    JobRequest {
        info,
        token: RunnerToken::new("glrt-secret"),
        system_id: "s_1".to_owned(),
        ..JobRequest::default()
    }
}

async fn request_answered(step: Step) -> RequestOutcome {
    let server = Server::start([step]).await;
    client_for(&server.url).request_job(&request(), &Patience::default()).await
}

#[tokio::test]
async fn a_request_carries_all_that_gitlab_runner_sends() {
    let server = Server::start([Step::Answer(status(204, ""))]).await;
    let outcome = client_for(&server.url).request_job(&request(), &Patience::default()).await;
    assert!(matches!(outcome, RequestOutcome::NoContent(_)), "{outcome:?}");
    let sent = &server.requests()[0];
    assert_eq!((sent.method.as_str(), sent.path.as_str()), ("POST", "/api/v4/jobs/request"));
    assert_eq!(sent.header("Runner-Token"), Some("glrt-secret"));
    assert_eq!(sent.header("Content-Type"), Some("application/json"));
    assert_eq!(sent.header("Accept"), Some("application/json"));
    assert_eq!(sent.header("Accept-Encoding"), Some("gzip"));
    assert_eq!(sent.header("User-Agent"), Some("runner test"));
    assert_eq!(sent.header("X-Request-Id").unwrap().len(), 32);
    let body = sent.json();
    assert_eq!(body["token"], "glrt-secret");
    assert_eq!(body["system_id"], "s_1");
    assert_eq!(body["info"]["features"].as_object().unwrap().len(), 31);
    assert!(body.get("last_update").is_none());
}

#[tokio::test]
async fn a_job_comes_as_it_is() {
    let headers = [("Content-Type", "application/json; charset=utf-8"), ("X-Request-Id", "theirs")];
    let outcome = request_answered(Step::Answer(answer("201 Created", &headers, br#"{"id":1}"#))).await;
    let RequestOutcome::Job(job) = outcome else { panic!("{outcome:?}") };
    assert_eq!(&job.body[..], br#"{"id":1}"#);
    assert_eq!(job.correlation_id, "theirs");
    assert_eq!(job.ca_chain, None);
}

#[tokio::test]
async fn what_is_no_job_is_told_apart() {
    let html = answer("201 Created", &[("Content-Type", "text/html")], b"<html>");
    let outcome = request_answered(Step::Answer(html)).await;
    let RequestOutcome::Broken { error, .. } = &outcome else { panic!("{outcome:?}") };
    assert_eq!(error.failure, Failure::NotJson { content_type: "text/html".to_owned() });
    assert!(outcome.is_healthy());

    let outcome = request_answered(Step::Answer(status(201, ""))).await;
    assert!(matches!(outcome, RequestOutcome::Broken { .. }), "{outcome:?}");

    let half =
        b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 99\r\n\r\n{\"id\":7,"
            .to_vec();
    let outcome = request_answered(Step::AnswerAndClose(half)).await;
    let RequestOutcome::Broken { received, error } = outcome else { panic!("{outcome:?}") };
    assert_eq!(&received[..], b"{\"id\":7,");
    assert!(matches!(error.failure, Failure::Transport { .. }), "{error}");
}

#[tokio::test]
async fn only_a_refused_token_is_unhealthy() {
    let refused =
        request_answered(Step::Answer(json("403 Forbidden", r#"{"message":"403 Forbidden"}"#))).await;
    assert!(!refused.is_healthy());
    let RequestOutcome::Forbidden(answer) = refused else { panic!("{refused:?}") };
    assert!(answer.text.ends_with("/api/v4/jobs/request: 403 Forbidden (403 Forbidden)"), "{}", answer.text);
    for code in [400, 404, 409, 422, 200] {
        assert!(request_answered(Step::Answer(status(code, ""))).await.is_healthy(), "{code}");
    }
    let cut = request_answered(Step::Cut).await;
    assert!(cut.is_healthy());
    assert!(matches!(cut, RequestOutcome::Failed(_)), "{cut:?}");
}

#[tokio::test]
async fn an_endless_payload_is_cut() {
    let mut body = b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\n\r\n".to_vec();
    body.resize(body.len() + 65 * 1024 * 1024, b' ');
    let outcome = request_answered(Step::AnswerAndClose(body)).await;
    let RequestOutcome::Broken { error, .. } = outcome else { panic!("{outcome:?}") };
    assert_eq!(error.failure, Failure::TooLarge { limit: 64 * 1024 * 1024 });
}

#[tokio::test]
async fn a_compressed_bomb_is_cut() {
    use std::io::Write as _;
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    for _ in 0..65 {
        gzip.write_all(&vec![b' '; 1024 * 1024]).unwrap();
    }
    let headers = [("Content-Type", "application/json"), ("Content-Encoding", "gzip")];
    let outcome =
        request_answered(Step::Answer(answer("201 Created", &headers, &gzip.finish().unwrap()))).await;
    let RequestOutcome::Broken { error, .. } = outcome else { panic!("{outcome:?}") };
    assert!(matches!(error.failure, Failure::TooLarge { .. }), "{error}");
}

#[tokio::test]
async fn the_queue_version_is_echoed_per_token() {
    let versioned = answer("409 Conflict", &[("X-GitLab-Last-Update", "abc")], b"");
    let none = Step::Answer(status(204, ""));
    let server = Server::start([Step::Answer(versioned), none.clone(), none.clone(), none]).await;
    let client = client_for(&server.url);
    client.request_job(&request(), &Patience::default()).await;
    client.request_job(&request(), &Patience::default()).await;
    let other = JobRequest { token: RunnerToken::new("other"), ..request() };
    client.request_job(&other, &Patience::default()).await;
    client.request_job(&request(), &Patience::default()).await;
    let sent: Vec<_> = server.requests().iter().map(|r| r.json().get("last_update").cloned()).collect();
    assert_eq!(sent, [None, Some("abc".into()), None, Some("abc".into())]);
}

#[tokio::test]
async fn a_caller_with_pauses_of_its_own_hears_of_every_answer() {
    let busy = answer("429 Slow down", &[("Retry-After", "7"), ("X-GitLab-Last-Update", "abc")], b"");
    let server = Server::start([Step::Answer(busy), Step::Answer(status(204, ""))]).await;
    let client = client_for(&server.url);
    let outcome = client.request_job_once(&request()).await;
    let RequestOutcome::Unavailable(answer) = outcome else { panic!("{outcome:?}") };
    assert_eq!(answer.retry_after, Some(Duration::from_secs(7)));
    assert_eq!(answer.last_update.as_deref(), Some("abc"));
    assert_eq!(client.last_update_of(&request().token).as_deref(), Some("abc"));
    client.request_job_once(&request()).await;
    let sent = server.requests();
    assert_eq!(sent.len(), 2);
    assert!(sent[1].json().get("last_update").is_none(), "only what the caller gives is sent");
}

#[tokio::test]
async fn an_update_is_answered_by_headers() {
    let headers = [("Job-Status", "canceling"), ("X-GitLab-Trace-Update-Interval", "60")];
    let server = Server::start([Step::Answer(answer("200 OK", &headers, b"200"))]).await;
    let update = UpdateRequest {
        info: Info::default(),
        token: Secret::new("job-secret"),
        state: JobState::Success,
        failure_reason: None,
        checksum: Some(Checksum(7)),
        output: TraceOutput::new(7, 9),
        exit_code: None,
    };
    let answer = client_for(&server.url).update_job(42, &update, &Patience::default()).await.unwrap();
    assert_eq!(answer.job_status, JobStatus::Canceling);
    assert_eq!(answer.update_interval, Some(Duration::from_secs(60)));
    assert_eq!(answer.text, "200 OK");
    let sent = &server.requests()[0];
    assert_eq!((sent.method.as_str(), sent.path.as_str()), ("PUT", "/api/v4/jobs/42"));
    assert_eq!(sent.header("Job-Token"), Some("job-secret"));
    assert_eq!(sent.json()["output"]["checksum"], "crc32:00000007");
    assert!(sent.json()["info"]["features"].is_object());
}

#[tokio::test]
async fn a_trace_chunk_names_its_range() {
    let stored = answer("416 Range", &[("Range", "0-3")], b"");
    let server = Server::start([Step::Answer(stored)]).await;
    let token = Secret::new("job-secret");
    let content = Bytes::from_static(b"hello");
    let chunk = TraceChunk { job_id: 42, token: &token, offset: 10, content: &content, debug_trace: true };
    let answer = client_for(&server.url).patch_trace(&chunk, &Patience::default()).await.unwrap();
    assert_eq!(answer.stored, StoredRange(3));
    let sent = &server.requests()[0];
    assert_eq!(
        (sent.method.as_str(), sent.path.as_str()),
        ("PATCH", "/api/v4/jobs/42/trace?debug_trace=true")
    );
    assert_eq!(sent.header("Content-Range"), Some("10-14"));
    assert_eq!(sent.header("Content-Type"), Some("text/plain"));
    assert_eq!(sent.header("Content-Length"), Some("5"));
    assert_eq!(sent.body, b"hello");
}

#[tokio::test]
async fn no_error_shows_a_token() {
    let update = UpdateRequest {
        info: Info::default(),
        token: Secret::new("job\nsecret"),
        state: JobState::Running,
        failure_reason: None,
        checksum: None,
        output: TraceOutput::default(),
        exit_code: None,
    };
    let client = client_for("http://user:hunter2@127.0.0.1:1");
    let error = client.update_job(1, &update, &Patience::default()).await.unwrap_err();
    assert_eq!(error.failure, Failure::Token);
    let RequestOutcome::Failed(refused) = client.request_job(&request(), &Patience::default()).await else {
        panic!()
    };
    for text in [format!("{error} {error:?}"), format!("{refused} {refused:?}"), format!("{client:?}")] {
        assert!(!text.contains("secret") && !text.contains("hunter2"), "{text}");
    }
    assert!(refused.to_string().to_lowercase().contains("refused"), "{refused}");
}
