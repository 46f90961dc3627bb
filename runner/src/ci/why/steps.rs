//! The steps to a decision.

use super::{Page, clause};
use crate::terminal::Paint;
use ci_yaml::config::When;
use ci_yaml::evaluate::{
    Condition, Element, NeedTrial, PolicyTrial, RefVerdict, RuleOutcome, RuleTrial, Skip, Step, Trials,
};

/// Writes one step.
pub(super) fn write(page: &mut Page<'_>, step: &Step) {
    match step {
        // Nobody asks for it who did not write it.
        Step::Skip(None) => {}
        Step::Skip(Some(Skip::Message(text))) => page.step(&format!("The commit message says {text}."), None),
        Step::Skip(Some(Skip::PushOption)) => page.step("The push option ci.skip was given.", None),
        Step::Workflow(trials) => rules(page, "workflow:rules", trials),
        Step::Rules(trials) => rules(page, "rules", trials),
        Step::Policy(trial) => policy(page, trial),
        Step::NoCondition => page.step("The job has no condition.", None),
        Step::Needs(needs) if needs.is_empty() => {}
        Step::Needs(needs) => needed(page, needs),
    }
}

fn rules(page: &mut Page<'_>, what: &str, trials: &Trials) {
    let text = match trials.matched {
        Some(index) => format!("{what}: rule {} matches", index + 1),
        None if trials.rules.iter().any(|rule| matches!(rule.outcome, RuleOutcome::Failed(_))) => {
            format!("{what}: a rule cannot be decided")
        }
        None => format!("{what}: no rule matches"),
    };
    page.step(&text, trials.rules.first().map(|rule| rule.span));
    for rule in &trials.rules {
        one_rule(page, rule);
    }
}

fn one_rule(page: &mut Page<'_>, rule: &RuleTrial) {
    let (verdict, paint) = match &rule.outcome {
        RuleOutcome::Matched => (format!("matches: {}", rule.when.as_str()), Paint::Good),
        RuleOutcome::NotMatched => ("does not match".to_owned(), Paint::Bad),
        RuleOutcome::NotReached => ("not reached".to_owned(), Paint::Dim),
        RuleOutcome::Failed(reason) => (format!("cannot be decided: {reason}"), Paint::Bad),
    };
    let paint =
        if rule.outcome == RuleOutcome::Matched && rule.when == When::Never { Paint::Warn } else { paint };
    page.sub(&format!("rule {}", rule.index + 1), Some(rule.span), &verdict, paint);
    let reached = rule.outcome != RuleOutcome::NotReached;
    if rule.clauses.is_empty() {
        page.quiet("  no condition");
    }
    for clause in &rule.clauses {
        clause::write(page, clause, reached);
    }
}

fn policy(page: &mut Page<'_>, trial: &PolicyTrial) {
    let word = if trial.except { "except" } else { "only" };
    let verdict = if trial.lets_in() { "lets the job in" } else { "keeps the job out" };
    if trial.implicit {
        page.step(&format!("only: [branches, tags], since the job has no rules: {verdict}"), None);
    } else {
        page.step(&format!("{word}: {verdict}"), Some(trial.span));
    }
    for condition in &trial.conditions {
        one_condition(page, condition);
    }
}

fn one_condition(page: &mut Page<'_>, condition: &Condition) {
    match condition {
        Condition::Refs(elements) if elements.is_empty() => {
            page.verdict(false, "refs: an empty list matches nothing");
        }
        Condition::Refs(elements) => {
            for element in elements {
                page.verdict(element.verdict.matches(), &format!("{} ({})", element.text, judged(element)));
            }
        }
        Condition::Variables(clauses) => {
            for clause in clauses {
                clause::write(page, clause, true);
            }
        }
        Condition::Changes(clause) => clause::write(page, clause, true),
        Condition::Kubernetes => page.verdict(false, "kubernetes: active (no cluster here)"),
    }
}

fn judged(element: &Element) -> &'static str {
    match element.verdict {
        RefVerdict::Tag => "it is a tag",
        RefVerdict::Branch => "it is a branch",
        RefVerdict::Source => "it is the pipeline's source",
        RefVerdict::Name => "it is the name of the ref",
        RefVerdict::Pattern => "it is found in the name of the ref",
        RefVerdict::OtherProject => "the project behind the @ is another",
        RefVerdict::NotInMergeRequests => "names are not compared in merge request pipelines",
        RefVerdict::OtherKeyword => "the pipeline is of another kind",
        RefVerdict::OtherName => "the ref has another name",
        RefVerdict::PatternNotFound => "it is not found in the name of the ref",
    }
}

fn needed(page: &mut Page<'_>, needs: &[NeedTrial]) {
    let missing = needs.iter().filter(|need| !need.present && !need.need.optional).count();
    let text = if missing == 0 { "needs: all jobs are there" } else { "needs: a job is missing" };
    page.step(text, needs.first().map(|need| need.need.span));
    for need in needs {
        let text = match (need.present, need.need.optional) {
            (true, _) => need.need.job.to_string(),
            (false, true) => format!("{} (not in the pipeline, and optional)", need.need.job),
            (false, false) => format!("{} (not in the pipeline)", need.need.job),
        };
        page.verdict(need.present || need.need.optional, &text);
    }
}
