//! `needs`.

use super::attribute::Attribute;
use super::convert::flatten;
use super::need::{Item, Shape, need, shape_of};
use super::parallel::refuse_number;
use crate::Node;
use crate::config::Needs;
use crate::entry::Report;

/// So many needs may cross to other pipelines, and so many to other projects.
const MOST_CROSSING: usize = 5;

/// What a job needs (`Entry::Needs`).
pub(crate) fn needs(value: &Node, parent: &mut Report<'_>) -> Option<Needs> {
    read(value, &[Shape::Job, Shape::CrossPipeline, Shape::CrossProject], parent).map(|(needs, _)| needs)
}

/// What a trigger job needs: jobs, or one pipeline to follow.
pub(crate) fn bridge_needs(value: &Node, parent: &mut Report<'_>) -> Option<Needs> {
    let (needs, mirrors) = read(value, &[Shape::Job, Shape::Mirror], parent)?;
    if mirrors > 1 {
        let text = "config should contain at most one bridge need";
        parent.error(value.span, "too-many", text).from_gitlab = false;
        return None;
    }
    Some(needs)
}

/// What a job needs if a rule applies.
pub(super) fn rule_needs(value: &Node, parent: &mut Report<'_>) -> Option<Needs> {
    read(value, &[Shape::Job], parent).map(|(needs, _)| needs)
}

/// The needs, and how many of them are pipelines to follow.
fn read(value: &Node, allowed: &[Shape], parent: &mut Report<'_>) -> Option<(Needs, usize)> {
    let mut report = parent.within("needs");
    let before = report.count();
    let items = list(value, &mut report)?;
    let from = report.count();
    kinds(&items, value, allowed, &mut report);
    let mut needs = Needs { span: value.span, ..Needs::default() };
    let mut mirrors = 0;
    for item in items {
        match need(item, &mut report) {
            Some(Item::Job(need)) => needs.jobs.push(need),
            Some(Item::CrossPipeline(need)) => needs.cross_pipeline.push(need),
            Some(Item::CrossProject(need)) => needs.cross_project.push(need),
            Some(Item::Mirror(pipeline)) => {
                mirrors += 1;
                needs.mirror.get_or_insert(pipeline);
            }
            None => {}
        }
    }
    if from > before {
        report.mark_later(from);
    }
    (report.count() == before).then_some((needs, mirrors))
}

/// The entries of the list, or the one.
fn list<'n>(value: &'n Node, report: &mut Report<'_>) -> Option<Vec<&'n Node>> {
    let config = Attribute::config(value);
    let items = flatten(value).filter(|_| value.as_seq().is_some() || value.as_map().is_some());
    let Some(items) = items else {
        let found = config.wrong(report, "can only be a Hash or an Array");
        if let Some(text) = value.as_str() {
            found.help.push(format!("Write a list: `needs: [{text}]`."));
        }
        return None;
    };
    if value.as_map().is_some_and(crate::Map::is_empty) {
        config.fail(report, "missing-value", "can not be an empty Hash");
        return None;
    }
    let numbered = |item: &&&Node| {
        item.get("parallel")
            .is_some_and(|parallel| matches!(parallel.value, crate::Value::Int(_) | crate::Value::Float(_)))
    };
    if let Some(number) = items.iter().find(numbered).and_then(|item| item.get("parallel")) {
        let place = Node::new(value.value.clone(), number.span);
        refuse_number(&place, report);
    }
    Some(items)
}

/// Which kinds may stand here, and how many of some.
fn kinds(items: &[&Node], value: &Node, allowed: &[Shape], report: &mut Report<'_>) {
    let shapes: Vec<(Shape, &Node)> =
        items.iter().filter_map(|item| Some((shape_of(item)?, *item))).collect();
    let mut odd: Vec<&'static str> = Vec::new();
    let mut place = value.span;
    for (shape, item) in shapes.iter().filter(|(shape, _)| !allowed.contains(shape)) {
        if odd.is_empty() {
            place = item.span;
        }
        if !odd.contains(&shape.kind()) {
            odd.push(shape.kind());
        }
    }
    if !odd.is_empty() {
        report.error(place, "unknown-value", format!("config uses invalid types: {}", odd.join(", ")));
    }
    for crossing in [Shape::CrossPipeline, Shape::CrossProject] {
        let mut crossing = shapes.iter().filter(|(shape, _)| *shape == crossing);
        if let Some((_, item)) = crossing.nth(MOST_CROSSING) {
            let text = format!("config must be less than or equal to {MOST_CROSSING}");
            report.error(item.span, "too-many", text);
        }
    }
}
