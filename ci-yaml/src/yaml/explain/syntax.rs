//! Errors of syntax: libyaml's words with the place that Ruby gives, and what was probably meant.

use super::Source;
use crate::yaml::syntax::{Mark, SyntaxError};
use crate::{Diagnostic, Kind, Position, Span};

/// The text whose first characters GitLab looks at to tell HTML.
const HTML_PREFIX: usize = 512;

/// A suggestion longer than this helps nobody.
const LONGEST_SUGGESTION: usize = 120;

/// An error of syntax.
pub(in crate::yaml) fn syntax(source: &Source<'_>, error: &SyntaxError) -> Diagnostic {
    if is_html(source.document()) {
        return Diagnostic::error(Kind::Yaml, "yaml-format", "Invalid configuration format")
            .at(source.point(error.at))
            .note("this is HTML, not YAML")
            .help("What was fetched may be a page to log in with: look at the address in a browser.");
    }
    let named = error.context_at.unwrap_or_default();
    let context = error.context.map(|context| format!(" {context}")).unwrap_or_default();
    let (line, column) = (named.line + 1, named.column + 1);
    let message = format!("(<unknown>): {}{context} at line {line} column {column}", error.problem);

    let begun = error.context_at.filter(|begun| begun.at != error.at.at);
    // What shows only at the end of the text, or on the next line, is better looked for where it began.
    let at_end = source.text[..source.document.end].trim_end().len() <= error.at.at as usize;
    let late = at_end || error.problem == "could not find expected ':'";
    let (main, other) = match begun {
        Some(begun) if late => (begun, None),
        begun => (error.at, begun),
    };
    let mut diagnostic = Diagnostic::error(Kind::Yaml, "yaml-syntax", message).at(source.point(main));
    if let (Some(begun), Some(text)) = (other, error.context.and_then(begins)) {
        diagnostic = diagnostic.label(source.point(begun), text);
    }
    match hint(source, error) {
        Some((note, help)) => diagnostic.note(note).help(help),
        None => diagnostic.note(error.problem),
    }
}

/// A character that no YAML holds, at a place in the file.
pub(in crate::yaml) fn control_character(
    source: &Source<'_>,
    start: Position,
    character: char,
) -> Diagnostic {
    let message = "(<unknown>): control characters are not allowed at line 1 column 1";
    let span = Span { file: source.file, start, end: Position { column: start.column + 1, ..start } };
    Diagnostic::error(Kind::Yaml, "yaml-syntax", message)
        .at(span)
        .note(format!("U+{:04X} stands here", u32::from(character)))
        .help("Remove it, or write it as an escape in double quotes, such as \"\\e\" or \"\\x07\".")
}

fn is_html(text: &str) -> bool {
    let start: String = text.chars().take(HTML_PREFIX).collect::<String>().to_lowercase();
    start.contains("<!doctype html") || start.contains("<html")
}

/// What to say of the place where something began.
fn begins(context: &str) -> Option<&'static str> {
    Some(match context {
        "while parsing a block mapping" | "while parsing a flow mapping" => "the map begins here",
        "while parsing a block collection" | "while parsing a flow sequence" => "the list begins here",
        "while scanning a block scalar" | "while scanning a plain scalar" => "the text begins here",
        "while scanning a quoted scalar" | "while parsing a quoted scalar" => "the quote opens here",
        _ => return None,
    })
}

