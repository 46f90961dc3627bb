mod cases;
mod explanations;
mod messages;
mod model;

use super::{Lookup, Operand, parse, parse_with_inputs};
use cases::Outcome;
use std::sync::Arc;

/// Variables of a test.
struct Defined<'v>(&'v [(&'v str, &'v str)]);

impl Lookup for Defined<'_> {
    fn variable(&self, name: &str) -> Option<Arc<str>> {
        self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).into())
    }
}

fn evaluate(text: &str, variables: &[(&str, &str)]) -> Outcome {
    match parse(text).map(|expression| expression.evaluate(&Defined(variables))) {
        Ok(true) => Outcome::True,
        Ok(false) => Outcome::False,
        Err(_) => Outcome::Invalid,
    }
}

#[test]
fn inputs_keep_their_kind() {
    struct Inputs;
    impl Lookup for Inputs {
        fn variable(&self, _: &str) -> Option<Arc<str>> {
            None
        }
        fn input(&self, name: &str) -> Option<Operand> {
            Some(match name {
                "text" => Operand::Text("x".into()),
                "off" => Operand::Boolean(false),
                "number" => Operand::Integer(12),
                "list" => Operand::List([Operand::Text("a".into())].into()),
                "empty" => Operand::List([].into()),
                _ => return None,
            })
        }
    }
    for (text, expected) in [
        ("$[[ inputs.text ]] == 'x'", true),
        ("$[[inputs.text]]=='x' && $[[\tinputs.off ]] == false", true),
        ("$[[ inputs.off ]]", false),
        ("$[[ inputs.off ]] == 'false'", true),
        ("$[[ inputs.number ]] == '12'", false),
        ("$[[ inputs.number ]] == $[[ inputs.number ]]", true),
        ("$[[ inputs.number ]] =~ /^1/", true),
        ("$[[ inputs.list ]] == $[[ inputs.list ]]", true),
        ("$[[ inputs.empty ]]", false),
        ("$[[ inputs.unknown ]] == null", true),
    ] {
        let expression = parse_with_inputs(text).expect("valid");
        assert_eq!(expression.evaluate(&Inputs), expected, "{text}");
    }
    let names = parse_with_inputs("$[[ inputs.a ]] || $B == $[[ inputs.c ]]").expect("valid");
    assert_eq!(names.inputs().collect::<Vec<_>>(), ["a", "c"]);
    assert_eq!(names.variables().collect::<Vec<_>>(), ["B"]);
    for text in
        ["$[[ inputs. ]]", "$[[ input.x ]]", "$[[ inputs.x ]", "$[[ inputs.x-y ]]", "$[[ inputs.x | f ]]"]
    {
        assert!(parse_with_inputs(text).is_err(), "{text}");
    }
}

#[test]
fn a_regular_expression_made_to_be_slow_counts_as_false_in_time() {
    let slow = parse(&format!("$A =~ /({})y/", "[ab]*a[ab]{900}".repeat(20))).expect("valid");
    let text = "ab".repeat(500_000);
    assert!(!slow.evaluate(&Defined(&[("A", &text)])));
    assert!(slow.explain(&Defined(&[("A", &text)])).value.is_none(), "not evaluated");
    assert!(parse(&format!("$A =~ /{}/", "(a{1000})".repeat(1000))).is_err(), "too large");
}
