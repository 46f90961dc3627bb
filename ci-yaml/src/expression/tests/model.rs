//! Statements made at random, and a second evaluator that knows nothing of tokens, trees or the `regex` crate.

use super::Defined;
use crate::expression::{parse, parse_with_inputs};
use proptest::prelude::*;

/// A statement as it is meant.
#[derive(Clone, Debug)]
enum Meant {
    Variable(&'static str),
    Text(&'static str),
    Regex(Simple),
    Null,
    True,
    False,
    Not(Box<Self>),
    Join(&'static str, Box<Self>, Box<Self>),
}

/// Regular expressions that can be matched without an engine.
#[derive(Clone, Debug)]
struct Simple {
    start: bool,
    text: &'static str,
    end: bool,
    any_case: bool,
}

impl Simple {
    fn written(&self) -> String {
        let (start, end) = (if self.start { "^" } else { "" }, if self.end { "$" } else { "" });
        format!("/{start}{}{end}/{}", self.text, if self.any_case { "i" } else { "" })
    }

    fn finds(&self, text: &str) -> bool {
        let (text, own) = if self.any_case {
            (text.to_ascii_lowercase(), self.text.to_ascii_lowercase())
        } else {
            (text.to_owned(), self.text.to_owned())
        };
        match (self.start, self.end) {
            (true, true) => text == own,
            (true, false) => text.starts_with(&own),
            (false, true) => text.ends_with(&own),
            (false, false) => text.contains(&own),
        }
    }
}

#[derive(Clone, Debug, PartialEq)]
enum Value {
    Null,
    Boolean(bool),
    Text(String),
    Regex(String),
}

/// Nothing where the server fails.
fn model(meant: &Meant, variables: &[(&str, &str)]) -> Option<Value> {
    Some(match meant {
        Meant::Variable(name) => match variables.iter().find(|(known, _)| known == name) {
            Some((_, value)) => Value::Text((*value).to_owned()),
            None => Value::Null,
        },
        Meant::Text(text) => Value::Text((*text).to_owned()),
        Meant::Regex(simple) => Value::Regex(simple.written()),
        Meant::Null => Value::Null,
        Meant::True => Value::Boolean(true),
        Meant::False => Value::Boolean(false),
        Meant::Not(inner) => Value::Boolean(blank(&model(inner, variables)?)),
        Meant::Join(operator, left, right) => {
            let left = model(left, variables)?;
            let falsy = matches!(left, Value::Null | Value::Boolean(false));
            match (*operator, falsy) {
                ("&&", true) | ("||", false) => return Some(left),
                ("&&", false) | ("||", true) => return model(right, variables),
                _ => {}
            }
            let value = model(right, variables)?;
            Value::Boolean(match *operator {
                "==" => equal(&left, &value)?,
                "!=" => !equal(&left, &value)?,
                "=~" => matches(&left, &value)?,
                _ => !matches(&left, &value)?,
            })
        }
    })
}

fn blank(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::Boolean(value) => !value,
        Value::Text(text) => text.trim().is_empty(),
        Value::Regex(_) => false,
    }
}

fn equal(left: &Value, right: &Value) -> Option<bool> {
    match (left, right) {
        (Value::Regex(_), other) if !matches!(other, Value::Regex(_)) => None,
        (Value::Boolean(value), Value::Text(text)) | (Value::Text(text), Value::Boolean(value)) => {
            Some(*text == value.to_string())
        }
        _ => Some(left == right),
    }
}

fn matches(left: &Value, right: &Value) -> Option<bool> {
    let text = match left {
        Value::Null => Some(String::new()),
        Value::Boolean(value) => Some(value.to_string()),
        Value::Text(text) => Some(text.clone()),
        Value::Regex(_) => None,
    };
    match right {
        Value::Null | Value::Boolean(false) => Some(false),
        Value::Boolean(true) => None,
        Value::Text(own) | Value::Regex(own) => Some(text.is_some_and(|text| match read(own) {
            Some(simple) => simple.finds(&text),
            None => own.contains(&text),
        })),
    }
}

const WORDS: &[&str] = &["ab", "Ab", "bcd", "1234"];

/// A text of the form that [`Simple`] writes.
fn read(text: &str) -> Option<Simple> {
    let (body, flags) = text.strip_prefix('/')?.rsplit_once('/')?;
    let (start, body) = body.strip_prefix('^').map_or((false, body), |body| (true, body));
    let (end, body) = body.strip_suffix('$').map_or((false, body), |body| (true, body));
    let text = WORDS.iter().find(|word| **word == body)?;
    Some(Simple { start, text, end, any_case: flags == "i" })
}

const VALUES: &[&str] =
    &["", " ", "ab", "b", "xABy", "false", "true", "1234", "23", "/ab/", "/^Ab$/i", "/(/", "$A"];
const NAMES: &[&str] = &["A", "B", "C1"];

fn simple() -> impl Strategy<Value = Simple> {
    (any::<bool>(), prop::sample::select(WORDS), any::<bool>(), any::<bool>())
        .prop_map(|(start, text, end, any_case)| Simple { start, text, end, any_case })
}

fn meant() -> impl Strategy<Value = Meant> {
    let leaf = prop_oneof![
        4 => prop::sample::select(NAMES).prop_map(Meant::Variable),
        2 => prop::sample::select(VALUES).prop_map(Meant::Text),
        2 => simple().prop_map(Meant::Regex),
        1 => prop_oneof![Just(Meant::Null), Just(Meant::True), Just(Meant::False)],
    ];
    leaf.prop_recursive(5, 24, 2, |inner| {
        prop_oneof![
            1 => inner.clone().prop_map(|meant| Meant::Not(Box::new(meant))),
            4 => (prop::sample::select(&["==", "!=", "=~", "!~", "&&", "||"][..]), inner.clone(), inner)
                .prop_map(|(operator, left, right)| Meant::Join(operator, Box::new(left), Box::new(right))),
        ]
    })
}

fn looseness(meant: &Meant) -> u8 {
    match meant {
        Meant::Join("&&", ..) => 2,
        Meant::Join("||", ..) => 3,
        Meant::Join(..) => 1,
        _ => 0,
    }
}

/// Writes a statement with no more parentheses than it needs, or with some more.
fn write(meant: &Meant, generous: bool, out: &mut String) {
    let side = |inner: &Meant, needs: bool, out: &mut String| {
        if needs || (generous && looseness(inner) > 0) {
            out.push_str("( ");
            write(inner, generous, out);
            out.push(')');
        } else {
            write(inner, generous, out);
        }
    };
    match meant {
        Meant::Variable(name) => out.extend(["$", name]),
        Meant::Text(text) => out.extend(["\"", text, "\""]),
        Meant::Regex(simple) => *out += &simple.written(),
        Meant::Null => *out += "null",
        Meant::True => *out += "true",
        Meant::False => *out += "false",
        Meant::Not(inner) => {
            out.push('!');
            side(inner, looseness(inner) > 0, out);
        }
        Meant::Join(operator, left, right) => {
            let own = looseness(meant);
            side(left, looseness(left) > own, out);
            *out += if generous { "\n " } else { " " };
            *out += operator;
            *out += " ";
            side(right, looseness(right) >= own, out);
        }
    }
}

fn tokens(meant: &Meant, generous: bool) -> usize {
    let mut text = String::new();
    write(meant, generous, &mut text);
    let inner = |inner: &Meant, needs: bool| {
        tokens(inner, generous) + if needs || (generous && looseness(inner) > 0) { 2 } else { 0 }
    };
    match meant {
        Meant::Not(operand) => 1 + inner(operand, looseness(operand) > 0),
        Meant::Join(_, left, right) => {
            let own = looseness(meant);
            1 + inner(left, looseness(left) > own) + inner(right, looseness(right) >= own)
        }
        _ => 1,
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn evaluation_equals_the_model(
        meant in meant(),
        values in prop::collection::vec(prop::option::of(prop::sample::select(VALUES)), NAMES.len()),
        generous in any::<bool>(),
    ) {
        let mut text = String::new();
        write(&meant, generous, &mut text);
        let variables: Vec<_> =
            NAMES.iter().zip(&values).filter_map(|(name, value)| Some((*name, (*value)?))).collect();
        let valid = tokens(&meant, generous) < 100 && model(&meant, &[]).is_some();
        let parsed = parse(&text);
        prop_assert_eq!(parsed.is_ok(), valid, "{}: {:?}", text, parsed.err());
        if let Ok(expression) = parsed {
            let expected = model(&meant, &variables).is_some_and(|value| !blank(&value));
            prop_assert_eq!(expression.evaluate(&Defined(&variables)), expected, "{}", text);
            let explanation = expression.explain(&Defined(&variables));
            prop_assert_eq!(explanation.truth, expected, "{}", text);
            prop_assert_eq!(explanation.source(&text), &text);
            prop_assert_eq!(parse(expression.text()).map(|again| again.evaluate(&Defined(&variables))), Ok(expected));
        }
    }

    #[test]
    fn any_text_is_read_or_refused(text in r#"([ !=~&|()$/"'\\A-Ca-c1\[\]{}^.*+?]|null|true|inputs\.|\PC|\n){0,40}"#) {
        for parsed in [parse(&text), parse_with_inputs(&text)] {
            match parsed {
                Ok(expression) => {
                    let explanation = expression.explain(&Defined(&[("A", "a")]));
                    prop_assert_eq!(expression.evaluate(&Defined(&[("A", "a")])), explanation.truth);
                }
                Err(error) => prop_assert!(text.get(error.offset..error.offset + error.length).is_some()),
            }
        }
    }
}
