//! `spec:inputs` and interpolation: `$[[ inputs.name | function ]]`.
//!
//! Mirrors `Gitlab::Ci::Config::Yaml::Interpolator`: the header is checked, the values given are checked against it,
//! and the blocks in the content are replaced. A file without a header is left as it is.

mod access;
mod block;
mod functions;
mod header;
mod insert;
mod interpolate;
mod json;
mod rules;
mod values;

pub use json::node_from_json;

use crate::expression::Lookup;
use crate::yaml::Loaded;
use crate::{ComponentFacts, Diagnostic, Kind, Map, Node};
use std::collections::HashSet;
use std::sync::Arc;

/// The most inputs that a pipeline may be started with (`ci_max_inputs`).
pub const MOST_GIVEN: usize = 20;

/// How many errors GitLab joins into one message (`Interpolator#error_message`).
const JOINED: usize = 3;

/// What a file is filled in with.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The values given for this file.
    pub given: Option<&'a Map>,
    /// The variables for `expand_vars`.
    pub variables: &'a dyn Lookup,
    /// Names of masked variables, which `expand_vars` refuses.
    pub masked: &'a HashSet<Arc<str>>,
    /// What a component may learn of itself; nothing outside of components.
    pub component: Option<&'a ComponentFacts>,
}

/// Checks the header and the values given, and replaces all blocks of the content.
///
/// What replaces a block keeps the place of the text that the block stood in; what is inside of a list or map keeps the
/// place it was written at, in the header or where the value was given.
///
/// # Errors
/// What GitLab tells comes first, up to three errors in one message without the file's name; what it would only tell
/// later follows, marked so.
pub fn fill(loaded: &Loaded, request: &Request<'_>) -> Result<Node, Vec<Diagnostic>> {
    let Some(header) = &loaded.header else {
        return match request.given.and_then(|given| given.iter().next()) {
            Some((_, first)) => Err(vec![without_header().at(first.key_span)]),
            None => Ok(loaded.content.clone()),
        };
    };
    let spec = header::check(header).map_err(joined)?;
    let values = values::resolve(&spec, request.given).map_err(joined)?;
    interpolate::replace(&loaded.content, &spec, &values, request)
}

fn without_header() -> Diagnostic {
    let message = "Given inputs not defined in the `spec` section of the included configuration file";
    Diagnostic::error(Kind::Yaml, "inputs-without-spec", message)
        .help("A file takes inputs where it begins with `spec: {inputs: …}` and a line `---`.")
}

/// Several errors as GitLab tells them: three in one message. The others follow as what it would tell later.
fn joined(mut errors: Vec<Diagnostic>) -> Vec<Diagnostic> {
    let mut rest = errors.split_off(errors.len().min(JOINED));
    for error in &mut rest {
        error.later = true;
    }
    let Some(first) = errors.into_iter().reduce(join) else { return rest };
    rest.insert(0, first);
    rest
}

fn join(mut first: Diagnostic, other: Diagnostic) -> Diagnostic {
    if let Some(span) = other.span.filter(|_| first.span != other.span) {
        first = first.label(span, other.note.unwrap_or_else(|| other.message.clone()));
    }
    first.message = format!("{}, {}", first.message, other.message);
    first.labels.extend(other.labels);
    for help in other.help {
        if !first.help.contains(&help) {
            first.help.push(help);
        }
    }
    first
}

#[cfg(test)]
mod tests;
