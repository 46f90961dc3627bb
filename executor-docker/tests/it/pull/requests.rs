//! What the engine is asked, by an engine that counts.

use super::server::{Asked, Reply, Server};
use super::site::{Job, Setup, payload};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use bollard::{ClientVersion, Docker};
use executor_docker::pull::{Class, PullError};
use serde_json::{Value, json};
use std::time::Duration;

async fn engine(image: Value) -> (Server, Docker) {
    let server = Server::start(move |asked: Asked| {
        let reply = match asked.line.split_once(' ').unwrap() {
            ("POST", _) => {
                Reply::new(200, "application/json", "{\"status\":\"Status: Image is up to date\"}\r\n")
            }
            ("GET", path) if path.contains("none") => {
                Reply::json(404, &json!({ "message": "no such image" }))
            }
            _ => Reply::json(200, &image),
        };
        async move { reply }
    })
    .await;
    let address = format!("tcp://{}", server.address);
    let version = ClientVersion { major_version: 1, minor_version: 50 };
    let docker = Docker::connect_with_http(&address, 20, &version).unwrap();
    (server, docker)
}

fn job(docker: &Docker, policy: &'static str) -> Job {
    let credentials = payload("reg.io", "robot$team+ci", "p~~~???>>>");
    Setup { policies: vec![policy], credentials, ..Setup::default() }.job(docker)
}

fn lines(server: &Server) -> Vec<String> {
    server.asked().into_iter().map(|asked| asked.line).collect()
}

fn amd64() -> Value {
    json!({ "Id": "sha256:1", "Os": "linux", "Architecture": "amd64" })
}

#[tokio::test]
async fn an_image_that_is_there_costs_one_request() {
    for policy in ["if-not-present", "never"] {
        let (server, docker) = engine(amd64()).await;
        let job = job(&docker, policy);
        job.obtain("reg.io/a/b:1").await.unwrap();
        job.obtain("reg.io/a/b:1").await.unwrap();
        assert_eq!(lines(&server), ["GET /images/reg.io/a/b:1/json"]);
    }
}

#[tokio::test]
async fn a_pull_costs_two_and_says_who_asks() {
    let (server, docker) = engine(amd64()).await;
    job(&docker, "always").obtain("reg.io:5/a/b").await.unwrap();
    job(&docker, "always").obtain("reg.io/a/b:1").await.unwrap();
    let expected = [
        "POST /images/create?fromImage=reg.io%3A5%2Fa%2Fb&tag=latest&platform=",
        "GET /images/reg.io:5/a/b/json",
        "POST /images/create?fromImage=reg.io%2Fa%2Fb&tag=1&platform=",
        "GET /images/reg.io/a/b:1/json",
    ];
    assert_eq!(lines(&server), expected);
    let header = |asked: &Asked| {
        let line =
            asked.headers.lines().find_map(|line| line.strip_prefix("x-registry-auth: ").map(str::to_owned));
        line.map(|value| serde_json::from_slice::<Value>(&URL_SAFE.decode(value).unwrap()).unwrap())
    };
    let sent: Vec<_> = server.asked().iter().map(header).collect();
    let login = json!({ "username": "robot$team+ci", "password": "p~~~???>>>", "serveraddress": "reg.io" });
    assert_eq!(sent, [None, None, Some(login), None]);
}

#[tokio::test]
async fn jobs_that_cannot_take_turns_pull_all_the_same() {
    let (server, docker) = engine(amd64()).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let turns = Some(file.path().join("turns"));
    let job = Setup { policies: vec!["always"], turns, ..Setup::default() }.job(&docker);
    job.obtain("reg.io/a").await.unwrap();
    assert_eq!(lines(&server).len(), 2);
}

#[tokio::test]
async fn engines_that_know_platforms_are_asked_for_one() {
    let (server, docker) = engine(amd64()).await;
    let error = job(&docker, "if-not-present").obtain_for("reg.io/a:1", "linux/arm64/v8").await.unwrap_err();
    assert!(
        error.to_string().ends_with("what the registry has by this name is for linux/amd64 only"),
        "{error}"
    );
    let platform =
        "platform=%7B%22architecture%22%3A%22arm64%22%2C%22os%22%3A%22linux%22%2C%22variant%22%3A%22v8%22%7D";
    let expected = [
        format!("GET /images/reg.io/a:1/json?{platform}"),
        "POST /images/create?fromImage=reg.io%2Fa&tag=1&platform=linux%2Farm64%2Fv8".to_owned(),
        format!("GET /images/reg.io/a:1/json?{platform}"),
    ];
    assert_eq!(lines(&server), expected);
}

#[tokio::test]
async fn odd_answers_of_the_engine() {
    for (image, end) in [
        (json!({}), "the engine gives the image no id"),
        (json!([]), "the engine does not answer: "),
        (json!({ "Id": "sha256:1", "Config": { "Env": ["x".repeat(2 << 20)] } }), "is longer than 1 MiB"),
    ] {
        let (_server, docker) = engine(image).await;
        let error = job(&docker, "never").obtain("a").await.unwrap_err().to_string();
        assert!(error.contains(end), "{error}");
    }
    let (server, docker) = engine(amd64()).await;
    let error = job(&docker, "always").obtain("none").await.unwrap_err().to_string();
    assert!(error.contains("the image is gone right after it was pulled"), "{error}");
    assert_eq!(lines(&server).len(), 2);
}

#[tokio::test]
async fn who_stops_hangs_up_on_the_engine() {
    let server = Server::start(|_| async { Reply::never() }).await;
    let docker =
        Docker::connect_with_http(&server.address.to_string(), 1, bollard::API_DEFAULT_VERSION).unwrap();
    for policy in ["always", "if-not-present"] {
        let job = job(&docker, policy);
        let asked = server.asked().len();
        tokio::select! {
            end = job.obtain("reg.io/a:1") => panic!("{end:?}"),
            () = async { while server.asked().len() == asked { tokio::task::yield_now().await } } => {}
        }
        server.client_gone().await;
    }
}

#[tokio::test]
async fn a_pull_that_gets_stuck_is_asked_for_once_more() {
    let progress = concat!(
        r#"{"status":"Downloading","id":"x","progressDetail":{"current":1,"total":9}}"#,
        "\r\n",
        // Engines that keep images with containerd go on telling the same.
        r#"{"status":"Downloading","id":"x","progressDetail":{"current":1,"total":9}}"#,
        "\r\n",
    );
    let server = Server::start(move |_| async move {
        Reply::of_length(200, "application/json", progress.len() + 1, progress)
    })
    .await;
    let docker =
        Docker::connect_with_http(&server.address.to_string(), 1, bollard::API_DEFAULT_VERSION).unwrap();
    let patience = Some(Duration::from_secs(3));
    let job = Setup { policies: vec!["always"], patience, ..Setup::default() }.job(&docker);
    let error = job.obtain("reg.io/a:1").await.unwrap_err();
    assert!(matches!(error, PullError::Failed { class: Class::External, .. }), "{error}");
    let stuck = "the pull got stuck: nothing has come for 3 s";
    let expected = [
        "Using effective pull policy of [always] for container reg.io/a:1".to_owned(),
        "Pulling docker image reg.io/a:1 ...".to_owned(),
        format!("WARNING: Failed to pull image \"reg.io/a:1\" (attempt #1), retrying: {stuck}"),
        format!("WARNING: Failed to pull image with policy \"always\": {stuck}"),
    ];
    assert_eq!(job.log.lines(), expected);
    for _ in 0..2 {
        server.client_gone().await;
    }
}
