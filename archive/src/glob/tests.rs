use proptest::prelude::*;

use super::*;

fn matches(pattern: &str, path: &str) -> bool {
    Glob::parse(pattern.as_bytes()).expect("a valid pattern").matches(path.as_bytes())
}

#[test]
fn follows_the_doublestar_rules() {
    let cases: [(&str, &[&str], &[&str]); 21] = [
        ("a", &["a"], &["a/b", "b", "aa", ""]),
        ("a/*", &["a/b", "a/.b"], &["a", "a/b/c"]),
        ("a/**", &["a", "a/b", "a/b/c", "a/.x"], &["b", "ab"]),
        ("a/**/*", &["a/b", "a/b/c"], &["a"]),
        ("**", &["", "a", "a/b", ".git"], &[]),
        ("**/*.txt", &["1.txt", "a/1.txt", ".txt", "a/b/c.txt"], &["1.txtx", "a/txt"]),
        ("**/.*", &[".git", "a/.b"], &["a", ".git/config"]),
        ("a/**/b", &["a/b", "a/x/b", "a/x/y/b"], &["a", "ab", "a/x"]),
        ("a**b", &["ab", "axxb"], &["a/b", "a/x/b"]),
        ("x**/y", &["x/y", "xa/y"], &["x/a/y"]),
        ("a/?.txt", &["a/1.txt", "a/ü.txt"], &["a/12.txt", "a/.txt"]),
        ("[12].t", &["1.t", "2.t"], &["3.t", "12.t"]),
        ("[a-c]", &["a", "b", "c"], &["d", "-"]),
        ("[^a]", &["b", "ü"], &["a", "bb"]),
        ("[!a-]", &["b"], &["a", "-"]),
        (r"\[br\].txt", &["[br].txt"], &["b.txt", "r.txt"]),
        (r"[\]]", &["]"], &["\\"]),
        ("{a,d.x}/*", &["a/1", "d.x/f"], &["d/f", "a"]),
        ("{a,b/c}/x", &["a/x", "b/c/x"], &["b/x", "c/x"]),
        ("a/!(1).txt", &["a/!(1).txt"], &["a/2.txt"]),
        ("*", &["", "a", ".a"], &["a/b"]),
    ];
    for (pattern, yes, no) in cases {
        for path in yes {
            assert!(matches(pattern, path), "{pattern} should match {path:?}");
        }
        for path in no {
            assert!(!matches(pattern, path), "{pattern} should not match {path:?}");
        }
    }
}

#[test]
fn refuses_what_cannot_be_read() {
    for pattern in ["[", "[a", "a[]", "{a", "a\\", "[a-", "[\\"] {
        assert!(Glob::parse(pattern.as_bytes()).is_err(), "{pattern}");
    }
}

#[test]
fn knows_the_literal_base() {
    for (pattern, base, literal) in [
        ("a/b", "a/b", true),
        ("a/b/*.x", "a/b", false),
        ("a/x*", "a", false),
        ("**", "", false),
        ("", "", true),
        ("a/{b,c}", "a", false),
    ] {
        let glob = Glob::parse(pattern.as_bytes()).expect("valid");
        assert_eq!((glob.base(), glob.is_literal()), (base.as_bytes(), literal), "{pattern}");
    }
}

#[test]
fn matches_names_that_are_not_utf8() {
    let glob = Glob::parse(b"a/?.bin").expect("valid");
    assert!(glob.matches(b"a/\xff.bin"));
    assert!(!glob.matches(b"a/\xff\xfe.bin"));
    assert!(Glob::parse(b"a/*").expect("valid").matches(b"a/\xc3\x28"));
}

/// The rules again, in the simplest recursive form.
fn model(pattern: &[&str], path: &[&str]) -> bool {
    match (pattern.split_first(), path.split_first()) {
        (None, None) => true,
        (Some((&"**", rest)), _) => {
            model(rest, path) || path.split_first().is_some_and(|(_, below)| model(pattern, below))
        }
        (Some((first, rest)), Some((name, below))) => {
            model_name(first.as_bytes(), name.as_bytes()) && model(rest, below)
        }
        _ => false,
    }
}

fn model_name(pattern: &[u8], name: &[u8]) -> bool {
    match (pattern.split_first(), name.split_first()) {
        (None, None) => true,
        (Some((b'*', rest)), _) => {
            model_name(rest, name) || name.split_first().is_some_and(|(_, below)| model_name(pattern, below))
        }
        (Some((b'?', rest)), Some((_, below))) => model_name(rest, below),
        (Some((wanted, rest)), Some((got, below))) => wanted == got && model_name(rest, below),
        _ => false,
    }
}

proptest! {
    #[test]
    fn agrees_with_the_model(
        pattern in prop::collection::vec("\\*\\*|[ab*?]{1,4}", 1..5),
        path in prop::collection::vec("[ab]{1,4}", 1..5),
    ) {
        let pattern: Vec<&str> = pattern.iter().map(String::as_str).collect();
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        prop_assert_eq!(matches(&pattern.join("/"), &path.join("/")), model(&pattern, &path));
    }

    #[test]
    fn a_quoted_path_matches_itself_alone(path in "[a-c*?{}\\[\\],\\\\]{1,8}", other in "[a-c*]{1,8}") {
        let quoted: String = path.chars().flat_map(|character| ['\\', character]).collect();
        prop_assert!(matches(&quoted, &path));
        prop_assert_eq!(matches(&quoted, &other), path == other);
    }

    #[test]
    fn never_panics(pattern in prop::collection::vec(any::<u8>(), 0..40), path in prop::collection::vec(any::<u8>(), 0..40)) {
        if let Ok(glob) = Glob::parse(&pattern) {
            let _ = glob.matches(&path);
        }
    }
}

#[test]
fn many_stars_take_no_exponential_time() {
    let pattern = format!("{}b", "*a".repeat(60));
    assert!(!matches(&pattern, &"a".repeat(3000)));
    let deep = format!("{}x", "**/".repeat(200));
    assert!(!matches(&deep, &"a/".repeat(200)));
}
