//! What coordinators answer to uploads, and what comes of it.

use super::*;

async fn uploaded(replies: impl IntoIterator<Item = Reply>) -> (Result<(), StageError>, Vec<String>, Server) {
    let rig = Rig::new(&[Artifact { expire_in: "1 week".to_owned(), ..artifact("a", &["f"]) }]);
    rig.write("f", "content");
    let server = Server::start(replies);
    let (result, lines) = rig.upload(&server).await;
    (result, lines, server)
}

#[tokio::test]
async fn what_is_sent() {
    let (result, lines, server) =
        uploaded([Reply::Status(201, "X-Request-Id: theirs\r\n", Vec::new())]).await;
    result.unwrap();
    assert_eq!(lines[0], "Uploading artifacts...");
    assert_eq!(
        lines[2],
        "Uploading artifacts as \"archive\" to coordinator... 201 Created  correlation_id=theirs id=42 status=201 \
         token=job-token"
    );
    let request = &server.requests()[0];
    assert_eq!(
        request.line,
        "POST /api/v4/jobs/42/artifacts?artifact_format=zip&artifact_type=archive&expire_in=1+week"
    );
    assert!(request.head.contains("job-token: job-token"), "{}", request.head);
    let body = String::from_utf8_lossy(&request.body);
    assert!(body.contains("name=\"file\"; filename=\"a.zip\""), "{body}");
    let start = request.body.windows(4).position(|w| w == b"PK\x03\x04").unwrap();
    let end = request.body.windows(4).rposition(|w| w == b"\r\n--").unwrap();
    let unpacked = unpacked(&request.body[start..end]);
    assert_eq!(fs::read(unpacked.path().join("files/f")).unwrap(), b"content");
}

#[tokio::test]
async fn reports_without_a_type_or_expiry() {
    let rig = Rig::new(&[Artifact { artifact_type: String::new(), ..artifact("a", &["f"]) }]);
    rig.write("f", "x");
    let server = Server::start([Reply::status(201)]);
    let (result, lines) = rig.upload(&server).await;
    result.unwrap();
    assert!(says(&lines, "Uploading artifacts to coordinator... 201 Created"), "{lines:?}");
    assert_eq!(server.requests()[0].line, "POST /api/v4/jobs/42/artifacts?artifact_format=zip");
}

