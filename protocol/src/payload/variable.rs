//! Variables of a payload.

use serde::{Deserialize, Serialize};
use std::fmt;

/// One variable as the coordinator sends it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Variable {
    /// Its name.
    pub key: String,
    /// Its value; for a file variable the content of the file.
    pub value: String,
    /// Whether service containers get it too.
    pub public: bool,
    /// Whether its value is hidden in the trace.
    pub masked: bool,
    /// Whether the value goes to a file and the variable becomes its path.
    pub file: bool,
    /// Whether the value is taken as it is, without expansion.
    pub raw: bool,
}

impl Variable {
    /// A public variable that is not expanded further.
    pub fn public(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self { key: key.into(), value: value.into(), public: true, ..Self::default() }
    }
}

/// Shows the name and the flags, never the value.
impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Variable")
            .field("key", &self.key)
            .field("public", &self.public)
            .field("masked", &self.masked)
            .field("file", &self.file)
            .field("raw", &self.raw)
            .finish_non_exhaustive()
    }
}
