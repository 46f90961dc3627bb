//! Values that messages must not show.

use super::Scope;
use crate::Diagnostic;
use std::collections::HashSet;
use std::sync::Arc;

/// What stands for the first characters of a masked value; no variable with fewer can be masked.
const MASKED: &str = "[MASKED]";

/// The masked variables of a context.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secrets {
    names: HashSet<Arc<str>>,
    values: Vec<Arc<str>>,
}

impl Secrets {
    /// Those among some variables.
    pub(crate) fn of(variables: &Scope<'_>) -> Self {
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
    pub(crate) fn names(&self) -> &HashSet<Arc<str>> {
        &self.names
    }

    /// A text with each value hidden behind something as long (`Gitlab::Ci::MaskSecret`).
    pub(crate) fn mask(&self, text: &str) -> String {
        self.values.iter().fold(text.to_owned(), |text, value| {
            if text.contains(&**value) { text.replace(&**value, &hidden(value)) } else { text }
        })
    }

    /// A diagnostic that hides them as well.
    pub(crate) fn masked(&self, mut diagnostic: Diagnostic) -> Diagnostic {
        if self.values.is_empty() {
            return diagnostic;
        }
        let Diagnostic { message, note, labels, help, .. } = &mut diagnostic;
        let labels = labels.iter_mut().map(|label| &mut label.text);
        for text in [message].into_iter().chain(note).chain(help).chain(labels) {
            *text = self.mask(text);
        }
        diagnostic
    }
}

fn hidden(value: &str) -> String {
    let length = value.chars().count();
    match length.checked_sub(MASKED.len()) {
        Some(rest) => MASKED.to_owned() + &"x".repeat(rest),
        None => "x".repeat(length),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masked_values_are_hidden_behind_as_many_characters() {
        let values = ["glpat-0123456789", "short", "exactly8"].map(Into::into).into();
        let secrets = Secrets { names: HashSet::new(), values };
        assert_eq!(secrets.mask("a/glpat-0123456789/b"), "a/[MASKED]xxxxxxxx/b");
        assert_eq!(secrets.mask("exactly8, short"), "[MASKED], xxxxx");
        assert_eq!(secrets.mask("nothing"), "nothing");
    }
}
