//! What comes of downloads.

use super::*;

const OK: &str = "Downloading artifacts from coordinator... ok";

fn zipped(files: &[(&str, &str)]) -> Reply {
    Reply::Status(200, "", zip(files))
}

#[tokio::test]
async fn all_are_extracted_in_order() {
    let mut rig = Rig::new(&[]);
    let server = Server::start([zipped(&[("a", "1"), ("d/b", "1")]), zipped(&[("d/b", "2")])]);
    let none = Dependency { artifacts_file: ArtifactsFile::default(), ..dependency(9) };
    let (result, lines) = rig.download(&server, &[dependency(7), none, dependency(8)]).await;
    result.unwrap();
    assert_eq!((rig.read("a").unwrap(), rig.read("d/b").unwrap()), ("1".to_owned(), "2".to_owned()));
    assert_eq!(lines[0], "Downloading artifacts for job-7 (7)...");
    assert!(lines[1].starts_with(OK) && lines[1].ends_with("id=7 status=200 token=64_001000"), "{lines:?}");
    assert_eq!(lines[2], "Downloading artifacts for job-8 (8)...");
    let seen: Vec<String> = server.requests().into_iter().map(|request| request.line).collect();
    assert_eq!(seen, [7, 8].map(|id| format!("GET /api/v4/jobs/{id}/artifacts?direct_download=true")));
    assert!(server.requests()[0].head.contains("job-token: glcbt-64_0010007abcdef"));
}

#[tokio::test]
async fn storage_is_asked_directly_and_gets_no_token() {
    let mut rig = Rig::new(&[]);
    let storage = Server::start([zipped(&[("a", "1")])]);
    let location: &'static str =
        Box::leak(format!("Location: {}/bucket\r\n", storage.url()).into_boxed_str());
    let server = Server::start([Reply::Status(302, location, Vec::new())]);
    let (result, lines) = rig.download(&server, &[dependency(7)]).await;
    result.unwrap();
    assert_eq!(rig.read("a").unwrap(), "1");
    let host = storage.url().replace("http://", "");
    assert_eq!(lines[1], format!("Direct download from {host}"));
    assert!(lines[2].starts_with(OK) && lines[2].contains("status=302"), "{lines:?}");
    assert!(!storage.requests()[0].head.contains("token"), "{}", storage.requests()[0].head);
}

#[tokio::test]
async fn without_the_flag_storage_is_not_asked_for() {
    let mut rig = Rig::with(&[("FF_USE_DIRECT_DOWNLOAD", "false")], &[]);
    let server = Server::start([zipped(&[("a", "1")])]);
    rig.download(&server, &[dependency(7)]).await.0.unwrap();
    assert!(!server.requests()[0].line.contains("direct_download"));
}

#[tokio::test]
async fn refused_for_good() {
    for (code, word, fatal) in [
        (401, "unauthorized", "permission denied"),
        (403, "forbidden", "permission denied"),
        (404, "not found", "file does not exist"),
    ] {
        let mut rig = Rig::new(&[]);
        let server = Server::start([Reply::message(code, "no")]);
        let (result, lines) = rig.download(&server, &[dependency(7), dependency(8)]).await;
        assert_eq!(result.unwrap_err().to_string(), "exit status 1");
        assert!(
            says(&lines, &format!("ERROR: Downloading artifacts from coordinator... {word}")),
            "{lines:?}"
        );
        assert_eq!(lines.last().unwrap(), &format!("FATAL: {fatal}"));
        assert_eq!(server.requests().len(), 1, "{code}");
    }
}

#[tokio::test]
async fn other_answers_are_tried_three_times() {
    let mut rig = Rig::new(&[]);
    let server = Server::start([Reply::Status(500, AT_ONCE, Vec::new())]);
    let (result, lines) = rig.download(&server, &[dependency(7)]).await;
    assert!(result.is_err());
    assert_eq!(times(&lines, "WARNING: Downloading artifacts from coordinator... failed"), 3, "{lines:?}");
    assert_eq!(times(&lines, "WARNING: Retrying..."), 2);
    assert_eq!(lines.last().unwrap(), "FATAL: invalid argument");
    // The direct one once, the others with the HTTP client's own repeats.
    assert_eq!(server.requests().len(), 11);
}

