//! Values that messages must not show.

use crate::variables::Scope;
use std::collections::HashSet;
use std::sync::Arc;

/// The masked variables of a context.
#[derive(Clone, Debug, Default)]
pub(super) struct Secrets {
    names: HashSet<Arc<str>>,
    values: Vec<Arc<str>>,
}

impl Secrets {
    /// Those among some variables.
    pub(super) fn of(variables: &Scope<'_>) -> Self {
        let mut secrets = Self::default();
        for item in variables.iter().filter(|item| item.masked) {
            if let Some(value) = item.value.filter(|value| !value.trim().is_empty()) {
                secrets.values.push(value);
            }
            secrets.names.insert(item.name);
        }
        secrets
    }

    /// The names of the masked variables.
    pub(super) fn names(&self) -> &HashSet<Arc<str>> {
        &self.names
    }

    /// A text with each value hidden behind as many `x` (`Gitlab::Ci::MaskSecret`).
    pub(super) fn mask(&self, text: &str) -> String {
        self.values.iter().fold(text.to_owned(), |text, value| {
            if text.contains(&**value) {
                text.replace(&**value, &"x".repeat(value.chars().count()))
            } else {
                text
            }
        })
    }
}
