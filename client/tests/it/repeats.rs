//! Repeats inside one call.

use crate::{
    client_for,
    server::{Server, Step, answer, status},
};
use client::{Patience, RequestOutcome, Waiting};
use protocol::{JobRequest, RunnerToken};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio_util::sync::CancellationToken;

fn request() -> JobRequest {
    JobRequest { token: RunnerToken::new("t"), ..JobRequest::default() }
}

fn busy(seconds: &str) -> Step {
    Step::Answer(answer("429 Too Many Requests", &[("Retry-After", seconds)], b"slow down"))
}

/// Patience that keeps a list of its pauses.
fn watched(longest: Duration) -> (Patience, Arc<Mutex<Vec<Waiting>>>) {
    let seen: Arc<Mutex<Vec<Waiting>>> = Arc::default();
    let list = seen.clone();
    (Patience::up_to(longest).telling(move |waiting| list.lock().unwrap().push(waiting.clone())), seen)
}

#[tokio::test]
async fn a_busy_coordinator_is_asked_five_times_with_one_id() {
    let server = Server::start((0..6).map(|_| busy("0"))).await;
    let (patience, seen) = watched(Duration::from_secs(60));
    let outcome = client_for(&server.url).request_job(&request(), &patience).await;
    let RequestOutcome::Unavailable(answer) = outcome else { panic!("{outcome:?}") };
    assert!(answer.was_repeated);
    assert_eq!(server.requests().len(), 5);
    assert_eq!(seen.lock().unwrap().len(), 4);
    assert_eq!(seen.lock().unwrap()[0].status, 429);
    let ids: Vec<_> =
        server.requests().iter().map(|r| r.header("X-Request-Id").unwrap().to_owned()).collect();
    assert!(ids.iter().all(|id| *id == ids[0]));
}

#[tokio::test]
async fn other_answers_are_final() {
    for code in [400, 404, 409, 501, 505, 511] {
        let server = Server::start([Step::Answer(status(code, "")), Step::Answer(status(204, ""))]).await;
        client_for(&server.url).request_job(&request(), &Patience::default()).await;
        assert_eq!(server.requests().len(), 1, "{code}");
    }
}

#[tokio::test]
async fn a_repeat_may_go_well() {
    let server = Server::start([busy("0"), Step::Answer(status(204, ""))]).await;
    let outcome = client_for(&server.url).request_job(&request(), &Patience::default()).await;
    let RequestOutcome::NoContent(answer) = outcome else { panic!("{outcome:?}") };
    assert!(answer.was_repeated);
}

#[tokio::test]
async fn what_a_header_asks_for_is_capped() {
    let server = Server::start([busy("86400"), Step::Answer(status(204, ""))]).await;
    let (patience, seen) = watched(Duration::from_millis(20));
    client_for(&server.url).request_job(&request(), &patience).await;
    assert_eq!(seen.lock().unwrap()[0].duration, Duration::from_millis(20));
    assert_eq!(server.requests().len(), 2);
}

#[tokio::test]
async fn a_hurried_call_returns_its_last_answer() {
    let server = Server::start([busy("86400")]).await;
    let hurry = CancellationToken::new();
    let canceller = hurry.clone();
    let patience =
        Patience::up_to(Duration::from_secs(86400)).until(hurry).telling(move |_| canceller.cancel());
    let outcome = client_for(&server.url).request_job(&request(), &patience).await;
    assert!(matches!(outcome, RequestOutcome::Unavailable(_)), "{outcome:?}");
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn a_lost_connection_is_not_repeated_here() {
    let server = Server::start([Step::Cut, Step::Answer(status(204, ""))]).await;
    let outcome = client_for(&server.url).request_job(&request(), &Patience::default()).await;
    assert!(matches!(outcome, RequestOutcome::Failed(_)), "{outcome:?}");
    assert_eq!(server.requests().len(), 1);
}
