//! An engine that says what a test wants to hear, or nothing.

use bollard::Docker;
use std::future::pending;
use std::sync::{Arc, Mutex};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};

/// The answer to `GET /_ping`.
const PING: &str = "HTTP/1.1 200 OK\r\nApi-Version: 1.41\r\nContent-Length: 2\r\nConnection: close\r\n\r\nOK";

/// An answer without a body.
pub(crate) const DONE: &str = "HTTP/1.1 204 No Content\r\n\r\n";

/// What was asked, and what is answered; nothing is no answer at all.
type Answer = dyn Fn(&str) -> Option<&'static str> + Send + Sync;

/// Listens until the test's runtime ends.
pub(crate) struct FakeEngine {
    folder: TempDir,
    asked: Arc<Mutex<Vec<String>>>,
}

impl FakeEngine {
    /// Starts one that is asked lines such as `DELETE /volumes/v?force=true`.
    pub(crate) fn start(answer: impl Fn(&str) -> Option<&'static str> + Send + Sync + 'static) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let listener = UnixListener::bind(folder.path().join("engine.sock")).unwrap();
        let asked = Arc::default();
        let (answer, seen): (Arc<Answer>, _) = (Arc::new(answer), Arc::clone(&asked));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&answer), Arc::clone(&seen)));
            }
        });
        Self { folder, asked }
    }

    /// Its address.
    pub(crate) fn host(&self) -> String {
        format!("unix://{}", self.folder.path().join("engine.sock").display())
    }

    /// The way to it.
    pub(crate) fn docker(&self) -> Docker {
        Docker::connect_with_unix(&self.host(), 600, bollard::API_DEFAULT_VERSION).unwrap()
    }

    /// What it was asked so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

async fn serve(stream: UnixStream, answer: Arc<Answer>, asked: Arc<Mutex<Vec<String>>>) {
    let mut stream = BufReader::new(stream);
    while let Some(line) = request(&mut stream).await {
        let reply = if line == "GET /_ping" { Some(PING) } else { answer(&line) };
        asked.lock().unwrap().push(line);
        let Some(reply) = reply else { return pending().await };
        if stream.write_all(reply.as_bytes()).await.is_err() || reply.contains("Connection: close") {
            return;
        }
    }
}

/// The next request: its method and path, without the interface's version.
async fn request(stream: &mut BufReader<UnixStream>) -> Option<String> {
    let (mut first, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().ok()?;
        }
        match line.trim_end() {
            "" => break,
            head if first.is_empty() => head.clone_into(&mut first),
            _ => {}
        }
    }
    stream.read_exact(&mut vec![0; length]).await.ok()?;
    let (method, rest) = first.split_once(' ')?;
    let path = rest.split(' ').next()?;
    let plain = path.strip_prefix("/v").and_then(|path| path.split_once('/'));
    let plain = plain.filter(|(version, _)| version.starts_with(|digit: char| digit.is_ascii_digit()));
    Some(format!("{method} {}", plain.map_or(path.to_owned(), |(_, path)| format!("/{path}"))))
}
