//! A server that says each byte itself: a registry that stops in the middle, or an engine.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

/// Longest wait for what happens at once.
pub(super) const PATIENCE: Duration = Duration::from_secs(60);

/// A request as it came: its first line without the protocol, and all headers.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) line: String,
    pub(super) headers: String,
}

/// Bytes to send, and whether the connection stays open without a word after them.
pub(super) struct Reply {
    pub(super) bytes: Vec<u8>,
    pub(super) hangs: bool,
}

type Handler = dyn Fn(Asked) -> Pin<Box<dyn Future<Output = Reply> + Send>> + Send + Sync;

/// Serves until it is dropped.
pub(super) struct Server {
    pub(super) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    hung_up: Arc<tokio::sync::Semaphore>,
    task: JoinHandle<()>,
}

impl Server {
    /// Starts one on the loopback.
    pub(super) async fn start<F>(handler: impl Fn(Asked) -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = Reply> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (asked, hung_up) = (Arc::default(), Arc::new(tokio::sync::Semaphore::new(0)));
        let handler: Arc<Handler> = Arc::new(move |asked| Box::pin(handler(asked)));
        let (seen, closed) = (Arc::clone(&asked), Arc::clone(&hung_up));
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&handler), Arc::clone(&seen), Arc::clone(&closed)));
            }
        });
        Self { address, asked, hung_up, task }
    }

    /// Everything it was asked.
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// How many requests had this in their first line.
    pub(super) fn count(&self, part: &str) -> usize {
        self.asked().iter().filter(|asked| asked.line.contains(part)).count()
    }

    /// Waits until a client has gone that was left without the rest of an answer.
    pub(super) async fn client_gone(&self) {
        let hung_up = tokio::time::timeout(PATIENCE, self.hung_up.acquire()).await;
        hung_up.expect("the client stays connected").unwrap().forget();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(
    mut stream: TcpStream,
    handler: Arc<Handler>,
    asked: Arc<Mutex<Vec<Asked>>>,
    hung_up: Arc<tokio::sync::Semaphore>,
) {
    let mut rest = VecDeque::new();
    while let Some(request) = request(&mut stream, &mut rest).await {
        asked.lock().unwrap().push(request.clone());
        let is_head = request.line.starts_with("HEAD ");
        let mut reply = handler(request).await;
        if is_head && let Some(end) = reply.bytes.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            reply.bytes.truncate(end + 4);
        }
        if stream.write_all(&reply.bytes).await.is_err() {
            return;
        }
        if reply.hangs {
            let _ = stream.read(&mut [0]).await;
            hung_up.add_permits(1);
            return;
        }
    }
}

/// The next request without a body worth reading.
async fn request(stream: &mut TcpStream, rest: &mut VecDeque<u8>) -> Option<Asked> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match rest.pop_front() {
            Some(byte) => head.push(byte),
            None => {
                let mut buffer = [0; 4096];
                let length = stream.read(&mut buffer).await.ok().filter(|length| *length > 0)?;
                rest.extend(&buffer[..length]);
                // An engine tries TLS first.
                if head.is_empty() && rest.front() == Some(&0x16) {
                    return None;
                }
            }
        }
    }
    let head = String::from_utf8(head).unwrap();
    let (line, headers) = head.split_once("\r\n").unwrap();
    let line = line.trim_end_matches(" HTTP/1.1").to_owned();
    Some(Asked { line, headers: headers.to_owned() })
}

impl Reply {
    /// A whole answer.
    pub(super) fn new(status: u16, kind: &str, body: impl AsRef<[u8]>) -> Self {
        Self::of_length(status, kind, body.as_ref().len(), body)
    }

    /// JSON.
    pub(super) fn json(status: u16, body: &serde_json::Value) -> Self {
        Self::new(status, "application/json", body.to_string())
    }

    /// The beginning of an answer of some length.
    pub(super) fn of_length(status: u16, kind: &str, length: usize, body: impl AsRef<[u8]>) -> Self {
        let head = format!(
            "HTTP/1.1 {status} Status\r\ncontent-type: {kind}\r\ncontent-length: {length}\r\n\
             docker-distribution-api-version: registry/2.0\r\n\r\n"
        );
        let body = body.as_ref();
        Self { bytes: [head.as_bytes(), body].concat(), hangs: body.len() < length }
    }

    /// Nothing, ever.
    pub(super) fn never() -> Self {
        Self { bytes: Vec::new(), hangs: true }
    }
}
