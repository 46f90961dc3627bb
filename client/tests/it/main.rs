//! The client against scripted servers.
#![allow(clippy::unwrap_used, reason = "tests may")]

mod artifacts;
mod connections;
mod jobs;
mod redirects;
mod repeats;
mod runners;
mod server;
mod tls;

use client::{ApiClient, Endpoint};

/// A client for a server of this machine.
fn client_for(url: &str) -> ApiClient {
    let endpoint =
        Endpoint { url: url.to_owned(), user_agent: "runner test".to_owned(), ..Endpoint::default() };
    ApiClient::new(endpoint).unwrap()
}
