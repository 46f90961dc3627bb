//! What can go wrong while services are started.

use crate::allow::Refusal;
use crate::connect::{answer, status};
use bollard::errors::Error as EngineError;
use executor::PrepareError;

/// Services could not be started.
#[derive(Debug, thiserror::Error)]
pub(super) enum ServiceError {
    /// More than `services_limit`.
    #[error("too many services requested: {requested}, only {allowed} allowed")]
    TooMany {
        /// How many there are.
        requested: usize,
        /// How many there may be.
        allowed: i64,
    },
    /// The image is none of `allowed_services`.
    #[error(transparent)]
    Disallowed(#[from] Refusal),
    /// The name is not that of an image.
    #[error("invalid service image name: {name}")]
    Name {
        /// What is written.
        name: String,
    },
    /// `HEALTHCHECK_TCP_PORT` is no port.
    #[error("invalid health check tcp port of service \"{image}\": {value}")]
    Port {
        /// The service's image.
        image: String,
        /// What the variable holds.
        value: String,
    },
    /// A container that is not ours has the name.
    #[error("cannot start service \"{image}\": container {id}, which is not this job's, has the name {name}")]
    NameTaken {
        /// The service's image.
        image: String,
        /// The name.
        name: String,
        /// Who has it.
        id: String,
    },
    /// The engine refused or failed.
    #[error("cannot start service \"{image}\": {answer}")]
    Engine {
        /// The service's image.
        image: String,
        /// The engine's answer.
        answer: String,
        /// Whether another try must end the same way.
        lasting: bool,
    },
    /// Something else that is known by its type already: a pull, a value of the configuration.
    #[error(transparent)]
    Typed(#[from] PrepareError),
    /// The job was stopped meanwhile.
    #[error("stopped while services were started")]
    Stopped,
}

impl ServiceError {
    /// An answer of the engine about a service.
    pub(super) fn engine(image: &str, error: &EngineError) -> Self {
        let answer = answer(error);
        let lasting = status(error) == Some(400) || names_a_missing_program(&answer);
        Self::Engine { image: image.to_owned(), answer, lasting }
    }

    /// Whether trying again may help.
    pub(super) fn may_pass(&self) -> bool {
        matches!(self, Self::Engine { lasting: false, .. })
    }
}

/// Some engines answer 500 where a command is not in the image.
fn names_a_missing_program(answer: &str) -> bool {
    ["executable file not found", "exec format error", "no such file or directory: unknown"]
        .iter()
        .any(|sign| answer.contains(sign))
}

impl From<ServiceError> for PrepareError {
    fn from(error: ServiceError) -> Self {
        let message = error.to_string();
        match error {
            ServiceError::Typed(error) => error,
            ServiceError::Disallowed(refusal) => refusal.into(),
            ServiceError::Stopped | ServiceError::Engine { lasting: false, .. } => {
                Self::Temporary { message }
            }
            ServiceError::TooMany { .. } => Self::Final { message },
            ServiceError::Name { .. }
            | ServiceError::Port { .. }
            | ServiceError::NameTaken { .. }
            | ServiceError::Engine { lasting: true, .. } => Self::Configuration { message },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(status_code: u16, message: &str) -> ServiceError {
        let error = EngineError::DockerResponseServerError { status_code, message: message.into() };
        ServiceError::engine("db:1", &error)
    }

    #[test]
    fn what_another_try_cannot_mend_is_a_matter_of_configuration() {
        for (error, may_pass) in [
            (of(500, "port is already allocated"), true),
            (of(404, "No such image: db:1"), true),
            (of(400, "invalid environment variable: =x"), false),
            (of(500, "exec: \"x\": executable file not found in $PATH: unknown"), false),
        ] {
            let text = error.to_string();
            assert_eq!(error.may_pass(), may_pass, "{text}");
            assert!(
                text.starts_with("cannot start service \"db:1\": Error response from daemon: "),
                "{text}"
            );
            assert_eq!(matches!(PrepareError::from(error), PrepareError::Temporary { .. }), may_pass);
        }
    }
}
