//! `parallel`.

use super::attribute::Attribute;
use super::keys;
use super::matrix::matrix;
use crate::config::Parallel;
use crate::entry::Report;
use crate::{Node, Value};

/// The most instances of a job (`Product::Parallel::PARALLEL_LIMIT`).
pub(super) const MOST: u32 = 200;

/// How often a job runs at the same time (`Entry::Product::Parallel`).
pub(crate) fn parallel(value: &Node, parent: &mut Report<'_>) -> Option<Parallel> {
    read(value, true, parent)
}

/// The same of a trigger job, which takes a matrix only.
pub(crate) fn bridge_parallel(value: &Node, parent: &mut Report<'_>) -> Option<Parallel> {
    read(value, false, parent)
}

fn read(value: &Node, number_allowed: bool, parent: &mut Report<'_>) -> Option<Parallel> {
    let mut report = parent.within("parallel");
    let before = report.count();
    let found = match &value.value {
        Value::Int(_) | Value::Float(_) => {
            let number = Attribute::config(value).whole_number(1, i128::from(MOST), &mut report);
            if !number_allowed {
                refuse_number(value, &mut report);
            }
            number.and_then(|number| u32::try_from(number).ok()).map(Parallel::Number)
        }
        Value::Map(_) => {
            keys::known(value, &["matrix"], &mut report);
            keys::required(value, &["matrix"], &mut report);
            let found = Attribute::of(value, "matrix").given();
            let found = super::below(before, &mut report, |report| found.map(|found| matrix(found, report)));
            // Without a value it counts as not there, and yields no instance.
            found.unwrap_or(Some(Vec::new())).map(Parallel::Matrix)
        }
        _ => {
            let found = report.error_as_is(value.span, "wrong-type", "should be an integer or a hash");
            found.note = Some(format!("this is {}", super::convert::kind(value)));
            if let Some(text) = value.as_str().filter(|text| text.parse::<u32>().is_ok()) {
                found.help.push(format!("Without quotes it is a number: `{text}`."));
            }
            None
        }
    };
    found.filter(|_| report.count() == before)
}

/// Only a matrix may be given here.
pub(super) fn refuse_number(value: &Node, report: &mut Report<'_>) {
    let found = Attribute::config(value).fail(report, "wrong-type", "cannot use \"parallel: <number>\".");
    found.help.push("Write a matrix, as in `parallel: {matrix: [{NAME: [a, b]}]}`.".into());
}
