//! Files that jobs leave.

use crate::http;
use crate::rig::{Rig, form, settings};
use coordinator::files::FileLimits;
use coordinator::model::NewProject;
use flate2::{Compression, write::GzEncoder};
use std::io::Write as _;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

#[tokio::test]
async fn a_file_is_stored_once() {
    let rig = Rig::start().await;
    let job = rig.job().await;
    let first =
        rig.upload(&job, "artifact_format=zip&artifact_type=archive&expire_in=1+week", b"content").await;
    assert_eq!((first.status, first.text().as_str()), (201, "201"));
    assert_eq!(rig.upload(&job, "", b"content").await.status, 201, "the same once more: an answer was lost");
    assert_eq!(rig.upload(&job, "", b"other").await.status, 400);
    let rows = rig.artifacts(&job).await;
    assert_eq!((rows.len(), rows[0].size, rows[0].filename.as_str()), (1, 7, "d.zip"));
    let week = 7 * 24 * 3600 * 1000;
    assert_eq!(rows[0].expire_at.unwrap().0 - rows[0].created_at.0, week);
    let stored = std::fs::read(rig.folder.path().join(&rows[0].path)).unwrap();
    assert_eq!(stored, b"content");
    let folder = rig.folder.path().join(&rows[0].path);
    assert_eq!(std::fs::read_dir(folder.parent().unwrap()).unwrap().count(), 1);
}

#[tokio::test]
async fn what_is_no_upload_is_refused() {
    let rig = Rig::start().await;
    let job = rig.job().await;
    for query in ["artifact_type=metadata", "artifact_type=../x", "artifact_format=rar"] {
        assert_eq!(rig.upload(&job, query, b"x").await.status, 400, "{query}");
    }
    let path = format!("jobs/{}/artifacts", job.id);
    let token = ("JOB-TOKEN", job.token.expose());
    for (kind, body) in [
        ("application/json", &b"{}"[..]),
        ("multipart/form-data", b"--b0unda7y--\r\n"),
        ("multipart/form-data; boundary=b0unda7y", b""),
        ("multipart/form-data; boundary=b0unda7y", b"--b0unda7y--\r\n"),
        ("multipart/form-data; boundary=b0unda7y", &form("x", b"cut")[..100]),
        (
            "multipart/form-data; boundary=b0unda7y",
            &[&form("x", b"1")[..form("x", b"1").len() - 4], b"\r\n", &form("y", b"2")].concat(),
        ),
    ] {
        let answer = rig.call("POST", &path, &[token, ("Content-Type", kind)], body).await;
        assert_eq!(answer.status, 400, "{kind} {}", String::from_utf8_lossy(body));
    }
    // A file that its sender could not read to the end: no end mark.
    let headers =
        [token, ("Content-Type", "multipart/form-data; boundary=b0unda7y"), ("Transfer-Encoding", "chunked")];
    let mut stream = http::open(rig.address, "POST", &format!("/api/v4/{path}"), &headers).await;
    http::chunk(&mut stream, &form("x", &[7; 3 << 20])).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut rest = Vec::new();
    let _ = stream.read_to_end(&mut rest).await;
    assert!(!rest.starts_with(b"HTTP/1.1 201"));
    assert!(rig.artifacts(&job).await.is_empty());
    assert_eq!(std::fs::read_dir(rig.folder.path().join("tmp")).unwrap().count(), 0);
}

