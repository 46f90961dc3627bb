//! A server that does exactly what its script says, down to the bytes of each answer.

use std::{
    collections::VecDeque,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, BufReader},
    net::TcpListener,
};

/// What to do with one request.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    /// Read it, answer, keep the connection.
    Answer(Vec<u8>),
    /// Read it, answer, close.
    AnswerAndClose(Vec<u8>),
    /// Answer once the head was read, and leave the body alone. The connection stays open, as a well-behaved
    /// server keeps it: closing it on unread data may take the answer away again.
    AnswerEarly(Vec<u8>),
    /// Read it and close without a word.
    Cut,
    /// Read it and never answer.
    Hang,
}

/// A request as it came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) path: String,
    headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    /// Which connection it came on; the first is 1.
    pub(crate) connection: usize,
}

impl Request {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, v)| v.as_str())
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A running server. It ends with its runtime.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) url: String,
    requests: Arc<Mutex<Vec<Request>>>,
    script: Arc<Mutex<VecDeque<Step>>>,
    connections: Arc<AtomicUsize>,
}

impl Server {
    pub(crate) async fn start(script: impl IntoIterator<Item = Step>) -> Self {
        let (server, listener) = Self::bind("http", script).await;
        let this = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(this.clone().serve(stream));
            }
        });
        server
    }

    pub(crate) async fn start_tls(
        config: rustls::ServerConfig,
        script: impl IntoIterator<Item = Step>,
    ) -> Self {
        let (server, listener) = Self::bind("https", script).await;
        let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
        let this = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                if let Ok(stream) = acceptor.accept(stream).await {
                    tokio::spawn(this.clone().serve(stream));
                }
            }
        });
        server
    }

    async fn bind(scheme: &str, script: impl IntoIterator<Item = Step>) -> (Self, TcpListener) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("{scheme}://{}", listener.local_addr().unwrap());
        let script = Arc::new(Mutex::new(script.into_iter().collect()));
        (Self { url, requests: Arc::default(), script, connections: Arc::default() }, listener)
    }

    pub(crate) fn requests(&self) -> Vec<Request> {
        self.requests.lock().unwrap().clone()
    }

    async fn serve(self, stream: impl AsyncRead + AsyncWrite + Unpin) {
        let mut stream = BufReader::new(stream);
        let connection = self.connections.fetch_add(1, Ordering::SeqCst) + 1;
        while let Some(mut request) = read_head(&mut stream).await {
            request.connection = connection;
            let step = self.script.lock().unwrap().pop_front();
            let step = step.unwrap_or_else(|| Step::AnswerAndClose(status(418, "")));
            if !matches!(step, Step::AnswerEarly(_)) {
                request.body = read_body(&mut stream, &request).await;
            }
            self.requests.lock().unwrap().push(request);
            let stays = matches!(step, Step::AnswerEarly(_));
            let (answer, goes_on) = match step {
                Step::Answer(answer) | Step::AnswerEarly(answer) => (answer, true),
                Step::AnswerAndClose(answer) => (answer, false),
                Step::Cut => return,
                Step::Hang => return std::future::pending().await,
            };
            if stream.write_all(&answer).await.is_err() || stream.flush().await.is_err() || !goes_on {
                return;
            }
            if stays {
                return std::future::pending().await;
            }
        }
    }
}

async fn read_head(stream: &mut (impl AsyncBufReadExt + Unpin)) -> Option<Request> {
    let mut request = Request::default();
    let mut line = String::new();
    stream.read_line(&mut line).await.ok().filter(|read| *read > 0)?;
    let mut words = line.split_whitespace();
    request.method = words.next()?.to_owned();
    request.path = words.next()?.to_owned();
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        let line = line.trim_end();
        if line.is_empty() {
            return Some(request);
        }
        let (name, value) = line.split_once(':')?;
        request.headers.push((name.to_owned(), value.trim().to_owned()));
    }
}

async fn read_body(stream: &mut (impl AsyncBufReadExt + Unpin), request: &Request) -> Vec<u8> {
    let mut body = Vec::new();
    if let Some(length) = request.header("content-length") {
        body.resize(length.parse().unwrap(), 0);
        let _ = stream.read_exact(&mut body).await;
    } else if request.header("transfer-encoding").is_some() {
        loop {
            let mut size = String::new();
            stream.read_line(&mut size).await.unwrap();
            let Ok(size) = usize::from_str_radix(size.trim(), 16) else { break };
            let mut piece = vec![0; size + 2];
            let _ = stream.read_exact(&mut piece).await;
            body.extend_from_slice(&piece[..size]);
            if size == 0 {
                break;
            }
        }
    }
    body
}

/// An answer with headers of one's choice.
pub(crate) fn answer(status_line: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let head = format!("HTTP/1.1 {status_line}\r\nContent-Length: {}\r\n{headers}\r\n", body.len());
    [head.as_bytes(), body].concat()
}

pub(crate) fn status(code: u16, body: &str) -> Vec<u8> {
    answer(&format!("{code} x"), &[], body.as_bytes())
}

pub(crate) fn json(status_line: &str, body: &str) -> Vec<u8> {
    answer(status_line, &[("Content-Type", "application/json")], body.as_bytes())
}

pub(crate) fn redirect(code: u16, to: &str) -> Step {
    Step::Answer(answer(&format!("{code} Redirect"), &[("Location", to)], b""))
}
