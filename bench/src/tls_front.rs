//! TLS before the coordinator stand-in, which itself speaks plain HTTP.

use crate::Result;
use std::net::TcpListener as StdListener;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};

/// Accepts TLS connections and passes them on, until it goes.
#[derive(Debug)]
pub(crate) struct TlsFront {
    /// Where it listens.
    pub(crate) url: String,
    _stop: oneshot::Sender<()>,
}

impl TlsFront {
    /// Starts one before a server on `host`, `127.0.0.1:PORT`.
    pub(crate) fn start(host: String) -> Result<Self> {
        let acceptor = TlsAcceptor::from(Arc::new(settings()?));
        let listener = StdListener::bind("127.0.0.1:0")?;
        listener.set_nonblocking(true)?;
        let url = format!("https://{}", listener.local_addr()?);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (stop, stopped) = oneshot::channel();
        std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = accept(listener, acceptor, host) => {}
                    // Also when the other end is dropped.
                    _ = stopped => {}
                }
            });
        });
        Ok(Self { url, _stop: stop })
    }

    /// The authority that its certificate is from.
    pub(crate) fn authority() -> PathBuf {
        file("ca.pem")
    }
}

/// The certificates of the tests of the crate `client`.
fn file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../client/tests/tls").join(name)
}

fn settings() -> Result<ServerConfig> {
    let certificate = CertificateDer::from_pem_file(file("server.pem"))?;
    let key = PrivateKeyDer::from_pem_file(file("server.key"))?;
    let builder = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
    let builder = builder.with_safe_default_protocol_versions()?.with_no_client_auth();
    Ok(builder.with_single_cert(vec![certificate], key)?)
}

async fn accept(listener: StdListener, acceptor: TlsAcceptor, host: String) {
    let Ok(listener) = TcpListener::from_std(listener) else { return };
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, host) = (acceptor.clone(), host.clone());
        tokio::spawn(async move {
            let _ = stream.set_nodelay(true);
            let Ok(mut outside) = acceptor.accept(stream).await else { return };
            let Ok(mut inside) = TcpStream::connect(host).await else { return };
            let _ = inside.set_nodelay(true);
            // Ends when either side closes, in order or not; who waits for an answer notices.
            let _ = copy_bidirectional(&mut outside, &mut inside).await;
        });
    }
}
