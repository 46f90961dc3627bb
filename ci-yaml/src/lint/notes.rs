//! What the reader of YAML noticed and GitLab passes over in silence.

use crate::Diagnostic;
use crate::yaml::Note;

pub(super) fn lint(notes: &[Note], found: &mut Vec<Diagnostic>) {
    for note in notes {
        match note {
            Note::UnknownTag { tag, span, empty } => found.push(of_tag(tag, *empty).at(*span)),
            Note::DuplicateKey { key, first, second } => {
                found.push(
                    Diagnostic::lint("duplicate-key", format!("`{key}` is there twice; only the last one counts"))
                        .at(*second)
                        .label(*first, "this one is ignored")
                        .help("rename one of them, or merge them into one"),
                );
            }
            Note::Ignored { span } => found.push(
                Diagnostic::lint("ignored-text", "nothing reads the file from here on")
                    .at(*span)
                    .help("GitLab uses the first document of a file, or the second one if the first is a `spec` header"),
            ),
            Note::Large { estimate, limit, span } => found.push(
                Diagnostic::lint(
                    "large-file",
                    format!("GitLab may refuse this as too big: it takes about {estimate} bytes in its memory, of {limit}"),
                )
                .at(*span)
                .help("split it, or repeat less through aliases"),
            ),
        }
    }
}

/// A tag that nobody knows. `!$A` and `! $A` are meant as negations, and YAML takes the `!` for a tag.
fn of_tag(tag: &str, empty: bool) -> Diagnostic {
    const RULE: &str = "unquoted-negation";
    match tag {
        "!" => Diagnostic::lint(RULE, "`!` is read as a YAML tag and ignored: nothing is negated")
            .help("put all of it in quotes: '!$NAME'"),
        _ if !tag.starts_with("!$") && !tag.starts_with("!(") => Diagnostic::lint(
            "unknown-tag",
            format!("the YAML tag `{tag}` means nothing to GitLab and is ignored"),
        )
        .help("if it is part of the text, put the text in quotes"),
        _ if empty => Diagnostic::lint(RULE, format!("`{tag}` is read as a YAML tag with nothing behind it"))
            .note("the value is null, so the condition is as good as absent")
            .help(format!("put it in quotes: '{tag}'")),
        _ => Diagnostic::lint(RULE, format!("`{tag}` is read as a YAML tag and ignored"))
            .help(format!("put all of it in quotes: '{tag} …'")),
    }
}
