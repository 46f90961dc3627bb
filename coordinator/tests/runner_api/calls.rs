//! Single calls: statuses, headers and bodies, and what is refused.

use crate::http;
use crate::rig::Rig;
use coordinator::files::FileLimits;
use coordinator::kernel::Act;
use coordinator::model::UserId;
use pipeline::{JobId, Status};
use std::time::Duration;
use tokio::io::AsyncWriteExt as _;

const JSON: (&str, &str) = ("Content-Type", "application/json");

#[tokio::test]
async fn runners_come_and_go() {
    let rig = Rig::start().await;
    let registration = rig.kernel.registration_token().await.unwrap();
    let register =
        |token: &str| format!(r#"{{"token":"{token}","tag_list":["a","b"],"maximum_timeout":900}}"#);
    let wrong = rig.call("POST", "runners", &[JSON], register("GR1348941wrong").as_bytes()).await;
    assert_eq!((wrong.status, wrong.json()["message"].as_str()), (403, Some("403 Forbidden")));
    let right = rig.call("POST", "runners/", &[JSON], register(registration.expose()).as_bytes()).await;
    assert_eq!((right.status, right.header("content-type")), (201, Some("application/json")));
    let token = right.json()["token"].as_str().unwrap().to_owned();
    assert!(token.starts_with("glrtr-") && right.json()["id"].as_i64().unwrap() > 0);
    assert!(right.json()["token_expires_at"].is_null());
    let short = register(registration.expose()).replace("900", "9");
    let short = rig.call("POST", "runners", &[JSON], short.as_bytes()).await;
    assert_eq!(short.status, 400);
    assert!(short.json()["message"]["maximum_timeout"].is_array());

    // In a header and without a body, or as a form.
    let verified = rig.call("POST", "runners/verify", &[("RUNNER-TOKEN", &token)], b"").await;
    assert_eq!((verified.status, verified.json()["token"].as_str()), (200, Some(token.as_str())));
    let form = ("Content-Type", "application/x-www-form-urlencoded");
    let body = format!("token={token}&system_id=s_aaaaaaaaaaaa");
    assert_eq!(rig.call("POST", "runners/verify", &[form], body.as_bytes()).await.status, 200);
    let null = rig.call("POST", "runners/verify", &[JSON], b"null").await;
    assert_eq!((null.status, null.json()["error"].as_str()), (400, Some("token is missing")));
    assert_eq!(rig.call("POST", "runners/verify", &[("RUNNER-TOKEN", "glrt-x")], b"").await.status, 403);

    let managers = "runners/managers";
    let unknown = body.replace("s_a", "s_b");
    assert_eq!(rig.call("DELETE", managers, &[form], unknown.as_bytes()).await.status, 404);
    let gone = rig.call("DELETE", managers, &[form], body.as_bytes()).await;
    assert_eq!((gone.status, gone.body.len()), (204, 0));

    let reset = rig.call("POST", "runners/reset_authentication_token", &[form], body.as_bytes()).await;
    let new = reset.json()["token"].as_str().unwrap().to_owned();
    assert!(reset.status == 201 && new != token);
    let runner = [("RUNNER-TOKEN", new.as_str())];
    assert_eq!(rig.call("GET", "runners/router/discovery", &runner, b"").await.status, 501);
    assert_eq!(
        rig.call("GET", "runners/router/discovery", &[("RUNNER-TOKEN", token.as_str())], b"").await.status,
        403
    );
    assert_eq!(rig.call("DELETE", "runners", &runner, b"").await.status, 204);
    assert_eq!(rig.call("DELETE", "runners", &runner, b"").await.status, 403);
}

#[tokio::test]
async fn a_job_is_handed_out_as_json_that_go_reads() {
    let rig = Rig::start().await;
    assert_eq!(rig.ask("").await.status, 204);
    rig.push("job: {script: [make], tags: []}").await;
    let answer = rig.ask("").await;
    assert_eq!((answer.status, answer.header("content-type")), (201, Some("application/json")));
    let job = answer.json();
    assert!(job["id"].is_i64() && job["token"].is_string() && job["image"].is_object(), "{job}");
    assert!(job.get("run").is_none() && job["steps"][0]["script"].is_array());
    assert_eq!(rig.ask("").await.status, 204);
    let large = format!(r#","last_update":"{}""#, "x".repeat(33_000));
    let large = rig.ask(&large).await;
    assert_eq!((large.status, large.header("gitlab-ci-builds-polling")), (413, Some("yes")));
    let unknown = rig.call("POST", "jobs/request", &[JSON], br#"{"token":"glrt-nobody"}"#).await;
    assert_eq!(unknown.status, 403);
}

#[tokio::test]
async fn strangers_learn_nothing_of_jobs() {
    let rig = Rig::start().await;
    let job = rig.job().await;
    for (id, token) in [
        (job.id.to_string(), "glcbt-wrong"),
        ("999".into(), job.token.expose()),
        ("-1".into(), job.token.expose()),
        ("abc".into(), job.token.expose()),
        (job.id.to_string(), ""),
    ] {
        let headers = [("JOB-TOKEN", token), ("Content-Range", "0-0")];
        for (method, path) in
            [("PUT", ""), ("PATCH", "/trace"), ("POST", "/artifacts"), ("POST", "/artifacts/authorize")]
        {
            let answer = rig.call(method, &format!("jobs/{id}{path}"), &headers, b"").await;
            assert_eq!(
                (answer.status, answer.header("job-status")),
                (403, None),
                "{method} {id}{path} {token}"
            );
        }
    }
    assert_eq!(rig.call("GET", &format!("jobs/{}/artifacts", job.id), &[], b"").await.status, 401);
    let wrong = [("JOB-TOKEN", "glcbt-wrong")];
    assert_eq!(rig.call("GET", &format!("jobs/{}/artifacts", job.id), &wrong, b"").await.status, 401);
    assert!(rig.trace(&job).await.is_empty());
}

#[tokio::test]
async fn states_are_checked() {
    let rig = Rig::start().await;
    let job = rig.job().await;
    assert_eq!(rig.put(&job, "running", r#","output":{}"#).await.status, 200);
    assert_eq!(rig.put(&job, "pending", "").await.status, 200);
    assert_eq!(rig.put(&job, "gone", "").await.status, 400);
    let failed = rig.put(&job, "failed", r#","failure_reason":"of_the_future","exit_code":3"#).await;
    assert_eq!((failed.status, failed.header("job-status")), (200, Some("failed")));
    let row = rig.row(&job).await;
    assert_eq!((row.failure_reason.as_deref(), row.exit_code), (Some("unknown_failure"), Some(3)));
    // An answer that was lost: the runner says it again, and is told how things stand.
    let again = rig.put(&job, "failed", "").await;
    assert_eq!((again.status, again.header("job-status")), (403, Some("failed")));
    assert_eq!(again.json()["message"], "403 Forbidden - Job is not processing on runner");
    let late = rig.patch(&job, 0, b"late").await;
    assert_eq!((late.status, late.header("job-status")), (403, Some("failed")));
    assert_eq!(rig.upload(&job, "", b"late").await.status, 403);
}

#[tokio::test]
async fn a_cancel_is_told_on_every_call() {
    let rig = Rig::start().await;
    let job = rig.job().await;
    rig.put(&job, "running", "").await;
    rig.kernel.act(UserId::ROOT, Act::CancelJob { job: JobId(job.id), force: false }).await.unwrap();
    let patched = rig.patch(&job, 0, b"x").await;
    assert_eq!((patched.status, patched.header("job-status")), (202, Some("canceling")));
    assert_eq!(rig.put(&job, "running", "").await.header("job-status"), Some("canceling"));
    assert_eq!(rig.upload(&job, "", b"left").await.status, 201);
    assert_eq!(rig.put(&job, "failed", "").await.status, 200);
    assert_eq!(rig.row(&job).await.status, Status::Canceled);
    assert_eq!(rig.patch(&job, 1, b"y").await.header("job-status"), Some("canceled"));
}

#[tokio::test]
async fn large_bodies_are_refused_and_the_refusal_is_heard() {
    let rig =
        Rig::with(crate::rig::settings(), FileLimits { artifact: 1 << 20, ..FileLimits::default() }).await;
    let job = rig.job().await;
    let body = vec![b' '; 8 << 20];
    let put = rig.call("PUT", &format!("jobs/{}", job.id), &[("JOB-TOKEN", job.token.expose())], &body).await;
    assert_eq!((put.status, put.json()["message"].as_str()), (413, Some("413 Request Entity Too Large")));
    // An announced size, one that is found out, and one of somebody who may not send at all.
    assert_eq!(rig.upload(&job, "", &body).await.status, 413);
    let headers = [
        ("JOB-TOKEN", job.token.expose()),
        ("Content-Type", "multipart/form-data; boundary=b0unda7y"),
        ("Transfer-Encoding", "chunked"),
    ];
    let path = format!("/api/v4/jobs/{}/artifacts", job.id);
    for (token, status) in [(job.token.expose(), 413), ("glcbt-x", 403)] {
        let headers = [("JOB-TOKEN", token), headers[1], headers[2]];
        let mut stream = http::open(rig.address, "POST", &path, &headers).await;
        for piece in crate::rig::form("x", &body).chunks(100_000) {
            http::chunk(&mut stream, piece).await.unwrap();
        }
        http::chunk(&mut stream, b"").await.unwrap();
        assert_eq!(http::answer(&mut stream, false).await.status, status);
    }
    assert!(rig.artifacts(&job).await.is_empty());
    assert_eq!(std::fs::read_dir(rig.folder.path().join("tmp")).unwrap().count(), 0);
}

#[tokio::test]
async fn whoever_waits_to_be_told_to_go_on_is() {
    let rig = Rig::start().await;
    let job = rig.job().await;
    let headers = [
        ("JOB-TOKEN", job.token.expose()),
        ("Content-Range", "0-4"),
        ("Content-Length", "5"),
        ("Expect", "100-continue"),
    ];
    let mut stream =
        http::open(rig.address, "PATCH", &format!("/api/v4/jobs/{}/trace", job.id), &headers).await;
    let mut first = [0; 12];
    tokio::io::AsyncReadExt::read_exact(&mut stream, &mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 100");
    stream.write_all(b"hello").await.unwrap();
    // The rest of the interim answer has no status line of its own.
    let mut rest = Vec::new();
    tokio::time::timeout(
        Duration::from_secs(10),
        tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut rest),
    )
    .await
    .unwrap()
    .unwrap();
    assert!(String::from_utf8_lossy(&rest).contains("HTTP/1.1 202"));
    assert_eq!(rig.trace(&job).await, b"hello");
}
