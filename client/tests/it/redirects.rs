//! Redirects of API calls.

use crate::{
    client_for,
    server::{Server, Step, redirect, status},
};
use client::{CallError, Failure, Patience, RequestOutcome};
use protocol::{JobRequest, RunnerToken};

fn request() -> JobRequest {
    JobRequest { token: RunnerToken::new("glrt-secret"), ..JobRequest::default() }
}

async fn failure(server: &Server) -> CallError {
    match client_for(&server.url).request_job(&request(), &Patience::default()).await {
        RequestOutcome::Failed(error) => error,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn another_host_is_refused_and_named() {
    let other = Server::start([]).await;
    for code in [301, 302, 303, 307, 308] {
        let server = Server::start([redirect(code, &format!("{}/api/v4/jobs/request", other.url))]).await;
        let error = failure(&server).await;
        let (from, to) = (server.url.clone(), other.url.clone());
        assert_eq!(error.failure, Failure::RedirectElsewhere { status: code, from, to });
        assert!(!error.is_worth_repeating());
    }
    assert!(other.requests().is_empty());
}

#[tokio::test]
async fn a_post_never_becomes_a_get() {
    for code in [301, 302, 303] {
        let server = Server::start([redirect(code, "/elsewhere?secret=1")]).await;
        let to = format!("{}/elsewhere", server.url);
        assert_eq!(failure(&server).await.failure, Failure::RedirectLosesBody { status: code, to });
        assert_eq!(server.requests().len(), 1);
    }
}

#[tokio::test]
async fn method_and_body_are_kept() {
    for code in [307, 308] {
        let server = Server::start([redirect(code, "/moved"), Step::Answer(status(204, ""))]).await;
        let outcome = client_for(&server.url).request_job(&request(), &Patience::default()).await;
        assert!(matches!(outcome, RequestOutcome::NoContent(_)), "{outcome:?}");
        let [first, second] = &server.requests()[..] else { panic!() };
        assert_eq!(second.path, "/moved");
        assert_eq!(second.method, "POST");
        assert_eq!(second.body, first.body);
        assert_eq!(second.header("Runner-Token"), Some("glrt-secret"));
    }
}

#[tokio::test]
async fn circles_end() {
    let server = Server::start((0..20).map(|_| redirect(307, "/api/v4/jobs/request"))).await;
    assert_eq!(failure(&server).await.failure, Failure::TooManyRedirects(10));
    assert_eq!(server.requests().len(), 11);
}
