//! Expressions, regular expressions and durations are read or refused, in bounded time, and mean one thing.
//!
//! Before the first NUL stands the statement, behind it the values of `$A`, `$B` and `$C`, parted by NUL too.

#![no_main]

use ci_yaml::expression::{Expression, Lookup, Operand, parse, parse_with_inputs};
use ci_yaml::matching::{duration, pattern};
use libfuzzer_sys::fuzz_target;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Far beyond what a few kilobytes take on a slow machine.
const PATIENCE: Duration = Duration::from_secs(2);

struct Values<'t>(Vec<&'t str>);

impl Lookup for Values<'_> {
    fn variable(&self, name: &str) -> Option<Arc<str>> {
        let index = ["A", "B", "C"].iter().position(|known| *known == name)?;
        self.0.get(index).map(|value| (*value).into())
    }

    fn input(&self, name: &str) -> Option<Operand> {
        self.variable(name).map(|text| text.parse().map_or(Operand::Text(text), Operand::Integer))
    }
}

fuzz_target!(|text: &str| {
    let start = Instant::now();
    let mut parts = text.split('\0');
    let statement = parts.next().unwrap_or_default();
    let values = Values(parts.collect());
    let (plain, with_inputs) = (parse(statement), parse_with_inputs(statement));
    assert!(plain.is_err() || with_inputs.is_ok(), "inputs only add to the language");
    for read in [plain, with_inputs] {
        match read {
            Ok(expression) => evaluated(&expression, &values),
            Err(error) => {
                assert!(statement.get(error.offset..error.offset + error.length).is_some(), "{error:?}");
                assert!(!error.to_string().is_empty());
            }
        }
    }
    for regex in [pattern::compile(statement, "i"), pattern::compile(statement, ""), pattern::ruby(statement)]
    {
        if let Ok(regex) = regex {
            values.0.iter().for_each(|value| drop(regex.search(value)));
        }
    }
    for text in values.0.iter().chain([&statement]) {
        assert!(duration::seconds(text).is_none_or(|seconds| seconds > 0.0 && seconds.is_finite()));
        if let Some(literal) = pattern::literal(text) {
            assert!(text.contains(&format!("/{}/{}", literal.body, literal.flags)));
        }
    }
    assert!(start.elapsed() < PATIENCE, "takes {:?}", start.elapsed());
});

fn evaluated(expression: &Expression, values: &Values<'_>) {
    let truth = expression.evaluate(values);
    let explanation = expression.explain(values);
    assert_eq!(explanation.truth, truth);
    assert_eq!(explanation.value.as_ref().is_some_and(|value| !value.is_blank()), truth);
    assert!(!explanation.sentence(expression.text()).is_empty());
    assert!(!explanation.deciding().is_empty());
    // What is negated is the opposite, unless it cannot be evaluated.
    if explanation.value.is_some() {
        if let Ok(negated) = parse(&format!("!({})", expression.text())) {
            assert_eq!(negated.evaluate(values), !truth);
        }
    }
    for name in expression.variables() {
        assert!(expression.text().contains(&format!("${name}")));
    }
}
