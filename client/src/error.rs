//! Why a client could not be built, or a call brought no answer.

use std::time::Duration;

/// The client cannot be built from its settings; no request is made (gitlab-runner's internal code -100).
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum BuildError {
    /// There is no address.
    #[error("the coordinator's url is empty")]
    UrlMissing,
    /// The address cannot be read.
    #[error("the coordinator's url is not usable: {reason}")]
    Url {
        /// What is wrong with it.
        reason: String,
    },
    /// Neither http nor https.
    #[error("the coordinator's url has scheme `{scheme}`, only http and https are supported")]
    Scheme {
        /// The scheme found.
        scheme: String,
    },
    /// A proxy's address cannot be used. It is not shown, since it may hold a password.
    #[error("the address in {variable} is not usable as a proxy")]
    Proxy {
        /// The setting it came from.
        variable: &'static str,
    },
    /// TLS cannot be set up at all.
    #[error("tls cannot be set up: {reason}")]
    Tls {
        /// What went wrong.
        reason: String,
    },
    /// The HTTP library refused its settings.
    #[error("the http client cannot be built: {reason}")]
    Http {
        /// What went wrong.
        reason: String,
    },
}

/// A call that brought no usable answer (gitlab-runner's internal code -1, but for [`Failure::NotBuilt`]).
#[derive(Debug, thiserror::Error)]
#[error("{call}: {failure}")]
pub struct CallError {
    /// Method and address, without credentials.
    pub call: String,
    /// The id under which the coordinator may have logged the call.
    pub correlation_id: String,
    /// What happened.
    pub failure: Failure,
}

/// What kept a call from its answer.
#[derive(Clone, Debug, thiserror::Error, PartialEq, Eq)]
pub enum Failure {
    /// The client could not be built again after its certificates had changed.
    #[error(transparent)]
    NotBuilt(#[from] BuildError),
    /// The connection failed: refused, cut, untrusted, or broken in the middle of a body.
    #[error("{detail}")]
    Transport {
        /// Whether no connection was made at all.
        connecting: bool,
        /// The library's words.
        detail: String,
    },
    /// There was no answer in time.
    #[error("no {what} within {limit:?}")]
    Timeout {
        /// What was waited for.
        what: &'static str,
        /// How long.
        limit: Duration,
    },
    /// The coordinator sends the caller to another host, which must not get a token.
    #[error("{status} redirects from {from} to {to}; tokens are not sent to another host, correct the url")]
    RedirectElsewhere {
        /// The status of the redirect.
        status: u16,
        /// Scheme and host that were asked.
        from: String,
        /// Scheme and host that were named.
        to: String,
    },
    /// A redirect that would turn the call into a GET without its body.
    #[error("{status} redirects to {to}, which would lose the request's body; correct the url")]
    RedirectLosesBody {
        /// The status of the redirect.
        status: u16,
        /// The address named, without credentials and query.
        to: String,
    },
    /// Redirects without end.
    #[error("more than {0} redirects")]
    TooManyRedirects(u8),
    /// A successful status with a body that is not JSON.
    #[error("the answer to a successful call has content type `{content_type}` instead of application/json")]
    NotJson {
        /// What it claims to be.
        content_type: String,
    },
    /// JSON that does not fit. Its values are not shown, since they are tokens as often as not.
    #[error("the answer cannot be decoded: {problem} at line {line} column {column}")]
    Decode {
        /// The kind of problem.
        problem: &'static str,
        /// Where.
        line: usize,
        /// Where.
        column: usize,
    },
    /// The answer is larger than its caller allows.
    #[error("the answer is larger than {limit} bytes")]
    TooLarge {
        /// The bound.
        limit: u64,
    },
    /// A token that no header can carry.
    #[error("the token holds characters that cannot be sent")]
    Token,
    /// A successful answer that should have brought a token, and did not.
    #[error("the answer to a successful call holds no token")]
    NoToken,
    /// A file of this machine could not be read or written.
    #[error("{what}: {reason}")]
    File {
        /// What was done.
        what: &'static str,
        /// The system's words.
        reason: String,
    },
}

impl CallError {
    /// Whether asking again may help: not for settings, redirects and answers beyond their bounds.
    pub fn is_worth_repeating(&self) -> bool {
        match &self.failure {
            Failure::Transport { .. }
            | Failure::Timeout { .. }
            | Failure::NotJson { .. }
            | Failure::Decode { .. } => true,
            Failure::NotBuilt(_)
            | Failure::RedirectElsewhere { .. }
            | Failure::RedirectLosesBody { .. }
            | Failure::TooManyRedirects(_)
            | Failure::TooLarge { .. }
            | Failure::Token
            | Failure::NoToken
            | Failure::File { .. } => false,
        }
    }

    /// Whether the client itself is unusable, which makes a runner unhealthy.
    pub fn is_not_built(&self) -> bool {
        matches!(self.failure, Failure::NotBuilt(_))
    }
}

impl Failure {
    /// A failure of the HTTP library. Its own text would repeat the address.
    pub(crate) fn of_transport(error: reqwest::Error) -> Self {
        let connecting = error.is_connect();
        let error = error.without_url();
        Self::Transport { connecting, detail: crate::text::chain(&error) }
    }

    /// A failure to decode.
    pub(crate) fn of_json(error: &serde_json::Error) -> Self {
        use serde_json::error::Category;
        let problem = match error.classify() {
            Category::Io => "it cannot be read",
            Category::Syntax => "invalid JSON",
            Category::Data => "a field of the wrong type",
            Category::Eof => "it ends too early",
        };
        Self::Decode { problem, line: error.line(), column: error.column() }
    }
}

#[cfg(test)]
mod tests {
    use super::Failure;

    #[test]
    fn decode_errors_show_no_values() {
        let error = serde_json::from_str::<Vec<i64>>(r#"["glrt-secret"]"#).unwrap_err();
        let text = Failure::of_json(&error).to_string();
        assert!(!text.contains("glrt"), "{text}");
        assert!(text.contains("wrong type"), "{text}");
    }
}
