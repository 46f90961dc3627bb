//! Between a runner and an engine: sees every request.

use super::engine::Engine;
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::os::unix::net::UnixListener as StdListener;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;
use tempfile::TempDir;
use tokio::io::copy_bidirectional;
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Mutex as AsyncMutex, oneshot};

/// A request of the engine.
#[derive(Debug, Clone)]
pub struct EngineRequest {
    /// Its method.
    pub method: String,
    /// Its path without the interface's version, and without the query.
    pub path: String,
    /// When it arrived.
    pub at: Instant,
    /// The answer's status, and when its head came; nothing if it has not come yet, or never will.
    pub answered: Option<(u16, Instant)>,
}

impl EngineRequest {
    fn new<B>(request: &Request<B>) -> Self {
        let path = request.uri().path();
        let parts = path.strip_prefix("/v").and_then(|rest| rest.split_once('/'));
        let path = match parts {
            Some((version, rest)) if version.starts_with(|first: char| first.is_ascii_digit()) => {
                format!("/{rest}")
            }
            _ => path.to_owned(),
        };
        Self { method: request.method().to_string(), path, at: Instant::now(), answered: None }
    }

    /// What it does, without what it does it to: `POST /containers/…/start`.
    pub fn kind(&self) -> String {
        let words: Vec<&str> = self.path.split('/').skip(1).collect();
        let shown = match words.as_slice() {
            [what, verb @ ("create" | "json" | "prune" | "load" | "get")] => format!("{what}/{verb}"),
            // Names of images hold slashes.
            ["images", .., verb] if self.method != "DELETE" => format!("images/…/{verb}"),
            [what @ ("containers" | "networks" | "volumes" | "exec" | "images"), _, rest @ ..] => {
                [&[*what, "…"], rest].concat().join("/")
            }
            words => words.join("/"),
        };
        format!("{} /{shown}", self.method)
    }
}

/// A socket that passes everything on to an engine and back, attached streams too. It is gone when this value goes.
#[derive(Debug)]
pub struct EngineProxy {
    folder: TempDir,
    seen: Arc<Mutex<Vec<EngineRequest>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl EngineProxy {
    /// Starts one before an engine; nothing if that has no socket on this machine.
    ///
    /// # Panics
    /// When the machine has no socket or thread left.
    pub fn start(engine: &Engine) -> Option<Self> {
        let behind = engine.socket()?;
        let folder = tempfile::Builder::new().prefix("kit-proxy-").tempdir().expect("a temporary directory");
        let listener = StdListener::bind(folder.path().join("engine.sock")).expect("a socket");
        listener.set_nonblocking(true).expect("a socket that does not block");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (stop, stopped) = oneshot::channel();
        let seen = Arc::default();
        let shared = Arc::clone(&seen);
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = accept(listener, behind, shared) => {}
                    // Also when the other end is dropped.
                    _ = stopped => {}
                }
            });
        });
        Some(Self { folder, seen, stop: Some(stop), thread: Some(thread) })
    }

    /// Its address, for `host` of a configuration.
    pub fn host(&self) -> String {
        format!("unix://{}", self.folder.path().join("engine.sock").display())
    }

    /// The requests since the last time this was asked, in order of arrival.
    pub fn take(&self) -> Vec<EngineRequest> {
        std::mem::take(&mut *lock(&self.seen))
    }
}

impl Drop for EngineProxy {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has been printed; what it broke fails the test.
            let _ = thread.join();
        }
    }
}

type Seen = Arc<Mutex<Vec<EngineRequest>>>;

fn lock(seen: &Seen) -> std::sync::MutexGuard<'_, Vec<EngineRequest>> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: StdListener, behind: PathBuf, seen: Seen) {
    let Ok(listener) = UnixListener::from_std(listener) else { return };
    while let Ok((stream, _)) = listener.accept().await {
        let (behind, seen) = (behind.clone(), Arc::clone(&seen));
        tokio::spawn(async move {
            // An error here is a connection that broke; the runner sees the same.
            let _ = connection(stream, &behind, seen).await;
        });
    }
}

