//! What a client costs: time to build, and resident memory before and after a call.
//!
//! `cargo run --release -p client --example footprint [URL]`

use client::{ApiClient, Endpoint, Patience};
use protocol::{JobRequest, RunnerToken};
use std::{fs, time::Instant};

fn rss() -> String {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmRSS")).unwrap_or("VmRSS: unknown");
    line.split_whitespace().skip(1).collect::<Vec<_>>().join(" ")
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let url = std::env::args().nth(1).unwrap_or_else(|| "http://127.0.0.1:1".to_owned());
    println!("start: {}", rss());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    println!("runtime: {}", rss());
    let start = Instant::now();
    let client = ApiClient::new(Endpoint { url, ..Endpoint::default() })?;
    println!("client: {} after {:?}", rss(), start.elapsed());
    let request = JobRequest { token: RunnerToken::new("none"), ..JobRequest::default() };
    for _ in 0..2 {
        let start = Instant::now();
        let outcome = runtime.block_on(client.request_job(&request, &Patience::default()));
        println!("call: {} after {:?}: {outcome:?}", rss(), start.elapsed());
    }
    Ok(())
}
