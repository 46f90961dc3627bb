//! A bare upload, as the measure of what an upload must take.

use crate::Result;
use crate::timing::timed;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

/// Sends a JSON body and gives the answer's body.
pub(crate) fn json(host: &str, path: &str, headers: &str, body: &str) -> Result<String> {
    let headers = format!("Content-Type: application/json\r\nAccept: application/json\r\n{headers}");
    let answer = exchange(host, path, &headers, body.as_bytes())?;
    let (_, body) = answer.split_once("\r\n\r\n").ok_or("an answer without an end of its headers")?;
    Ok(body.to_owned())
}

/// How long the stand-in takes to receive so many bytes on a new connection and to answer. It is asked for a
/// repository that does not exist, which it looks up once it has read the body, and does not blame anybody for.
pub(crate) fn time(host: &str, bytes: &[u8]) -> Result<Duration> {
    timed(|| exchange(host, "/git/none.git/nothing", "", bytes).map(drop))
}

fn exchange(host: &str, path: &str, headers: &str, body: &[u8]) -> Result<String> {
    let mut stream = TcpStream::connect(host)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(60)))?;
    let length = body.len();
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {length}\r\n{headers}\r\n"
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}
