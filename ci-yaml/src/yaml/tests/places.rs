//! Places of nodes in the whole file.

use super::*;
use crate::{Key, Span};
use proptest::prelude::*;

/// What a span encloses, of a text in which only `\n` ends a line.
fn at(text: &str, span: Span) -> String {
    let offset = |position: Position| {
        let lines: usize = text
            .split_inclusive('\n')
            .take(position.line as usize - 1)
            .map(|line| line.chars().count())
            .sum();
        lines + position.column as usize - 1
    };
    text.chars().take(offset(span.end)).skip(offset(span.start)).collect()
}

#[test]
fn scalars_and_collections() {
    let text = "ü: {ß: [a, 'b c'], d: &x !!str e}\nf:\n  - g\n  - h:\n      i\n      j\n\n# c\nk: |\n  l\n  m\n\nn: *x\n";
    let content = loaded(text).content;
    let map = content.as_map().expect("a map");
    assert_eq!(at(text, content.span), text.trim_end());
    assert_eq!(at(text, map.entry("ü").expect("ü").key_span), "ü");
    assert_eq!(at(text, map.get("ü").expect("ü").span), "{ß: [a, 'b c'], d: &x !!str e}");
    let flow = map.get("ü").and_then(Node::as_map).expect("a map");
    assert_eq!(at(text, flow.get("ß").expect("ß").span), "[a, 'b c']");
    assert_eq!(at(text, flow.get("ß").and_then(Node::as_seq).expect("a list")[1].span), "'b c'");
    assert_eq!(at(text, flow.get("d").expect("d").span), "e");
    assert_eq!(at(text, map.get("f").expect("f").span), "- g\n  - h:\n      i\n      j");
    assert_eq!(at(text, map.get("k").expect("k").span), "|\n  l\n  m");
    assert_eq!(at(text, map.get("n").expect("n").span), "e");
}

#[test]
fn documents_count_from_the_start_of_the_file() {
    let text = "\u{feff}# ü\nspec: {}\n--- ü: [a]\nb: c\n";
    let loaded = loaded(text);
    let header = loaded.header.expect("a header");
    assert_eq!(at(text, header.as_map().expect("a map").entry("spec").expect("spec").key_span), "spec");
    let content = loaded.content;
    let map = content.as_map().expect("a map");
    assert_eq!(at(text, map.entry("ü").expect("ü").key_span), "ü");
    assert_eq!(at(text, map.get("ü").expect("ü").span), "[a]");
    assert_eq!(at(text, map.entry("b").expect("b").key_span), "b");
    assert_eq!(map.entry("b").expect("b").key_span.file, FileId(7));
}

/// libyaml counts these as line breaks; editors do not.
#[test]
fn other_line_breaks_do_not_move_places() {
    let text = "a: 1\u{85}b: 2\u{2028}c: 3\rd: 4\r\ne: 5\n";
    let content = loaded(text).content;
    let map = content.as_map().expect("a map");
    for key in ["a", "b", "c", "d", "e"] {
        assert_eq!(at(text, map.entry(key).expect("a key").key_span), key);
    }
    assert_eq!(map.entry("e").expect("e").key_span.start, Position { line: 2, column: 1 });
}

/// Calls with the place and text of each string.
fn strings(node: &Node, found: &mut impl FnMut(Span, &str)) {
    match &node.value {
        Value::Str(text) => found(node.span, text),
        Value::Seq(items) => items.iter().for_each(|item| strings(item, found)),
        Value::Map(map) => {
            for (key, entry) in map.iter() {
                if let Key::Str(text) = key {
                    found(entry.key_span, text);
                }
                strings(&entry.value, found);
            }
        }
        Value::Reference(reference) => strings(&reference.path, found),
        _ => {}
    }
}

/// Calls with each key.
fn keys(node: &Node, found: &mut impl FnMut(&Key)) {
    match &node.value {
        Value::Seq(items) => items.iter().for_each(|item| keys(item, found)),
        Value::Map(map) => {
            for (key, entry) in map.iter() {
                found(key);
                keys(&entry.value, found);
            }
        }
        Value::Reference(reference) => keys(&reference.path, found),
        _ => {}
    }
}

fn word() -> impl Strategy<Value = String> {
    prop_oneof!["[a-zäß€😀]{1,6}", "'[a-zäß€ ]{0,6}'", "\"[a-zäß€ ]{0,6}\""]
}

fn document() -> impl Strategy<Value = String> {
    let line = (word(), 0..3_usize, prop::collection::vec(word(), 0..4), "( # ü)?");
    let lines = prop::collection::vec(line, 1..12);
    lines.prop_map(|lines| {
        let lines = lines.iter().enumerate().map(|(index, (key, style, words, comment))| {
            let value = match style {
                0 => format!(" [{}]{comment}\n", words.join(",  ")),
                1 => {
                    let item = |word: &String| format!("  -  {word}{comment}\n");
                    format!("{comment}\n{}", words.iter().map(item).collect::<String>())
                }
                _ => format!(" {}{comment}\n", words.first().map_or("x", String::as_str)),
            };
            format!("{index}{}:{value}", key.trim_matches(['\'', '"']))
        });
        format!("# ünder\n--- {}", lines.collect::<String>())
    })
}

proptest! {
    #[test]
    fn the_place_of_every_string_is_its_text(text in document()) {
        strings(&loaded(&text).content, &mut |span, string| {
            let written = at(&text, span);
            assert_eq!(written.trim_matches(['\'', '"']), string, "{text}");
        });
    }

    #[test]
    fn any_text_is_loaded_or_refused(text in "\\PC*") {
        let _ = load_with(&text, &Limits::default());
    }

    #[test]
    fn any_text_of_yaml_is_loaded_or_refused(
        parts in prop::collection::vec(
            prop::sample::select(vec![
                "a", "b", ": ", ":", "- ", "-", "\n", "\n  ", "[", "]", "{", "}", ", ", "&x ", "*x", "!t ", "!", "!!set ",
                "!reference ", "<<: ", "? ", "|", ">", "'", "\"", "\\", "#", "---\n", "...\n", "%", "@", "\t", "~", "12:30",
                "2024-01-31", "é", "\u{2028}", "\r", "\u{feff}", "\u{7}", ":a", "!<x>", "%TAG ! !\n", "%YAML 1.1\n",
            ]),
            0..24,
        ),
    ) {
        let text = parts.concat();
        match load_with(&text, &Limits::default()) {
            Err(diagnostic) => {
                prop_assert!(diagnostic.span.is_some() && !diagnostic.message.is_empty());
            }
            Ok(loaded) => {
                let map = loaded.content.as_map().expect("a map");
                // A key that is a list or a map has no text of its own; what is no number is not equal to itself.
                let mut odd = false;
                keys(&loaded.content, &mut |key| odd |= matches!(key, Key::Other(text) if text.parse::<f64>().is_err()));
                if !odd {
                    prop_assert_eq!(loaded_again(map).inspect(), loaded.content.inspect());
                }
            }
        }
    }
}

/// What was loaded, written and loaded again.
fn loaded_again(map: &Map) -> Node {
    let text = emit(map, None);
    load_with(&text, &Limits::default()).unwrap_or_else(|error| panic!("{error:?}\n{text}")).content
}
