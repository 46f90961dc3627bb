//! `extends` as a whole; references have their own.

use super::{Extended, came_through, resolve};
use crate::include::Included;
use crate::{Diagnostic, FileId, Key, Map, Node, Span, yaml};
use proptest::prelude::*;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The configuration of a text.
pub(super) fn included(text: &str) -> Included {
    let limits = yaml::Limits { bytes: 1 << 26, memory: 1 << 30, depth: 100 };
    let content = yaml::load(text, FileId(0), &limits).unwrap().content;
    Included { root: Arc::new(content.as_map().unwrap().clone()) }
}

/// A value of the resolved configuration, as Ruby shows it.
pub(super) fn value(text: &str, path: &[&str]) -> String {
    let Extended { root } = resolve(&included(text)).unwrap();
    let mut node = &Node::map((*root).clone(), Span::default());
    for key in path {
        node = node.get(key).unwrap();
    }
    node.inspect()
}

pub(super) fn errors(text: &str) -> Vec<Diagnostic> {
    let found = resolve(&included(text)).unwrap_err();
    assert!(found.iter().enumerate().all(|(index, error)| error.later == (index > 0)));
    found
}

pub(super) fn messages(text: &str) -> Vec<String> {
    errors(text).into_iter().map(|error| error.message).collect()
}

/// The diagnostic's place as `line:column`.
pub(super) fn place(diagnostic: &Diagnostic) -> String {
    let start = diagnostic.span.unwrap().start;
    format!("{}:{}", start.line, start.column)
}

