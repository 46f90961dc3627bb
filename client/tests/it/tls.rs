//! TLS: whom the client trusts, and what it shows of itself.

use crate::server::{Server, Step, json, status};
use client::{ApiClient, Endpoint, Failure, Patience, RequestOutcome};
use protocol::{JobRequest, RunnerToken};
use rustls::{
    RootCertStore, ServerConfig,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject as _},
    server::WebPkiClientVerifier,
};
use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, SystemTime},
};

fn pem(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/tls").join(name)
}

fn server_config(name: &str, asks_for_client: bool) -> ServerConfig {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider.clone()).with_safe_default_protocol_versions().unwrap();
    let certificate = CertificateDer::from_pem_file(pem(&format!("{name}.pem"))).unwrap();
    let key = PrivateKeyDer::from_pem_file(pem(&format!("{name}.key"))).unwrap();
    let builder = if asks_for_client {
        let mut roots = RootCertStore::empty();
        roots.add(CertificateDer::from_pem_file(pem("ca.pem")).unwrap()).unwrap();
        builder.with_client_cert_verifier(
            WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build().unwrap(),
        )
    } else {
        builder.with_no_client_auth()
    };
    builder.with_single_cert(vec![certificate], key).unwrap()
}

async fn ask(endpoint: Endpoint) -> RequestOutcome {
    let client = ApiClient::new(endpoint).unwrap();
    let request = JobRequest { token: RunnerToken::new("t"), ..JobRequest::default() };
    client.request_job(&request, &Patience::default()).await
}

fn trusting(url: &str, ca: &str) -> Endpoint {
    Endpoint { url: url.to_owned(), tls_ca_file: Some(pem(ca)), ..Endpoint::default() }
}

#[tokio::test]
async fn the_ca_file_is_trusted_and_handed_on() {
    let server =
        Server::start_tls(server_config("server", false), [Step::Answer(json("201 Created", "{}"))]).await;
    let outcome = ask(trusting(&server.url, "ca.pem")).await;
    let RequestOutcome::Job(job) = outcome else { panic!("{outcome:?}") };
    assert_eq!(job.ca_chain, Some(fs::read_to_string(pem("ca.pem")).unwrap()));
}

#[tokio::test]
async fn strangers_are_not_trusted() {
    let server = Server::start_tls(server_config("server", false), []).await;
    for endpoint in [
        Endpoint { url: server.url.clone(), ..Endpoint::default() },
        trusting(&server.url, "self.pem"),
        trusting(&server.url, "does-not-exist.pem"),
        trusting(&server.url, "make.sh"),
    ] {
        let RequestOutcome::Failed(error) = ask(endpoint).await else { panic!() };
        assert!(matches!(error.failure, Failure::Transport { connecting: true, .. }), "{error}");
        assert!(error.to_string().contains("certificate") || error.to_string().contains("root"), "{error}");
    }
    assert!(server.requests().is_empty());
}

#[tokio::test]
async fn a_self_signed_authority_is_trusted_as_itself() {
    let server = Server::start_tls(server_config("self", false), [Step::Answer(status(204, ""))]).await;
    let outcome = ask(trusting(&server.url, "self.pem")).await;
    assert!(matches!(outcome, RequestOutcome::NoContent(_)), "{outcome:?}");
    // But only under its own name.
    let server = Server::start_tls(server_config("self", false), [Step::Answer(status(204, ""))]).await;
    let outcome = ask(trusting(&server.url.replace("127.0.0.1", "localhost"), "self.pem")).await;
    assert!(matches!(outcome, RequestOutcome::Failed(_)), "{outcome:?}");
}

#[tokio::test]
async fn the_client_shows_its_certificate() {
    let server = Server::start_tls(server_config("server", true), [Step::Answer(status(204, ""))]).await;
    let endpoint = Endpoint {
        tls_cert_file: Some(pem("client.pem")),
        tls_key_file: Some(pem("client.key")),
        ..trusting(&server.url, "ca.pem")
    };
    let outcome = ask(endpoint.clone()).await;
    assert!(matches!(outcome, RequestOutcome::NoContent(_)), "{outcome:?}");
    // Texts do what the files do that they were read from.
    let server = Server::start_tls(server_config("server", true), [Step::Answer(status(204, ""))]).await;
    let portable = Endpoint { url: server.url.clone(), ..endpoint }.portable();
    let outcome = ask(portable.endpoint(client::Proxies::default())).await;
    assert!(matches!(outcome, RequestOutcome::NoContent(_)), "{outcome:?}");
    let server = Server::start_tls(server_config("server", true), []).await;
    assert!(matches!(ask(trusting(&server.url, "ca.pem")).await, RequestOutcome::Failed(_)));
}

#[tokio::test]
async fn a_changed_ca_file_is_read_again() {
    let server = Server::start_tls(server_config("server", false), [Step::Answer(status(204, ""))]).await;
    let dir = tempfile::tempdir().unwrap();
    let ca = dir.path().join("ca.pem");
    fs::copy(pem("self.pem"), &ca).unwrap();
    let endpoint = Endpoint { url: server.url.clone(), tls_ca_file: Some(ca.clone()), ..Endpoint::default() };
    let client = ApiClient::new(endpoint).unwrap();
    let request = JobRequest { token: RunnerToken::new("t"), ..JobRequest::default() };
    let first = client.request_job(&request, &Patience::default()).await;
    assert!(matches!(first, RequestOutcome::Failed(_)), "{first:?}");
    fs::copy(pem("ca.pem"), &ca).unwrap();
    let later = SystemTime::now() + Duration::from_secs(2);
    fs::File::options().write(true).open(&ca).unwrap().set_modified(later).unwrap();
    let second = client.request_job(&request, &Patience::default()).await;
    assert!(matches!(second, RequestOutcome::NoContent(_)), "{second:?}");
}
