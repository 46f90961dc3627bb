use super::*;
use crate::{FileId, Reference, yaml};
use proptest::prelude::*;
use std::sync::Arc;

fn load(text: &str) -> Node {
    yaml::load(text, FileId(0), &yaml::Limits::default())
        .unwrap_or_else(|error| panic!("{error:?}\n{text}"))
        .content
}

/// Loads a text, writes what was loaded, and checks that this loads to the same.
#[track_caller]
fn written(text: &str) -> String {
    let content = load(text);
    let written = emit(content.as_map().expect("a map"), None);
    assert_eq!(load(&written), content, "{written}");
    written
}

#[test]
fn writes_blocks() {
    let text = "\
stages:
  - build
  - test
build:
  script:
    - make
    - |
      one
      two
    - - nested
      - list
  variables:
    A: '1'
    B: |2-
        indented
      less
  rules:
    - if: $A == \"b\"
      when: manual
    - changes:
        - '*.rb'
  empty: ''
  nothing: null
  list: []
  map: {}
  parallel: 5
  ratio: 1.5
  needs: !reference [.base, needs]
";
    assert_eq!(written(text), text);
}

#[test]
fn quotes_what_would_be_something_else() {
    for text in [
        "yes",
        "No",
        "~",
        "null",
        "12",
        "012",
        "12:30",
        "1_000",
        "1.5",
        ".5",
        "2024-01-31",
        "2024-01-31 10:00:00",
        ":sym",
        "",
        " a",
        "a ",
        "- a",
        "a: b",
        "a #b",
        "a:",
        "*a",
        "&a",
        "!a",
        "@a",
        "`a",
        "%a",
        "#a",
        "[a",
        "{a",
        "? a",
        ": a",
        "|",
        ">",
        "'a",
        "\"a",
        "0x1f",
        ".inf",
        "---",
        "...",
        "--- a",
        "1:00:00.5",
        "\u{feff}a",
    ] {
        let mut map = Map::new();
        map.insert(text.into(), Span::default(), Node::string(text, Span::default()));
        let written = emit(&map, None);
        assert_eq!(load(&written).as_map(), Some(&map), "{written}");
        let quoted = written.starts_with(['\'', '"']) && written.trim_end().ends_with(['\'', '"']);
        assert!(quoted, "{written}");
    }
}

#[test]
fn leaves_plain_what_is_read_as_itself() {
    for text in [
        "a",
        "make test",
        "-a",
        "--flag",
        "a:b",
        "a#b",
        "y",
        "1e3",
        "08",
        "http://x/y?z",
        "$A == \"b\"",
        "é",
        ".a",
    ] {
        let mut map = Map::new();
        map.insert("k".into(), Span::default(), Node::string(text, Span::default()));
        assert_eq!(emit(&map, None), format!("k: {text}\n"));
    }
}

#[test]
fn merge_keys_stay_strings() {
    assert_eq!(written("a: {!!str <<: {b: c}}"), "a:\n  !!str '<<':\n    b: c\n");
}

#[test]
fn keys_of_all_kinds() {
    let long = "k".repeat(1100);
    let text = format!(
        "{{~: a, true: b, 10: c, 1.5: d, -.inf: e, .nan: f, \"10\": g, \"\": h, \"a\\nb\": i, ? {long} : [j]}}"
    );
    let written = written(&text);
    assert!(written.starts_with(
        "null: a\ntrue: b\n10: c\n1.5: d\n-.inf: e\n.nan: f\n'10': g\n'': h\n\"a\\nb\": i\n? kkk"
    ));
}

#[test]
fn references_of_any_shape() {
    assert_eq!(written("a: [!reference [x, 'y z', '1'], b]"), "a:\n  - !reference [x, 'y z', '1']\n  - b\n");
    written("a: !reference x\nb: !reference {c: [d]}\ne: !reference [1, [f]]\ng: !reference []");
}

#[test]
fn comments_say_where_values_come_from() {
    let content = load("a:\n  b: [c]\n  d: |\n    e\n    f\n  g: {}\n");
    let origin = |span: Span| (span.start.line > 1).then(|| format!("line {}\n", span.start.line));
    let written = emit(content.as_map().expect("a map"), Some(&origin));
    assert_eq!(
        written,
        "a:  # line 2 \n  b:  # line 2 \n    - c  # line 2 \n  d: |  # line 3 \n    e\n    f\n  g: {}  # line 6 \n"
    );
    assert_eq!(load(&written), content);
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9_.:-]{0,8}",
        "[ -~\\n\\t]{0,12}",
        "[ \\n#:'\"\\\\|>-]{0,8}",
        "\\PC{0,6}",
        any::<String>().prop_map(|text| text.chars().take(8).collect()),
    ]
}

fn key() -> impl Strategy<Value = Key> {
    prop_oneof![
        8 => text().prop_map(|text| Key::Str(text.into())),
        1 => Just(Key::Null),
        1 => any::<bool>().prop_map(Key::Bool),
        1 => any::<i64>().prop_map(|number| Key::Int(number.into())),
        1 => any::<f32>().prop_map(|number| {
            let node = Node::new(Value::Float(number.into()), Span::default());
            Key::Other(node.to_text().expect("a scalar"))
        }),
    ]
}

fn map_of(entries: Vec<(Key, Node)>) -> Map {
    let mut map = Map::new();
    for (key, value) in entries {
        map.insert(key, Span::default(), value);
    }
    map
}

fn node() -> impl Strategy<Value = Node> {
    let scalar = prop_oneof![
        4 => text().prop_map(|text| Value::Str(text.into())),
        1 => Just(Value::Null),
        1 => any::<bool>().prop_map(Value::Bool),
        1 => any::<i128>().prop_filter("one more than Ruby's text gives", |number| *number != i128::MIN).prop_map(Value::Int),
        1 => any::<f64>().prop_filter("equal to itself", |number| !number.is_nan()).prop_map(Value::Float),
    ];
    let scalar = scalar.prop_map(|value| Node::new(value, Span::default()));
    scalar.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            3 => prop::collection::vec(inner.clone(), 0..5).prop_map(|items| Node::seq(items, Span::default())),
            3 => prop::collection::vec((key(), inner.clone()), 0..5)
                .prop_map(|entries| Node::map(map_of(entries), Span::default())),
            1 => prop::collection::vec(inner, 0..3).prop_map(|items| {
                let path = Node::seq(items, Span::default());
                Node::new(Value::Reference(Arc::new(Reference { path })), Span::default())
            }),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_written_loads_to_the_same(entries in prop::collection::vec((key(), node()), 0..6)) {
        let map = map_of(entries);
        let written = emit(&map, None);
        let loaded = yaml::load(&written, FileId(0), &yaml::Limits::default());
        let loaded = loaded.map_err(|error| TestCaseError::fail(format!("{error:?}\n{written}")))?;
        prop_assert_eq!(loaded.content.as_map(), Some(&map), "{}", written);
        // And once more, with comments.
        let written = emit(&map, Some(&|_| Some("# \u{2028}:\u{85}x".into())));
        let loaded = yaml::load(&written, FileId(0), &yaml::Limits::default());
        let loaded = loaded.map_err(|error| TestCaseError::fail(format!("{error:?}\n{written}")))?;
        prop_assert_eq!(loaded.content.as_map(), Some(&map), "{}", written);
    }
}
