use super::{Literal, PatternError, Reason, TooMuchWork, compile, literal, ruby};
use proptest::prelude::*;
use std::time::{Duration, Instant};

#[test]
fn literals() {
    for (text, expected) in [
        ("/ab/", Some(("ab", ""))),
        ("/ab/i", Some(("ab", "i"))),
        ("/ab/ismU", Some(("ab", "ismU"))),
        ("//", Some(("", ""))),
        ("///", Some(("/", ""))),
        ("/a/b/", Some(("a/b", ""))),
        ("x\n/a/\ny", Some(("a", ""))),
        ("/a", None),
        ("/", None),
        ("", None),
        ("ab", None),
        ("issue-/.*/", None),
        ("/main/x", None),
        ("/a\nb/", None),
        (" /a/", None),
        ("/a/ ", None),
    ] {
        assert_eq!(literal(text), expected.map(|(body, flags)| Literal { body, flags }), "{text:?}");
    }
}

/// What RE2 itself says, of expressions where the `regex` crate would say something else.
#[test]
fn means_what_re2_makes_of_it() {
    for (body, flags, text, expected) in [
        (r"^\d$", "", "٣", false),
        (r"^\D$", "", "٣", true),
        (r"^\w$", "", "é", false),
        (r"^\s$", "", "\x0b", false),
        (r"^[[:space:]]$", "", "\x0b", true),
        (r"^\s$", "", "\u{a0}", false),
        (r"é\b", "", "é", false),
        (r"\bé", "", "aé", true),
        (r"^..$", "", "é", false),
        (r"^\C\C$", "", "é", true),
        (r"x$", "", "x\n", false),
        (r"x$", "m", "x\ny", true),
        (r"^y", "m", "x\ny", true),
        (r"a.b", "", "a\nb", false),
        (r"a.b", "s", "a\nb", true),
        (r"[^a]", "", "\n", true),
        (r"^\Qa.b*\E+$", "", "a.b**", true),
        (r"^\Qa.b", "", "a.b", true),
        (r"^\101\x42\x{43}$", "", "ABC", true),
        (r"^\pN\p{Greek}\PL$", "", "1α1", true),
        (r"^\p{^Lu}$", "", "a", true),
        (r"\pC", "", "\u{378}", false),
        (r"\p{Cs}", "", "a", false),
        (r"^a{,2}$", "", "a{,2}", true),
        (r"^a{$", "", "a{", true),
        (r"^[a&&b]$", "", "&", true),
        (r"^[+--b]+$", "", ",b-", true),
        (r"^[[a]]$", "", "[]", true),
        (r"^[]a]$", "", "]", true),
        (r"\<a\>", "", "<a>", true),
        (r"a#b", "", "a#b", true),
        (r"^K$", "i", "\u{212a}", true),
        (r"^\w$", "i", "\u{17f}", true),
        (r"(?i)ab(?-i)c", "", "ABc", true),
        (r"(?i)ab(?-i)c", "", "ABC", false),
        (r"(a(?i)b)c", "", "aBC", false),
        (r"a(?i)b|c", "", "C", true),
        (r"(?i:a)b", "i", "AB", true),
        (r"(?-i:a)b", "i", "AB", false),
        (r"^a(?i)*b$", "", "aaB", true),
        (r"^a+(?i)?b$", "", "b", true),
        (r"(?)a", "", "a", true),
        (r"a||b", "", "", true),
        (r"^(?P<n>a)(?<m>b)$", "U", "ab", true),
        (r"^*a", "", "a", true),
        (r"a^b", "", "a^b", false),
        ("", "", "", true),
    ] {
        let regex = compile(body, flags).unwrap_or_else(|error| panic!("{body}: {error}"));
        assert_eq!(regex.search(text), Ok(expected), "/{body}/{flags} in {text:?}");
    }
}

