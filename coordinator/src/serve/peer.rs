//! Who is at the other end of a connection.

use axum::extract::FromRequestParts;
use http::request::Parts;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};

/// The other end. Every request has one as an extension.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its address.
    pub address: IpAddr,
    /// Whether it came over TLS.
    pub tls: bool,
}

impl Peer {
    /// Of a request; somebody on this machine where nothing is known, as in tests without a connection.
    pub fn of(parts: &Parts) -> Self {
        let unknown = Self { address: Ipv4Addr::LOCALHOST.into(), tls: false };
        parts.extensions.get().copied().unwrap_or(unknown)
    }
}

impl<S: Sync> FromRequestParts<S> for Peer {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::of(parts))
    }
}
