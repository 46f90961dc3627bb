//! Registries that answer anything but an image.

use super::image::{Image, error};
use super::server::{Reply, Server};
use super::site::{Job, Removal, Setup, engine, payload};
use bollard::Docker;
use executor_docker::auth::Sources;
use executor_docker::pull::{Class, PullError};
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

fn job(docker: &Docker, credentials: Sources) -> Job {
    Setup { policies: vec!["always"], credentials, ..Setup::default() }.job(docker)
}

fn failed(error: PullError) -> (Class, String) {
    match error {
        PullError::Failed { class, answer, explanation, .. } => (class, answer + &explanation),
        other => panic!("{other}"),
    }
}

/// A registry that says this when it is asked for a manifest.
async fn answering(reply: impl Fn() -> Reply + Send + Sync + 'static) -> Server {
    let reply = Arc::new(reply);
    Server::start(move |asked| {
        let reply = Arc::clone(&reply);
        async move { if asked.line == "GET /v2/" { Reply::json(200, &json!({})) } else { reply() } }
    })
    .await
}

#[tokio::test]
async fn answers_and_what_becomes_of_them() {
    let Some((_, docker)) = engine() else { return };
    type Case = (fn() -> Reply, Class, &'static str, &'static str, usize);
    let cases: [Case; 6] = [
        (
            || error(401, "UNAUTHORIZED", "authentication required"),
            Class::Configuration,
            "unauthorized",
            "give credentials with the variable DOCKER_AUTH_CONFIG",
            0,
        ),
        (
            || error(403, "DENIED", "requested access to the resource is denied"),
            Class::Registry,
            "denied",
            "give credentials with the variable DOCKER_AUTH_CONFIG",
            0,
        ),
        (
            || error(404, "MANIFEST_UNKNOWN", "manifest unknown"),
            Class::Configuration,
            "manifest unknown",
            "name and tag",
            0,
        ),
        (
            || error(429, "TOOMANYREQUESTS", "You have reached your pull rate limit"),
            Class::Registry,
            "toomanyrequests",
            "or set up a mirror",
            0,
        ),
        (
            || error(500, "UNKNOWN", "unknown error"),
            Class::Registry,
            "HTTP status: 500",
            "try again later",
            2,
        ),
        (
            || {
                Reply::new(
                    200,
                    "text/html",
                    "<html>\n<title>\x1b[31mLog in to the \u{202e}guest network</title></html>",
                )
            },
            Class::Registry,
            "invalid character '<'",
            "check its address",
            0,
        ),
    ];
    for (reply, class, answer, advice, tries) in cases {
        let server = answering(reply).await;
        let job = job(&docker, Sources::default());
        let (found, text) = failed(job.obtain(&format!("{}/group/app:1", server.address)).await.unwrap_err());
        assert_eq!(found, class, "{text}");
        assert!(text.contains(answer) && text.ends_with(advice), "{text}");
        assert!(!text.contains(['\n', '\x1b', '\u{202e}']), "{text}");
        let retries = job.log.lines().iter().filter(|line| line.contains("retrying")).count();
        assert_eq!(retries, tries, "{text}");
    }
}

#[tokio::test]
async fn a_registry_that_was_away_for_a_moment() {
    let Some((engine, docker)) = engine() else { return };
    let image = Image::new("moment", "amd64", 10);
    let served = image.clone();
    let away = Arc::new(AtomicBool::new(true));
    let is_away = Arc::clone(&away);
    let server = Server::start(move |asked| {
        let is_away = asked.line.contains("/manifests/") && is_away.load(Ordering::Relaxed);
        let reply = served.reply(&asked, 1.0);
        async move { if is_away { error(503, "UNAVAILABLE", "starting") } else { reply } }
    })
    .await;
    let name = format!("{}/group/moment:1", server.address);
    let _removal = Removal { engine: &engine, images: vec![name.clone()] };
    let job = job(&docker, Sources::default());
    let back = async {
        job.log.wait_for("retrying").await;
        away.store(false, Ordering::Relaxed);
    };
    let (obtained, ()) = tokio::join!(job.obtain(&name), back);
    assert_eq!(obtained.unwrap().id, image.id());
}

#[tokio::test]
async fn a_registry_that_gives_away_what_it_was_sent() {
    let Some((_, docker)) = engine() else { return };
    let server = Server::start(|asked| async move {
        match asked.headers.lines().find_map(|line| line.strip_prefix("Authorization: Basic ")) {
            Some(sent) => error(403, "DENIED", &format!("no access with {sent} or hunter2-hunter2")),
            None => {
                let mut reply = error(401, "UNAUTHORIZED", "authentication required");
                let text = String::from_utf8(reply.bytes).unwrap();
                let challenge = "www-authenticate: Basic realm=\"rig\"\r\ncontent-length";
                reply.bytes = text.replacen("content-length", challenge, 1).into_bytes();
                reply
            }
        }
    })
    .await;
    let job = job(&docker, payload(&server.address.to_string(), "bob", "hunter2-hunter2"));
    let (_, text) = failed(job.obtain(&format!("{}/group/app:1", server.address)).await.unwrap_err());
    assert!(text.contains("no access with [MASKED]"), "{text}");
    let log = job.log.lines().join("\n");
    assert!(!(text + &log).contains("hunter2"), "{log}");
}

