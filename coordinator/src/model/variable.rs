//! Variables of the settings.

use super::ProjectId;
use serde::{Deserialize, Serialize};

/// A variable of a project's or the instance's settings, its value opened.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variable {
    /// The project; nothing for one of the instance.
    pub project: Option<ProjectId>,
    /// Its name.
    pub key: String,
    /// Its value.
    pub value: String,
    /// Whether jobs get it as a file.
    pub file: bool,
    /// Whether references in it stay as they are.
    pub raw: bool,
    /// Whether logs do not show it.
    pub masked: bool,
    /// Whether it is never shown again, to nobody.
    pub hidden: bool,
    /// Whether only protected refs have it.
    pub protected: bool,
    /// The environments it is for.
    pub scope: String,
    /// What it is for.
    #[serde(default)]
    pub description: String,
}

/// A variable that is to be: same fields.
pub type NewVariable = Variable;

impl Variable {
    /// A plain variable for everything.
    pub fn new(project: Option<ProjectId>, key: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            project,
            key: key.into(),
            value: value.into(),
            file: false,
            raw: false,
            masked: false,
            hidden: false,
            protected: false,
            scope: "*".into(),
            description: String::new(),
        }
    }
}

/// Shows the name and the flags, never the value.
impl std::fmt::Debug for Variable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Variable")
            .field("project", &self.project)
            .field("key", &self.key)
            .field("masked", &self.masked)
            .field("protected", &self.protected)
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}