#[tokio::test]
async fn a_connection_that_is_cut_is_not_the_end() {
    let mut rig = Rig::new(&[]);
    let server = Server::start([Reply::Cut, Reply::Cut, Reply::Cut, zipped(&[("a", "1")])]);
    let (result, lines) = rig.download(&server, &[dependency(7)]).await;
    result.unwrap();
    assert_eq!(times(&lines, "ERROR: Downloading artifacts from coordinator... error"), 3, "{lines:?}");
    assert_eq!(rig.read("a").unwrap(), "1");
}

#[tokio::test]
async fn a_body_that_is_no_archive() {
    let mut rig = Rig::new(&[]);
    let server = Server::start([Reply::Status(200, "Content-Type: text/html\r\n", b"<html>".to_vec())]);
    let (result, lines) = rig.download(&server, &[dependency(7)]).await;
    assert!(result.is_err());
    assert_eq!(lines.last().unwrap(), "FATAL: zip: not a valid zip file");
}

#[tokio::test]
async fn an_entry_that_leads_out_is_refused() {
    let mut rig = Rig::new(&[]);
    let mut bytes = zip(&[("aa/evil", "x")]);
    while let Some(at) = bytes.windows(3).position(|window| window == b"aa/") {
        bytes[at..at + 3].copy_from_slice(b"../");
    }
    let server = Server::start([Reply::Status(200, "", bytes)]);
    let (result, lines) = rig.download(&server, &[dependency(7)]).await;
    assert!(result.is_err());
    assert!(says(&lines, "FATAL: ../"), "{lines:?}");
    assert!(says(&lines, "cannot be extracted outside of chroot"), "{lines:?}");
    assert!(!rig.project().parent().unwrap().join("evil").exists());
}

#[tokio::test]
async fn a_bomb_is_refused() {
    let rig = Rig::new(&[]);
    let bomb = zip(&[("zeros", &"\0".repeat(8 << 20))]);
    assert!(bomb.len() < 16_000);
    let server = Server::start([Reply::Status(200, "", bomb)]);
    let output = kept();
    let (transfer, staging) = (coordinator(&server), tempfile::tempdir().unwrap());
    let mut downloader = Downloader {
        transfer: &transfer,
        project: rig.project(),
        staging: staging.path(),
        output: output.clone(),
        stop: rig.stop.clone(),
        direct: true,
        threads: 1,
        meter: Meter::every(Duration::ZERO),
        retry_pause: Duration::ZERO,
        always_allowed: 1 << 20,
    };
    assert!(download(&downloader, &dependency(7)).await.is_err());
    let lines = output.lines();
    assert!(says(&lines, "FATAL: the archive holds more than"), "{lines:?}");
    assert_eq!(rig.read("zeros"), None);
    // What jobs allow is enough for it.
    downloader.always_allowed = ALWAYS_ALLOWED;
    download(&downloader, &dependency(7)).await.unwrap();
}

#[tokio::test]
async fn a_staging_folder_that_is_not_there() {
    let mut rig = Rig::with(&[("ARCHIVER_STAGING_DIR", "/nowhere/at/all")], &[]);
    let server = Server::start([zipped(&[("a", "1")])]);
    let (result, lines) = rig.download(&server, &[dependency(7)]).await;
    assert!(result.is_err());
    let end = "FATAL: cannot store a download in /nowhere/at/all: no such file or directory";
    assert_eq!(lines.last().unwrap(), end);
}

#[tokio::test]
async fn without_a_coordinator_there_is_nothing_to_download_from() {
    let mut rig = Rig::new(&[]);
    rig.job.order.payload.dependencies = vec![dependency(7)];
    let output = kept();
    let transfer = Transfer::Folder(rig.root.path().join("kept"));
    let result = download_all(rig.job.view(), &GitOnly, &transfer, output.clone(), &rig.stop).await;
    assert!(result.is_err());
    assert!(output.text().contains("there is no coordinator to download from"));
}
