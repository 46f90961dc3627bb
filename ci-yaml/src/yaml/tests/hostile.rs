//! What is meant to take much time or memory. Each must be loaded or refused at once, without optimisation too.

use super::*;
use std::time::{Duration, Instant};

/// Far more than is needed, and far less than anything quadratic takes.
const AT_ONCE: Duration = Duration::from_secs(5);

#[track_caller]
fn at_once(text: &str) -> Result<Loaded, Diagnostic> {
    let start = Instant::now();
    let loaded = load_with(text, &Limits::default());
    assert!(start.elapsed() < AT_ONCE, "took {:?}", start.elapsed());
    loaded
}

#[track_caller]
fn refused(text: &str) -> Diagnostic {
    at_once(text).expect_err("refused")
}

#[track_caller]
fn too_big(text: &str) {
    let diagnostic = refused(text);
    assert_eq!(diagnostic.message, "The parsed YAML is too big");
    assert!(diagnostic.note.is_some() && diagnostic.span.is_some());
}

#[test]
fn too_many_bytes() {
    let diagnostic = refused(&"a: b\n".repeat(2 << 20));
    assert_eq!(diagnostic.message, "The provided YAML is too big");
    assert_eq!(diagnostic.note.as_deref(), Some("10 MiB of at most 2 MiB"));
    let exactly = |bytes: usize| format!("key: '{}'", "a".repeat(bytes - 7));
    assert!(at_once(&exactly(2 << 20)).is_ok());
    assert!(at_once(&exactly((2 << 20) + 1)).is_err());
}

