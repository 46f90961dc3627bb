//! HTTP down to the byte: requests are written as they stand, and answers read.

use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// Sends a request on a connection of its own.
pub(crate) async fn call(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Answer {
    let length = format!("{}", body.len());
    let headers: Vec<_> = headers.iter().copied().chain([("Content-Length", length.as_str())]).collect();
    let mut stream = open(address, method, path, &headers).await;
    stream.write_all(body).await.unwrap();
    answer(&mut stream, method == "HEAD").await
}

/// Opens a connection and sends the head of a request.
pub(crate) async fn open(
    address: SocketAddr,
    method: &str,
    path: &str,
    headers: &[(&str, &str)],
) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let host = headers.iter().find(|(name, _)| *name == "Host");
    let host = host.map_or_else(|| address.to_string(), |(_, host)| (*host).to_owned());
    let mut head = format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n");
    for (name, value) in headers.iter().filter(|(name, _)| *name != "Host") {
        head.extend([*name, ": ", *value, "\r\n"]);
    }
    head.push_str("\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// Reads an answer to the end of its connection.
pub(crate) async fn answer(stream: &mut TcpStream, headless: bool) -> Answer {
    let mut all = Vec::new();
    let at = loop {
        if let Some(at) = find(&all) {
            let head = String::from_utf8_lossy(&all[..at]);
            if head.starts_with("HTTP/1.1 100") {
                all.drain(..at + 4);
                continue;
            }
            break at;
        }
        assert!(stream.read_buf(&mut all).await.unwrap() > 0, "no answer: {}", String::from_utf8_lossy(&all));
    };
    let head = String::from_utf8_lossy(&all[..at]).into_owned();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let mut body = all.split_off(at + 4);
    let mut answer = Answer { status, head, body: Vec::new() };
    let length: Option<usize> = answer.header("content-length").map(|text| text.parse().unwrap());
    match length {
        _ if headless => {}
        Some(length) => {
            while body.len() < length {
                assert!(stream.read_buf(&mut body).await.unwrap() > 0, "the body broke off");
            }
        }
        None => {
            let _ = stream.read_to_end(&mut body).await;
        }
    }
    answer.body = body;
    answer
}

fn find(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n")
}

/// A piece of a body of unknown length.
pub(crate) async fn chunk(stream: &mut TcpStream, bytes: &[u8]) -> std::io::Result<()> {
    stream.write_all(format!("{:x}\r\n", bytes.len()).as_bytes()).await?;
    stream.write_all(bytes).await?;
    stream.write_all(b"\r\n").await
}
