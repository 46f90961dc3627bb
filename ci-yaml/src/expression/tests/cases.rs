//! Statements and what GitLab's own classes make of them.

use super::{Defined, evaluate};
use crate::expression::parse;
use Outcome::{False, Invalid, True};

#[derive(Debug, PartialEq)]
pub(super) enum Outcome {
    True,
    False,
    Invalid,
}

type Case = (&'static str, &'static [(&'static str, &'static str)], Outcome);

const CASES: &[Case] = &[
    ("$A", &[("A", "1")], True),
    ("$A", &[], False),
    ("$A", &[("A", "")], False),
    ("$A", &[("A", "  ")], False),
    ("$A", &[("A", "false")], True),
    ("$A", &[("A", "0")], True),
    ("$a", &[("A", "1")], False),
    (r#"$A_1 == "x""#, &[("A_1", "x")], True),
    (r#"$A == "x""#, &[("A", "x")], True),
    ("$A == 'x'", &[("A", "x")], True),
    (r#""x" == $A"#, &[("A", "x")], True),
    (r#"$A == "X""#, &[("A", "x")], False),
    (r#"$A != "x""#, &[("A", "y")], True),
    (r#"$A != "x""#, &[], True),
    (r#"$A == """#, &[], False),
    (r#"$A == """#, &[("A", "")], True),
    ("$A == null", &[], True),
    ("$A == null", &[("A", "")], False),
    ("$A != null", &[("A", "")], True),
    ("$A == $B", &[], True),
    ("$A == $B", &[("A", "x"), ("B", "x")], True),
    (r#"$A == "$B""#, &[("A", "x"), ("B", "x")], False),
    (r#"$A == "$B""#, &[("A", "$B")], True),
    (r#"$A=="x"&&$B!="y""#, &[("A", "x")], True),
    ("$A == \"x\"\n&& $B == \"y\"", &[("A", "x"), ("B", "y")], True),
    (r#"$A == "it's""#, &[("A", "it's")], True),
    (r#"$A == "a\"b""#, &[("A", r#"a"b"#)], Invalid),
    ("$A && $B", &[("A", "1"), ("B", "1")], True),
    ("$A && $B", &[("A", "1")], False),
    ("$A && $B", &[("A", ""), ("B", "1")], True),
    ("$A || $B", &[("B", "1")], True),
    ("$A || $B", &[], False),
    ("$A || $B", &[("A", ""), ("B", "1")], False),
    (r#"$A == "x" || $B"#, &[("B", "")], False),
    (r#"$A == "x" || $B"#, &[("B", "1")], True),
    ("$A || $B && $C", &[("B", "1")], False),
    ("$A || $B && $C", &[("A", "1")], True),
    ("($A || $B) && $C", &[("B", "1"), ("C", "1")], True),
    ("($A || $B) && $C", &[("A", "1")], False),
    ("(($A))", &[("A", "1")], True),
    ("!$A", &[("A", "1")], False),
    ("!$A", &[], True),
    ("!$A", &[("A", "")], True),
    ("!!$A", &[("A", "1")], True),
    (r#"!$A == "x""#, &[("A", "y")], False),
    (r#"!$A == "x""#, &[("A", "x")], False),
    (r#"!($A == "x")"#, &[("A", "y")], True),
    ("!$A && !$B", &[("A", "")], True),
    (r"$A =~ /^v\d+$/", &[("A", "v12")], True),
    ("$A =~ /bc/", &[("A", "abcd")], True),
    ("$A =~ /BC/", &[("A", "abcd")], False),
    ("$A =~ /BC/i", &[("A", "abcd")], True),
    ("$A =~ /a.b/s", &[("A", "a\nb")], True),
    ("$A =~ /a.b/", &[("A", "a\nb")], False),
    ("$A =~ /^b$/m", &[("A", "a\nb")], True),
    ("$A =~ /^b$/", &[("A", "a\nb")], False),
    ("$A =~ /^(main|master)$/", &[("A", "master")], True),
    (r"$A =~ /^feature\/.+/", &[("A", "feature/x")], True),
    (r"$A =~ /^1\.2$/", &[("A", "1x2")], False),
    ("$A =~ /x$/", &[("A", "x\n")], False),
    ("$A =~ /(?i)bc/", &[("A", "ABC")], True),
    ("$A =~ /.*/", &[], True),
    ("$A =~ /.+/", &[], False),
    ("$A !~ /^v/", &[("A", "main")], True),
    ("$A !~ /^v/", &[("A", "v1")], False),
    ("$A !~ /^v/", &[], True),
    ("$A =~ $B", &[("A", "xax"), ("B", "/a/")], True),
    ("$A =~ $B", &[("A", "XAX"), ("B", "/ax/i")], True),
    ("$A =~ $B", &[("A", "xyz"), ("B", "/ab/")], False),
    (r#"$A =~ "/ab/""#, &[("A", "xabx")], True),
    ("$A =~ $B", &[("A", "x"), ("B", "/(/")], False),
    (r#"$A =~ "1234""#, &[("A", "23")], True),
    (r#"$A =~ "ab""#, &[("A", "xabx")], False),
    ("$A =~ $B", &[("A", "x")], False),
    ("$A !~ $B", &[("A", "x")], True),
    ("$A =~ /$B/", &[("A", "xx"), ("B", "xx")], False),
    (r#"$A =~ /^rel/ && $B == "1""#, &[("A", "release"), ("B", "1")], True),
    (r#""x""#, &[], True),
    (r#""""#, &[], False),
    ("null", &[], False),
    ("/ab/", &[], True),
    (r#"$A == "x" == "true""#, &[("A", "x")], True),
    ("/ab/ == /ab/", &[], True),
    ("$A =~ /a/", &[("A", "a")], Invalid),
    (r#"${A} == "x""#, &[("A", "x")], Invalid),
    ("$A == x", &[("A", "x")], Invalid),
    ("$A == 1", &[("A", "1")], Invalid),
    (r#"$A = "x""#, &[("A", "x")], Invalid),
    (r#"%A% == "x""#, &[("A", "x")], Invalid),
    ("$A ==", &[("A", "x")], Invalid),
    ("== $A", &[("A", "x")], Invalid),
    ("$A $B", &[("A", "x")], Invalid),
    ("$A and $B", &[("A", "1"), ("B", "1")], Invalid),
    ("$A & $B", &[("A", "1"), ("B", "1")], Invalid),
    ("($A", &[("A", "1")], Invalid),
    ("$A)", &[("A", "1")], Invalid),
    ("()", &[], Invalid),
    ("  ", &[], Invalid),
    ("!", &[], Invalid),
    (r#"$A == "x" # note"#, &[("A", "x")], Invalid),
    ("$A == nullx", &[], Invalid),
    (r#"$A > "1""#, &[("A", "2")], Invalid),
    ("$A =~ /ab/x", &[("A", "ab")], Invalid),
    ("$A =~ /feature//", &[("A", "feature/x")], True),
    ("$A =~ /feature//", &[("A", "feature")], False),
    ("$A =~ /a/b/", &[("A", "a/b")], Invalid),
    ("$A =~ /^(?!ab)/", &[("A", "x")], Invalid),
    ("$A =~ /(ab/", &[("A", "ab")], Invalid),
    (r#"$A == "x"#, &[("A", "x")], Invalid),
    (r#"$A-B == "x""#, &[("A", "x")], Invalid), // A comparison takes any value on either side.
    ("$A == true", &[("A", "true")], True),
    ("true == $A", &[("A", "false")], False),
    ("$A != false", &[("A", "false")], False),
    ("$A == true", &[("A", "1")], False),
    ("$A == true", &[], False),
    ("true", &[], True),
    ("false", &[], False),
    ("!false", &[], True),
    ("true =~ /ru/", &[], True),
    ("truenull", &[], Invalid),
    ("truetrue", &[], Invalid),
    ("nulltrue", &[], Invalid),
    ("null=~/ab/", &[], False),
    ("null == false", &[], False),
    (r#""" == null"#, &[], False),
    // A regular expression on the right of == is a value; on the left only another one is asked for its source.
    ("$A == /ab/", &[("A", "/ab/")], False),
    ("/ab/ == $A", &[("A", "ab")], Invalid),
    ("/ab/ != /ab/i", &[], True),
    ("/ab/ =~ /ab/", &[], False),
    ("/ab/ !~ /ab/", &[], True),
    ("!/ab/", &[], False),
    // What is neither text nor a regular expression cannot be matched against.
    ("$A =~ true", &[("A", "true")], Invalid),
    ("$A !~ true", &[("A", "true")], Invalid),
    ("$A =~ false", &[("A", "false")], False),
    ("$A !~ null", &[("A", "false")], True),
    ("$A =~ ($B == $C)", &[("A", "x")], Invalid),
    (r#"$A =~ ($B == "x")"#, &[("A", "x"), ("B", "x")], False),
    // The end of a regular expression.
    (r"$A =~ /a\//", &[("A", "xa/")], True),
    (r"$A =~ /\//", &[("A", "a/b")], True),
    (r"$A =~ /\///", &[("A", "a//b")], Invalid),
    (r"$A =~ /ab\/cd/", &[("A", "ab/cd")], True),
    (r"$A =~ /[\/]/", &[("A", "/")], True),
    (r"$A =~ /[/]/", &[("A", "/")], Invalid),
    (r"$A =~ /ab\\/", &[("A", r"ab\")], Invalid),
    ("$A =~ //", &[], Invalid),
    ("$A =~ ///", &[("A", "/")], Invalid),
    ("$A =~ /./", &[("A", "x")], Invalid),
    ("$A =~ /a\nb/", &[("A", "a\nb")], Invalid),
    ("$A =~ /abc", &[], Invalid),
    ("$A =~ /ab/ismU", &[("A", "AB")], True),
    ("$A =~ /a+?b/U", &[("A", "aab")], True),
    // In a variable only one line of it need have the form.
    ("$A =~ $B", &[("A", "xax"), ("B", "nothing\n/a/i\nmore")], True),
    ("$A =~ $B", &[("A", "a/b"), ("B", "/a/b/")], True),
    ("$A =~ $B", &[("A", "a/b"), ("B", r"/a\/b/")], True),
    ("$A =~ $B", &[("A", ""), ("B", "//")], True),
    ("$A =~ $B", &[("A", "a"), ("B", "/a/x")], True),
    ("$A =~ $B", &[("A", "xax"), ("B", "/a/x")], False),
    ("$A =~ $B", &[("A", "(?=a)"), ("B", "/(?=a)/")], True),
    ("$A !~ $B", &[("A", "b"), ("B", "abc")], False),
    ("$A =~ $B", &[("B", "abc")], True),
    ("$A =~ $B", &[("A", "x"), ("B", "")], False),
    ("$A =~ $B", &[("A", ""), ("B", "")], True),
    // Space.
    ("\t$A\u{b}==\r\n'x'\u{c}", &[("A", "x")], True),
    ("$A ==\u{a0}'x'", &[("A", "x")], Invalid),
    ("$é", &[], Invalid),
    ("$1a", &[("1a", "x")], True),
    ("$A == 'a\nb'", &[("A", "a\nb")], Invalid),
    ("$A == 'ä\"'", &[("A", "ä\"")], True),
    ("$A", &[("A", "\u{2003}\u{a0}")], False),
    // Nothing asks whether an operator stands between its values.
    ("$A $B ==", &[("A", "x"), ("B", "x")], True),
    ("$A $B &&", &[("A", "x")], False),
    ("$A !", &[], True),
    ("$A (== $B)", &[("A", "x"), ("B", "x")], True),
    ("$A ! $B", &[], Invalid),
    ("$A && ()", &[], Invalid),
    ("() $A", &[("A", "x")], True),
    (")(", &[], Invalid),
    ("$[[ inputs.x ]] == 'x'", &[], Invalid),
    ("$ A", &[], Invalid),
    ("$A =! 'x'", &[], Invalid),
    ("$A === 'x'", &[], Invalid),
    ("$A !== 'x'", &[], Invalid),
    ("$A || || $B", &[], Invalid),
    ("$A &&& $B", &[], Invalid),
];

#[test]
fn cases() {
    for (text, variables, outcome) in CASES {
        assert_eq!(evaluate(text, variables), *outcome, "{text:?} with {variables:?}");
    }
}

/// The rows of the reference that need more than a table.
#[test]
fn as_many_tokens_as_the_server_takes() {
    let joined = |count: usize| vec!["$A"; count].join(" || ");
    assert_eq!(evaluate(&joined(50), &[("A", "1")]), True);
    assert_eq!(evaluate(&joined(51), &[("A", "1")]), Invalid);
    assert_eq!(evaluate(&format!("!{}", joined(50)), &[("A", "1")]), Invalid, "a hundred");
    assert_eq!(evaluate(&format!("{}$A", "!".repeat(98)), &[("A", "1")]), True);
    assert_eq!(evaluate(&format!("{}$A{}  ", "(".repeat(49), ")".repeat(49)), &[("A", "1")]), True);
}

#[test]
fn branches() {
    let same = parse("$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH").expect("valid");
    assert!(same.evaluate(&Defined(&[("CI_COMMIT_BRANCH", "main"), ("CI_DEFAULT_BRANCH", "main")])));
    assert!(!same.evaluate(&Defined(&[("CI_COMMIT_TAG", "v1"), ("CI_DEFAULT_BRANCH", "main")])));
    assert_eq!(same.variables().collect::<Vec<_>>(), ["CI_COMMIT_BRANCH", "CI_DEFAULT_BRANCH"]);
}
