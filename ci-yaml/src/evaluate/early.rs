//! What is decided before the configuration is read.

use crate::{Context, Diagnostic, Kind};
use std::collections::HashSet;

/// Why a pipeline is created without jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Skip {
    /// The message of the head commit holds this, as it is written there.
    Message(String),
    /// A push option asked for it.
    PushOption,
}

/// A decision that needs no configuration.
#[derive(Clone, Debug)]
pub enum Early {
    /// A pipeline without jobs; errors of the configuration stay unnoticed.
    Skipped(Skip),
    /// No pipeline, for this reason.
    Refused(Diagnostic),
}

/// Decides what can be decided before the configuration is read; nothing where the configuration decides.
pub fn early(context: &Context) -> Option<Early> {
    duplicate_variables(context).map(Early::Refused).or_else(|| skip(context).map(Early::Skipped))
}

/// `Chain::AssignPipelineVariables` refuses what is given twice.
fn duplicate_variables(context: &Context) -> Option<Diagnostic> {
    let mut seen = HashSet::new();
    let mut twice: Vec<&str> = Vec::new();
    for variable in &context.variables {
        let name = variable.name.as_str();
        if !seen.insert(name) && !twice.contains(&name) {
            twice.push(name);
        }
    }
    let plural = if twice.len() > 1 { "s" } else { "" };
    let message = format!("Duplicate variable name{plural}: {}", twice.join(", "));
    (!twice.is_empty()).then(|| Diagnostic::error(Kind::Pipeline, "duplicate-variable", message))
}

/// `Chain::Skip`: the whole message of the head commit counts, whatever else was pushed.
fn skip(context: &Context) -> Option<Skip> {
    if context.source.ignores_skip() {
        return None;
    }
    match marker(&context.commit.message) {
        Some(marker) => Some(Skip::Message(marker.to_owned())),
        None => context.skip.then_some(Skip::PushOption),
    }
}

/// `[ci skip]` or `[skip ci]` in any case, with a space, a hyphen or an underscore.
fn marker(message: &str) -> Option<&str> {
    let places = memchr::memchr_iter(b'[', message.as_bytes());
    places.filter_map(|at| message.get(at..at + 9)).find(|text| {
        let lower = text.to_ascii_lowercase().replace(['-', '_'], " ");
        let separators = text.bytes().filter(|byte| matches!(byte, b' ' | b'-' | b'_')).count();
        separators == 1 && matches!(lower.as_str(), "[ci skip]" | "[skip ci]")
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{GivenVariable, Source};

    fn with_message(source: &str, message: &str) -> Context {
        let mut context = Context::push("main");
        context.source = Source::new(source).unwrap();
        context.commit.message = message.into();
        context
    }

    #[test]
    fn markers_skip() {
        for (message, expected) in [
            ("wip [Skip CI]", Some("[Skip CI]")),
            ("Title\n\nlong text\n[ci skip]\n", Some("[ci skip]")),
            ("x [ci-skip]", Some("[ci-skip]")),
            ("[skip_ci] x", Some("[skip_ci]")),
            ("é[[ci skip]", Some("[ci skip]")),
            ("x [skip  ci]", None),
            ("x skip ci", None),
            ("[skip\tci]", None),
            ("[ci skip", None),
        ] {
            assert_eq!(marker(message), expected, "{message}");
        }
    }

    #[test]
    fn who_asks_for_a_pipeline_gets_it() {
        for (source, skipped) in [
            ("push", true),
            ("merge_request_event", true),
            ("web", false),
            ("schedule", false),
            ("pipeline", false),
        ] {
            let found = early(&with_message(source, "x [skip ci]"));
            assert_eq!(matches!(found, Some(Early::Skipped(Skip::Message(_)))), skipped, "{source}");
        }
        let mut context = with_message("push", "x");
        context.skip = true;
        assert!(matches!(early(&context), Some(Early::Skipped(Skip::PushOption))));
    }

    #[test]
    fn a_variable_is_given_once() {
        let mut context = Context::push("main");
        let given =
            |name: &str| GivenVariable { name: name.into(), value: "1".into(), raw: false, file: false };
        context.variables = ["A", "B", "A", "A"].map(given).to_vec();
        let Some(Early::Refused(diagnostic)) = early(&context) else { panic!("it is not refused") };
        assert_eq!(diagnostic.message, "Duplicate variable name: A");
        context.variables.push(given("B"));
        let Some(Early::Refused(diagnostic)) = early(&context) else { panic!("it is not refused") };
        assert_eq!(diagnostic.message, "Duplicate variable names: A, B");
    }
}
