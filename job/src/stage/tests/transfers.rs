//! Transfers and stops of workers.

use super::*;
use crate::testing::{Reply, Server};
use crate::{AbortCause, Transfer};
use client::{ApiClient, Endpoint};
use protocol::{Artifact, ArtifactWhen, Dependency, FailureReason, Variable};
use std::sync::Arc;

fn coordinator(server: &Server) -> Transfer {
    let endpoint = Endpoint { url: server.url(), user_agent: "agent".to_owned(), ..Endpoint::default() };
    Transfer::Coordinator(Arc::new(ApiClient::new(endpoint).unwrap()))
}

fn artifact() -> Artifact {
    Artifact {
        name: "a".to_owned(),
        paths: vec!["out".to_owned()],
        when: ArtifactWhen::Always,
        ..Artifact::default()
    }
}

#[tokio::test]
async fn artifacts_go_from_the_worker_to_the_coordinator() {
    let server = Server::start([Reply::status(403), Reply::status(201)]);
    let mut rig = Rig::new(None);
    rig.order.payload.artifacts = vec![artifact()];
    rig.script("script", &["mkdir -p out; echo result > out/file"]);
    let (verdict, trace) = rig.run_there_with(rig.hidden(), coordinator(&server)).await;
    assert_eq!(verdict.exit_code, Some(1), "{trace}");
    assert!(trace.contains("FATAL: permission denied"), "{trace}");
    let (verdict, trace) = rig.run_there_with(rig.hidden(), coordinator(&server)).await;
    assert!(verdict.is_success(), "{trace}");
    let request = server.requests().pop().unwrap();
    assert!(request.line.starts_with("POST /api/v4/jobs/1/artifacts"), "{}", request.line);
    assert!(request.head.contains("user-agent: agent") && request.head.contains("job-token: job-token"));
    assert!(memchr::memmem::find(&request.body, b"out/file").is_some());
}

#[tokio::test]
async fn artifacts_come_to_the_worker_through_the_jobs_proxy() {
    // The proxy is the only one that answers.
    let proxy = Server::start([Reply::status(403)]);
    let mut rig = Rig::new(None);
    rig.order.payload.variables.push(Variable::public("http_proxy", proxy.url()));
    let mut dependency =
        Dependency { id: 7, token: "other".into(), name: "build".into(), ..Dependency::default() };
    dependency.artifacts_file.filename = "a.zip".to_owned();
    rig.order.payload.dependencies = vec![dependency];
    let endpoint = Endpoint { url: "http://gitlab.invalid".to_owned(), ..Endpoint::default() };
    let transfer = Transfer::Coordinator(Arc::new(ApiClient::new(endpoint).unwrap()));
    let (verdict, trace) = rig.run_there_with(rig.hidden(), transfer).await;
    assert_eq!(verdict.exit_code, Some(1), "{trace}");
    assert!(trace.contains("permission denied"), "{trace}");
    let request = proxy.requests().pop().unwrap();
    assert!(
        request.line.starts_with("GET http://gitlab.invalid/api/v4/jobs/7/artifacts"),
        "{}",
        request.line
    );
}

#[tokio::test]
async fn a_stop_reaches_what_the_worker_does() {
    let server = Server::start([Reply::Silence]);
    let mut rig = Rig::new(None);
    rig.order.payload.artifacts = vec![artifact()];
    rig.script("script", &["mkdir -p out; echo result > out/file"]);
    let control = rig.control.clone();
    let stop = async {
        server.arrival().await;
        control.abort(AbortCause::Signal("terminated"));
    };
    let ((verdict, trace), ()) = tokio::join!(rig.run_there_with(rig.hidden(), coordinator(&server)), stop);
    assert_eq!(verdict.failure, Some(FailureReason::UnknownFailure), "{trace}");
    assert!(trace.contains("Job failed: aborted: terminated"), "{trace}");
    assert!(trace.contains("cleanup_file_variables"), "clean-up comes all the same: {trace}");
}
