//! Artifacts up and down.

use crate::{
    client_for,
    server::{Server, Step, answer, json, redirect, status},
};
use client::{Download, DownloadOutcome, Failure, Patience, Upload, UploadOutcome};
use protocol::Secret;
use std::{
    fs::File,
    io::{Read as _, Seek as _, Write as _},
    sync::Arc,
    time::Duration,
};

fn file_of(content: &[u8]) -> Arc<File> {
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(content).unwrap();
    Arc::new(file)
}

fn content_of(mut file: &File) -> Vec<u8> {
    let mut content = Vec::new();
    file.rewind().unwrap();
    file.read_to_end(&mut content).unwrap();
    content
}

#[tokio::test]
async fn an_upload_is_one_chunked_part() {
    let server = Server::start([Step::Answer(status(201, "201"))]).await;
    let token = Secret::new("job-secret");
    let content: Vec<u8> = (0..300_000_u32).map(|n| n.to_le_bytes()[1]).collect();
    let upload = Upload {
        format: "zip",
        artifact_type: "archive",
        expire_in: "2 days",
        ..Upload::new(42, &token, "art\"ifacts.zip", file_of(&content))
    };
    let outcome = client_for(&server.url).upload_artifact(&upload, &Patience::default()).await.unwrap();
    assert!(matches!(outcome, UploadOutcome::Created(_)), "{outcome:?}");
    let sent = &server.requests()[0];
    assert_eq!(sent.method, "POST");
    assert_eq!(
        sent.path,
        "/api/v4/jobs/42/artifacts?artifact_format=zip&artifact_type=archive&expire_in=2+days"
    );
    assert_eq!(sent.header("Job-Token"), Some("job-secret"));
    assert_eq!(sent.header("Transfer-Encoding"), Some("chunked"));
    assert_eq!(sent.header("Content-Length"), None);
    let boundary =
        sent.header("Content-Type").unwrap().strip_prefix("multipart/form-data; boundary=").unwrap();
    let head = format!(
        "--{boundary}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"art\\\"ifacts.zip\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    );
    let expected = [head.as_bytes(), &content, format!("\r\n--{boundary}--\r\n").as_bytes()].concat();
    assert!(sent.body == expected, "{} bytes instead of {}", sent.body.len(), expected.len());
}

#[tokio::test]
async fn an_upload_starts_over_with_each_repeat() {
    let busy = Step::Answer(status(503, ""));
    let server = Server::start([busy, Step::Answer(status(201, ""))]).await;
    let token = Secret::new("t");
    let upload = Upload::new(1, &token, "a", file_of(b"content"));
    let outcome = client_for(&server.url).upload_artifact(&upload, &Patience::default()).await.unwrap();
    assert!(matches!(outcome, UploadOutcome::Created(_)), "{outcome:?}");
    let [first, second] = &server.requests()[..] else { panic!() };
    assert_eq!(first.path, "/api/v4/jobs/1/artifacts?");
    assert_eq!(first.body, second.body);
}

#[tokio::test]
async fn upload_outcomes() {
    for (code, expected) in [(200, "Failed"), (403, "Forbidden"), (413, "TooLarge"), (400, "Failed")] {
        let server = Server::start([Step::Answer(status(code, ""))]).await;
        let token = Secret::new("t");
        let upload = Upload::new(1, &token, "a", file_of(b"content"));
        let outcome = client_for(&server.url).upload_artifact(&upload, &Patience::default()).await.unwrap();
        assert!(format!("{outcome:?}").starts_with(expected), "{outcome:?}");
    }
}

#[tokio::test]
async fn an_early_answer_ends_an_upload() {
    let refusal = json("413 Request Entity Too Large", r#"{"message":"max size"}"#);
    let server = Server::start([Step::AnswerEarly(refusal)]).await;
    let token = Secret::new("t");
    let file = tempfile::tempfile().unwrap();
    file.set_len(64 * 1024 * 1024).unwrap(); // more than any buffer on the way holds
    let upload = Upload::new(1, &token, "a", Arc::new(file));
    let call = client_for(&server.url);
    let patience = Patience::default();
    let outcome =
        tokio::time::timeout(Duration::from_secs(20), call.upload_artifact(&upload, &patience)).await;
    match outcome.expect("the upload went on") {
        Ok(UploadOutcome::TooLarge(answer)) => {
            let text = format!(
                "POST {}/api/v4/jobs/1/artifacts: 413 Request Entity Too Large (max size)",
                server.url
            );
            assert_eq!(answer.text, text);
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_silent_coordinator_does_not_hold_an_upload() {
    let server = Server::start([Step::Hang]).await;
    let token = Secret::new("t");
    let limit = Duration::from_millis(30);
    let upload =
        Upload { response_header_timeout: limit, ..Upload::new(1, &token, "a", file_of(b"content")) };
    let error = client_for(&server.url).upload_artifact(&upload, &Patience::default()).await.unwrap_err();
    assert_eq!(error.failure, Failure::Timeout { what: "answer", limit });
}

#[tokio::test]
async fn a_download_replaces_what_the_file_held() {
    let server = Server::start([Step::Answer(answer("200 OK", &[], b"archive"))]).await;
    let token = Secret::new("dependency-secret");
    let file = file_of(b"something longer than the archive");
    let download = Download::new(7, &token, 100);
    let outcome =
        client_for(&server.url).download_artifact(&download, &file, &Patience::default()).await.unwrap();
    let DownloadOutcome::Saved(saved) = outcome else { panic!("{outcome:?}") };
    assert_eq!((saved.bytes, saved.status, saved.direct_from), (7, 200, None));
    assert_eq!(content_of(&file), b"archive");
    let sent = &server.requests()[0];
    assert_eq!(
        (sent.method.as_str(), sent.path.as_str()),
        ("GET", "/api/v4/jobs/7/artifacts?direct_download=true")
    );
    assert_eq!(sent.header("Job-Token"), Some("dependency-secret"));
}

#[tokio::test]
async fn a_token_does_not_follow_to_the_storage() {
    let storage = Server::start([Step::Answer(answer("200 OK", &[], b"archive"))]).await;
    let signed = format!("{}/bucket?signature=1", storage.url);
    let server = Server::start([redirect(302, &signed), redirect(302, &signed)]).await;
    let token = Secret::new("dependency-secret");
    let file = file_of(b"");
    let download = Download::new(7, &token, 100);
    let outcome =
        client_for(&server.url).download_artifact(&download, &file, &Patience::default()).await.unwrap();
    let DownloadOutcome::Saved(saved) = outcome else { panic!("{outcome:?}") };
    assert_eq!(saved.status, 302);
    assert_eq!(saved.direct_from.as_deref(), storage.url.strip_prefix("http://"));
    assert_eq!(content_of(&file), b"archive");
    assert_eq!(server.requests().len(), 2);
    assert_eq!(server.requests()[1].header("Job-Token"), Some("dependency-secret"));
    assert_eq!(storage.requests()[0].path, "/bucket?signature=1");
    assert_eq!(storage.requests()[0].header("Job-Token"), None);
}

#[tokio::test]
async fn the_first_try_is_not_repeated_and_the_next_is() {
    let server = Server::start((0..9).map(|_| Step::Answer(status(500, "")))).await;
    let client = client_for(&server.url);
    let token = Secret::new("t");
    let file = file_of(b"");
    let first = Download::new(7, &token, 100);
    assert!(matches!(
        client.download_artifact(&first, &file, &Patience::default()).await,
        Ok(DownloadOutcome::Failed(_))
    ));
    assert_eq!(server.requests().len(), 1);
    let next = Download { direct: false, ..first };
    let patience = Patience::up_to(Duration::from_millis(1));
    assert!(matches!(
        client.download_artifact(&next, &file, &patience).await,
        Ok(DownloadOutcome::Failed(_))
    ));
    assert_eq!(server.requests().len(), 6);
    assert_eq!(server.requests()[5].path, "/api/v4/jobs/7/artifacts?");
}

#[tokio::test]
async fn download_outcomes() {
    for (code, expected) in
        [(401, "Unauthorized"), (403, "Forbidden"), (404, "NotFound"), (301, "Failed"), (410, "Failed")]
    {
        let server = Server::start([Step::Answer(status(code, ""))]).await;
        let token = Secret::new("t");
        let download = Download::new(7, &token, 100);
        let outcome =
            client_for(&server.url).download_artifact(&download, &file_of(b""), &Patience::default()).await;
        assert!(format!("{:?}", outcome.unwrap()).starts_with(expected), "{code}");
    }
}

#[tokio::test]
async fn a_download_is_bounded_and_whole() {
    let token = Secret::new("t");
    let download = Download::new(7, &token, 6);
    let server = Server::start([Step::Answer(answer("200 OK", &[], b"archive"))]).await;
    let error =
        client_for(&server.url).download_artifact(&download, &file_of(b""), &Patience::default()).await;
    assert_eq!(error.unwrap_err().failure, Failure::TooLarge { limit: 6 });

    let broken = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\narc".to_vec();
    let server = Server::start([Step::AnswerAndClose(broken)]).await;
    let error =
        client_for(&server.url).download_artifact(&download, &file_of(b""), &Patience::default()).await;
    let error = error.unwrap_err();
    assert!(matches!(error.failure, Failure::Transport { .. }) && error.is_worth_repeating(), "{error}");
}
