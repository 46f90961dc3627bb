//! The same over HTTP: the real client, and how fast a trace travels.

use super::*;
use client::{ApiClient, Endpoint};
use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
    time::Instant,
};

/// A status of the HTTP library, whose crate is not a dependency of this one.
pub(super) fn status(code: u16) -> client::StatusCode {
    client::StatusCode::from_u16(code).unwrap()
}

/// What a plain coordinator got.
#[derive(Default)]
struct Got {
    calls: Vec<String>,
    trace: Vec<u8>,
}

/// Starts a coordinator on a thread of its own, so that its work is not the report's.
fn coordinator() -> (String, Arc<Mutex<Got>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let got: Arc<Mutex<Got>> = Arc::default();
    let shared = got.clone();
    thread::spawn(move || {
        for stream in listener.incoming() {
            serve(stream.unwrap(), &shared);
        }
    });
    (url, got)
}

fn serve(stream: TcpStream, got: &Mutex<Got>) {
    stream.set_nodelay(true).unwrap();
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::with_capacity(256 * 1024, stream);
    let mut body = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        let mut length = 0;
        loop {
            let mut header = String::new();
            reader.read_line(&mut header).unwrap();
            if header.trim().is_empty() {
                break;
            }
            if let Some(value) = header.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().unwrap();
            }
        }
        body.resize(length, 0);
        reader.read_exact(&mut body).unwrap();
        let mut got = got.lock().unwrap();
        let call = line.rsplit_once(' ').unwrap().0.to_owned();
        let is_patch = call.starts_with("PATCH");
        if is_patch {
            got.trace.extend_from_slice(&body);
        }
        got.calls.push(call);
        let status = if is_patch { "202 Accepted" } else { "200 OK" };
        write!(writer, "HTTP/1.1 {status}\r\nRange: 0-{}\r\nContent-Length: 0\r\n\r\n", got.trace.len())
            .unwrap();
    }
}

async fn report(url: String, spool: Spool) -> Reported {
    let api = ApiClient::new(Endpoint { url, ..Endpoint::default() }).unwrap();
    let mut reporter = Reporter::new(api, subject(), spool, Control::new(), Persistence::default());
    assert_eq!(reporter.start().await, Start::Run);
    reporter.run(async { Verdict::success() }).await
}

#[tokio::test]
async fn a_report_over_http() {
    let (url, got) = coordinator();
    let spool = spool();
    spool.append(b"output\n");
    assert_eq!(report(url, spool).await, Reported::Accepted);
    let got = got.lock().unwrap();
    assert_eq!(
        got.calls,
        ["PUT /api/v4/jobs/7", "PATCH /api/v4/jobs/7/trace?debug_trace=false", "PUT /api/v4/jobs/7"]
    );
    assert_eq!(got.trace, b"output\n");
}

/// `cargo test --release -p job report -- --ignored --nocapture`
#[tokio::test]
#[ignore = "a measurement"]
async fn how_fast_a_trace_travels() {
    let (url, got) = coordinator();
    let spool = spool();
    let size = 500_000_000_usize;
    for _ in 0..size / 1_000_000 {
        spool.append(&[b'x'; 1_000_000]);
    }
    let start = Instant::now();
    assert_eq!(report(url, spool).await, Reported::Accepted);
    let time = start.elapsed();
    assert_eq!(got.lock().unwrap().trace.len(), size);
    println!("{} MB in {time:?}: {:.0} MB/s", size / 1_000_000, size as f64 / 1e6 / time.as_secs_f64());
}