#[test]
fn refuses_what_re2_refuses() {
    for body in [
        "(?=a)",
        "(?!a)",
        "(?<=a)",
        "(?<!a)",
        r"(a)\1",
        r"(?P<n>a)(?P=n)",
        "a**",
        "a++",
        "a*+",
        "a{2}{3}",
        "a{1001}",
        "a{2,1}",
        "(a{100}){11}",
        "*a",
        "+",
        "(*a)",
        "a|*",
        "(a",
        "a)",
        "[a",
        "[",
        "[]",
        "[z-a]",
        "[[:foo:]]",
        r"[\b]",
        r"\Z",
        r"\G",
        r"\h",
        r"\y",
        r"\8",
        r"\é",
        r"\x",
        r"\x{110000}",
        r"\p{greek}",
        r"\p{Letter}",
        r"\p{L",
        r"\pX",
        "(?x)a",
        "(?u)a",
        "(?-)",
        "(?P<n>a)(?P<n>b)",
        "(?P<>a)",
        "(?P<a b>c)",
        "(?>a)",
        "(?#a)",
        "(?",
        r"a\",
        r"\E",
    ] {
        assert!(compile(body, "").is_err(), "{body}");
    }
    assert!(compile("a", "x").is_err());
}

#[test]
fn tells_where_it_goes_wrong() {
    for (body, offset, message) in [
        ("^ab(?!c)", 3, "RE2 has no lookaround: `(?!`"),
        (r"(a)\1", 3, r"RE2 has no back-references: `\1`"),
        ("a**", 2, "a repetition of a repetition: `*`"),
        ("é[z-a]", 3, "a range that ends before it begins: `z-a`"),
        ("a(b(c)", 1, "`(` is not closed"),
        ("a)", 1, "`)` without `(`"),
        ("a[bc", 1, "`[` is not closed"),
        (r"a\y", 1, r"unknown escape: `\y`"),
        ("a{1,1001}", 1, "repeated more than 1000 times, or more often at least than at most: `{1,1001}`"),
    ] {
        let error = compile(body, "").expect_err(body);
        assert_eq!((error.offset, error.to_string().as_str()), (offset, message), "{body}");
    }
}

#[test]
fn rubys_own_language() {
    for (body, text, expected) in [
        ("^b$", "a\nb\nc", true),
        (r"a.b", "a\nb", false),
        (r"(?m)a.b", "a\nb", true),
        (r"\.rb\Z", "a.rb\n", true),
        (r"^\h+$", "09afAF", true),
        (r"\A[[:alpha:]]\z", "é", true),
        (r"a(?#note)*b", "aab", true),
        ("^a{,2}$", "aa", true),
        ("^a{2}?$", "", true),
        ("^a(?i)b|c$", "aC", true),
        ("^a(?i)b|c$", "C", false),
        (r"\y", "y", true),
        (r"^(?<n>a)(?<n>b)$", "ab", true),
    ] {
        let regex = ruby(body).unwrap_or_else(|error| panic!("{body}: {error}"));
        assert_eq!(regex.search(text), Ok(expected), "{body} in {text:?}");
    }
    for body in ["(?=a)", r"(a)\1", "(?>a)", "a++", "[a&&b]", "[a[b]]", r"a\K", "(a", "*", "(?x)a"] {
        assert!(ruby(body).is_err(), "{body}");
    }
    let message = ruby("a(?<!b)").expect_err("lookaround").to_string();
    assert_eq!(message, "the engine used here has no lookaround: `(?<!`");
}

