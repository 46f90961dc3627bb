//! Makes trials: goes through rules, `only` and `except` as the pipeline does, and keeps what comes of each clause.

use super::trial::{Clause, Condition, Element, Outcome, PolicyTrial, RuleTrial, Seen, Trials};
use crate::clause::{self, PathsVerdict, RuleError};
use crate::config::{ChangesClause, ExistsClause, PathMatch, Policy, Refs, Rule, When};

use crate::evaluate::policy;
use crate::evaluate::world::World;
use crate::expression::Expression;
use crate::variables::Scope;
use crate::{Span, Spanned};
use std::collections::HashSet;
use std::sync::Arc;

/// Goes through rules as the pipeline does.
pub(super) fn rules(
    world: &World<'_>,
    rules: &[Rule],
    scope: &Scope<'_>,
    default: When,
) -> (Trials, Option<RuleError>) {
    let mut trials = Trials { rules: Vec::with_capacity(rules.len()), matched: None };
    let mut failed = None;
    for (index, rule) in rules.iter().enumerate() {
        let reached = trials.matched.is_none() && failed.is_none();
        let (clauses, outcome) = match reached {
            false => (unreached(rule, scope), Outcome::NotReached),
            true => match try_rule(world, rule, scope) {
                (clauses, Ok(true)) => (clauses, Outcome::Matched),
                (clauses, Ok(false)) => (clauses, Outcome::NotMatched),
                (clauses, Err(error)) => {
                    let text = error.to_string();
                    failed = Some(error);
                    (clauses, Outcome::Failed(text))
                }
            },
        };
        if outcome == Outcome::Matched {
            trials.matched = Some(index);
        }
        let when = rule.when.as_ref().map_or(default, |when| when.value);
        trials.rules.push(RuleTrial { index, span: rule.span, clauses, outcome, when });
    }
    (trials, failed)
}

fn try_rule(world: &World<'_>, rule: &Rule, scope: &Scope<'_>) -> (Vec<Clause>, Result<bool, RuleError>) {
    let mut clauses = Vec::new();
    let result = try_clauses(world, rule, scope, &mut clauses);
    (clauses, result)
}

fn try_clauses(
    world: &World<'_>,
    rule: &Rule,
    scope: &Scope<'_>,
    clauses: &mut Vec<Clause>,
) -> Result<bool, RuleError> {
    if let Some(condition) = &rule.condition {
        clauses.push(condition_of(condition, scope));
    }
    if let Some(spanned) = &rule.changes
        && clauses.iter().all(|clause| clause.holds() == Some(true))
    {
        let verdict = clause::changes(&world.facts, &spanned.value, Some(scope))?;
        clauses.push(changes_of(spanned, Some(verdict)));
    }
    if let Some(spanned) = &rule.exists
        && clauses.iter().all(|clause| clause.holds() == Some(true))
    {
        let tree = Some(&world.context.tree);
        let verdict = clause::exists(&world.facts, &spanned.value, tree, Some(scope))?;
        clauses.push(exists_of(spanned, Some(verdict)));
    }
    let given = [rule.condition.is_some(), rule.changes.is_some(), rule.exists.is_some()];
    let given = given.into_iter().filter(|given| *given).count();
    let held = clauses.len() == given && clauses.iter().all(|clause| clause.holds() == Some(true));
    if !held {
        push_rest(rule, clauses);
    }
    Ok(held)
}

/// Adds the clauses that were not reached.
fn push_rest(rule: &Rule, clauses: &mut Vec<Clause>) {
    let has = |clauses: &[Clause], kind: fn(&Clause) -> bool| clauses.iter().any(kind);
    if let Some(changes) = &rule.changes
        && !has(clauses, |clause| matches!(clause, Clause::Changes { .. }))
    {
        clauses.push(changes_of(changes, None));
    }
    if let Some(exists) = &rule.exists
        && !has(clauses, |clause| matches!(clause, Clause::Exists { .. }))
    {
        clauses.push(exists_of(exists, None));
    }
}

fn unreached(rule: &Rule, scope: &Scope<'_>) -> Vec<Clause> {
    let mut clauses: Vec<_> = rule.condition.iter().map(|condition| condition_of(condition, scope)).collect();
    push_rest(rule, &mut clauses);
    clauses
}

fn condition_of(condition: &Spanned<Arc<Expression>>, scope: &Scope<'_>) -> Clause {
    let mut known = HashSet::new();
    let names = condition.value.variables().filter(|name| known.insert(*name));
    Clause::If {
        expression: condition.value.clone(),
        span: condition.span,
        explanation: condition.value.explain(scope),
        variables: names.map(|name| Seen { name: name.into(), item: scope.find(name) }).collect(),
    }
}

fn patterns(paths: &PathMatch) -> Vec<Arc<str>> {
    match paths {
        PathMatch::Globs(globs) => globs.iter().map(|glob| glob.value.clone()).collect(),
        PathMatch::Regexp(regexp) => vec![regexp.clone()],
    }
}

fn changes_of(changes: &Spanned<ChangesClause>, verdict: Option<PathsVerdict>) -> Clause {
    let patterns = patterns(&changes.value.paths);
    Clause::Changes { span: changes.span, patterns, compare_to: changes.value.compare_to.clone(), verdict }
}

fn exists_of(exists: &Spanned<ExistsClause>, verdict: Option<PathsVerdict>) -> Clause {
    let patterns = patterns(&exists.value.paths);
    Clause::Exists { span: exists.span, patterns, project: exists.value.project.clone(), verdict }
}

/// Compares `only` or `except` with the pipeline, all of it.
pub(super) fn policy(world: &World<'_>, compared: &Policy, scope: &Scope<'_>, except: bool) -> PolicyTrial {
    let mut conditions = Vec::new();
    if let Refs::List(list) = &compared.refs {
        let judge = |element: &Spanned<Arc<str>>| Element {
            text: element.value.clone(),
            span: element.span,
            verdict: world.judge(&element.value),
        };
        conditions.push(Condition::Refs(list.iter().map(judge).collect()));
    }
    if let Some(list) = &compared.variables {
        let clauses = list.iter().map(|expression| condition_of(expression, scope));
        conditions.push(Condition::Variables(clauses.collect()));
    }
    if let Some(globs) = &compared.changes {
        conditions.push(Condition::Changes(changes_of_policy(world, compared.span, globs)));
    }
    if compared.kubernetes {
        conditions.push(Condition::Kubernetes);
    }
    PolicyTrial { except, implicit: compared.implicit, span: compared.span, conditions }
}

fn changes_of_policy(world: &World<'_>, span: Span, globs: &[Spanned<Arc<str>>]) -> Clause {
    let patterns = globs.iter().map(|glob| glob.value.clone()).collect();
    let verdict = policy::changes(world, globs).ok();
    let span = globs.first().map_or(span, |glob| glob.span);
    Clause::Changes { span, patterns, compare_to: None, verdict }
}
