//! Takes connections and serves each, until told to stop.

use super::crowd::Crowd;
use super::peer::Peer;
use super::silence::Silence;
use super::tls::Tls;
use crate::settings::Limits;
use axum::Router;
use axum::extract::ConnectInfo;
use http::Request;
use hyper::body::Incoming;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio_util::task::TaskTracker;

/// How long to wait before the next connection when the system has no room for one.
const NO_ROOM: Duration = Duration::from_millis(100);

/// Bytes of a request's head.
const HEAD: usize = 64 << 10;

/// What all connections share.
#[derive(Debug)]
pub(crate) struct Front {
    pub(crate) router: Router,
    pub(crate) tls: Option<Arc<Tls>>,
    pub(crate) limits: Limits,
    /// Room for connections.
    pub(crate) places: Arc<Semaphore>,
    /// Whose connections there are.
    pub(crate) crowd: Crowd,
    /// The path that everything is below; empty as a rule.
    pub(crate) path: String,
}

/// Takes connections until `stop` says so; then lets those that are there end, for a time.
pub(crate) async fn serve(listener: TcpListener, front: Arc<Front>, mut stop: watch::Receiver<bool>) {
    let tracker = TaskTracker::new();
    loop {
        let accepted = async {
            let place = Arc::clone(&front.places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let (place, accepted) = tokio::select! {
            accepted = accepted => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        match accepted {
            Ok((stream, address)) => {
                let most = front.limits.connections_of_address;
                // Without a word: whoever has so many does not wait for one.
                let Some(counted) = front.crowd.join(address.ip(), most) else { continue };
                let (front, stop) = (Arc::clone(&front), stop.clone());
                tracker.spawn(async move {
                    let _place = (place, counted);
                    converse(stream, address, &front, stop).await;
                });
            }
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "No connection can be taken");
                tokio::time::sleep(NO_ROOM).await;
            }
        }
    }
    drop(listener);
    tracker.close();
    let _ = tokio::time::timeout(front.limits.stop, tracker.wait()).await;
}

fn is_of_one_connection(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn converse(stream: TcpStream, address: SocketAddr, front: &Front, stop: watch::Receiver<bool>) {
    let _ = stream.set_nodelay(true);
    let stream = Silence::new(stream, front.limits.silence);
    let peer = Peer { address: address.ip().to_canonical(), tls: front.tls.is_some() };
    let address = SocketAddr::new(peer.address, address.port());
    match &front.tls {
        None => exchange(stream, (peer, address), front, stop).await,
        Some(tls) => {
            let handshake = tokio::time::timeout(front.limits.head, tls.acceptor().accept(stream));
            if let Ok(Ok(stream)) = handshake.await {
                exchange(stream, (peer, address), front, stop).await;
            }
        }
    }
}

async fn exchange<S>(
    stream: S,
    (peer, address): (Peer, SocketAddr),
    front: &Front,
    mut stop: watch::Receiver<bool>,
) where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let router = TowerToHyperService::new(front.router.clone());
    let path = front.path.as_str();
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        request.extensions_mut().insert(ConnectInfo(address));
        super::strip::strip(request.uri_mut(), path);
        router.call(request)
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(front.limits.head)
        .max_header_size(HEAD)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = std::pin::pin!(connection);
    tokio::select! {
        // A client that breaks off is no matter of ours.
        _ = connection.as_mut() => return,
        _ = stop.wait_for(|stop| *stop) => {}
    }
    connection.as_mut().graceful_shutdown();
    let _ = connection.await;
}