#[tokio::test]
async fn a_registry_that_hangs_is_given_up() {
    let Some((_, docker)) = engine() else { return };
    let server = Server::start(|_| async { Reply::never() }).await;
    let patience = Some(Duration::from_secs(1));
    let job = Setup { policies: vec!["always"], patience, ..Setup::default() }.job(&docker);
    let (class, text) = failed(job.obtain(&format!("{}/group/app:1", server.address)).await.unwrap_err());
    assert_eq!(class, Class::External);
    let answer = "the registry does not answer: nothing has come for 1 s; check that the registry works and the \
                  engine's machine reaches it";
    assert_eq!(text, answer);
    assert_eq!(job.log.lines().iter().filter(|line| line.contains("retrying")).count(), 0);
}

#[tokio::test]
async fn a_layer_that_stops_in_the_middle_is_given_up() {
    let Some((engine, docker)) = engine() else { return };
    let image = Image::new("half", "amd64", 6_000_000);
    let served = image.clone();
    let server = Server::start(move |asked| {
        let reply = served.reply(&asked, 0.5);
        async move { reply }
    })
    .await;
    let name = format!("{}/group/half:1", server.address);
    let _removal = Removal { engine: &engine, images: vec![name.clone()] };
    let patience = Some(Duration::from_secs(2));
    let job = Setup { policies: vec!["always"], patience, ..Setup::default() }.job(&docker);
    let (class, text) = failed(job.obtain(&name).await.unwrap_err());
    assert_eq!(class, Class::External);
    assert!(text.contains("nothing has come for 2 s"), "{text}");
}

#[tokio::test]
async fn who_stops_does_not_wait_for_the_registry() {
    let Some((_, docker)) = engine() else { return };
    let hangs = Arc::new(Notify::new());
    let hanging = Arc::clone(&hangs);
    let server = answering(move || {
        hanging.notify_one();
        Reply::never()
    })
    .await;
    let job = job(&docker, Sources::default());
    let name = format!("{}/group/app:1", server.address);
    let (end, stopped) = tokio::join!(job.obtain(&name), async {
        hangs.notified().await;
        job.stop.cancel();
        Instant::now()
    });
    assert_eq!(end, Err(PullError::Stopped));
    assert!(stopped.elapsed() < Duration::from_secs(1), "{:?}", stopped.elapsed());
    assert_eq!(job.obtain(&name).await, Err(PullError::Stopped));
}

#[tokio::test]
async fn platforms() {
    let Some((engine, docker)) = engine() else { return };
    let image = Image::new("arm", "arm64", 10);
    let served = image.clone();
    let server = Server::start(move |asked| {
        let reply = served.reply(&asked, 1.0);
        async move { reply }
    })
    .await;
    let name = format!("{}/group/arm:1", server.address);
    let _removal = Removal { engine: &engine, images: vec![name.clone()] };
    let policies = vec!["if-not-present"];
    let job =
        |policies: &[&'static str]| Setup { policies: policies.to_vec(), ..Setup::default() }.job(&docker);
    let arm = job(&policies);
    let obtained = arm.obtain_for(&name, "arm64").await.unwrap();
    assert_eq!((obtained.id.as_str(), obtained.platform.as_str()), (image.id().as_str(), "linux/arm64"));
    let lines = arm.log.lines();
    assert_eq!(lines[1], format!("Pulling docker image {name} for platform linux/arm64 ..."));
    // What is there for another platform is not what was asked for.
    let error = job(&["never"]).obtain_for(&name, "amd64").await.unwrap_err().to_string();
    assert!(error.ends_with("the engine has the image for linux/arm64 and not for linux/amd64"), "{error}");
    let before = server.count("/manifests/");
    let error = job(&policies).obtain_for(&name, "linux/amd64").await.unwrap_err();
    assert!(server.count("/manifests/") > before, "it is looked for in the registry");
    let (class, _) = failed(error);
    assert_ne!(class, Class::External);
    let error = job(&policies).obtain_for(&name, "linux/arm 64").await.unwrap_err();
    assert!(matches!(error, PullError::Platform { .. }), "{error}");
    let mac = job(&["never"]);
    let _ = mac.obtain_for(&name, "darwin").await;
    let warning =
        r#"WARNING: Platform OS "darwin" in "darwin" is not a valid container OS; using "linux" instead"#;
    assert_eq!(mac.log.lines()[0], warning);
}