#[tokio::test]
async fn refused_for_good() {
    for (code, status, fatal) in
        [(403, "403 Forbidden", "permission denied"), (413, "413 Request Entity Too Large", "too large")]
    {
        let (result, lines, server) = uploaded([Reply::message(code, "no")]).await;
        assert_eq!(result.unwrap_err().to_string(), "exit status 1");
        let url = format!("{}/api/v4/jobs/42/artifacts", server.url());
        let line =
            format!("ERROR: Uploading artifacts as \"archive\" to coordinator... POST {url}: {status} (no)");
        assert!(says(&lines, &line), "{lines:?}");
        assert!(says(&lines, &format!("status={code} token=job-token")), "{lines:?}");
        assert_eq!(lines.last().unwrap(), &format!("FATAL: {fatal}"));
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn a_busy_storage_is_asked_six_times() {
    let (result, lines, server) = uploaded([Reply::Status(503, AT_ONCE, Vec::new())]).await;
    assert!(result.is_err());
    assert_eq!(
        times(&lines, "ERROR: Uploading artifacts as \"archive\" to coordinator... 503"),
        6,
        "{lines:?}"
    );
    assert_eq!(
        times(&lines, "WARNING: Retrying...  context=artifacts-uploader error=service unavailable"),
        0
    );
    assert_eq!(times(&lines, "context=artifacts-uploader error=service unavailable"), 5);
    assert_eq!(times(&lines, "Waiting before making the next call"), 24);
    assert_eq!(lines.last().unwrap(), "FATAL: service unavailable");
    assert_eq!(server.requests().len(), 30);
}

#[tokio::test]
async fn other_answers_are_tried_three_times() {
    for (code, requests) in [(500, 15), (200, 3), (418, 3)] {
        let (result, lines, server) = uploaded([Reply::Status(code, AT_ONCE, Vec::new())]).await;
        assert!(result.is_err(), "{code}");
        let line = format!("WARNING: Uploading artifacts as \"archive\" to coordinator... {code}");
        assert_eq!(times(&lines, &line), 3, "{lines:?}");
        assert_eq!(lines.last().unwrap(), "FATAL: upload failed with no response from coordinator");
        assert_eq!(server.requests().len(), requests, "{code}");
    }
}

#[tokio::test]
async fn a_connection_that_is_cut_is_not_the_end() {
    let (result, lines, server) = uploaded([Reply::Cut, Reply::Cut, Reply::Cut, Reply::status(201)]).await;
    result.unwrap();
    assert_eq!(
        times(&lines, "ERROR: Uploading artifacts as \"archive\" to coordinator... error"),
        3,
        "{lines:?}"
    );
    assert_eq!(times(&lines, "WARNING: Retrying..."), 3);
    assert_eq!(server.requests().len(), 4);
    let (result, _, server) = uploaded([Reply::Cut]).await;
    assert!(result.is_err());
    assert_eq!(server.requests().len(), 10);
}

#[tokio::test]
async fn it_is_worth_another_try() {
    let busy = Reply::Status(503, AT_ONCE, Vec::new());
    let mut replies = vec![busy; 7];
    replies.push(Reply::status(201));
    let (result, lines, _) = uploaded(replies).await;
    result.unwrap();
    assert_eq!(times(&lines, "service unavailable"), 1, "{lines:?}");
}

#[tokio::test]
async fn another_host_gets_no_token() {
    let other = Server::start([Reply::status(201)]);
    let location: &'static str = Box::leak(format!("Location: {}/x\r\n", other.url()).into_boxed_str());
    let (result, lines, server) = uploaded([Reply::Status(307, location, Vec::new())]).await;
    assert!(result.is_err());
    assert!(says(&lines, "tokens are not sent to another host"), "{lines:?}");
    assert_eq!((server.requests().len(), other.requests().len()), (1, 0));
}

#[tokio::test]
async fn an_early_answer_ends_the_transfer() {
    let rig = Rig::with(&[("ARTIFACT_COMPRESSION_LEVEL", "fastest")], &[artifact("a", &["f"])]);
    let file = fs::File::create(rig.path("f")).unwrap();
    file.set_len(64 << 20).unwrap();
    let server = Server::start([Reply::Early(413, "Connection: close\r\n")]);
    let (result, lines) = rig.upload(&server).await;
    assert!(result.is_err());
    assert_eq!(lines.last().unwrap(), "FATAL: too large", "{lines:?}");
    assert_eq!(times(&lines, "Retrying"), 0);
}

#[tokio::test]
async fn the_first_failure_ends_the_stage() {
    let rig = Rig::new(&[artifact("a", &["f"]), artifact("b", &["f"])]);
    rig.write("f", "x");
    let server = Server::start([Reply::status(403)]);
    let (result, lines) = rig.upload(&server).await;
    assert!(result.is_err());
    assert_eq!(times(&lines, "Uploading artifacts..."), 1);
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn what_is_sent_is_counted_for_the_meter() {
    let server = Server::start([Reply::status(201)]);
    let output = Kept::default();
    let sent = std::sync::Arc::new(std::sync::atomic::AtomicU64::new(0));
    let client = ApiClient::new(Endpoint { url: server.url(), ..Endpoint::default() }).unwrap();
    let (token, mut content) = ("t".into(), tempfile::tempfile().unwrap());
    std::io::Write::write_all(&mut content, &[7; 300_000]).unwrap();
    let upload = client::Upload {
        sent: Some(sent.clone()),
        ..client::Upload::new(42, &token, "a.zip", content.into())
    };
    let patience = client::Patience::default();
    let transfer = client.upload_artifact(&upload, &patience);
    let so_far = || sent.load(std::sync::atomic::Ordering::Relaxed);
    Meter::every(Duration::from_secs(3600))
        .show("Uploading", None, &so_far, &output, transfer)
        .await
        .unwrap();
    assert_eq!(so_far(), 300_000);
    assert_eq!(output.text(), "");
}
