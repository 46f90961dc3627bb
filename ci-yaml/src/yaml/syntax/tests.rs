//! Compares with another port of libyaml, which is exact but for what is listed in `known`.

use super::*;
use libyaml_safer::{EventData, ScalarStyle};
use proptest::prelude::*;

/// An event or error in words that both have in common.
type Line = String;

fn place(line: impl Into<u64>, column: impl Into<u64>) -> String {
    format!("{}:{}", line.into(), column.into())
}

fn ours(text: &str) -> Vec<Line> {
    let start = if text.starts_with('\u{feff}') { 3 } else { 0 };
    let mut parser = Parser::new(text, start..text.len(), 1000);
    let mut lines = Vec::new();
    loop {
        let event = match parser.next() {
            Ok(event) => event,
            Err(Fault::Depth(_)) => panic!("nested too deeply"),
            Err(Fault::Syntax(error)) => {
                let named = error.context.and(error.context_at).unwrap_or_default();
                let (at, context) = (error.at, error.context.unwrap_or_default());
                let (at, named) = (place(at.line, at.column), place(named.line, named.column));
                lines.push(format!("error {} {at} {context} {named}", error.problem));
                return lines;
            }
        };
        let properties = |found: &Option<Box<Properties<'_>>>| {
            let found = found.as_deref().cloned().unwrap_or_default();
            format!("{:?} {:?}", found.anchor, found.tag.map(std::borrow::Cow::into_owned))
        };
        let end = place(event.end.line, event.end.column);
        lines.push(match &event.kind {
            EventKind::Scalar(found, value, style) => {
                // Where a block ends is told apart: libyaml takes the empty lines behind it in.
                let end = if matches!(style, Style::Literal | Style::Folded) { "block".into() } else { end };
                format!("scalar {} {value:?} {style:?} {end}", properties(found))
            }
            EventKind::Alias(name) => format!("alias {name} {end}"),
            EventKind::SequenceStart(found) => format!("[ {} {end}", properties(found)),
            EventKind::SequenceEnd => "]".into(),
            EventKind::MappingStart(found) => format!("{{ {} {end}", properties(found)),
            EventKind::MappingEnd => "}".into(),
            EventKind::End => "end".into(),
        });
        if event.kind == EventKind::End {
            return lines;
        }
    }
}

fn theirs(text: &str) -> Vec<Line> {
    let mut bytes = text.as_bytes();
    let mut parser = libyaml_safer::Parser::new();
    parser.set_input_string(&mut bytes);
    let mut lines = Vec::new();
    loop {
        let event = match parser.parse() {
            Ok(event) => event,
            Err(error) => {
                let named = error.context_mark().unwrap_or_default();
                let at = error.problem_mark().unwrap_or_default();
                let (at, named) = (place(at.line, at.column), place(named.line, named.column));
                let context = error.context().unwrap_or_default();
                lines.push(format!("error {} {at} {context} {named}", error.problem()));
                return lines;
            }
        };
        let end = place(event.end_mark.line, event.end_mark.column);
        let properties = |anchor, tag| {
            let (anchor, tag): (Option<String>, Option<String>) = (anchor, tag);
            format!("{:?} {tag:?}", anchor.as_deref())
        };
        lines.push(match event.data {
            EventData::StreamStart { .. } | EventData::DocumentStart { .. } => continue,
            EventData::DocumentEnd { .. } | EventData::StreamEnd => {
                lines.push("end".into());
                return lines;
            }
            EventData::Alias { anchor } => format!("alias {anchor} {end}"),
            EventData::Scalar { anchor, tag, value, style, .. } => {
                let (style, end) = match style {
                    ScalarStyle::SingleQuoted => (Style::Single, end),
                    ScalarStyle::DoubleQuoted => (Style::Double, end),
                    ScalarStyle::Literal => (Style::Literal, "block".into()),
                    ScalarStyle::Folded => (Style::Folded, "block".into()),
                    _ => (Style::Plain, end),
                };
                format!("scalar {} {value:?} {style:?} {end}", properties(anchor, tag))
            }
            EventData::SequenceStart { anchor, tag, .. } => format!("[ {} {end}", properties(anchor, tag)),
            EventData::SequenceEnd => "]".into(),
            EventData::MappingStart { anchor, tag, .. } => format!("{{ {} {end}", properties(anchor, tag)),
            EventData::MappingEnd => "}".into(),
        });
    }
}

