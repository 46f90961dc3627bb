use super::Defined;
use crate::expression::{Operation, parse};

#[test]
fn sentences() {
    for (text, variables, expected) in [
        (
            "$CI_COMMIT_BRANCH == \"main\"",
            &[][..],
            "$CI_COMMIT_BRANCH == \"main\" is false: CI_COMMIT_BRANCH is undefined",
        ),
        ("$A == \"x\"", &[("A", "y")], "$A == \"x\" is false: A is \"y\""),
        ("$A", &[("A", "")], "$A is false: A is empty"),
        ("$A", &[("A", " ")], "$A is false: A is \" \""),
        ("!$A && true", &[], "!$A && true is true: A is undefined"),
        ("true", &[], "true is true"),
        (
            "$A =~ \"ab\"",
            &[("A", "xabx")],
            "$A =~ \"ab\" is false: A is \"xabx\", the right side is no `/…/`, so the left text is looked for in it",
        ),
        (
            "$A || $B",
            &[("A", ""), ("B", "1")],
            "$A || $B is false: A is empty, B is \"1\", `||` takes an empty text on its left for its result",
        ),
        (
            "/ab/ == /ab/ && $A =~ ($A == \"x\")",
            &[("A", "x")],
            "/ab/ == /ab/ && $A =~ ($A == \"x\") cannot be evaluated, which counts as false: A is \"x\"",
        ),
    ] {
        let explanation = parse(text).expect("valid").explain(&Defined(variables));
        assert_eq!(explanation.sentence(text), expected);
    }
}

#[test]
fn long_values_are_cut() {
    let explanation = parse("$A").expect("valid").explain(&Defined(&[("A", &"é".repeat(100))]));
    assert_eq!(explanation.reasons(), [format!("A is \"{}\"…", "é".repeat(60))]);
}

#[test]
fn parts_and_their_places() {
    let text = "!($A == \"x\") || ($B && ($C))";
    let explanation = parse(text).expect("valid").explain(&Defined(&[("B", "1")]));
    assert_eq!(explanation.source(text), text);
    assert_eq!(explanation.operation, Operation::Or);
    let [not, and] = explanation.parts.as_slice() else { panic!("{explanation:?}") };
    assert_eq!((not.source(text), not.truth, not.reached), ("!($A == \"x\")", true, true));
    assert_eq!((and.source(text), and.truth, and.reached), ("$B && ($C)", false, false));
    assert_eq!(and.parts[1].source(text), "$C");
    assert_eq!(not.parts[0].source(text), "$A == \"x\"");
}

#[test]
fn what_decides() {
    for (text, variables, expected) in [
        ("$A && $B", &[("A", "1")][..], &["$B"][..]),
        ("$A && $B", &[], &["$A"]),
        ("$A && $B", &[("A", "1"), ("B", "1")], &["$A", "$B"]),
        ("$A || $B == \"x\"", &[("B", "x")], &["$B == \"x\""]),
        ("$A || !$B", &[("B", "x")], &["$A", "$B"]),
        ("$A || ($B && $C)", &[("B", "x")], &["$A", "$C"]),
    ] {
        let explanation = parse(text).expect("valid").explain(&Defined(variables));
        let deciding: Vec<_> = explanation.deciding().into_iter().map(|part| part.source(text)).collect();
        assert_eq!(deciding, expected, "{text}");
    }
}
