use super::*;
use crate::Value;

mod hostile;
mod messages;
mod places;

fn load_with(text: &str, limits: &Limits) -> Result<Loaded, Diagnostic> {
    load(text, FileId(7), limits)
}

#[track_caller]
fn loaded(text: &str) -> Loaded {
    load_with(text, &Limits::default()).unwrap_or_else(|error| panic!("{error:?}"))
}

/// The content as Ruby shows it.
#[track_caller]
fn shown(text: &str) -> String {
    loaded(text).content.inspect()
}

#[track_caller]
fn message(text: &str) -> String {
    match load_with(text, &Limits::default()) {
        Err(diagnostic) => diagnostic.message,
        Ok(loaded) => panic!("loads to {}", loaded.content.inspect()),
    }
}

#[test]
fn only_the_first_document_counts_without_a_header() {
    let loaded = loaded("a: {script: x}\n---\nb: {script: y}\n");
    assert!(loaded.header.is_none());
    assert_eq!(loaded.content.inspect(), r#"{"a"=>{"script"=>"x"}}"#);
    let [Note::Ignored { span }] = &loaded.notes[..] else { panic!("{:?}", loaded.notes) };
    assert_eq!((span.start.line, span.start.column), (3, 1));
    // What is ignored has to be a map all the same.
    assert_eq!(message("a: 1\n---\n- b\n"), "Invalid configuration format");
    assert_eq!(message("spec: {}\n---\ntext\n---\na: 1\n"), "Invalid configuration format");
    assert_eq!(message("a: 1\n---\nb: &b [*b]\n"), "The parsed YAML is too big");
    assert_eq!(shown("a: 1\n---\n[]\n---\nfalse\n"), r#"{"a"=>1}"#);
    assert!(message("a: 1\n---\n- [b\n").starts_with("(<unknown>): did not find expected ',' or ']'"));
}

#[test]
fn a_header_takes_the_last_document() {
    let loaded = loaded("---\nspec: {inputs: {e: }}\n---\nj: 1\n");
    assert_eq!(loaded.header.expect("a header").inspect(), r#"{"spec"=>{"inputs"=>{"e"=>nil}}}"#);
    assert_eq!(loaded.content.inspect(), r#"{"j"=>1}"#);
    assert!(loaded.notes.is_empty());
    let loaded = self::loaded("spec: {}\n---\nj: 1\n---\nk: 2\n---\nl: 3\n");
    assert!(loaded.header.is_some());
    assert_eq!(loaded.content.inspect(), r#"{"k"=>2}"#);
    assert_eq!(loaded.notes.iter().filter(|note| matches!(note, Note::Ignored { .. })).count(), 2);
}

#[test]
fn a_header_alone_is_content() {
    let loaded = loaded("spec: {inputs: {}}\n---\n# nothing\n");
    assert!(loaded.header.is_none());
    assert_eq!(loaded.content.inspect(), r#"{"spec"=>{"inputs"=>{}}}"#);
}

#[test]
fn nothing_is_an_empty_map() {
    for text in ["", "\n", "# only comments\n", "---\n", "---\n---\n", "~", "{}", "[]", "''", "\u{feff}"] {
        let loaded = loaded(text);
        assert_eq!(loaded.content.as_map(), Some(&Map::new()), "{text:?}");
        assert!(loaded.content.is_blank());
    }
}

#[test]
fn what_is_no_map_is_refused() {
    for text in
        ["- a\n- b\n", "just text", "12", "!reference [a]", "- a\n---\nb: c\n", "spec: {}\n---\n- a\n"]
    {
        assert_eq!(message(text), "Invalid configuration format", "{text:?}");
    }
}

#[test]
fn scalars() {
    assert_eq!(
        shown(
            "{A: 012, B: 1.50, C: yes, D: , E: 12:30, F: 08, G: 1_000, H: 0x1f, I: 1e3, J: .5, K: nil, L: off, M: y}"
        ),
        r#"{"A"=>10, "B"=>1.5, "C"=>true, "D"=>nil, "E"=>45000, "F"=>"08", "G"=>1000, "H"=>31, "I"=>"1e3", "J"=>0.5, "K"=>"nil", "L"=>false, "M"=>"y"}"#
    );
    assert_eq!(shown("a: :sym\n:b: 'yes'\n"), r#"{"a"=>"sym", "b"=>"yes"}"#);
    assert_eq!(shown("a: ! 12\nb: ! '12'\nc: !!str 12\n"), r#"{"a"=>12, "b"=>12, "c"=>"12"}"#);
}

#[test]
fn keys_keep_their_kinds() {
    let loaded = loaded("on: a\n10: b\n~: c\n1.0: d\n[e, 1]: f\n'10': g\n'true': h\n? i\n");
    let keys: Vec<_> = loaded.content.as_map().expect("a map").iter().map(|(key, _)| key.clone()).collect();
    let other = |text: &str| crate::Key::Other(text.into());
    let expected = [
        crate::Key::Bool(true),
        crate::Key::Int(10),
        crate::Key::Null,
        other("1.0"),
        other("[\"e\", 1]"),
        "10".into(),
        "true".into(),
        "i".into(),
    ];
    assert_eq!(keys, expected);
}

#[test]
fn block_scalars() {
    assert_eq!(
        shown("a:\n  - |\n    one\n    two\n  - >-\n    three\n    four\n  - 'five'\n"),
        r#"{"a"=>["one\ntwo\n", "three four", "five"]}"#
    );
    assert_eq!(shown("a: |\n  no break"), r#"{"a"=>"no break"}"#);
    assert_eq!(shown("a: |+\r\n  b\r\n\r\nc: d\r\n"), r#"{"a"=>"b\n\n", "c"=>"d"}"#);
}

#[test]
fn merge_keys_apply_where_they_stand() {
    let base = ".b: &b {image: two, x: 1}\n.c: &c {image: three, y: 2}\n";
    let job = |job: &str| loaded(&format!("{base}a: {job}\n")).content.get("a").expect("a job").inspect();
    assert_eq!(job("{image: one, <<: *b}"), r#"{"image"=>"two", "x"=>1}"#);
    assert_eq!(job("{<<: *b, image: one}"), r#"{"image"=>"one", "x"=>1}"#);
    assert_eq!(job("{<<: [*b, *c]}"), r#"{"image"=>"two", "y"=>2, "x"=>1}"#);
    assert_eq!(job("{<<: *b, <<: *c}"), r#"{"image"=>"three", "x"=>1, "y"=>2}"#);
    assert_eq!(job("{<<: {z: 3}, '<<': *b}"), r#"{"z"=>3, "image"=>"two", "x"=>1}"#);
    assert_eq!(job("{<<: text, q: 1}"), r#"{"<<"=>"text", "q"=>1}"#);
    assert_eq!(job("{<<: [*b, text]}"), r#"{"<<"=>[{"image"=>"two", "x"=>1}, "text"]}"#);
    assert_eq!(job("{!!str <<: *b}"), r#"{"<<"=>{"image"=>"two", "x"=>1}}"#);
    assert_eq!(job("{<<: }"), r#"{"<<"=>nil}"#);
    let notes = loaded(&format!("{base}a: {{<<: *b, image: one, <<: *c, x: 5}}")).notes;
    assert!(notes.is_empty(), "{notes:?}");
}

#[test]
fn what_is_merged_keeps_its_place() {
    let loaded = loaded(".b: &b\n  image: two\na:\n  <<: *b\n");
    let entry =
        loaded.content.get("a").and_then(Node::as_map).and_then(|map| map.entry("image")).expect("an image");
    assert_eq!((entry.key_span.start.line, entry.value.span.start.line), (2, 2));
}

#[test]
fn an_open_map_merges_what_it_has() {
    assert_eq!(shown("a: &a {b: 1, <<: *a, c: {<<: *a, d: 2}}"), r#"{"a"=>{"b"=>1, "c"=>{"b"=>1, "d"=>2}}}"#);
    assert_eq!(message("a: &a [{<<: *a}]"), "The parsed YAML is too big");
}

#[test]
fn aliases() {
    assert_eq!(
        shown("s: &s [p, q]\na: *s\nb: [*s, r]\nc: &s x\nd: *s\n*s : e\n"),
        r#"{"s"=>["p", "q"], "a"=>["p", "q"], "b"=>[["p", "q"], "r"], "c"=>"x", "d"=>"x", "x"=>"e"}"#
    );
    let loaded = loaded("a: &a [x]\nb: *a\n");
    let list = |key: &str| match &loaded.content.get(key).expect("a key").value {
        Value::Seq(items) => std::sync::Arc::as_ptr(items),
        other => panic!("{other:?}"),
    };
    assert_eq!(list("a"), list("b"), "shared");
}

#[test]
fn duplicate_keys_keep_the_first_place_and_the_last_value() {
    let loaded = loaded("a: 1\nb: 2\na: 3\n");
    assert_eq!(loaded.content.inspect(), r#"{"a"=>3, "b"=>2}"#);
    let [Note::DuplicateKey { key, first, second }] = &loaded.notes[..] else { panic!("{:?}", loaded.notes) };
    assert_eq!((key.as_str(), first.start.line, second.start.line), ("a", 1, 3));
}

#[test]
fn unknown_tags_are_noted() {
    let loaded = loaded("a: !custom ruby\nif: !$CI_COMMIT_BRANCH\nl: !x [1]\nm: !!map {}\n");
    assert_eq!(loaded.content.inspect(), r#"{"a"=>"ruby", "if"=>nil, "l"=>[1], "m"=>{}}"#);
    let tags: Vec<_> = loaded
        .notes
        .iter()
        .map(|note| match note {
            Note::UnknownTag { tag, span, empty } => {
                (tag.as_str(), span.start.line, span.start.column, *empty)
            }
            other => panic!("{other:?}"),
        })
        .collect();
    assert_eq!(tags, [("!custom", 1, 4, false), ("!$CI_COMMIT_BRANCH", 2, 5, true), ("!x", 3, 4, false)]);
}

#[test]
fn references_are_kept() {
    let loaded = loaded("a: [!reference [.b, script], z]\nc: !reference text\nd: !reference {e: 1}\n");
    assert_eq!(
        loaded.content.inspect(),
        r#"{"a"=>[!reference [".b", "script"], "z"], "c"=>!reference "text", "d"=>!reference {"e"=>1}}"#
    );
    assert!(loaded.notes.is_empty());
    // Ruby does not register a list behind `!reference`.
    assert_eq!(message("a: &a !reference [b]\nc: *a\n"), "Unknown alias: a");
}

#[test]
fn text_behind_the_document_is_noted() {
    let loaded = loaded("  a: 1\nb: 2\n");
    assert_eq!(loaded.content.inspect(), r#"{"a"=>1}"#);
    let [Note::Ignored { span }] = &loaded.notes[..] else { panic!("{:?}", loaded.notes) };
    assert_eq!((span.start.line, span.start.column), (2, 1));
    assert!(self::loaded("a: 1\n...\n# x\n---").notes.is_empty());
}
