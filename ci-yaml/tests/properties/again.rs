//! An expanded configuration is one that expanding changes no more.

use crate::invariants::plan;
use crate::repository::Repository;
use ci_yaml::config::Config;
use ci_yaml::evaluate::evaluate;
use ci_yaml::include::Main;
use ci_yaml::{Checked, Context, Key, Kind, Map, Node, Value, check, yaml};
use serde_json::Value as Json;
use std::sync::Arc;

/// How many values are written again: what is larger takes too long for the many times this is done.
const MOST: usize = 50_000;

/// Checking what was expanded comes to the same map, the same jobs, the same findings and the same pipeline.
pub(crate) fn expanded_is_the_same(checked: &Checked, event: &Context, repository: &Repository) {
    let Some(expanded) = &checked.expanded else { return };
    if !is_written_as_it_is(expanded) {
        return;
    }
    // What was extended and what a reference brought are both maps then, and merge.
    let referred = checked.files.iter().any(|(_, file)| file.text.contains("!reference"));
    let expanded = if referred { Arc::new(without_extends(expanded)) } else { expanded.clone() };
    assert!(!expanded.has("include"));

    let text = yaml::emit(&expanded, None);
    let main = Main::Text { name: ".gitlab-ci.yml".into(), text: text.as_str().into() };
    let limits = yaml::Limits { bytes: usize::MAX, memory: usize::MAX / 8, depth: 1000 };
    let plain = Context { inputs: Default::default(), ..event.clone() };
    let again = check(&plain, main, &repository.sources, &limits);

    let root = again.expanded.as_deref().unwrap_or_else(|| panic!("{:?}\n{text}", again.diagnostics));
    assert!(same_map(&expanded, root), "{expanded:?}\n{root:?}\n{text}");
    assert_eq!(found(checked), found(&again), "{text}");
    assert_eq!(checked.config.as_ref().map(typed), again.config.as_ref().map(typed), "{text}");
    if let (Some(config), Some(again_config)) = (checked.valid_config(), again.valid_config()) {
        let second = made(again_config, &again, event, repository);
        assert_eq!(made(config, checked, event, repository), second, "{text}");
    }
}

/// Whether YAML can say all of it, and it is not too much: a key that is a list or a map is kept as text.
fn is_written_as_it_is(root: &Map) -> bool {
    fn map(map: &Map, left: &mut usize) -> bool {
        map.iter().all(|(key, entry)| {
            !matches!(key, Key::Other(text) if text.parse::<f64>().is_err()) && node(&entry.value, left)
        })
    }
    fn node(value: &Node, left: &mut usize) -> bool {
        let Some(less) = left.checked_sub(1) else { return false };
        *left = less;
        match &value.value {
            Value::Seq(items) => items.iter().all(|item| node(item, left)),
            Value::Map(inner) => map(inner, left),
            _ => true,
        }
    }
    map(root, &mut MOST.clone())
}

/// A map names nothing and is refused for what it is: it stays.
fn without_extends(root: &Map) -> Map {
    let without = |(key, entry): (&Key, &ci_yaml::Entry)| {
        let mut entry = entry.clone();
        if let Value::Map(map) = &mut entry.value.value
            && !matches!(map.get("extends").map(|node| &node.value), Some(Value::Map(_)))
        {
            Arc::make_mut(map).remove("extends");
        }
        (key.clone(), entry)
    };
    root.iter().map(without).collect()
}

/// Equal but for the order of keys. A float that is no number is the same as another.
fn same_map(one: &Map, other: &Map) -> bool {
    one.len() == other.len()
        && one
            .iter()
            .all(|(key, entry)| other.entry_of(key).is_some_and(|there| same(&entry.value, &there.value)))
}

fn same(one: &Node, other: &Node) -> bool {
    match (&one.value, &other.value) {
        (Value::Map(one), Value::Map(other)) => same_map(one, other),
        (Value::Seq(one), Value::Seq(other)) => {
            one.len() == other.len() && one.iter().zip(&**other).all(|(one, other)| same(one, other))
        }
        (Value::Float(one), Value::Float(other)) => one == other || one.is_nan() && other.is_nan(),
        (one, other) => one == other,
    }
}

/// What GitLab would tell of the expanded configuration. What it would tell later is told once for one place, which
/// many jobs may have in common before they are written out.
fn found(checked: &Checked) -> Vec<(bool, &'static str, &str)> {
    let of_whole = |kind| matches!(kind, Kind::Structure | Kind::Logic);
    let found = checked.diagnostics.iter().filter(|found| of_whole(found.kind) && !found.later);
    found.map(|found| (found.is_error(), found.rule, found.message.as_str())).collect()
}

/// All of a configuration but the places and the use of `extends`, as text.
fn typed(config: &Config) -> String {
    let Config { stages, variables, workflow, jobs, invalid_jobs } = config;
    let mut invalid: Vec<_> = invalid_jobs.iter().collect();
    invalid.sort();
    let mut jobs = jobs.clone();
    jobs.values_mut().for_each(|job| {
        job.keywords.shift_remove("extends");
    });
    let text = format!("{stages:?}\n{variables:?}\n{workflow:?}\n{jobs:?}\n{invalid:?}");
    let mut parts = text.split("Span { file: FileId(");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut text, part| {
        // The end of a span is three braces behind its beginning.
        text.push_str(part.splitn(4, '}').last().unwrap_or_default());
        text
    })
}

/// The pipeline without places, and what was found while it was made.
fn made(config: &Config, checked: &Checked, event: &Context, repository: &Repository) -> (Json, Vec<String>) {
    let evaluation = evaluate(config, event, &repository.sources);
    let mut plan = plan(&evaluation, checked);
    for job in plan.get_mut("jobs").and_then(Json::as_array_mut).into_iter().flatten() {
        without(job, &["file", "line", "column"]);
    }
    without(&mut plan, &["errors", "warnings"]);
    (plan, evaluation.diagnostics.into_iter().map(|found| found.message).collect())
}

fn without(value: &mut Json, keys: &[&str]) {
    if let Some(map) = value.as_object_mut() {
        map.retain(|key, _| !keys.contains(&key.as_str()));
    }
}
