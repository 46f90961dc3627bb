//! Registering, verifying, unregistering, new tokens.

use crate::{
    client_for,
    server::{Server, Step, json, status},
};
use client::{Failure, Patience, TokenOutcome, UnregisterOutcome, VerifyOutcome};
use protocol::{RegisterRequest, RunnerToken, Secret, VerifyRequest};

const CREDENTIALS: &str = r#"{"id":5,"token":"glrt-new","token_expires_at":null}"#;

fn verify_request() -> VerifyRequest {
    VerifyRequest {
        token: RunnerToken::new("glrt-old"),
        system_id: "s_1".to_owned(),
        ..VerifyRequest::default()
    }
}

async fn verified(script: Vec<Step>) -> (Result<VerifyOutcome, client::CallError>, usize) {
    let server = Server::start(script).await;
    let outcome = client_for(&server.url).verify(&verify_request(), &Patience::default()).await;
    (outcome, server.requests().len())
}

#[tokio::test]
async fn registering_needs_201() {
    let server = Server::start([
        Step::Answer(json("201 Created", CREDENTIALS)),
        Step::Answer(json("200 OK", CREDENTIALS)),
    ])
    .await;
    let client = client_for(&server.url);
    let request = RegisterRequest {
        token: Secret::new("GR1348941reg"),
        tag_list: "a,b".to_owned(),
        ..RegisterRequest::default()
    };
    let TokenOutcome::Granted(granted) = client.register(&request, &Patience::default()).await.unwrap()
    else {
        panic!()
    };
    assert_eq!((granted.id, granted.token.expose()), (5, "glrt-new"));
    assert!(matches!(
        client.register(&request, &Patience::default()).await.unwrap(),
        TokenOutcome::Refused(_)
    ));
    let sent = &server.requests()[0];
    assert_eq!((sent.method.as_str(), sent.path.as_str()), ("POST", "/api/v4/runners"));
    assert_eq!(sent.header("Runner-Token"), Some("GR1348941reg"));
    assert_eq!(sent.header("Accept"), Some("application/json"));
    assert_eq!(sent.json()["token"], "GR1348941reg");
    assert_eq!(sent.json()["tag_list"], "a,b");
    assert_eq!(sent.json()["run_untagged"], false);
}

#[tokio::test]
async fn a_token_of_the_wrong_shape_is_an_error_without_values() {
    for body in [r#"{"id":"5","token":"glrt-new"}"#, r#"{"id":5}"#, r#"{"id":5,"tok"#, "[]", ""] {
        let server = Server::start([Step::Answer(json("201 Created", body))]).await;
        let error = client_for(&server.url)
            .register(&RegisterRequest::default(), &Patience::default())
            .await
            .unwrap_err();
        assert!(matches!(error.failure, Failure::Decode { .. } | Failure::NoToken), "{body}: {error:?}");
        assert!(!error.to_string().contains("glrt"));
    }
}

#[tokio::test]
async fn verifying_is_tolerant() {
    let (outcome, calls) = verified(vec![Step::Answer(json("200 OK", CREDENTIALS))]).await;
    assert!(matches!(outcome, Ok(VerifyOutcome::Valid(Some(_)))));
    assert_eq!(calls, 1);
    let (outcome, calls) = verified(vec![Step::Answer(status(403, ""))]).await;
    assert!(matches!(outcome, Ok(VerifyOutcome::Invalid(_))));
    assert_eq!(calls, 1);
    let (outcome, calls) = verified(vec![Step::Answer(status(404, ""))]).await;
    assert!(matches!(outcome, Ok(VerifyOutcome::Unclear(_))));
    assert_eq!(calls, 1);
}

#[tokio::test]
async fn a_coordinator_of_old_is_asked_twice() {
    for first in [Step::Answer(status(200, "200")), Step::Answer(json("200 OK", "{")), Step::Cut] {
        let (outcome, calls) = verified(vec![first, Step::Answer(status(200, "200"))]).await;
        assert!(matches!(outcome, Ok(VerifyOutcome::Valid(None))), "{outcome:?}");
        assert_eq!(calls, 2);
    }
    let (outcome, _) = verified(vec![Step::Cut, Step::Cut]).await;
    assert!(outcome.is_err());
}

#[tokio::test]
async fn unregistering_has_a_body() {
    let server = Server::start([204, 204, 403, 404].map(|code| Step::Answer(status(code, "")))).await;
    let client = client_for(&server.url);
    let token = RunnerToken::new("glrt-old");
    let patience = Patience::default();
    assert!(matches!(client.unregister_runner(&token, &patience).await.unwrap(), UnregisterOutcome::Gone));
    assert!(matches!(
        client.unregister_manager(&token, "", &patience).await.unwrap(),
        UnregisterOutcome::Gone
    ));
    assert!(matches!(
        client.unregister_runner(&token, &patience).await.unwrap(),
        UnregisterOutcome::Forbidden(_)
    ));
    assert!(matches!(
        client.unregister_runner(&token, &patience).await.unwrap(),
        UnregisterOutcome::Refused(_)
    ));
    let requests = server.requests();
    assert_eq!((requests[0].method.as_str(), requests[0].path.as_str()), ("DELETE", "/api/v4/runners"));
    assert_eq!(requests[0].json(), serde_json::json!({"token": "glrt-old"}));
    assert_eq!(requests[1].path, "/api/v4/runners/managers");
    assert_eq!(requests[1].json(), serde_json::json!({"token": "glrt-old", "system_id": ""}));
    assert_eq!(requests[1].header("Runner-Token"), Some("glrt-old"));
}

#[tokio::test]
async fn tokens_are_reset_in_two_ways() {
    let server =
        Server::start((0..2).map(|_| Step::Answer(json("201 Created", r#"{"token":"glrt-new"}"#)))).await;
    let client = client_for(&server.url);
    let patience = Patience::default();
    let reset = client.reset_token(&RunnerToken::new("glrt-old"), &patience).await.unwrap();
    assert!(matches!(reset, TokenOutcome::Granted(_)));
    let reset = client.reset_token_with_pat(9, &Secret::new("glpat-x"), &patience).await.unwrap();
    assert!(matches!(reset, TokenOutcome::Granted(_)));
    let requests = server.requests();
    assert_eq!(requests[0].path, "/api/v4/runners/reset_authentication_token");
    assert_eq!(requests[0].header("Runner-Token"), None);
    assert_eq!(requests[0].json(), serde_json::json!({"token": "glrt-old"}));
    assert_eq!(requests[1].path, "/api/v4/runners/9/reset_authentication_token");
    assert_eq!(requests[1].header("Private-Token"), Some("glpat-x"));
    assert_eq!(requests[1].body, b"null");
}
