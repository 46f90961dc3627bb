//! A registry that answers what a test says, or never.

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr, TcpListener as StdListener};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;

/// A request that came.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Counted from 0.
    pub number: usize,
    /// Its method.
    pub method: Method,
    /// Its path, without the query.
    pub path: String,
    /// The header `Authorization`.
    pub authorization: Option<String>,
}

/// What to do with a request.
#[derive(Debug, Clone)]
pub struct Answer(Option<Response<Full<Bytes>>>);

impl Answer {
    /// This status and body, as registries answer.
    ///
    /// # Panics
    /// When that is no status.
    pub fn status(status: u16, body: &str) -> Self {
        let response = Response::builder()
            .status(status)
            .header("content-type", "application/json")
            .header("docker-distribution-api-version", "registry/2.0");
        Self(Some(response.body(Full::from(body.to_owned())).expect("a status that there is")))
    }

    /// This status with an error in a registry's form, such as `DENIED` with `access is denied`.
    ///
    /// # Panics
    /// When that is no status.
    pub fn error(status: u16, code: &str, message: &str) -> Self {
        let error = serde_json::json!({ "errors": [{ "code": code, "message": message, "detail": null }] });
        Self::status(status, &error.to_string())
    }

    /// With a header; of no effect on an answer that never comes.
    ///
    /// # Panics
    /// When the value is no header's.
    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        if let Some(response) = &mut self.0 {
            response.headers_mut().insert(name, value.parse().expect("a header's value"));
        }
        self
    }

    /// Nothing, for as long as the connection stays open.
    pub fn never() -> Self {
        Self(None)
    }
}

type Script = dyn Fn(&Seen) -> Answer + Send + Sync;

struct Shared {
    script: Box<Script>,
    seen: Mutex<Vec<Seen>>,
    arrived: Condvar,
}

/// A server at an address of this machine that follows a script.
pub struct ScriptedRegistry {
    address: SocketAddr,
    shared: Arc<Shared>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl ScriptedRegistry {
    /// Starts one.
    ///
    /// # Panics
    /// When the machine has no such address, or no port or thread left.
    pub fn start(address: Ipv4Addr, script: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        let listener = StdListener::bind((address, 0)).expect("a free port");
        listener.set_nonblocking(true).expect("a socket that does not block");
        let address = listener.local_addr().expect("a bound socket has an address");
        let shared =
            Arc::new(Shared { script: Box::new(script), seen: Mutex::default(), arrived: Condvar::new() });
        let served = Arc::clone(&shared);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let (stop, stopped) = oneshot::channel::<()>();
        let thread = std::thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    () = accept(listener, served) => {}
                    _ = stopped => {}
                }
            });
            // Dropping the runtime drops all connections.
        });
        Self { address, shared, stop: Some(stop), thread: Some(thread) }
    }

    /// One that accepts every connection and answers nothing.
    ///
    /// # Panics
    /// As [`ScriptedRegistry::start`].
    pub fn hanging(address: Ipv4Addr) -> Self {
        Self::start(address, |_| Answer::never())
    }

    /// `ADDRESS:PORT`, as in the names of its images.
    pub fn host(&self) -> String {
        self.address.to_string()
    }

    /// The full name of an image in it.
    pub fn image(&self, name: &str) -> String {
        format!("{}/{name}", self.address)
    }

    /// What it was asked until now.
    pub fn seen(&self) -> Vec<Seen> {
        self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits until it was asked so often.
    ///
    /// # Panics
    /// When it was not in that time.
    #[track_caller]
    pub fn wait_for_requests(&self, count: usize, within: Duration) {
        let seen = self.shared.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = self.shared.arrived.wait_timeout_while(seen, within, |seen| seen.len() < count);
        let (seen, _) = waited.unwrap_or_else(PoisonError::into_inner);
        assert!(seen.len() >= count, "{} of {count} requests within {within:?}", seen.len());
    }
}

impl std::fmt::Debug for ScriptedRegistry {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScriptedRegistry").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Drop for ScriptedRegistry {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic there has been printed; what it broke fails the test.
            let _ = thread.join();
        }
    }
}

async fn accept(listener: StdListener, shared: Arc<Shared>) {
    let listener = TcpListener::from_std(listener).expect("a listening socket");
    loop {
        if let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(connection(stream, Arc::clone(&shared)));
        }
    }
}

async fn connection(stream: TcpStream, shared: Arc<Shared>) {
    let service = service_fn(|request| answer(Arc::clone(&shared), request));
    // An error here is a connection that the engine cut.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(
    shared: Arc<Shared>,
    request: Request<Incoming>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    let Answer(answer) = {
        let mut all = shared.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let authorization = request.headers().get("authorization");
        let seen = Seen {
            number: all.len(),
            method: request.method().clone(),
            path: request.uri().path().to_owned(),
            authorization: authorization.and_then(|value| value.to_str().ok()).map(str::to_owned),
        };
        let answer = (shared.script)(&seen);
        all.push(seen);
        answer
    };
    shared.arrived.notify_all();
    match answer {
        Some(answer) => Ok(answer),
        None => std::future::pending().await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::docker::Engine;

    #[test]
    fn an_engine_hears_what_the_script_says() {
        let Some(engine) = Engine::require() else { return };
        let registry = ScriptedRegistry::start(Ipv4Addr::LOCALHOST, |seen| match seen.path.as_str() {
            "/v2/" => Answer::status(200, "{}"),
            _ => Answer::error(403, "DENIED", "not for you"),
        });
        let output = engine.try_docker(&["pull", &registry.image("group/app:1")]);
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && error.contains("denied: not for you"), "{error}");
        assert!(registry.seen().iter().any(|seen| seen.path == "/v2/group/app/manifests/1"));
    }

    #[test]
    fn an_engine_waits_for_a_registry_that_hangs() {
        let Some(engine) = Engine::require() else { return };
        let registry = ScriptedRegistry::hanging(Ipv4Addr::LOCALHOST);
        let mut pull = engine.command().args(["pull", "--quiet", &registry.image("app")]).spawn().unwrap();
        registry.wait_for_requests(1, Duration::from_secs(30));
        assert!(pull.try_wait().unwrap().is_none());
        pull.kill().unwrap();
        pull.wait().unwrap();
    }
}
