//! One of `rules`.

use super::attribute::Attribute;
use super::changes::changes;
use super::exists::exists;
use super::keys;
use super::language::{WEEK, expression, seconds};
use super::needs::rule_needs;
use super::plain_variables::plain_variables;
use crate::config::{Rule, When};
use crate::entry::Report;
use crate::entry::auto_cancel::auto_cancel;
use crate::{Node, Spanned};

/// Whose rules they are, and what that allows.
pub(super) struct Flavour {
    /// Whether they belong to a job, which has checked their shape.
    pub(super) of_job: bool,
    /// Whether they belong to an include, which checks less.
    of_include: bool,
    whens: &'static [&'static str],
    keys: &'static [&'static str],
}

/// Those of a job.
pub(super) const JOB: Flavour = Flavour {
    of_job: true,
    of_include: false,
    whens: &["on_success", "on_failure", "always", "never", "manual", "delayed"],
    keys: &[
        "if",
        "changes",
        "exists",
        "when",
        "start_in",
        "allow_failure",
        "variables",
        "needs",
        "interruptible",
    ],
};

/// Those of `workflow`. Some keys are allowed and have no effect.
pub(super) const WORKFLOW: Flavour = Flavour {
    of_job: false,
    of_include: false,
    whens: &["always", "never"],
    keys: &[
        "if",
        "changes",
        "exists",
        "when",
        "start_in",
        "allow_failure",
        "variables",
        "needs",
        "auto_cancel",
    ],
};

/// Those of an include.
pub(super) const INCLUDE: Flavour = Flavour {
    of_job: false,
    of_include: true,
    whens: &["never", "always"],
    keys: &["if", "exists", "when", "changes"],
};

/// Reads a rule (`Entry::Rules::Rule`, `Entry::Include::Rules::Rule`).
pub(super) fn rule(value: &Node, flavour: &Flavour, parent: &mut Report<'_>) -> Option<Rule> {
    let mut report = parent.within("rule");
    let before = report.count();
    Attribute::config(value).map(&mut report);
    Attribute::config(value).present(&mut report);
    Attribute::config(value).map(&mut report)?;
    let mut rule = if flavour.of_include {
        of_include(value, &mut report)
    } else {
        of_pipeline(value, flavour, &mut report)
    };
    super::below(before, &mut report, |report| children(value, flavour, &mut rule, report));
    (report.count() == before).then_some(rule)
}

fn of_include(value: &Node, report: &mut Report<'_>) -> Rule {
    keys::known(value, INCLUDE.keys, report);
    let condition = expression(Attribute::of(value, "if"), report);
    Rule { span: value.span, condition, when: when(value, &INCLUDE, report), ..Rule::default() }
}

fn of_pipeline(value: &Node, flavour: &Flavour, report: &mut Report<'_>) -> Rule {
    let key = |name| Attribute::of(value, name);
    let start_in = key("start_in");
    if value.get("when").and_then(Node::as_str) == Some("delayed") {
        start_in.present(report);
        if start_in.given().is_some() {
            seconds(start_in, Some(WEEK), report);
        } else {
            start_in.fail(report, "wrong-type", "should be a duration");
            start_in.fail(report, "out-of-range", "should not exceed the limit");
        }
    } else {
        keys::disallowed(value, &["start_in"], report);
    }
    let condition = expression(key("if"), report);
    let allow_failure = key("allow_failure").boolean(report);
    let interruptible = key("interruptible").boolean(report);
    let when = when(value, flavour, report);
    keys::known(value, flavour.keys, report);
    let start_in = start_in.given().and_then(Node::as_text).cloned();
    Rule { span: value.span, condition, when, start_in, allow_failure, interruptible, ..Rule::default() }
}

fn when(value: &Node, flavour: &Flavour, report: &mut Report<'_>) -> Option<Spanned<When>> {
    let attribute = Attribute::of(value, "when");
    let when = attribute.known_value(flavour.whens, report)?;
    Some(Spanned::new(When::parse(&when)?, attribute.given()?.span))
}

fn children(value: &Node, flavour: &Flavour, rule: &mut Rule, report: &mut Report<'_>) {
    let child = |name: &'static str| Attribute::of(value, name).given();
    let found = child("changes");
    rule.changes = found.and_then(|found| Some(Spanned::new(changes(found, report)?, found.span)));
    let found = child("exists");
    rule.exists =
        found.and_then(|found| Some(Spanned::new(exists(found, !flavour.of_include, report)?, found.span)));
    if flavour.of_include {
        return;
    }
    rule.variables = child("variables").and_then(|found| plain_variables(found, report)).unwrap_or_default();
    rule.needs = child("needs").and_then(|found| rule_needs(found, report));
    if !flavour.of_job {
        rule.auto_cancel =
            child("auto_cancel").and_then(|found| auto_cancel(found, report)).unwrap_or_default();
    }
}