/// Texts on which the other port does not do what libyaml does: it panics at some ends of the text and at a comma
/// behind a tag, decodes `%` in tags wrongly, and measures the distance of a key in bytes.
fn known(text: &str) -> bool {
    !text.ends_with('\n')
        || text.contains('%')
        || text.lines().any(|line| line.len() > 1000)
        || text
            .match_indices('!')
            .any(|(at, _)| text[at..].split_whitespace().next().is_some_and(|word| word.contains(',')))
}

#[track_caller]
fn compare(text: &str) {
    if !known(text) {
        assert_eq!(ours(text), theirs(text), "{text:?}");
    }
}

#[test]
fn examples() {
    for text in [
        "a: b: c\n",
        "[? ]\n",
        "{? a : b, c}\n",
        "- - a\n  - b\n-\n- c\n",
        "? a\n: b\n? c\n",
        "a: |2+\n    b\n\n\nc: d\n",
        "a: >\n b\n c\n\n  d\n e\n",
        "a: 'b\n  c\n\n  d'\n",
        "a: \"b\\\n  c \\\n  d\\x41\"\n",
        "a: b\n  c\n\n  d # e\n",
        "&a !b c: *a\n",
        "...\na\n",
        "[a: , b]\n",
        "{a:b, \"c\":d}\n",
        "a: !<x> b\n",
        "\ta: b\n",
        "a:\n\tb\n",
        "- \tb\n",
    ] {
        compare(text);
    }
}

/// What the other port cannot read.
#[test]
fn ends_of_the_text() {
    let last = |text: &str| ours(text).pop();
    assert!(ours("a: |\n  b").contains(&"scalar None None \"b\" Literal block".into()));
    assert!(ours("a: |+\n  b\n  ").contains(&"scalar None None \"b\\n\" Literal block".into()));
    assert!(ours("[!a,b]")[1].starts_with("scalar None Some(\"!a\") \"\" Plain"));
    assert!(ours("!a%C3%A9 b")[0].starts_with("scalar None Some(\"!aé\") \"b\" Plain"));
    assert_eq!(
        last("a: \"\\").as_deref(),
        Some("error found unknown escape character 0:4 while parsing a quoted scalar 0:3")
    );
    assert_eq!(
        last("a: !%ff b").as_deref(),
        Some("error found an incorrect leading UTF-8 octet 0:4 while parsing a tag 0:3")
    );
    assert_eq!(
        last("%TAG !a! b\n%TAG !a! c\n--- d").as_deref(),
        Some("error found duplicate %TAG directive 1:0  0:0")
    );
    // A key may be 1,024 characters long, however many bytes they take.
    assert_eq!(last(&format!("{}: a", "é".repeat(1024))).as_deref(), Some("end"));
    assert!(last(&format!("{}: a", "é".repeat(1025))).is_some_and(|line| line.starts_with("error")));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1000, ..ProptestConfig::default() })]

    #[test]
    fn reads_as_libyaml_does(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "a", "b", "foo", "1", "- ", "-", ": ", ":", "? ", "?", "\n", "\n", "\n  ", "\n ", "\n    ", "[", "]", "{",
                "}", ", ", ",", "#", " # c", "&x ", "*x ", "!t ", "! ", "!!str ", "!<v> ", "|", ">", "|-", ">+", "|2",
                "\"", "'", "\\", "\\n", "\\x41", "---", "\n---\n", "\n...\n", "\t", " ", "  ", "@", "`", "~", "é",
                "\u{2028}", "\u{85}", "\r", "\r\n", "\u{feff}", "<<: ", "\"q\"", "'s'", "\n- ", "\n  - ", "k: ", "\nk: ",
            ]),
            0..20,
        ),
    ) {
        compare(&(parts.concat() + "\n"));
    }
}
