//! What to do about a failure: how the registry was asked, and what may mend it.

use super::failure::{Class, Failure};
use crate::auth::one_line;

/// How a registry was asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// With the credentials of a source that are registered for a path.
    With { source: String, path: String },
    /// Without; no credentials for the registry are in these sources.
    Without { registry: String, looked_in: Vec<String> },
}

impl Access {
    fn is_with(&self) -> bool {
        matches!(self, Self::With { .. })
    }
}

impl std::fmt::Display for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::With { source, path } => {
                write!(f, "credentials for {} from {source} were used", one_line(path, 200))
            }
            Self::Without { registry, looked_in } if looked_in.is_empty() => {
                write!(
                    f,
                    "no credentials for {} were used, as there are none at all",
                    one_line(registry, 200)
                )
            }
            Self::Without { registry, looked_in } => {
                write!(f, "no credentials for {} are in {}", one_line(registry, 200), looked_in.join(", "))
            }
        }
    }
}

/// What follows the answer in a message: how the registry was asked where that matters, and advice.
pub(super) fn explain(failure: &Failure) -> String {
    let access = failure.access.as_ref();
    let asked = access.filter(|_| failure.answered && failure.class != Class::External);
    let advice = advice(failure, access.is_some_and(Access::is_with));
    let parts = asked.map(Access::to_string).into_iter().chain(advice.map(str::to_owned));
    parts.map(|part| format!("; {part}")).collect()
}

fn advice(failure: &Failure, with_credentials: bool) -> Option<&'static str> {
    let text = failure.answer.to_lowercase();
    let has = |needles: &[&str]| needles.iter().any(|needle| text.contains(needle));
    if !failure.answered {
        return (failure.class == Class::External)
            .then_some("check that the registry works and the engine's machine reaches it");
    }
    Some(if has(&["no space left"]) {
        "free disk space on the engine's machine"
    } else if has(&["http response to https client"]) {
        "the registry has no TLS: name it in insecure-registries of the engine's daemon.json, or give it TLS"
    } else if has(&["x509:", "certificate signed by"]) {
        "the engine does not trust the registry's certificate: put its authority's into /etc/docker/certs.d on the \
         engine's machine"
    } else if has(&["toomanyrequests", "rate limit", "429 too many"]) {
        if with_credentials {
            "the registry limits how much may be pulled: wait, pull by if-not-present, or set up a mirror"
        } else {
            "the registry limits how much may be pulled: give credentials, pull by if-not-present, or set up a mirror"
        }
    } else if has(&["no matching manifest", "no match for platform", "does not match the specified platform"])
    {
        "the image is not there for this platform"
    } else if failure.class == Class::External {
        "check the registry's address, and that the engine's machine reaches it"
    } else if has(&["denied", "unauthorized", "authentication required", "no basic auth", "forbidden"]) {
        if with_credentials {
            "check the image's name, and that the credentials are valid and may read it"
        } else {
            "check the image's name, or give credentials with the variable DOCKER_AUTH_CONFIG"
        }
    } else if has(&["not found", "manifest unknown"]) {
        "check the image's name and tag"
    } else if has(&["http status: 5", "internal server error", "bad gateway", "service unavailable"]) {
        "the fault is the registry's: try again later"
    } else if has(&["invalid character '<'", "error parsing http"]) {
        "what answers there does not speak as a registry does: check its address"
    } else {
        return None;
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use bollard::errors::Error as EngineError;

    fn with() -> Access {
        Access::With { source: "$DOCKER_AUTH_CONFIG".to_owned(), path: "reg.io/a".to_owned() }
    }

    fn without(looked_in: &[&str]) -> Access {
        let looked_in = looked_in.iter().map(|&source| source.to_owned()).collect();
        Access::Without { registry: "reg.io".to_owned(), looked_in }
    }

    fn of(text: &str, access: &Access) -> String {
        let error = EngineError::DockerStreamError { error: text.to_owned() };
        asked(Failure::of_pull(&error, str::to_owned), access)
    }

    fn asked(failure: Failure, access: &Access) -> String {
        explain(&Failure { access: Some(access.clone()), ..failure })
    }

    #[test]
    fn credentials_and_advice() {
        for (text, access, explained) in [
            (
                "unauthorized: authentication required",
                with(),
                "; credentials for reg.io/a from $DOCKER_AUTH_CONFIG were used; check the image's name, and that the \
                 credentials are valid and may read it",
            ),
            (
                "no basic auth credentials",
                without(&["/root/.docker/config.json", "job payload (GitLab Registry)"]),
                "; no credentials for reg.io are in /root/.docker/config.json, job payload (GitLab Registry); check \
                 the image's name, or give credentials with the variable DOCKER_AUTH_CONFIG",
            ),
            (
                "manifest unknown",
                without(&[]),
                "; no credentials for reg.io were used, as there are none at all; check the image's name and tag",
            ),
            (
                "received unexpected HTTP status: 503 Service Unavailable",
                without(&["a"]),
                "; no credentials for reg.io are in a; the fault is the registry's: try again later",
            ),
            (
                "dial tcp: lookup reg.io: no such host",
                with(),
                "; check the registry's address, and that the engine's machine reaches it",
            ),
            ("something else", with(), "; credentials for reg.io/a from $DOCKER_AUTH_CONFIG were used"),
        ] {
            assert_eq!(of(text, &access), explained, "{text}");
        }
        assert!(of("toomanyrequests: limit", &without(&[])).contains("give credentials"));
        assert!(of("x509: unknown authority", &with()).contains("certs.d"));
    }

    #[test]
    fn where_no_registry_is_to_blame_none_is_named() {
        assert_eq!(asked(Failure::configuration("no"), &with()), "");
        assert_eq!(
            asked(Failure::stalled(60, false), &with()),
            "; check that the registry works and the engine's machine reaches it"
        );
    }
}
