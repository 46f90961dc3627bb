use super::*;
use proptest::prelude::*;
use std::time::{Duration, Instant};

#[test]
fn images_are_matched_as_by_gitlab_runner() {
    for (image, pattern, expected) in [
        ("ruby:3.3", "*", true),
        ("library/ruby", "*", false),
        ("library/ruby", "*/*", true),
        ("library/ruby", "*/*:*", false),
        ("my.registry.tld/group/subgroup/ruby", "my.registry.tld/*/*", false),
        ("my.registry.tld/group/subgroup/ruby:3.3", "my.registry.tld/**/*:*", true),
        ("ruby", "**/*", true),
        ("ruby:3.3", "ruby:[0-9].[0-9]", true),
        ("ruby:3.x", "ruby:[0-9].[0-9]", false),
        ("ruby:3", "{ruby,python}:*", true),
        ("php:8", "{ruby,python}:*", false),
        ("a/b", "{a,c/{d,e}}/b", true),
        ("c/e/b", "{a,c/{d,e}}/b", true),
        ("c/b", "{a,c/{d,e}}/b", false),
    ] {
        assert_eq!(matches(pattern, image), expected, "{pattern} {image}");
    }
}

/// What `doublestar.Match` 4.10.4 answers. 400,000 made-up pairs differed in those alone whose patterns have more
/// than two stars in a row, or end in `**` and `/` more than once.
#[test]
fn corners_are_those_of_the_library() {
    for (pattern, text, expected) in [
        ("a/**", "a", true),
        ("a/**", "a/b/c", true),
        ("a/**", "ab", false),
        ("a**", "ab/c", false),
        ("a**/b", "ax/b", true),
        ("a**/b", "a/x/b", false),
        ("**b", "x/ab", false),
        ("**/b", "b", true),
        ("**/b", "x/y/b", true),
        ("**/b", "xb", false),
        ("x/**/b", "x/b", true),
        ("x/**/b", "xb", false),
        ("{**,x}/b", "a/c/b", true),
        ("a{**,x}", "a/b", false),
        ("[^a]", "/", true),
        ("?", "/", false),
        ("[{]", "{", true),
        ("\\{a,b}", "{a,b}", true),
        ("[a-]", "-", true),
        ("[\\]]", "]", true),
        ("a\\*", "a*", true),
        ("a\\*", "ab", false),
        ("!a", "a", false),
        ("ü?", "üß", true),
        ("", "", true),
        ("", "a", false),
        ("*", "", true),
    ] {
        assert_eq!(matches(pattern, text), expected, "{pattern} {text}");
    }
}

#[test]
fn what_is_no_pattern_matches_nothing() {
    for pattern in ["[", "[]", "[]a]", "[a", "a[^]", "{a", "{a,{b}", "a\\", "[a\\", "[a-\\", "{a,b\\}"] {
        assert!(!is_pattern(pattern), "{pattern}");
        assert!(!matches(pattern, pattern), "{pattern}");
    }
    assert!(is_pattern("a}b,c"));
}

#[test]
fn hostile_patterns_are_bounded() {
    let started = Instant::now();
    let text = "a".repeat(4000);
    assert!(!matches(&format!("{}b", "*a".repeat(2000)), &text));
    assert!(!matches(&format!("{}b", "**/".repeat(1300)), &"a/".repeat(2000)));
    assert!(!is_pattern(&"{a,b}".repeat(30)));
    assert!(!is_pattern(&"{".repeat(4096)));
    assert!(!is_pattern(&"a".repeat(5000)));
    assert!(matches(&"{a,b}".repeat(10), "abababbbba"));
    assert!(started.elapsed() < Duration::from_secs(20), "{:?}", started.elapsed());
}

/// The rules again, in the simplest recursive form, for patterns of `*`, `**`, `?`, letters and `/`.
fn model(pattern: &[&str], text: &[&str]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((&"**", [])) => true,
        Some((&"**", rest)) => model(rest, text) || (!text.is_empty() && model(pattern, &text[1..])),
        Some((first, rest)) => match text.split_first() {
            Some((name, below)) => component(first.as_bytes(), name.as_bytes()) && model(rest, below),
            None => false,
        },
    }
}

fn component(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => {
            component(rest, name) || (!name.is_empty() && component(pattern, &name[1..]))
        }
        (Some((b'?', rest)), Some((_, below))) => component(rest, below),
        (Some((one, rest)), Some((other, below))) => one == other && component(rest, below),
        _ => false,
    }
}

proptest! {
    #[test]
    fn whole_components_are_matched_as_the_rules_say(
        mut pattern in proptest::collection::vec("\\*\\*|[ab?*]{1,3}", 1..5),
        text in proptest::collection::vec("[ab]{1,3}", 1..5),
    ) {
        // The library takes `a/**/**` for less than `a/**`.
        pattern.dedup_by(|one, other| one == "**" && other == "**");
        let pattern: Vec<&str> = pattern.iter().map(String::as_str).collect();
        let text: Vec<&str> = text.iter().map(String::as_str).collect();
        prop_assert_eq!(matches(&pattern.join("/"), &text.join("/")), model(&pattern, &text));
    }

    #[test]
    fn braces_are_a_choice(one in "[ab*/]{0,3}", other in "[ab*/]{0,3}", text in "[ab/]{0,6}") {
        let both = matches(&format!("a{{{one},{other}}}b"), &text);
        prop_assert_eq!(both, matches(&format!("a{one}b"), &text) || matches(&format!("a{other}b"), &text));
    }

    #[test]
    fn nothing_panics(pattern in "[ab*?/\\\\{},\\[\\]^!ü-]{0,16}", text in "[ab/ü]{0,12}") {
        let matched = matches(&pattern, &text);
        prop_assert!(!matched || is_pattern(&pattern));
    }

    #[test]
    fn a_text_matches_itself_when_escaped(text in "[a-z*?/{}\\[\\],:.ü]{0,12}") {
        let escaped: String = text.chars().flat_map(|c| ['\\', c]).collect();
        prop_assert!(matches(&escaped, &text));
    }
}
