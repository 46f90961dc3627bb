//! What cannot be measured here.

use std::fmt;

/// A measurement that needs what this machine does not have, and why.
#[derive(Debug)]
pub(crate) struct Skipped(String);

impl Skipped {
    /// For this reason.
    pub(crate) fn because(reason: impl Into<String>) -> Self {
        Self(reason.into())
    }
}

impl fmt::Display for Skipped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Skipped {}
