//! What is said of files that GitLab refuses.

use super::*;

/// The message, where it points to, what stands beside it, and the first help.
#[track_caller]
fn said(text: &str) -> (String, (u32, u32), String, String) {
    let diagnostic = load_with(text, &Limits::default()).expect_err("refused");
    let start = diagnostic.span.expect("a place").start;
    let help = diagnostic.help.first().cloned().unwrap_or_default();
    (diagnostic.message, (start.line, start.column), diagnostic.note.unwrap_or_default(), help)
}

#[test]
fn messages_are_those_of_ruby() {
    for (text, expected) in [
        (
            "a: {script: [x}\n",
            "(<unknown>): did not find expected ',' or ']' while parsing a flow sequence at line 1 column 13",
        ),
        (
            "invalid: yaml: syntax",
            "(<unknown>): mapping values are not allowed in this context at line 1 column 14",
        ),
        (
            "a:\n\tscript: x\n",
            "(<unknown>): found character that cannot start any token while scanning for the next token at line 2 column 1",
        ),
        (
            "a: b\nc\n",
            "(<unknown>): could not find expected ':' while scanning a simple key at line 2 column 1",
        ),
        (
            "a:\n  b: c\n d: e\n",
            "(<unknown>): did not find expected key while parsing a block mapping at line 1 column 1",
        ),
        (
            "a: 'b\n",
            "(<unknown>): found unexpected end of stream while scanning a quoted scalar at line 1 column 4",
        ),
        ("%YAML 3.0\n--- a\n", "(<unknown>): found incompatible YAML document at line 1 column 1"),
        ("a: \u{7}\n", "(<unknown>): control characters are not allowed at line 1 column 1"),
        ("a: *nope\n", "Unknown alias: nope"),
        ("a: 2024-01-31\n", "Tried to load unspecified class: Date"),
        ("a: 2024-01-31 10:00:00\n", "Tried to load unspecified class: Time"),
        ("a: !!set {b}\n", "Tried to load unspecified class: Psych::Set"),
        ("a: !ruby/object:File {}\n", "Tried to load unspecified class: File"),
        ("a: !!omap [b: c]\n", "Invalid YAML syntax"),
        ("<!DOCTYPE html>\n<html lang=\"en\">: : [\n", "Invalid configuration format"),
        // Syntax is checked first, then the first value that is refused counts.
        (
            "a: 2024-01-31\nb: *x\nc: [",
            "(<unknown>): did not find expected node content while parsing a flow node at line 4 column 1",
        ),
        ("b: *x\na: 2024-01-31\n", "Unknown alias: x"),
        ("a: &a [*a]\nb: *x\n", "Unknown alias: x"),
    ] {
        assert_eq!(said(text).0, expected, "{text:?}");
    }
}

#[test]
fn lines_count_from_the_document_in_messages_and_from_the_file_in_places() {
    let (message, place, ..) = said("spec: {}\n---\na: 1\nb: c: d\n");
    assert_eq!(message, "(<unknown>): mapping values are not allowed in this context at line 2 column 5");
    assert_eq!(place, (4, 5));
}

#[test]
fn common_mistakes_are_explained() {
    for (text, place, note, help) in [
        ("a:\n\tb: c\n", (2, 1), "a tab", "spaces"),
        ("a:\n  b: c\n\td: e\n", (3, 1), "a tab", "spaces"),
        ("a:\n  - echo b: c: d\n", (2, 14), "`: ` makes", "'echo b: c: d'"),
        ("a:\n  script: echo: it's\n", (2, 15), "`: ` makes", "\"echo: it's\""),
        ("a:\n  - *.rb\n", (2, 6), "`*` begins an alias", "'*.rb'"),
        ("a: [*.rb, b]\n", (1, 6), "`*` begins an alias", "'*.rb'"),
        ("a:\n  - && b\n", (2, 6), "`&` begins an anchor", "'&& b'"),
        ("a: @b/c\n", (1, 4), "begin with `@`", "'@b/c'"),
        ("a:\n  - `b`\n", (2, 5), "begin with ``", "'`b`'"),
        ("a: \"b\nc: d\n", (1, 4), "not closed", "Close"),
        ("a: \"b\" c\n", (1, 8), "behind the end", "'\"b\" c'"),
        ("a:\n  - \"b\" c\n", (2, 9), "behind the end", "'\"b\" c'"),
        ("a: [b\nc: d\n", (2, 2), "does not end", "Close"),
        ("a: b\nc\nd: e\n", (2, 1), "no `:` follows", "Add a `:`"),
        ("a: \"\\d\"\n", (1, 5), "no", "backslash"),
        ("a: - b\n", (1, 4), "no list", "line below"),
        ("a: | b\n", (1, 6), "nothing may follow", "next line"),
        ("a: b\n<<<<<<< HEAD\nc: d\n", (2, 1), "merge conflict", "Resolve"),
        ("a:\n  b: c\n d: e\n", (3, 2), "no key of the map", "Indent"),
        ("a: ![b]\n", (1, 5), "`!` begins a tag", "'![b]'"),
        ("a: é\u{7f}\n", (1, 5), "U+007F", "Remove"),
        ("a: &base b\nc: *bsae\n", (2, 4), "did you mean `*base`?", "own file"),
        ("a: *y\nb: &y c\n", (1, 4), "no anchor before", "before its aliases"),
        ("a: 2024-01-31\n", (1, 4), "a date", "\"2024-01-31\""),
        ("<html>: : [\n", (1, 9), "HTML", "browser"),
        ("- a\n", (1, 1), "a list", "keywords and jobs"),
    ] {
        let (message, at, said_note, said_help) = said(text);
        assert_eq!(at, place, "{text:?}: {message}");
        assert!(said_note.contains(note), "{text:?}: {said_note}");
        assert!(said_help.contains(help), "{text:?}: {said_help}");
    }
}
