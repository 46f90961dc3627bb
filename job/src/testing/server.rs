//! A coordinator stand-in for transfers: plain HTTP/1.1 on a thread of its own.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What is answered to one request.
#[derive(Clone)]
pub(crate) enum Reply {
    /// A status with headers and a body, once the request's body is read.
    Status(u16, &'static str, Vec<u8>),
    /// The same, as soon as the head of the request is there; its body is read after that.
    Early(u16, &'static str),
    /// The connection is closed without an answer.
    Cut,
    /// Nothing ever, until the peer goes.
    Silence,
}

impl Reply {
    /// A status with an empty body.
    pub(crate) fn status(code: u16) -> Self {
        Self::Status(code, "", Vec::new())
    }

    /// A status with GitLab's kind of message.
    pub(crate) fn message(code: u16, message: &str) -> Self {
        let body = format!("{{\"message\":\"{message}\"}}").into_bytes();
        Self::Status(code, "Content-Type: application/json\r\n", body)
    }
}

/// One request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Method and target.
    pub(crate) line: String,
    /// All headers, in lower case.
    pub(crate) head: String,
    /// The body, without its chunks' frames.
    pub(crate) body: Vec<u8>,
}

/// The stand-in; answers in the given order, then with the last again.
pub(crate) struct Server {
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    replies: Mutex<VecDeque<Reply>>,
    requests: Mutex<Vec<Request>>,
    arrived: tokio::sync::Notify,
}

impl Server {
    pub(crate) fn start(replies: impl IntoIterator<Item = Reply>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(State {
            replies: Mutex::new(replies.into_iter().collect()),
            requests: Mutex::default(),
            arrived: tokio::sync::Notify::new(),
        });
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || shared.serve(&stream));
            }
        });
        Self { address, state }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// All requests so far.
    pub(crate) fn requests(&self) -> Vec<Request> {
        self.state.requests.lock().unwrap().clone()
    }

    /// Waits for the head of the next request.
    pub(crate) async fn arrival(&self) {
        self.state.arrived.notified().await;
    }
}

impl State {
    fn serve(&self, stream: &TcpStream) {
        let mut reader = BufReader::new(stream);
        while let Some((line, head)) = read_head(&mut reader) {
            let reply = self.next();
            self.arrived.notify_one();
            if let Reply::Early(code, headers) = &reply {
                answer(stream, *code, headers, b"");
            }
            // A client that gives up what it was sending leaves no body.
            let body = read_body(&mut reader, &head).unwrap_or_default();
            self.requests.lock().unwrap().push(Request { line, head, body });
            match reply {
                Reply::Status(code, headers, body) => answer(stream, code, headers, &body),
                Reply::Early(..) => {}
                Reply::Cut => return,
                Reply::Silence => {
                    let _ = reader.read(&mut [0]);
                    return;
                }
            }
        }
    }

    fn next(&self) -> Reply {
        let mut replies = self.replies.lock().unwrap();
        match replies.len() {
            1 => replies[0].clone(),
            _ => replies.pop_front().expect("at least one reply"),
        }
    }
}

fn read_head(reader: &mut impl BufRead) -> Option<(String, String)> {
    let mut line = String::new();
    if reader.read_line(&mut line).ok()? == 0 {
        return None;
    }
    let mut head = String::new();
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        if header.trim().is_empty() {
            break;
        }
        head.push_str(&header.to_lowercase());
    }
    Some((line.rsplit_once(' ')?.0.to_owned(), head))
}

fn read_body(reader: &mut impl BufRead, head: &str) -> std::io::Result<Vec<u8>> {
    let mut body = Vec::new();
    if head.contains("transfer-encoding: chunked") {
        loop {
            let mut size = String::new();
            if reader.read_line(&mut size)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            let size = usize::from_str_radix(size.trim(), 16).map_err(std::io::Error::other)?;
            let start = body.len();
            body.resize(start + size, 0);
            reader.read_exact(&mut body[start..])?;
            reader.read_line(&mut String::new())?;
            if size == 0 {
                return Ok(body);
            }
        }
    }
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    body.resize(length.unwrap_or(0), 0);
    reader.read_exact(&mut body)?;
    Ok(body)
}

fn answer(mut stream: &TcpStream, code: u16, headers: &str, body: &[u8]) {
    let head = format!("HTTP/1.1 {code} {}\r\n{headers}Content-Length: {}\r\n\r\n", reason(code), body.len());
    // A client that has left does not hear it.
    let _ = stream.write_all(&[head.as_bytes(), body].concat());
}

fn reason(code: u16) -> &'static str {
    match code {
        200 => "OK",
        201 => "Created",
        302 => "Found",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        413 => "Request Entity Too Large",
        500 => "Internal Server Error",
        503 => "Service Unavailable",
        _ => "Other",
    }
}
