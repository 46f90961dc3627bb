//! The ways to another decision: out of what was compared, what would have to be different.

use super::trial::{Clause, Condition, Element, PolicyTrial, RuleTrial, Trials};
use super::wish::{Relation, Wish};
use crate::config::When;
use crate::evaluate::refs::{RefVerdict, source_named, split};
use crate::expression::{Explanation, Operand, Operation};
use crate::matching::pattern;
use crate::variables::is_run_time_only;
use std::sync::Arc;

/// Ways to another decision: one of them is enough, and needs all that is in it.
pub(super) type Ways = Vec<Vec<Wish>>;

/// How many ways are told at most; nobody reads more.
const MAX_WAYS: usize = 8;

/// One of the ways of all. Ways that ask for more than another does are left out.
fn either(ways: impl IntoIterator<Item = Ways>) -> Ways {
    let mut found: Ways = Vec::new();
    for way in ways.into_iter().flatten() {
        let asks_for_all_of = |other: &Vec<Wish>| other.iter().all(|wish| way.contains(wish));
        if !found.iter().any(asks_for_all_of) {
            found.retain(|other| !way.iter().all(|wish| other.contains(wish)));
            found.push(way);
        }
        if found.len() == MAX_WAYS {
            break;
        }
    }
    found
}

/// A way of each, together.
fn both(all: impl IntoIterator<Item = Ways>) -> Ways {
    let mut found: Ways = vec![Vec::new()];
    for ways in all {
        let joined = found.iter().flat_map(|one| ways.iter().map(|other| join(one, other)));
        found = either([joined.flatten().collect()]);
    }
    found
}

/// Two ways at once; nothing where they contradict one another.
fn join(one: &[Wish], other: &[Wish]) -> Option<Vec<Wish>> {
    let mut joined = one.to_vec();
    for wish in other {
        if joined.contains(&wish.clone().negated()) || joined.iter().any(|known| excludes(known, wish)) {
            return None;
        }
        if !joined.contains(wish) {
            joined.push(wish.clone());
        }
    }
    // What a wish excludes need not be forbidden as well.
    let all = joined.clone();
    let is_implied =
        |wish: &Wish| matches!(wish, Wish::Not(not) if all.iter().any(|other| excludes(other, not)));
    joined.retain(|wish| !is_implied(wish));
    Some(joined)
}

/// Which kind of pipeline a wish asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Tag,
    Branch,
    MergeRequest,
}

fn kind(wish: &Wish) -> Option<Kind> {
    match wish {
        Wish::Tag => Some(Kind::Tag),
        Wish::Branch => Some(Kind::Branch),
        Wish::MergeRequest => Some(Kind::MergeRequest),
        Wish::Variable { relation: Relation::Undefined, .. } => None,
        Wish::Variable { name, .. } => match &**name {
            "CI_COMMIT_TAG" | "CI_COMMIT_TAG_MESSAGE" => Some(Kind::Tag),
            "CI_COMMIT_BRANCH" => Some(Kind::Branch),
            name if name.starts_with("CI_MERGE_REQUEST_") => Some(Kind::MergeRequest),
            _ => None,
        },
        _ => None,
    }
}

/// Whether two wishes cannot come true together.
fn excludes(one: &Wish, other: &Wish) -> bool {
    match (one, other) {
        (Wish::Source(one), Wish::Source(other)) => one != other,
        (Wish::Source(_), wish) | (wish, Wish::Source(_)) => kind(wish) == Some(Kind::MergeRequest),
        (
            Wish::Variable { name: one, relation: Relation::Is(value) },
            Wish::Variable { name: other, relation: Relation::Is(another) },
        ) if one == other => value != another,
        _ => kind(one).zip(kind(other)).is_some_and(|(one, other)| one != other),
    }
}

/// What lets a job in by its rules, or a pipeline by those of `workflow`.
pub(super) fn of_rules(trials: &Trials) -> Ways {
    let in_the_way = trials.matched.and_then(|index| trials.rules.get(index));
    either(trials.rules.iter().filter(|rule| rule.when != When::Never).map(|rule| {
        let own = both(rule.clauses.iter().map(|clause| of_clause(clause, true)));
        match in_the_way.filter(|never| never.index < rule.index) {
            Some(never) => both([of_never(never), own]),
            None => own,
        }
    }))
    .into_iter()
    .filter(|way| !way.is_empty())
    .collect()
}

/// What keeps a rule from matching.
fn of_never(rule: &RuleTrial) -> Ways {
    either(rule.clauses.iter().map(|clause| of_clause(clause, false)))
}

/// What lets a job in by `only` and `except`.
pub(super) fn of_policies(policies: &[PolicyTrial]) -> Ways {
    both(policies.iter().map(|policy| {
        both(policy.conditions.iter().map(|condition| of_condition(condition, !policy.except)))
    }))
}

fn of_condition(condition: &Condition, wanted: bool) -> Ways {
    if condition.holds() == wanted {
        return vec![Vec::new()];
    }
    match (condition, wanted) {
        (Condition::Refs(elements), true) => either(elements.iter().map(|element| vec![of_element(element)])),
        (Condition::Refs(elements), false) => {
            let matching = elements.iter().filter(|element| element.verdict.matches());
            both(matching.map(|element| vec![of_element(element).into_iter().map(Wish::negated).collect()]))
        }
        (Condition::Variables(clauses), true) => either(clauses.iter().map(|clause| of_clause(clause, true))),
        (Condition::Variables(clauses), false) => both(clauses.iter().map(|clause| of_clause(clause, false))),
        (Condition::Changes(clause), wanted) => of_clause(clause, wanted),
        (Condition::Kubernetes, wanted) => vec![vec![Wish::Kubernetes.wanted(wanted)]],
    }
}

