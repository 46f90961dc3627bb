//! Connections: kept, renewed, proxied.

use crate::{
    client_for,
    server::{Server, Step, status},
};
use client::{ApiClient, Endpoint, Patience, Proxies, RequestOutcome};
use protocol::{JobRequest, RunnerToken};
use std::time::Duration;

fn nothing() -> Step {
    Step::Answer(status(204, ""))
}

async fn ask(client: &ApiClient) -> RequestOutcome {
    let request = JobRequest { token: RunnerToken::new("t"), ..JobRequest::default() };
    client.request_job(&request, &Patience::default()).await
}

fn connections(server: &Server) -> Vec<usize> {
    server.requests().iter().map(|request| request.connection).collect()
}

#[tokio::test]
async fn a_connection_is_used_again_also_between_repeats() {
    let busy = Step::Answer(status(503, "a body that has to be read first"));
    let server = Server::start([nothing(), busy, nothing(), nothing()]).await;
    let client = client_for(&server.url);
    for _ in 0..3 {
        ask(&client).await;
    }
    assert_eq!(connections(&server), [1, 1, 1, 1]);
}

#[tokio::test]
async fn a_connection_beyond_its_age_is_not() {
    let server = Server::start([nothing(), nothing()]).await;
    let connection_max_age = Duration::from_nanos(1);
    let client =
        ApiClient::new(Endpoint { url: server.url.clone(), connection_max_age, ..Endpoint::default() })
            .unwrap();
    ask(&client).await;
    ask(&client).await;
    assert_eq!(connections(&server), [1, 2]);
}

#[tokio::test]
async fn proxies_get_all_but_loopback() {
    let proxy = Server::start([nothing()]).await;
    let server = Server::start([nothing()]).await;
    let proxies = Proxies { http: Some(proxy.url.replace("http://", "")), ..Proxies::default() };
    for url in ["http://coordinator.invalid", &server.url] {
        let endpoint = Endpoint { url: url.to_owned(), proxies: proxies.clone(), ..Endpoint::default() };
        let outcome = ask(&ApiClient::new(endpoint).unwrap()).await;
        assert!(matches!(outcome, RequestOutcome::NoContent(_)), "{outcome:?}");
    }
    let proxied: Vec<_> = proxy.requests().into_iter().map(|request| request.path).collect();
    assert_eq!(proxied, ["http://coordinator.invalid/api/v4/jobs/request"]);
    assert_eq!(server.requests().len(), 1);
}