#[test]
fn deep_nesting() {
    for part in ["[", "{a: ", "- ", "? ", "[? ", "&a [", "!x [", "[a: "] {
        too_big(&part.repeat(1_000_000 / part.len()));
    }
    let stairs: String = (0..1000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    too_big(&stairs);
}

#[test]
fn depth_is_counted_as_gitlab_does() {
    let nested = |levels: usize| format!("a: {}{}", "[".repeat(levels), "]".repeat(levels));
    assert!(at_once(&nested(99)).is_ok());
    too_big(&nested(100));
    let aliased = |levels: usize| {
        let level = |level: usize| format!("a{level}: &a{level} [*a{}]\n", level - 1);
        String::from("a0: &a0 [x]\n") + &(1..levels).map(level).collect::<String>()
    };
    assert!(at_once(&aliased(99)).is_ok());
    too_big(&aliased(100));
    too_big(&aliased(10_000));
}

#[test]
fn alias_bombs() {
    let chain = |line: &dyn Fn(char, char) -> String| {
        ('b'..='z').zip('a'..).map(|(name, before)| line(name, before)).collect::<String>()
    };
    let lists = chain(&|name, of| format!("{name}: &{name} [*{of}, *{of}, *{of}, *{of}, *{of}, *{of}]\n"));
    too_big(&format!("a: &a [lol, lol, lol, lol, lol, lol, lol, lol, lol]\n{lists}"));
    let maps = chain(&|name, of| format!("{name}: &{name} {{x: *{of}, y: *{of}, z: {{<<: *{of}}}}}\n"));
    let text = format!("a: &a {{k: lol, l: lol}}\n{maps}");
    too_big(&text);
    // As a key, and as a path.
    too_big(&text.replace("x: *", "? *"));
    too_big(&format!("{text}q: !reference [*z]\n"));
}

#[test]
fn many_merges() {
    let base: String = (0..1000).map(|key| format!("k{key}: 1, ")).collect();
    let merges = format!("b: &b {{{base}}}\na:\n{}", "  - {<<: *b}\n".repeat(100_000));
    too_big(&merges);
    assert!(at_once(&format!("b: &b {{k: v}}\na:\n{}", "  <<: *b\n".repeat(50_000))).is_ok());
    let _ = at_once(&format!("b: &b {{k: v}}\na:\n{}", "  <<: *b\n".repeat(100_000)));
    assert!(at_once(&format!("b: &b {{}}\na: {{<<: [{}]}}", "*b,".repeat(100_000))).is_ok());
    too_big(&format!("b: &b {{{base}}}\na: {{<<: [{}]}}", "*b,".repeat(100_000)));
    too_big(&format!(
        "a: &a\n  {}\n  b:\n{}",
        base.replace(": 1, ", ": 1\n  "),
        "    - {<<: *a}\n".repeat(100_000)
    ));
}

#[test]
fn documents_that_contain_themselves() {
    too_big("a: &a [*a]");
    too_big("a: &a {b: {c: *a}}");
    too_big("--- &a\nb: *a\n");
    too_big("a: &a {*a : b}");
}

#[test]
fn long_and_many_parts() {
    // What is quadratic shows with less, too.
    let long = if cfg!(debug_assertions) { 200_000 } else { 2_000_000 };
    let many = |part: &str| part.repeat(long / part.len());
    for text in [
        many("a"),
        many("? a\n"),
        many("?\n"),
        many("a\n"),
        many("a: 1\n"),
        many("- a\n"),
        many("-\n"),
        many("\n"),
        many("#\n"),
        many(" "),
        many("\t"),
        many("é"),
        many("'' "),
        many("a,"),
        many(": "),
        many("&a "),
        many("%TAG !a! b\n"),
        many("--- "),
        many("---\n"),
        many("...\n"),
        many("\u{2028}"),
        many("\r"),
        format!("[{}]", many("a,")),
        format!("[{}]", many("a: b,")),
        format!("[{}]", many("[],")),
        format!("[{}]", many("\"a\",\n")),
        format!("[{}", many("&a a,")),
        format!("{{{}}}", many("a,")),
        format!("{{{}}}", many("? a,")),
        format!("a: [{}", many("'a' ")),
        format!("a: \"{}\"", many("\\n")),
        format!("a: \"{}\"", many("\\\n")),
        format!("a: '{}'", many("''")),
        format!("a: '{}'", many("\n")),
        format!("a: {}", many("b\n ")),
        format!("a: |\n {}", many("b\n ")),
        format!("a: |\n{}", many(" \n")),
        format!("a: >\n {}", many("b\n\n ")),
        format!("a: !{}", many("x")),
        format!("a: !{} b", many("%41")),
        format!("a: *{}", many("x")),
        format!("a: {}", many("9")),
        format!("a: 0x{}", many("f")),
        format!("a: [{}]", many("0xffffffffffffffffffffffffffffffffffffffff,")),
        format!("a: {}.5", many("9")),
        format!("a: 1:{}", many("00:")),
        format!("a: {}", many("1_")),
        format!("a: !!binary {}", many("aGk=")),
        format!("a: !!float {}", many("9")),
        format!("{}: a", many("k")),
        format!("? {}\n: a", many("k")),
        format!("{}: a", "k".repeat(1025)),
        format!("a: &a x\n{}", many("b: *a\n")),
        format!("{}\na: *b", many("x: &b y\n")),
        format!("a: 1\n  {}", many("b: 1\n  ")),
    ] {
        let _ = at_once(&text);
    }
    let anchors: String = (0..100_000).map(|number| format!("- &a{number} x\n")).collect();
    let _ = at_once(&anchors);
    let _ = at_once(&format!("{anchors}- *b"));
    // Names are not compared with long ones.
    let long = |letter: &str| letter.repeat(500_000);
    assert!(at_once(&format!("a: &{} 1\nb: *{}", long("x"), long("y"))).is_err());
    let many: String = (0..8_000).map(|number| format!("- &{}{number} 1\n", "x".repeat(240))).collect();
    assert!(at_once(&format!("{many}- *{}", "x".repeat(200))).is_err());
    let tags: String = (0..100_000).map(|number| format!("%TAG !a{number}! b\n")).collect();
    let _ = at_once(&format!("{tags}---\na"));
    let keys: String = (0..20_000).map(|number| format!("? [{number}]\n: x\n")).collect();
    assert!(at_once(&keys).is_ok());
    let key = format!("- &k [{}]\n", "x,".repeat(100_000));
    let _ = at_once(&format!("{key}{}", "- {*k : x}\n".repeat(100_000)));
}

#[test]
fn large_but_honest_files_load() {
    let job = |number: usize| {
        format!(
            "job-{number}:\n  stage: build\n  image: ruby:3.{number}\n  script:\n    - echo \"hello {number}\"\n    - make\n  \
             rules:\n    - if: '$CI_COMMIT_BRANCH == \"main\"'\n      when: manual\n  variables: {{A: \"{number}\", B: two}}\n"
        )
    };
    let text: String = (0..5_500).map(job).collect();
    assert!(text.len() > 1_000_000);
    let loaded = at_once(&text).expect("loaded");
    assert!(matches!(loaded.notes[..], [Note::Large { .. }]), "{:?}", loaded.notes);
    let text: String = (0..1_000).map(job).collect();
    assert!(at_once(&text).expect("loaded").notes.is_empty());
}
