//! `rules`, of jobs, of `workflow` and of an include.

use super::attribute::Attribute;
use super::convert::flatten;
use super::rule::{Flavour, INCLUDE, JOB, WORKFLOW, rule};
use crate::config::Rule;
use crate::entry::Report;
use crate::{Node, Value};

/// The rules of a job (`Entry::Rules`). That they are a list of maps, the job itself has checked.
pub(crate) fn job_rules(value: &Node, parent: &mut Report<'_>) -> Option<Vec<Rule>> {
    let Value::Seq(items) = &value.value else { return None };
    if let Some(known) = parent.memory().rules(items) {
        return Some(known);
    }
    let before = parent.count();
    let rules = list(value, &JOB, &mut parent.within("rules"))?;
    if parent.count() == before {
        parent.memory().keep_rules(items, &rules);
    }
    Some(rules)
}

/// The rules of `workflow` (`Entry::Rules`).
pub(crate) fn workflow_rules(value: &Node, parent: &mut Report<'_>) -> Option<Vec<Rule>> {
    list(value, &WORKFLOW, &mut parent.within("rules"))
}

/// The rules of an include (`Entry::Include::Rules`). GitLab checks them apart from all else, so that their path is
/// `include:rule` wherever they stand, and shows the first error only.
pub(crate) fn include_rules(value: &Node, parent: &mut Report<'_>) -> Option<Vec<Rule>> {
    let mut report = parent.rooted("include");
    let before = report.count();
    shape(value, &mut report.within("rules"));
    if report.count() > before {
        return None;
    }
    members(value, &INCLUDE, &mut report)
}

/// The rules of an include of a child pipeline, whose path is as one expects.
pub(super) fn nested_include_rules(value: &Node, parent: &mut Report<'_>) -> Option<Vec<Rule>> {
    list(value, &INCLUDE, &mut parent.within("rules"))
}

fn list(value: &Node, flavour: &Flavour, report: &mut Report<'_>) -> Option<Vec<Rule>> {
    let before = report.count();
    shape(value, report);
    if report.count() > before {
        return None;
    }
    members(value, flavour, report)
}

fn shape(value: &Node, report: &mut Report<'_>) {
    let config = Attribute::config(value);
    config.present(report);
    if value.as_seq().is_none() {
        config.wrong(report, "should be an array");
    }
}

fn members(value: &Node, flavour: &Flavour, report: &mut Report<'_>) -> Option<Vec<Rule>> {
    let before = report.count();
    let Some(items) = flatten(value) else {
        Attribute::config(value).fail(report, "too-many", "has too many entries").from_gitlab = false;
        return None;
    };
    let told = |item: &&Node| !flavour.of_job || item.as_map().is_some();
    let rules = items.into_iter().filter(told).filter_map(|item| rule(item, flavour, report)).collect();
    (report.count() == before).then_some(rules)
}
