//! A connection that is kept, and little beside: what the client takes is taken from the one that is measured.

use crate::Result;
use serde_json::Value;
use std::fmt::Write as _;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::TcpStream;

/// Longer than any request is held back.
const LONG: Duration = Duration::from_secs(120);

/// A connection to a server.
#[derive(Debug)]
pub(super) struct Connection {
    stream: BufReader<TcpStream>,
    host: String,
    head: String,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    head: String,
    pub(super) body: Vec<u8>,
}

impl Connection {
    pub(super) async fn open(host: &str) -> Result<Self> {
        let stream = TcpStream::connect(host).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream: BufReader::with_capacity(4096, stream),
            host: host.to_owned(),
            head: String::new(),
        })
    }

    /// Sends a request and waits for its answer. `headers` are whole lines.
    pub(super) async fn ask(
        &mut self,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> Result<Answer> {
        tokio::time::timeout(LONG, self.exchange(method, path, headers, body)).await?
    }

    async fn exchange(&mut self, method: &str, path: &str, headers: &str, body: &[u8]) -> Result<Answer> {
        self.head.clear();
        let (host, length) = (&self.host, body.len());
        write!(
            self.head,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {length}\r\n{headers}\r\n"
        )?;
        if body.len() < 4096 {
            // In one packet.
            let whole = [self.head.as_bytes(), body].concat();
            self.stream.write_all(&whole).await?;
        } else {
            self.stream.write_all(self.head.as_bytes()).await?;
            self.stream.write_all(body).await?;
        }
        self.answer().await
    }

    async fn answer(&mut self) -> Result<Answer> {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if self.stream.read_line(&mut head).await? == 0 {
                return Err("the connection ended before an answer".into());
            }
        }
        let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).ok_or("no status")?;
        let mut answer = Answer { status, head, body: Vec::new() };
        if status == 204 || status == 304 {
            return Ok(answer);
        }
        if answer.header("transfer-encoding").is_some() {
            answer.body = self.chunks().await?;
        } else {
            let length = answer.header("content-length").ok_or("an answer without a length")?.parse()?;
            answer.body = vec![0; length];
            self.stream.read_exact(&mut answer.body).await?;
        }
        Ok(answer)
    }

    async fn chunks(&mut self) -> Result<Vec<u8>> {
        let mut body = Vec::new();
        loop {
            let mut line = String::new();
            self.stream.read_line(&mut line).await?;
            let length = usize::from_str_radix(line.trim(), 16)?;
            let from = body.len();
            body.resize(from + length + 2, 0);
            self.stream.read_exact(&mut body[from..]).await?;
            body.truncate(from + length);
            if length == 0 {
                return Ok(body);
            }
        }
    }
}

impl Answer {
    /// A header by its name in small letters.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (found, value) = line.split_once(':')?;
            found.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    /// The body as JSON, where the status is a good one.
    pub(super) fn json(&self) -> Result<Value> {
        if !(200..300).contains(&self.status) {
            return Err(format!("status {}: {}", self.status, String::from_utf8_lossy(&self.body)).into());
        }
        Ok(serde_json::from_slice(&self.body)?)
    }
}
