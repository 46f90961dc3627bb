//! Starting, stopping, and clients that take their time.

use super::kit::{TOKEN, World, client, settings};
use crate::settings::{Limits, Settings};
use crate::{Coordinator, StartError};
use reqwest::Method;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[tokio::test]
async fn the_first_start_makes_a_token_and_later_ones_keep_it() {
    let folder = tempfile::tempdir().unwrap();
    let plain = || Settings { admin_token: None, ..settings(folder.path()) };
    let running = Coordinator::start(plain()).await.unwrap();
    let token = running.admin_token.clone().unwrap();
    assert!(token.expose().starts_with("glpat-"));
    running.stop().await;

    let running = Coordinator::start(plain()).await.unwrap();
    assert!(running.admin_token.is_none());
    let url = format!("{}/api/v4/user", running.url);
    let user = client().get(url).header("PRIVATE-TOKEN", token.expose()).send().await.unwrap();
    assert_eq!(user.status(), 200);
    running.stop().await;
}

#[tokio::test]
async fn a_token_that_is_given_counts_from_then_on() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let running = Coordinator::start(settings(folder.path())).await.unwrap();
        assert!(running.admin_token.is_none());
        let url = format!("{}/api/v4/user", running.url);
        assert_eq!(client().get(url).bearer_auth(TOKEN).send().await.unwrap().status(), 200);
        running.stop().await;
    }
    for bad in ["secret", "glpat-short", "glpat-with blanks in it, many"] {
        let settings = Settings { admin_token: Some(bad.into()), ..settings(folder.path()) };
        let error = Coordinator::start(settings).await.unwrap_err();
        assert!(matches!(error, StartError::AdminToken) && !error.to_string().contains(bad), "{error}");
    }
}

#[tokio::test]
async fn a_data_folder_is_one_coordinators() {
    let folder = tempfile::tempdir().unwrap();
    let running = Coordinator::start(settings(folder.path())).await.unwrap();
    assert!(matches!(Coordinator::start(settings(folder.path())).await, Err(StartError::Busy { .. })));
    running.stop().await;
    Coordinator::start(settings(folder.path())).await.unwrap().stop().await;
}

#[tokio::test]
async fn an_address_below_a_path_is_understood_with_and_without_it() {
    let world =
        World::with(|settings| Settings { url: Some("http://ci.example/ci/".into()), ..settings }).await;
    let at = format!("http://{}", world.running.address);
    for path in ["/api/v4/user", "/ci/api/v4/user"] {
        let request = world.client.get(format!("{at}{path}")).header("PRIVATE-TOKEN", TOKEN);
        let user: serde_json::Value =
            serde_json::from_str(&request.send().await.unwrap().text().await.unwrap()).unwrap();
        assert_eq!(user["web_url"], "http://ci.example/ci/root");
    }
    world.stop().await;
}

/// A head that never ends, and one that ends with a body that never comes.
#[tokio::test]
async fn slow_clients_are_sent_away() {
    let quick =
        Limits { head: Duration::from_millis(300), request: Duration::from_millis(300), ..Limits::default() };
    let world = World::with(|settings| Settings { limits: quick, ..settings }).await;
    let began = Instant::now();
    let mut slow = TcpStream::connect(world.running.address).await.unwrap();
    slow.write_all(b"GET /api/v4/version HTTP/1.1\r\nHost: x\r\nX: ").await.unwrap();
    let mut rest = Vec::new();
    slow.read_to_end(&mut rest).await.unwrap();
    assert!(!String::from_utf8_lossy(&rest).contains(" 200 "));

    let mut slow = TcpStream::connect(world.running.address).await.unwrap();
    let head = "POST /api/v4/projects HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\nContent-Type: application/json\r\n\r\n{";
    slow.write_all(head.as_bytes()).await.unwrap();
    let mut rest = Vec::new();
    slow.read_to_end(&mut rest).await.unwrap();
    let text = String::from_utf8_lossy(&rest);
    assert!(text.starts_with("HTTP/1.1 408 "), "{text}");
    assert!(began.elapsed() < Duration::from_secs(20));
    world.stop().await;
}

#[tokio::test]
async fn bodies_are_bounded() {
    let world =
        World::with(|settings| Settings { limits: Limits { body: 1000, ..settings.limits }, ..settings })
            .await;
    let body = format!("{{\"name\": \"{}\"}}", "x".repeat(2000));
    let request = world.ask(Method::POST, "/projects").header("content-type", "application/json").body(body);
    assert_eq!(request.send().await.unwrap().status(), 413);
    world.stop().await;
}

#[tokio::test]
async fn every_answer_has_an_id_and_tells_browsers_to_keep_their_hands_off() {
    let world = World::new().await;
    for path in ["/api/v4/version", "/nowhere", "/-/health"] {
        let response = world.bare(Method::GET, path).send().await.unwrap();
        let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert!(header("content-security-policy").contains("frame-ancestors 'none'"), "{path}");
        assert_eq!(header("x-request-id").len(), 24, "{path}");
    }
    world.stop().await;
}