/// What stands beside the place, and how to mend it.
fn hint(source: &Source<'_>, error: &SyntaxError) -> Option<(String, String)> {
    let (line, before) = source.line(error.at);
    let begun = source.line(error.context_at.unwrap_or(error.at)).0;
    if let Some(hint) = conflict(line).or_else(|| conflict(begun)).or_else(|| tab(line, before, error)) {
        return Some(hint);
    }
    let say = |note: &str, help: String| Some((note.to_owned(), help));
    match (error.problem, error.context.unwrap_or_default()) {
        (_, "while scanning an alias") => say(
            "`*` begins an alias",
            format!("Quote text that begins with `*`{}.", quoted_word(source, error)),
        ),
        (_, "while scanning an anchor") => {
            say("`&` begins an anchor", format!("Quote the value{}.", quoted_value(begun)))
        }
        (_, "while scanning a tag" | "while parsing a tag") | ("found undefined tag handle", _) => {
            say("`!` begins a tag", format!("Quote the value{}.", quoted_value(begun)))
        }
        ("found character that cannot start any token", _) => {
            let character = line[before.len().min(line.len())..].chars().next()?;
            let note = format!("no value may begin with `{character}`");
            Some((note, format!("Quote the value{}.", quoted_value(line))))
        }
        ("mapping values are not allowed in this context", _) if before.contains(": ") => {
            say("`: ` makes what is before it a key", format!("Quote the value{}.", quoted_value(line)))
        }
        ("mapping values are not allowed in this context", _) => say(
            "what is before this `:` belongs to the line above",
            "Indent this line as its neighbours are, or quote the value that begins above it.".into(),
        ),
        ("could not find expected ':'", _) => say(
            "a key must stand here, and no `:` follows it",
            "Add a `:` behind the key, or indent the line, if it goes on with the value above it.".into(),
        ),
        ("found unexpected end of stream", _) => {
            say("this quote is not closed", "Close it, or write the value as a block behind `|`.".into())
        }
        ("found unknown escape character", _) => say(
            "in double quotes `\\` begins an escape, and there is none of this letter",
            "Write `\\\\` for a backslash, or use single quotes, in which it stands for itself.".into(),
        ),
        ("block sequence entries are not allowed in this context", _) => {
            say("no list may begin here", "Begin the list on the line below its key.".into())
        }
        ("did not find expected comment or line break", "while scanning a block scalar") => say(
            "behind `|` and `>` nothing may follow on the same line",
            "Begin the text on the next line, or quote it, if it is meant to begin with `|` or `>`.".into(),
        ),
        ("found unexpected ':'", _) => {
            say("a `:` in a list or map in brackets", format!("Quote the value{}.", quoted_value(line)))
        }
        ("did not find expected ',' or ']'" | "did not find expected ',' or '}'", _) => {
            let close = if error.problem.ends_with("']'") { "]" } else { "}" };
            let help = format!("Close it with `{close}`, or quote the value, if it is meant as text.");
            say("the list or map in brackets does not end before this", help)
        }
        ("did not find expected key" | "did not find expected '-' indicator", _)
            if before.trim_end().ends_with(['"', '\'', ']', '}']) =>
        {
            say(
                "text behind the end of a value",
                format!("Quote the whole value, not a part of it{}.", quoted_value(line)),
            )
        }
        ("did not find expected key", _) => {
            say("no key of the map above begins like this", "Indent this line as its neighbours are.".into())
        }
        ("did not find expected '-' indicator", _) => say(
            "no item of the list above begins like this",
            "Indent this line as its neighbours are.".into(),
        ),
        _ => None,
    }
}

/// A line that git leaves where it could not merge.
fn conflict(line: &str) -> Option<(String, String)> {
    let markers = ["<<<<<<<", "=======", ">>>>>>>"];
    let is_marker = markers.iter().any(|marker| line.starts_with(marker));
    is_marker.then(|| {
        let help = "Resolve the conflict, and remove the lines with `<<<<<<<`, `=======` and `>>>>>>>`.";
        ("a merge conflict that is not resolved".into(), help.into())
    })
}

/// A tab where a line is indented.
fn tab(line: &str, before: &str, error: &SyntaxError) -> Option<(String, String)> {
    let indentation = &line[..line.len() - line.trim_start().len()];
    let here = line.get(before.len()..).is_some_and(|rest| rest.starts_with('\t'));
    let is_tab = here || error.problem.contains(" tab ") || indentation.contains('\t');
    is_tab.then(|| ("a tab".into(), "Indent with spaces: YAML does not permit tabs for that.".into()))
}

/// The word at the place where something began, in quotes, as an example.
fn quoted_word(source: &Source<'_>, error: &SyntaxError) -> String {
    let Mark { at, .. } = error.context_at.unwrap_or(error.at);
    let rest = source.text.get(at as usize..).unwrap_or_default();
    let end = |char: char| char.is_whitespace() || matches!(char, ',' | ']' | '}');
    suggestion(rest.split(end).next().unwrap_or_default())
}

/// What stands behind the key or the `-` of a line, in quotes, as an example.
fn quoted_value(line: &str) -> String {
    let line = line.trim();
    let item = line.strip_prefix("- ").unwrap_or(line).trim_start();
    let is_key = |key: &str| {
        !key.is_empty() && key.chars().all(|char| char.is_ascii_alphanumeric() || "_.-".contains(char))
    };
    let value = match item.split_once(": ") {
        Some((key, value)) if is_key(key) && !line.starts_with("- ") => value.trim_start(),
        _ => item,
    };
    suggestion(value)
}

fn suggestion(text: &str) -> String {
    if text.is_empty() || text.chars().count() > LONGEST_SUGGESTION {
        return String::new();
    }
    if text.contains('\'') && !text.contains(['"', '\\']) {
        return format!(": \"{text}\"");
    }
    format!(": '{}'", text.replace('\'', "''"))
}
