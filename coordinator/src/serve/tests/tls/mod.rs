//! TLS: spoken, and certificates replaced while it is.

use super::kit::{TOKEN, World, client};
use crate::settings::{Settings, TlsFiles};
use std::path::{Path, PathBuf};

/// Files of the client's tests; `other` is signed by itself:
/// `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 36500 -subj /CN=other
/// -addext subjectAltName=IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE -keyout other.key -out other.pem`
fn pem(name: &str) -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = if name.starts_with("other.") { "src/serve/tests/tls" } else { "../client/tests/tls" };
    here.join(folder).join(name)
}

fn trusting(name: &str) -> reqwest::Client {
    let _ = client();
    let root = reqwest::Certificate::from_pem(&std::fs::read(pem(name)).unwrap()).unwrap();
    reqwest::Client::builder().no_proxy().tls_certs_only([root]).build().unwrap()
}

#[tokio::test]
async fn certificates_are_read_again() {
    let files = tempfile::tempdir().unwrap();
    let paths = TlsFiles { certificates: files.path().join("c.pem"), key: files.path().join("k.pem") };
    let put = |certificate: &str, key: &str| {
        std::fs::copy(pem(certificate), &paths.certificates).unwrap();
        std::fs::copy(pem(key), &paths.key).unwrap();
    };
    put("server.pem", "server.key");
    let world = World::with(|settings| Settings { tls: Some(paths.clone()), ..settings }).await;
    assert!(world.running.url.starts_with("https://127.0.0.1:"));
    let url = format!("{}/api/v4/user", world.running.url);
    let ask = |root: &str| trusting(root).get(&url).header("PRIVATE-TOKEN", TOKEN).send();
    assert_eq!(ask("ca.pem").await.unwrap().status(), 200);
    assert!(ask("other.pem").await.is_err());

    std::fs::write(&paths.key, "nothing").unwrap();
    assert!(world.running.reload_tls().is_err());
    assert_eq!(ask("ca.pem").await.unwrap().status(), 200);

    put("other.pem", "other.key");
    world.running.reload_tls().unwrap();
    assert_eq!(ask("other.pem").await.unwrap().status(), 200);
    assert!(ask("ca.pem").await.is_err());

    let signed = &world.running.access;
    let cookie = signed
        .sign_in(&http::HeaderMap::new(), [127, 0, 0, 1].into(), "", TOKEN.into())
        .await
        .unwrap()
        .cookie;
    assert!(cookie.to_str().unwrap().ends_with("; Secure"));
    world.stop().await;
}
