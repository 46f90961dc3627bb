//! Values that cannot be used.

use executor::PrepareError;

/// A value of `[runners.docker]` that cannot be used, or not as its author may think.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{key}`: {message} (expected {expected})")]
pub struct ConfigError {
    /// Its key.
    pub key: &'static str,
    /// What stands there, as far as it is wrong.
    pub value: String,
    /// What is wrong with it; names the value.
    pub message: String,
    /// What should stand there, with an example.
    pub expected: &'static str,
    /// Whether jobs fail for it. Else some of the value has no effect.
    pub fatal: bool,
}

impl ConfigError {
    pub(crate) fn new(
        key: &'static str,
        value: impl Into<String>,
        message: impl Into<String>,
        expected: &'static str,
    ) -> Self {
        Self { key, value: value.into(), message: message.into(), expected, fatal: true }
    }

    /// The same, where jobs go on.
    pub(crate) fn harmless(self) -> Self {
        Self { fatal: false, ..self }
    }
}

impl From<ConfigError> for PrepareError {
    fn from(error: ConfigError) -> Self {
        Self::Configuration { message: error.to_string() }
    }
}
