use super::{Budget, Glob, MOST_ALTERNATIVES};
use proptest::prelude::*;
use std::time::{Duration, Instant};

/// A pattern, paths it matches, paths it does not; checked with Ruby's own `File.fnmatch?`.
const CASES: &[(&str, &[&str], &[&str])] = &[
    ("docs/**", &["docs/a"], &["docs/a/b.md", "docs"]),
    ("docs/**/*", &["docs/a/b.md", "docs/a", "docs/.a/.b"], &["docs"]),
    ("docs/", &[], &["docs/a", "docs"]),
    ("**.md", &["a.md", ".md"], &["docs/a.md"]),
    ("**/*.md", &["a.md", "docs/a/b.md", ".x/.md"], &["a.mdx"]),
    ("docs/*/*.md", &["docs/a/b.md"], &["docs/b.md", "docs/a/b/c.md"]),
    ("lib/**/*.rb", &["lib/.hidden/x.rb", "lib/x.rb"], &["lib/x.rbs"]),
    ("lib/*/x.rb", &["lib/.hidden/x.rb"], &["lib/x.rb"]),
    ("./a", &[], &["a"]),
    ("/a", &[], &["a"]),
    ("A", &[], &["a"]),
    ("*", &[".env", "a", ""], &["a/b"]),
    ("*.txt", &["a.txt"], &["a/b.txt"]),
    ("*/b/*", &["a/b/c.txt"], &["a/b", "b/c"]),
    ("a/**/c.txt", &["a/b/c.txt", "a/c.txt", "a/b/b/c.txt"], &["ac.txt", "a/b/xc.txt"]),
    ("?/c.txt", &["a/c.txt", "é/c.txt"], &["ab/c.txt", "/c.txt"]),
    ("app/*.{c,h}", &["app/main.c", "app/main.h"], &["app/main.cpp"]),
    ("{app,lib}/**/*", &["app/main.c", "lib/a/b"], &["x/app/a"]),
    ("a[0-9].txt", &["a1.txt"], &["ab.txt", "a.txt"]),
    ("a[!0-9].txt", &["ab.txt"], &["a1.txt", "a/.txt"]),
    ("a[^0-9].txt", &["ab.txt"], &["a1.txt"]),
    ("{app/{main,init},x}.c", &["app/main.c", "app/init.c", "x.c"], &["app/x.c"]),
    ("app/*.{c,h", &[], &["app/main.c", "app/*.{c,h"]),
    ("a}", &["a}"], &["a"]),
    ("a{,b}", &["a", "ab"], &["b"]),
    ("{**,src}/*.md", &["a/b/c.md", "src/c.md", "c.md"], &[]),
    ("**/{a,b}/**/*.c", &["a/x.c", "y/b/z/x.c"], &["c/x.c"]),
    ("a/**b", &["a/xb", "a/b"], &["a/x/b"]),
    ("***/a", &["x/a"], &["a", "x/y/a"]),
    (r"\*", &["*"], &["a"]),
    (r"\{a,b\}", &["{a,b}"], &["a"]),
    (r"a\/b", &["a/b"], &[]),
    (r"a\", &["a"], &[r"a\"]),
    ("[a", &[], &["a", "[a"]),
    ("[]a]", &[], &["a", "]", "]a]"]),
    ("[!]a", &["xa"], &["a"]),
    ("[z-a]", &["z", "a"], &["b"]),
    ("[a-]", &["a", "-"], &["b"]),
    (r"[\]]", &["]"], &[r"\"]),
    ("[a/b]", &["a", "b"], &["/"]),
    ("[[:alpha:]]", &["a]", ":]"], &["b", "z"]),
    ("{[a,b]}", &["b]"], &["a", "b", "[a"]),
    ("", &[""], &["a"]),
    ("**/", &[], &["a", "a/b"]),
    ("*a*a*a*b", &["aaab", "xaxaxab"], &["aab"]),
];

#[test]
fn cases() {
    for (pattern, matching, other) in CASES {
        let glob = Glob::new(pattern);
        for path in *matching {
            assert!(glob.matches(path), "{pattern} {path}");
        }
        for path in *other {
            assert!(!glob.matches(path), "{pattern} {path}");
        }
    }
}

/// Many stars, braces and directories, against paths made for them.
#[test]
fn hostile_globs_take_no_time() {
    let start = Instant::now();
    let (deep, long) = ("a/".repeat(2_000) + "x", "a".repeat(4_000));
    for pattern in [
        "*a".repeat(2_000) + "[b]",
        "**/a/".repeat(1_000) + "[b]",
        "{a,b}".repeat(1_000),
        "{a,".repeat(10_000) + &"}".repeat(10_000),
        "{".repeat(100_000),
        "{,".repeat(30_000),
        "[a".repeat(100_000),
        format!("[{}]", "a-z".repeat(100_000)),
        format!("{{{}}}", ",".repeat(100_000)),
        "{a,b}".repeat(11) + &"*a".repeat(1_000) + "[b]",
        "**/".repeat(100_000),
        "?".repeat(100_000),
    ] {
        let glob = Glob::new(&pattern);
        let mut budget = Budget::new(5_000_000);
        let _ = glob.matches_within(&deep, &mut budget) || glob.matches_within(&long, &mut budget);
    }
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
}

#[test]
fn braces_are_bounded() {
    let many = "{a,b}".repeat(11);
    assert!(!Glob::new(&many).is_too_large() && Glob::new(&many).matches("abababababa"));
    let more = "{a,b}".repeat(13);
    assert!(Glob::new(&more).is_too_large() && !Glob::new(&more).matches("ababababababa"));
    assert!(Glob::new(&format!("{{{}}}", ",a".repeat(MOST_ALTERNATIVES + 1))).is_too_large());
    let large = format!("{}{}", "{a,b}".repeat(8), "x".repeat(100_000));
    assert!(Glob::new(&large).is_too_large());
}

#[test]
fn a_spent_budget_matches_nothing() {
    let mut budget = Budget::new(3);
    assert!(!Glob::new("*b*b*b*c").matches_within("abababc", &mut budget) && budget.is_spent());
}

/// What a pattern without braces, brackets and escapes means, said once more: tried in every way there is.
fn naive(pattern: &[&str], path: &[&str]) -> bool {
    fn part(pattern: &[u8], text: &[u8]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            ([b'*', rest @ ..], _) => (0..=text.len()).any(|skip| part(rest, &text[skip..])),
            ([b'?', rest @ ..], [_, text @ ..]) => part(rest, text),
            ([own, rest @ ..], [first, text @ ..]) => own == first && part(rest, text),
            _ => false,
        }
    }
    match (pattern, path) {
        (["**", rest @ ..], _) if !rest.is_empty() => (0..path.len()).any(|skip| naive(rest, &path[skip..])),
        ([own, rest @ ..], [first, path @ ..]) => part(own.as_bytes(), first.as_bytes()) && naive(rest, path),
        ([], []) => true,
        _ => false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn matches_what_the_naive_one_does(pattern in "([ab*?/]|\\*\\*/){0,8}", path in "[ab/]{0,8}") {
        let parts: Vec<_> = pattern.split('/').collect();
        let names: Vec<_> = path.split('/').collect();
        prop_assert_eq!(Glob::new(&pattern).matches(&path), naive(&parts, &names));
    }

    #[test]
    fn braces_are_all_of_their_alternatives(
        before in "[ab*/]{0,3}", one in "[ab*]{0,2}", two in "[ab/]{0,2}", after in "[ab*/]{0,3}", path in "[ab/]{0,6}",
    ) {
        let both = Glob::new(&format!("{before}{{{one},{two}}}{after}")).matches(&path);
        let either = [one, two].iter().any(|inner| Glob::new(&format!("{before}{inner}{after}")).matches(&path));
        prop_assert_eq!(both, either);
    }

    #[test]
    fn any_text_is_a_glob(pattern in r"(\PC|[\[\]{},!^*?/\\-]){0,30}", path in r"(\PC|/){0,20}") {
        let _ = Glob::new(&pattern).matches(&path);
    }
}