#[test]
fn hostile_expressions_take_no_time() {
    let start = Instant::now();
    for body in [
        "(".repeat(100_000),
        "[".repeat(100_000),
        "[[:".repeat(80_000),
        "[[:a]".repeat(50_000),
        "{".repeat(200_000),
        "a{1,".repeat(50_000),
        r"\Q".repeat(100_000),
        "(?i)".repeat(60_000),
        "a*(?i)".repeat(40_000),
        "(?i:a)*(?i)".repeat(20_000),
        "(?P<a>".repeat(40_000),
        "a{1000}".repeat(30_000),
        r"\pL{1000}".to_owned(),
        "((a{30}){30}){30}".to_owned(),
        "a".repeat(1_000_000),
    ] {
        if let Ok(regex) = compile(&body, "i") {
            let _ = regex.search("aaaaaaaaaa");
        }
    }
    assert!(start.elapsed() < Duration::from_secs(20), "{:?}", start.elapsed());
    let nested = |depth: usize| compile(&format!("{}a{}", "(".repeat(depth), "|b)*".repeat(depth)), "");
    assert_eq!(nested(60).map(|regex| regex.search("aaa")), Ok(Ok(true)));
    assert_eq!(nested(900).map(|regex| regex.search("aaa")), Ok(Err(TooMuchWork)));
    assert_eq!(nested(1001), Err(PatternError { offset: 1000, reason: Reason::TooDeep }));
    let large = compile(&".{1000}".repeat(20), "").expect("RE2 takes it");
    assert_eq!(large.search("a"), Err(TooMuchWork));
    let text = "a".repeat(10_000_000);
    assert_eq!(compile("[ab]*a[ab]{30}c", "").expect("valid").search(&text), Err(TooMuchWork));
    assert_eq!(compile("a$", "").expect("valid").search(&text), Ok(true), "needs no engine");
}

proptest! {
    #[test]
    fn what_is_accepted_can_be_compiled(
        body in r#"(\PC|[a(){}\[\]\\^$.*+?|:<>=!PQEdwspLb0-9,imsU-]|\(\?|\[\[:|\\p\{|\{2,|\\Q){0,20}"#,
        flags in "[imsU]{0,3}",
    ) {
        for regex in [compile(&body, &flags), ruby(&body)].into_iter().flatten() {
            prop_assert!(regex.search("aé\n").is_ok(), "{:?} {}", regex, super::translate::translate(&body, &flags, regex.dialect).map(|made| made.text).unwrap_or_default());
        }
    }

    /// What goes beyond ASCII is written byte by byte; the `regex` crate has classes of characters for it.
    #[test]
    fn characters_beyond_ascii_count_as_one(
        parts in prop::collection::vec((0..ALIKE.len(), prop::sample::select(&["", "*", "+?", "{2}", "|"][..])), 1..6),
        text in "[a1é€😀\n -]{0,6}",
        anchored in any::<bool>(),
    ) {
        let of = |which: fn(&(&'static str, &'static str)) -> &'static str| {
            let body: String = parts.iter().map(|(part, sign)| format!("{}{sign}", which(&ALIKE[*part]))).collect();
            if anchored { format!(r"\A(?:{body})\z") } else { body }
        };
        let theirs = regex::bytes::Regex::new(&of(|alike| alike.1)).unwrap();
        let ours = compile(&of(|alike| alike.0), "").unwrap();
        prop_assert_eq!(ours.search(&text), Ok(theirs.is_match(text.as_bytes())), "{:?} {:?}", ours, theirs);
    }
}

/// RE2's notation, and that of the `regex` crate.
const ALIKE: &[(&str, &str)] = &[
    (".", "."),
    ("(?s:.)", "(?s:.)"),
    ("[^a]", "[^a]"),
    (r"[^a\d]", "[^a0-9]"),
    (r"[^\D]", "[0-9]"),
    (r"[^é]", "[^é]"),
    (r"\D", "[^0-9]"),
    (r"\W", "[^0-9A-Za-z_]"),
    (r"\S", r"[^\t\n\x0c\r\x20]"),
    ("(?i:[^A])", "(?i:[^A])"),
    ("a", "a"),
    ("€", "€"),
    (r"\b", r"(?-u:\b)"),
    (r"\B", r"(?-u:\B)"),
];