/// What failed on one of the two sides.
type Broken = Box<dyn std::error::Error + Send + Sync>;

/// One connection of the runner, with one of its own to the engine.
async fn connection(outside: UnixStream, behind: &Path, seen: Seen) -> Result<(), Broken> {
    let inside = UnixStream::connect(behind).await?;
    let (sender, driver) = handshake::<_, Incoming>(TokioIo::new(inside)).await?;
    tokio::spawn(driver.with_upgrades());
    let sender = Arc::new(AsyncMutex::new(sender));
    let service = service_fn(move |request| pass(Arc::clone(&sender), request, Arc::clone(&seen)));
    http1::Builder::new().serve_connection(TokioIo::new(outside), service).with_upgrades().await?;
    Ok(())
}

async fn pass(
    sender: Arc<AsyncMutex<SendRequest<Incoming>>>,
    mut request: Request<Incoming>,
    seen: Seen,
) -> hyper::Result<Response<Incoming>> {
    let mut note = EngineRequest::new(&request);
    let at = note.at;
    let same = move |other: &&mut EngineRequest| other.at == at;
    lock(&seen).push(note.clone());
    let outside = hyper::upgrade::on(&mut request);
    let mut response = sender.lock().await.send_request(request).await?;
    note.answered = Some((response.status().as_u16(), Instant::now()));
    if let Some(entry) = lock(&seen).iter_mut().find(same) {
        *entry = note;
    }
    if response.status() == StatusCode::SWITCHING_PROTOCOLS {
        let inside = hyper::upgrade::on(&mut response);
        tokio::spawn(async move {
            let (Ok(outside), Ok(inside)) = tokio::join!(outside, inside) else { return };
            // Each side's end is passed on; both know what a broken stream means.
            let _ = copy_bidirectional(&mut TokioIo::new(outside), &mut TokioIo::new(inside)).await;
        });
    }
    Ok(response)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(method: &str, path: &str) -> EngineRequest {
        EngineRequest::new(&Request::builder().method(method).uri(path).body(()).unwrap())
    }

    #[test]
    fn kinds() {
        for (method, path, kind) in [
            ("GET", "/v1.41/version", "GET /version"),
            ("GET", "/volumes/version", "GET /volumes/…"),
            ("POST", "/v1.41/containers/create?name=x", "POST /containers/create"),
            ("POST", "/v1.41/containers/0123/attach?stream=1", "POST /containers/…/attach"),
            ("GET", "/v1.41/images/host/group/name:1/json", "GET /images/…/json"),
            ("DELETE", "/v1.41/networks/n", "DELETE /networks/…"),
            ("GET", "/_ping", "GET /_ping"),
        ] {
            assert_eq!(request(method, path).kind(), kind);
        }
        assert_eq!(request("GET", "/v1.41/info?x=1").path, "/info");
    }

    #[test]
    fn everything_passes() {
        let Some(engine) = Engine::require() else { return };
        let Some(proxy) = EngineProxy::start(&engine) else { return };
        let through = Engine::at(proxy.host(), None);
        let image = engine.image("rig/busybox");
        let mut command = through.command();
        command.args(["run", "--rm", "--interactive", image, "sh", "-c", "cat; echo end >&2; exit 3"]);
        let output = super::super::run_bounded(&mut command, b"passed", std::time::Duration::from_secs(60));
        assert_eq!((&*output.stdout, &*output.stderr), (&b"passed"[..], &b"end\n"[..]));
        assert_eq!(output.status.code(), Some(3));
        let requests = proxy.take();
        let of = |kind: &str| requests.iter().filter(|request| request.kind() == kind).collect::<Vec<_>>();
        let status = |kind: &str| of(kind).first().and_then(|request| Some(request.answered?.0));
        assert_eq!(status("POST /containers/create"), Some(201), "{requests:?}");
        assert_eq!(status("POST /containers/…/attach"), Some(101), "{requests:?}");
        assert_eq!(of("POST /containers/…/start").len(), 1);
        assert!(requests.is_sorted_by_key(|request| request.at));
        assert!(proxy.take().is_empty());
    }
}
