//! What can be wrong with a reference, in GitLab's words (`Yaml::Tags::Base`, `Yaml::Tags::Reference`).

use super::lookup::DeadEnd;
use crate::extend::issues::describe;
use crate::nearby::Nearby;
use crate::{Diagnostic, Key, Kind, Node, Reference, Span, Value};

/// How a reference is written.
const FORM: &str = "A reference names an entry and keys in it: `!reference [.setup, script]`.";

/// The keys of a valid reference: a list of strings with at least one.
pub(super) fn path(reference: &Reference) -> Option<Vec<&str>> {
    let keys = reference.path.as_seq().filter(|keys| !keys.is_empty())?;
    keys.iter().map(Node::as_str).collect()
}

/// As GitLab shows a valid reference.
fn shown(reference: &Reference) -> String {
    format!("!reference {}", reference.path.inspect())
}

pub(super) fn invalid(reference: &Reference, span: Span) -> Diagnostic {
    let path = &reference.path;
    // Psych hands the text of a scalar over as it is written, and nothing where it is blank.
    let shown = match &path.value {
        Value::Seq(_) | Value::Reference(_) => path.inspect(),
        _ if path.is_blank() => "nil".into(),
        _ => path.to_text().map_or_else(|| path.inspect(), |text| crate::node::quoted(&text)),
    };
    let message = format!("!reference {shown} is not valid");
    let note = match &path.value {
        Value::Seq(items) if items.is_empty() => "there are no keys in it",
        Value::Seq(_) => "all keys have to be texts",
        _ => "this has to be a list",
    };
    Diagnostic::error(Kind::Reference, "reference-invalid", message).at(span).note(note).help(FORM)
}

pub(super) fn circle(reference: &Reference, span: Span) -> Diagnostic {
    let message = format!("{} is part of a circular chain", shown(reference));
    Diagnostic::error(Kind::Reference, "reference-circular", message)
        .at(span)
        .note("what it names refers back to this place")
}

pub(super) fn too_deep(span: Span, limit: usize) -> Diagnostic {
    let message =
        format!("`!reference` leads through more than {limit} levels of lists, maps and references");
    Diagnostic::error(Kind::Reference, "reference-too-deep", message).ours().at(span)
}

pub(super) fn missing(
    reference: &Reference,
    span: Span,
    path: &[&str],
    end: &DeadEnd<'_>,
    nearby: &mut Nearby,
) -> Diagnostic {
    let message = format!("{} could not be found", shown(reference));
    let diagnostic = Diagnostic::error(Kind::Reference, "reference-missing", message).at(span);
    let way = |length: usize| path.iter().take(length).copied().collect::<Vec<_>>().join(":");
    match end {
        DeadEnd::NoKey(index, map) => {
            let key = path.get(*index).copied().unwrap_or_default();
            let owner = if *index == 0 { "the configuration".into() } else { format!("`{}`", way(*index)) };
            let diagnostic = diagnostic.note(format!("{owner} has no `{key}`"));
            match nearby.find(key, map.iter().filter_map(|(key, _)| Key::as_str(key))) {
                Some(near) => diagnostic.help(format!("Did you mean `{near}`?")),
                None => diagnostic,
            }
        }
        DeadEnd::NoMap(index, node) => {
            let diagnostic = diagnostic
                .note(format!("`{}` is {}, not a map", way(*index), describe(node)))
                .label(node.span, "no key can be taken out of this");
            match node.value {
                Value::Reference(_) => {
                    diagnostic.help("References are not followed on the way: name where it leads.")
                }
                _ => diagnostic,
            }
        }
        DeadEnd::Nothing(node) => diagnostic
            .note(format!("`{}` is {}", way(path.len()), describe(node)))
            .label(node.span, "GitLab takes this for missing"),
    }
}