#[tokio::test]
async fn what_a_form_says_counts_too() {
    let rig = Rig::start().await;
    let job = rig.job().await;
    let field = |name: &str, value: &str| {
        format!("--b0unda7y\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body = [
        field("artifact_type", "junit").as_bytes(),
        field("artifact_format", "gzip").as_bytes(),
        &form(
            "j.xml.gz",
            &gzip(b"<testsuite><testcase name='a'><failure>f</failure></testcase></testsuite>"),
        ),
    ]
    .concat();
    let headers =
        [("JOB-TOKEN", job.token.expose()), ("Content-Type", "multipart/form-data; boundary=b0unda7y")];
    let answer = rig.call("POST", &format!("jobs/{}/artifacts", job.id), &headers, &body).await;
    assert_eq!(answer.status, 201);
    assert_eq!(rig.artifacts(&job).await[0].kind, "junit");
    let pipeline = rig.row(&job).await.pipeline;
    assert_eq!(rig.kernel.reports(pipeline, "junit").await.unwrap()[0].data["total"]["failed"], 1);
}

#[tokio::test]
async fn dotenv_reports_are_checked() {
    let rig = Rig::start().await;
    let job = rig.job().await;
    let query = "artifact_format=gzip&artifact_type=dotenv";
    for wrong in [gzip(b"no equals sign"), gzip(&[b'a'; 6000]), b"no gzip".to_vec(), gzip(b"a b=c")] {
        let answer = rig.upload(&job, query, &wrong).await;
        assert_eq!(answer.status, 400);
        assert!(answer.json()["message"].as_str().unwrap().starts_with("400 Bad request - "));
    }
    assert!(rig.artifacts(&job).await.is_empty());
    assert_eq!(rig.upload(&job, query, &gzip(b"A=1\nB=2\n")).await.status, 201);
}

#[tokio::test]
async fn broken_test_reports_do_not_fail_the_upload() {
    let rig = Rig::start().await;
    let job = rig.job().await;
    let answer = rig.upload(&job, "artifact_format=gzip&artifact_type=junit", &gzip(b"<a>")).await;
    assert_eq!(answer.status, 201);
    let pipeline = rig.row(&job).await.pipeline;
    let reports = rig.kernel.reports(pipeline, "junit").await.unwrap();
    assert!(reports[0].data["suite_error"].as_str().unwrap().starts_with("JUnit XML parsing failed"));
}

#[tokio::test]
async fn whoever_may_downloads() {
    let rig = Rig::start().await;
    let one = rig.job().await;
    rig.upload(&one, "", b"0123456789").await;
    rig.put(&one, "success", "").await;
    let two = rig.job().await;
    let path = format!("jobs/{}/artifacts", one.id);
    let token = ("JOB-TOKEN", two.token.expose());
    for query in ["", "?", "?direct_download=true"] {
        let answer = rig.call("GET", &format!("{path}{query}"), &[token], b"").await;
        assert_eq!((answer.status, answer.text().as_str()), (200, "0123456789"), "{query}");
        assert_eq!(answer.header("content-disposition"), Some("attachment; filename=\"d.zip\""));
    }
    let in_query = format!("{path}?job_token={}", two.token.expose());
    assert_eq!(rig.call("GET", &in_query, &[], b"").await.status, 200);
    let part = rig.call("GET", &path, &[token, ("Range", "bytes=2-4")], b"").await;
    assert_eq!(
        (part.status, part.text().as_str(), part.header("content-range")),
        (206, "234", Some("bytes 2-4/10"))
    );
    let behind = rig.call("GET", &path, &[token, ("Range", "bytes=10-")], b"").await;
    assert_eq!((behind.status, behind.header("content-range")), (416, Some("bytes */10")));
    let head = rig.call("HEAD", &path, &[token], b"").await;
    assert_eq!((head.status, head.header("content-length")), (200, Some("10")));

    assert_eq!(rig.call("GET", &format!("jobs/{}/artifacts", two.id), &[token], b"").await.status, 404);
    assert_eq!(rig.call("GET", "jobs/999/artifacts", &[token], b"").await.status, 404);
    let ended = ("JOB-TOKEN", one.token.expose());
    assert_eq!(rig.call("GET", &path, &[ended], b"").await.status, 401);
    let other = rig.kernel.create_project(NewProject::at("g/other")).await.unwrap();
    rig.push_to(&other, "job: {script: [make]}").await;
    let foreign = rig.take().await;
    let token = ("JOB-TOKEN", foreign.token.expose());
    assert_eq!(rig.call("GET", &path, &[token], b"").await.status, 404);
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

/// Set in the process that measures itself.
const ALONE: &str = "RUNNER_API_TEST_ALONE";

/// In a process of its own, so that no other test is measured.
#[test]
fn a_gigabyte_flows_through() {
    let program = std::env::current_exe().unwrap();
    let test = ["--exact", "artifacts::a_gigabyte_alone", "--include-ignored", "--nocapture"];
    let output = std::process::Command::new(program).args(test).env(ALONE, "1").output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && told.contains("grown by"),
        "{told}\n{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A gigabyte up and down, while this process, both sides of it, stays as small as it is.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "is run by the test before it"]
async fn a_gigabyte_alone() {
    assert!(std::env::var_os(ALONE).is_some(), "to be run in a process of its own");
    const SIZE: u64 = 1 << 30;
    let rig = Rig::with(settings(), FileLimits { artifact: SIZE, ..FileLimits::default() }).await;
    let job = rig.job().await;
    let piece: Vec<u8> = (0..1 << 20).map(|n: u32| n.to_le_bytes()[0]).collect();
    let headers = [
        ("JOB-TOKEN", job.token.expose()),
        ("Content-Type", "multipart/form-data; boundary=b0unda7y"),
        ("Transfer-Encoding", "chunked"),
    ];
    let path = format!("/api/v4/jobs/{}/artifacts", job.id);
    let around = form("big.zip", b"");
    let at = around.len() - b"\r\n--b0unda7y--\r\n".len();
    let before = resident();
    let mut most = 0;
    let mut stream = http::open(rig.address, "POST", &path, &headers).await;
    http::chunk(&mut stream, &around[..at]).await.unwrap();
    for _ in 0..SIZE >> 20 {
        http::chunk(&mut stream, &piece).await.unwrap();
        most = resident().max(most);
    }
    http::chunk(&mut stream, &around[at..]).await.unwrap();
    http::chunk(&mut stream, b"").await.unwrap();
    assert_eq!(http::answer(&mut stream, false).await.status, 201);
    assert_eq!(rig.artifacts(&job).await[0].size, SIZE);

    rig.put(&job, "success", "").await;
    let next = rig.job().await;
    let token = [("JOB-TOKEN", next.token.expose())];
    let mut stream = http::open(rig.address, "GET", &path, &token).await;
    let (mut got, mut buffer) = (0, vec![0; 1 << 20]);
    loop {
        match stream.read(&mut buffer).await.unwrap() {
            0 => break,
            count => got += count as u64,
        }
        most = resident().max(most);
    }
    assert!(got > SIZE && got < SIZE + 1000);
    let grown = most.saturating_sub(before);
    println!("grown by {} MiB", grown >> 20);
    assert!(grown < 64 << 20, "grown by {} MiB", grown >> 20);
}