#[test]
fn maps_merge_and_lists_are_replaced() {
    let text = ".p: {variables: {A: 1, B: 2}, tags: [x, y]}
a: {extends: .p, script: s, variables: {B: 3, C: 4}, tags: [z]}";
    assert_eq!(value(text, &["a", "variables"]), r#"{"A"=>1, "B"=>3, "C"=>4}"#);
    assert_eq!(value(text, &["a", "tags"]), r#"["z"]"#);
    assert_eq!(value(text, &["a", "script"]), r#""s""#);
    assert_eq!(value(text, &["a", "extends"]), r#"".p""#);
}

#[test]
fn of_several_parents_the_later_wins_and_null_erases() {
    let text = ".p: {image: one, script: s1, tags: [p]}\n.q: {image: two, script: s2}\na: {extends: [.p, .q], tags: null}";
    assert_eq!(value(text, &["a", "image"]), r#""two""#);
    assert_eq!(value(text, &["a", "script"]), r#""s2""#);
    assert_eq!(value(text, &["a", "tags"]), "nil");
}

#[test]
fn parents_may_extend_others_and_come_later() {
    let text = "a: {extends: .mid, script: own}
.mid: {extends: [.base], tags: [mid]}
.base: {image: base, tags: [base]}";
    assert_eq!(value(text, &["a", "image"]), r#""base""#);
    assert_eq!(value(text, &["a", "tags"]), r#"["mid"]"#);
    assert_eq!(
        value(".s: {image: i}\na: {extends: .s, image: {name: k}}", &["a", "image"]),
        r#"{"name"=>"k"}"#
    );
    assert_eq!(value("a: {extends: null, script: x}", &["a", "script"]), r#""x""#);
}

#[test]
fn a_value_keeps_its_place_and_tells_the_way_it_came() {
    let text = ".base:\n  image: i\n.mid:\n  extends: .base\n  tags: [t]\na:\n  extends: [.other, .mid]\n  script: x\n.other: {image: o}";
    let included = included(text);
    let Extended { root } = resolve(&included).unwrap();
    let job = root.get("a").unwrap();
    let image = job.get("image").unwrap();
    assert_eq!((image.inspect().as_str(), image.span.start.line), ("\"i\"", 2));
    let way = came_through(&included.root, "a", image.span).unwrap();
    let way: Vec<_> = way.iter().map(|step| (&*step.value, step.span.start.line)).collect();
    assert_eq!(way, [(".mid", 7), (".base", 4)]);
    assert!(came_through(&included.root, "a", job.get("script").unwrap().span).unwrap().is_empty());
    assert!(came_through(&included.root, "a", Span::default()).is_none());
}

#[test]
fn unknown_parents() {
    let found = errors(
        ".build: {image: i}\na: {extends: [.biuld, .nope], script: x}\nb: {extends: .build}\n.c: {extends: .zzzz}",
    );
    assert_eq!(found[0].message, "a: unknown keys in `extends` (.biuld, .nope)");
    assert_eq!(place(&found[0]), "2:15");
    assert_eq!(found[0].note.as_deref(), Some("did you mean `.build`?"));
    assert_eq!(found[1].message, ".c: unknown keys in `extends` (.zzzz)");
    assert_eq!(found.len(), 2);
}

#[test]
fn what_is_no_name_is_unknown_as_ruby_shows_it() {
    assert_eq!(messages("a: {extends: 1}"), ["a: unknown keys in `extends` (1)"]);
    assert_eq!(messages("a: {extends: [[.b]]}"), ["a: unknown keys in `extends` ([\".b\"])"]);
    assert_eq!(messages("a: {extends: {b: c}}"), ["a: unknown keys in `extends` ([:b, \"c\"])"]);
    let found = errors(".b: {x: y}\na: {extends: !reference [.b, x]}");
    assert!(found[0].help[0].contains("after `extends`"), "{found:?}");
}

#[test]
fn parents_that_are_no_maps() {
    let found = errors(".p: text\na: {extends: [.p, .q], script: x}\n.q: [1]");
    assert_eq!(found[0].message, "a: invalid base hashes in `extends` (.p, .q)");
    assert_eq!(found[0].labels[1].text, "`.q` is a list");
    assert_eq!(
        messages(".p: text\na: {extends: [.p, .q]}"),
        ["a: unknown keys in `extends` (.q)", "a: invalid base hashes in `extends` (.p)"]
    );
}

#[test]
fn circles() {
    assert_eq!(messages("a: {extends: a, script: x}"), ["a: circular dependency detected in `extends`"]);
    let found = errors(
        "a: {extends: .p}\n.p: {extends: .q}\n.q: {extends: .p}\n.x: {extends: .y}\n.y: {extends: .x}",
    );
    let messages: Vec<_> = found.iter().map(|error| error.message.as_str()).collect();
    let first = ".p: circular dependency detected in `extends`";
    assert_eq!(messages, [first, ".x: circular dependency detected in `extends`"]);
    let labels: Vec<_> = found[0].labels.iter().map(|label| label.text.as_str()).collect();
    assert_eq!(labels, ["`.p` extends `.q`", "`.q` extends `.p`"]);
}

/// `.e1` extends `.e0`, and so on; `.e0` extends nothing.
fn chain(length: usize) -> String {
    let mut text = ".e0: {image: i}\n".to_owned();
    for level in 1..=length {
        writeln!(text, ".e{level}: {{extends: .e{}}}", level - 1).unwrap();
    }
    text
}

#[test]
fn eleven_levels_and_no_more() {
    assert_eq!(value(&chain(11), &[".e11", "image"]), "\"i\"");
    let found = errors(&chain(14));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].message, ".e1: nesting too deep in `extends`");
    assert_eq!(found[0].note.as_deref(), Some("level 11 below `.e12`"));
}

#[test]
fn the_first_error_is_the_one_gitlab_comes_to() {
    // Depth is checked before circles, parents before what is beside them.
    let text = format!("{}z: {{extends: [.e12, .nope2]}}\ny: {{extends: .e12}}\n", chain(12));
    let expected = [".e1: nesting too deep in `extends`", "z: unknown keys in `extends` (.nope2)"];
    assert_eq!(messages(&text), expected);
    let text =
        "y: {extends: [.ok, .bad, .worse]}\n.ok: {x: y}\n.worse: {extends: .no2}\n.bad: {extends: .no1}";
    let expected = [".bad: unknown keys in `extends` (.no1)", ".worse: unknown keys in `extends` (.no2)"];
    assert_eq!(messages(text), expected);
}

#[test]
fn many_jobs_and_long_chains_are_quick() {
    let mut text = chain(10);
    for job in 0..1000 {
        writeln!(text, "job{job}: {{extends: [.e10, .e9, .e8], script: x, variables: {{A: {job}}}}}")
            .unwrap();
    }
    let included = included(&text);
    let start = Instant::now();
    let root = resolve(&included).unwrap().root;
    assert_eq!(root.get("job999").unwrap().get("image").unwrap().as_str(), Some("i"));
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
}

/// Refused, with a message of ours that has this in it, within a second.
pub(super) fn refused(text: &str, with: &str) {
    let included = included(text);
    let start = Instant::now();
    let found = resolve(&included).unwrap_err();
    assert!(start.elapsed() < Duration::from_secs(10), "{:?} unoptimised", start.elapsed());
    assert!(found[0].message.contains(with), "{:?}", found[0]);
}

#[test]
fn hostile_inheritance_is_refused() {
    // Long chains and dense circles cost no more than their size.
    refused(&chain(20_000), "nesting too deep");
    let mut text = String::new();
    for entry in 0..1000 {
        let all: Vec<_> = (0..100).map(|other| format!("e{}", (entry + other) % 1000)).collect();
        writeln!(text, "e{entry}: {{extends: [{}]}}", all.join(", ")).unwrap();
    }
    refused(&text, "circular dependency");
    // Few bytes that make many keys: each entry copies a large map and changes one of them.
    let keys: Vec<_> = (0..5000).map(|key| format!("K{key}: 1")).collect();
    let mut text = format!(".p: {{variables: {{{}}}}}\n", keys.join(", "));
    for entry in 0..5000 {
        writeln!(text, "e{entry}: {{extends: .p, variables: {{K1: 2}}}}").unwrap();
    }
    refused(&text, "400000 keys");
    // Few bytes that make many values, with nothing copied.
    let mut text = format!(".p: {{script: [{}]}}\n", "x,".repeat(50_000));
    for entry in 0..5000 {
        writeln!(text, "e{entry}: {{extends: .p}}").unwrap();
    }
    refused(&text, "larger than 96 MiB");
    // Paths through diamonds are exponentially many.
    let mut text = ".e0a: {image: i}\n.e0b: {image: i}\n".to_owned();
    for level in 1..=11 {
        for side in ["a", "b"] {
            let parents = format!(".e{0}a, .e{0}b,", level - 1).repeat(20);
            writeln!(text, ".e{level}{side}: {{extends: [{parents}]}}").unwrap();
        }
    }
    assert_eq!(value(&text, &[".e11b", "image"]), "\"i\"");
}

#[test]
fn unknown_names_in_a_large_file_are_quick() {
    let mut text = String::new();
    for entry in 0..5000 {
        writeln!(text, "entry{entry}: {{extends: .nope{entry}}}").unwrap();
    }
    let included = included(&text);
    let start = Instant::now();
    assert_eq!(resolve(&included).unwrap_err().len(), super::MOST_ERRORS);
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

/// What GitLab does, without care for how long it takes: entry by entry, each resolving its parents anew.
fn naive(root: &Map, name: &str, ancestors: &mut Vec<String>) -> Result<Map, String> {
    let own = root.get(name).and_then(Node::as_map).unwrap().clone();
    let Some(extends) = own.get("extends") else { return Ok(own) };
    let parents: Vec<&str> = extends.as_seq().unwrap().iter().map(|item| item.as_str().unwrap()).collect();
    let unknown: Vec<_> = parents.iter().copied().filter(|parent| !root.has(parent)).collect();
    if !unknown.is_empty() {
        return Err(format!("{name}: unknown keys in `extends` ({})", unknown.join(", ")));
    }
    if ancestors.len() > 10 {
        return Err(format!("{name}: nesting too deep in `extends`"));
    }
    if ancestors.iter().any(|ancestor| ancestor == name) {
        return Err(format!("{name}: circular dependency detected in `extends`"));
    }
    ancestors.push(name.to_owned());
    let mut merged = Map::new();
    for parent in parents {
        merged = crate::include::merge(&merged, &naive(root, parent, ancestors)?);
    }
    ancestors.pop();
    Ok(crate::include::merge(&merged, &own))
}

proptest! {
    #[test]
    fn it_equals_the_naive_model(edges in prop::collection::vec(prop::collection::vec(0..18_usize, 0..3), 1..17)) {
        let mut text = String::new();
        for (entry, parents) in edges.iter().enumerate() {
            // Mostly downwards, so that not all is circles; a few names that do not exist.
            let names: Vec<_> = parents.iter().map(|parent| format!("e{}", if entry % 5 == 0 { *parent } else { parent % (entry + 1) })).collect();
            let extends = if names.is_empty() { String::new() } else { format!("extends: [{}], ", names.join(", ")) };
            writeln!(text, "e{entry}: {{{extends}v: {{k{}: {entry}, all: {entry}}}, s{}: {entry}}}", entry % 3, entry % 4).unwrap();
        }
        let included = included(&text);
        let names: Vec<&str> = included.root.iter().filter_map(|(key, _)| Key::as_str(key)).collect();
        let expected: Result<Vec<Map>, String> =
            names.iter().map(|name| naive(&included.root, name, &mut Vec::new())).collect();
        match (resolve(&included), expected) {
            (Ok(Extended { root }), Ok(maps)) => {
                for (name, map) in names.iter().zip(&maps) {
                    prop_assert_eq!(root.get(name).and_then(Node::as_map), Some(map));
                }
                // Resolving what is resolved changes nothing.
                let again = resolve(&Included { root: Arc::clone(&root) }).unwrap();
                prop_assert_eq!(again.root, root);
            }
            (Err(found), Err(message)) => prop_assert_eq!(&found[0].message, &message),
            (found, expected) => prop_assert!(false, "{found:?} but {expected:?}"),
        }
    }
}
