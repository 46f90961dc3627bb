//! Which endpoint a request is for.

use http::Method;

/// The endpoints of the stand-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Endpoint {
    /// `POST /runners`.
    Register,
    /// `POST /runners/verify`.
    Verify,
    /// `DELETE /runners`.
    Unregister,
    /// `DELETE /runners/managers`.
    UnregisterManager,
    /// `POST /runners/reset_authentication_token`, with or without an id.
    ResetToken,
    /// `GET /runners/router/discovery`, which this stand-in does not have.
    Discovery,
    /// `POST /jobs/request`.
    RequestJob,
    /// `PUT /jobs/:id`.
    UpdateJob,
    /// `PATCH /jobs/:id/trace`.
    Trace,
    /// `POST /jobs/:id/artifacts`.
    Upload,
    /// `GET /jobs/:id/artifacts`.
    Download,
    /// Git over HTTP.
    Git,
    /// Nothing that exists.
    Unknown,
}

impl Endpoint {
    /// Whether its requests have a JSON body.
    pub(super) fn takes_json(self) -> bool {
        match self {
            Self::Register
            | Self::Verify
            | Self::Unregister
            | Self::UnregisterManager
            | Self::ResetToken
            | Self::RequestJob
            | Self::UpdateJob => true,
            Self::Discovery | Self::Trace | Self::Upload | Self::Download | Self::Git | Self::Unknown => {
                false
            }
        }
    }

    /// Whether a runner reads the body of its answers, so that it has to ask for JSON.
    pub(super) fn answers_json(self) -> bool {
        matches!(self, Self::Register | Self::Verify | Self::ResetToken | Self::RequestJob | Self::Discovery)
    }
}

/// An endpoint and the number in its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Route {
    pub(super) endpoint: Endpoint,
    pub(super) id: Option<u64>,
}

impl Route {
    pub(super) fn of(method: &Method, path: &str) -> Self {
        if path.starts_with("/git/") {
            return Self { endpoint: Endpoint::Git, id: None };
        }
        let rest = path.strip_prefix("/api/v4/").unwrap_or_default();
        let parts: Vec<&str> = rest.split('/').collect();
        let (endpoint, id) = Self::api(method.as_str(), &parts);
        Self { endpoint, id }
    }

    fn api(method: &str, parts: &[&str]) -> (Endpoint, Option<u64>) {
        let id = parts.get(1).and_then(|p| p.parse().ok());
        let endpoint = match (method, parts) {
            ("POST", ["runners"]) => Endpoint::Register,
            ("POST", ["runners", "verify"]) => Endpoint::Verify,
            ("DELETE", ["runners"]) => Endpoint::Unregister,
            ("DELETE", ["runners", "managers"]) => Endpoint::UnregisterManager,
            ("POST", ["runners", "reset_authentication_token"]) => Endpoint::ResetToken,
            ("POST", ["runners", _, "reset_authentication_token"]) if id.is_some() => Endpoint::ResetToken,
            ("GET", ["runners", "router", "discovery"]) => Endpoint::Discovery,
            ("POST", ["jobs", "request"]) => Endpoint::RequestJob,
            ("PUT", ["jobs", _]) if id.is_some() => Endpoint::UpdateJob,
            ("PATCH", ["jobs", _, "trace"]) if id.is_some() => Endpoint::Trace,
            ("POST", ["jobs", _, "artifacts"]) if id.is_some() => Endpoint::Upload,
            ("GET", ["jobs", _, "artifacts"]) if id.is_some() => Endpoint::Download,
            _ => Endpoint::Unknown,
        };
        (endpoint, id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (method, path, endpoint, id) in [
            (Method::POST, "/api/v4/jobs/request", Endpoint::RequestJob, None),
            (Method::PUT, "/api/v4/jobs/7", Endpoint::UpdateJob, Some(7)),
            (Method::PATCH, "/api/v4/jobs/7/trace", Endpoint::Trace, Some(7)),
            (Method::GET, "/api/v4/jobs/7/artifacts", Endpoint::Download, Some(7)),
            (Method::DELETE, "/api/v4/runners/managers", Endpoint::UnregisterManager, None),
            (Method::POST, "/api/v4/runners/4/reset_authentication_token", Endpoint::ResetToken, Some(4)),
            (Method::GET, "/git/private/a/b.git/info/refs", Endpoint::Git, None),
            (Method::GET, "/api/v4/jobs/7", Endpoint::Unknown, Some(7)),
            (Method::PUT, "/jobs/7", Endpoint::Unknown, None),
        ] {
            assert_eq!(Route::of(&method, path), Route { endpoint, id }, "{method} {path}");
        }
    }
}
