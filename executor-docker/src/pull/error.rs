//! What a job is told when it gets no image.

use super::failure::Class;
use crate::platform::PlatformError;
use crate::policy::PolicyError;
use executor::PrepareError;

/// There is no image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PullError {
    /// No image has such a name.
    #[error("invalid image name {image:?}")]
    Name {
        /// The name.
        image: String,
    },
    /// There is no policy to obtain it by.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The platform is none.
    #[error("image {image:?}: {error}")]
    Platform {
        /// The image.
        image: String,
        /// What is wrong.
        #[source]
        error: PlatformError,
    },
    /// Every policy failed; this is how the last one did.
    #[error("failed to pull image {image:?} with specified policies {policies}: {answer}{explanation}")]
    Failed {
        /// The image.
        image: String,
        /// The policies, as a list.
        policies: String,
        /// Whose fault it is.
        class: Class,
        /// What the engine or the registry answered, on one line.
        answer: String,
        /// Which credentials were used, and what may mend it; begins with `; ` unless empty.
        explanation: String,
    },
    /// The job was stopped meanwhile.
    #[error("context canceled")]
    Stopped,
}

/// What may pass by itself was tried again already; only an engine that does not answer is worth another attempt
/// at all preparations.
impl From<PullError> for PrepareError {
    fn from(error: PullError) -> Self {
        let message = error.to_string();
        match error {
            PullError::Name { .. } | PullError::Policy(_) | PullError::Platform { .. } => {
                Self::Configuration { message }
            }
            PullError::Failed { class, .. } => match class {
                Class::Configuration => Self::Configuration { message },
                Class::External => Self::External { message },
                Class::Registry => Self::ImagePull { message },
                Class::Absent => Self::Final { message },
                Class::Engine => Self::Temporary { message },
            },
            PullError::Stopped => Self::Temporary { message },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(class: Class) -> PullError {
        PullError::Failed {
            image: "a:1".to_owned(),
            policies: "[always]".to_owned(),
            class,
            answer: "Error response from daemon: no".to_owned(),
            explanation: "; do".to_owned(),
        }
    }

    #[test]
    fn kinds() {
        let kind = |error: PullError| match PrepareError::from(error) {
            PrepareError::Temporary { .. } => "temporary",
            PrepareError::Configuration { .. } => "configuration",
            PrepareError::Final { .. } => "final",
            PrepareError::External { .. } => "external",
            PrepareError::ImagePull { .. } => "image pull",
        };
        assert_eq!(kind(PullError::Name { image: "A".to_owned() }), "configuration");
        assert_eq!(kind(failed(Class::Configuration)), "configuration");
        assert_eq!(kind(failed(Class::External)), "external");
        assert_eq!(kind(failed(Class::Registry)), "image pull");
        assert_eq!(kind(failed(Class::Absent)), "final");
        assert_eq!(kind(failed(Class::Engine)), "temporary");
        assert_eq!(kind(PullError::Stopped), "temporary");
        assert_eq!(
            failed(Class::Registry).to_string(),
            "failed to pull image \"a:1\" with specified policies [always]: Error response from daemon: no; do"
        );
    }
}