/// What an element of `refs` asks for.
fn of_element(element: &Element) -> Vec<Wish> {
    let (text, path) = split(&element.text);
    let mut wishes = match text {
        "tags" => vec![Wish::Tag],
        "branches" => vec![Wish::Branch],
        "merge_request" | "merge_requests" => vec![Wish::MergeRequest],
        regex if pattern::literal(regex).is_some() => vec![Wish::RefMatching(regex.into())],
        word => match source_named(word) {
            Some(source) => vec![Wish::Source(source.into())],
            None => vec![Wish::RefNamed(word.into())],
        },
    };
    if element.verdict == RefVerdict::OtherProject {
        wishes.extend(path.map(|path| Wish::Project(path.into())));
    }
    wishes
}

fn of_clause(clause: &Clause, wanted: bool) -> Ways {
    if clause.holds() == Some(wanted) {
        return vec![Vec::new()];
    }
    match clause {
        // Nothing ever matches an empty list.
        Clause::Changes { patterns, .. } | Clause::Exists { patterns, .. } if patterns.is_empty() => {
            Vec::new()
        }
        Clause::If { expression, explanation, .. } => of_part(expression.text(), explanation, wanted),
        Clause::Changes { patterns, .. } => vec![vec![Wish::Changed(patterns.clone()).wanted(wanted)]],
        Clause::Exists { patterns, .. } => vec![vec![Wish::File(patterns.clone()).wanted(wanted)]],
    }
}

/// What makes a part of an expression true or false. Parts are at most as deep as an expression has tokens.
fn of_part(text: &str, part: &Explanation, wanted: bool) -> Ways {
    if part.truth == wanted && part.reached {
        return vec![Vec::new()];
    }
    match (&part.operation, part.parts.as_slice()) {
        (Operation::Not, [inner]) => of_part(text, inner, !wanted),
        (Operation::And | Operation::Or, sides) => {
            let sides = sides.iter().map(|side| of_part(text, side, wanted));
            if (part.operation == Operation::And) == wanted { both(sides) } else { either(sides) }
        }
        // No pipeline defines these before its jobs run.
        (Operation::Variable(name), _) if wanted && is_run_time_only(name) => Vec::new(),
        (Operation::Variable(name), _) => vec![vec![given(name).wanted(wanted)]],
        (Operation::Equal | Operation::NotEqual, [left, right]) => {
            let wanted = wanted == (part.operation == Operation::Equal);
            let wish = compared(left, right).or_else(|| compared(right, left));
            vec![vec![wish.unwrap_or_else(|| as_written(text, part)).wanted(wanted)]]
        }
        (Operation::Match | Operation::NotMatch, [left, right]) => {
            let wanted = wanted == (part.operation == Operation::Match);
            let wish = match (&left.operation, &right.operation) {
                (Operation::Variable(name), Operation::Literal) => Wish::Variable {
                    name: name.clone(),
                    relation: Relation::Matches(right.source(text).into()),
                },
                _ => return vec![vec![as_written(text, part).wanted(wanted)]],
            };
            vec![vec![wish.wanted(wanted)]]
        }
        _ => vec![vec![as_written(text, part).wanted(wanted)]],
    }
}

/// A part in the words of the configuration; of a negated comparison, what is to hold is its opposite.
fn as_written(text: &str, part: &Explanation) -> Wish {
    let wish = Wish::Expression(part.source(text).into());
    match part.operation {
        Operation::NotEqual | Operation::NotMatch => wish.negated(),
        _ => wish,
    }
}

/// A variable that is to equal a value.
fn compared(variable: &Explanation, value: &Explanation) -> Option<Wish> {
    let Operation::Variable(name) = &variable.operation else { return None };
    match value.value.as_ref()? {
        Operand::Text(text) if &**name == "CI_PIPELINE_SOURCE" => Some(match &**text {
            "merge_request_event" => Wish::MergeRequest,
            _ => Wish::Source(text.clone()),
        }),
        Operand::Text(text) => {
            Some(Wish::Variable { name: name.clone(), relation: Relation::Is(text.clone()) })
        }
        Operand::Boolean(value) => {
            let relation = Relation::Is(value.to_string().into());
            Some(Wish::Variable { name: name.clone(), relation })
        }
        Operand::Null => Some(Wish::Variable { name: name.clone(), relation: Relation::Undefined }),
        Operand::Integer(_) | Operand::Float(_) | Operand::List(_) | Operand::Regex(_) => None,
    }
}

/// A variable that is to be there: some stand for a kind of pipeline.
fn given(name: &Arc<str>) -> Wish {
    match &**name {
        "CI_COMMIT_TAG" => Wish::Tag,
        "CI_COMMIT_BRANCH" => Wish::Branch,
        "CI_MERGE_REQUEST_ID" | "CI_MERGE_REQUEST_IID" => Wish::MergeRequest,
        _ => Wish::Variable { name: name.clone(), relation: Relation::Given },
    }
}
