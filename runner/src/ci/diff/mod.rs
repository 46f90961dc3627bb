//! `ci plan --diff`: what differs between the plans of two revisions.

mod attribute;

use super::args::PlanArgs;
use super::context::Scene;
use super::session::{Evaluated, Flags, Session};
use super::table::{Cell, Table};
use super::{Done, World, plan};
use crate::error::CliError;
use crate::terminal::{Paint, Style, clean, counted, wrap_list};
use attribute::Attribute;
use indexmap::IndexMap;
use serde_json::{Value, json};
use std::fmt::Write as _;

/// Attributes that say where something was written, not what it does.
const PLACES: &[&str] = &["file", "line", "column", "rule", "place"];

/// A job that is in both plans, and the attributes that differ: before and after.
struct Change<'a> {
    name: &'a str,
    attributes: Vec<Attribute<'a>>,
}

/// What differs.
struct Difference<'a> {
    added: Vec<&'a Value>,
    removed: Vec<&'a Value>,
    changed: Vec<Change<'a>>,
}

pub(super) fn run(
    args: &PlanArgs,
    revisions: &str,
    session: Session,
    scene: Scene,
    flags: Flags<'_>,
    world: &World<'_>,
) -> Result<Done, CliError> {
    let (from, to) = match revisions.split_once("..") {
        Some((from, to)) => (from, Some(to.trim_start_matches('.'))),
        None => (revisions, None),
    };
    let (from, to) =
        (if from.is_empty() { "HEAD" } else { from }, to.map(|to| if to.is_empty() { "HEAD" } else { to }));
    let mut old = session.at(Some(from), flags, world.environment)?;
    let mut new = match to {
        Some(_) => session.at(to, flags, world.environment)?,
        None => session,
    };
    // What was changed is the same for both: the question is what the configurations make of it.
    let mut shared = scene;
    shared.context.changed = shared.changes.settle(&new.project)?;
    let after = new.evaluate(at(&shared, &new))?;
    let before = old.evaluate(at(&shared, &old))?;
    let names = (from.to_owned(), to.map_or_else(|| "the work tree".to_owned(), str::to_owned));
    let plans = (plan::value(&before, &old), plan::value(&after, &new));
    let difference = Difference::of(&plans.0, &plans.1);
    let mut warnings = old.sources.web.warnings();
    warnings.extend(new.sources.web.warnings());
    for (name, evaluated) in [(&names.0, &before), (&names.1, &after)] {
        if evaluated.is_refused() {
            let mut text = format!("{name}:\n");
            plan::write_failure(&mut text, evaluated, world.complaints);
            warnings.push(text);
        }
    }
    let out = match args.json {
        true => super::pretty(&difference.json(&names, &plans)),
        false => text(&difference, &names, (&before, &after), world.style),
    };
    Ok(Done { out, refused: after.is_refused(), warnings })
}

/// The same context with the files of another revision.
fn at(scene: &Scene, session: &Session) -> Scene {
    let mut context = scene.context.clone();
    context.tree = session.project.tree();
    let changes = super::context::Changes::Settled(context.changed.clone());
    let (label, assumed) = (scene.label.clone(), scene.assumed.clone());
    Scene { label, context, changes, assumed, has_commit: scene.has_commit }
}

fn jobs(plan: &Value) -> IndexMap<&str, &Value> {
    let jobs = plan["jobs"].as_array().into_iter().flatten();
    jobs.filter_map(|job| Some((job["name"].as_str()?, job))).collect()
}

impl<'a> Difference<'a> {
    fn of(before: &'a Value, after: &'a Value) -> Self {
        let (old, new) = (jobs(before), jobs(after));
        let added = new.iter().filter(|(name, _)| !old.contains_key(*name)).map(|(_, job)| *job);
        let removed = old.iter().filter(|(name, _)| !new.contains_key(*name)).map(|(_, job)| *job);
        let changed = old.iter().filter_map(|(name, old)| {
            let attributes = attributes(old, new.get(name)?);
            (!attributes.is_empty()).then_some(Change { name, attributes })
        });
        Self { added: added.collect(), removed: removed.collect(), changed: changed.collect() }
    }

    fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }

    fn json(&self, names: &(String, String), plans: &(Value, Value)) -> Value {
        let change = |change: &Change<'_>| {
            let attributes: serde_json::Map<String, Value> = change
                .attributes
                .iter()
                .map(|(key, before, after)| ((*key).to_owned(), json!({"from": before, "to": after})))
                .collect();
            json!({"name": change.name, "attributes": attributes})
        };
        json!({
            "from": {"revision": names.0, "status": plans.0["status"], "errors": plans.0["errors"]},
            "to": {"revision": names.1, "status": plans.1["status"], "errors": plans.1["errors"]},
            "added": self.added,
            "removed": self.removed,
            "changed": self.changed.iter().map(change).collect::<Vec<_>>(),
        })
    }
}

fn attributes<'a>(old: &'a Value, new: &'a Value) -> Vec<Attribute<'a>> {
    let (Some(old), Some(new)) = (old.as_object(), new.as_object()) else { return Vec::new() };
    let keys = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key)));
    keys.filter(|key| !PLACES.contains(&key.as_str()))
        .map(|key| (key.as_str(), old.get(key), new.get(key)))
        .filter(|(_, old, new)| old != new)
        .collect()
}

fn text(
    difference: &Difference<'_>,
    names: &(String, String),
    (before, after): (&Evaluated, &Evaluated),
    style: Style,
) -> String {
    let mut out = String::new();
    let title = plan::title(&after.scene.context);
    let head = format!("{title}: from {} to {}", clean(&names.0), clean(&names.1));
    let _ = writeln!(out, "{}", style.paint(Paint::Strong, head));
    let count = |evaluated: &Evaluated| match evaluated.pipeline() {
        Some(pipeline) => counted(pipeline.jobs.len(), "job"),
        None => "no pipeline".to_owned(),
    };
    let _ = writeln!(out, "{} before, {} after", count(before), count(after));
    if difference.is_empty() {
        out.push_str("No job appears, vanishes or changes.\n");
        return out;
    }
    out.push('\n');
    let mut table = Table::new(["", ""]);
    for (sign, paint, jobs) in [("+", Paint::Good, &difference.added), ("-", Paint::Bad, &difference.removed)]
    {
        for job in jobs {
            let text = |key: &str| job[key].as_str().unwrap_or_default();
            let where_and_when = format!("{}, {}", text("stage"), text("when"));
            table.row(vec![
                Cell::new(&format!("{sign} {}", text("name"))).painted(paint),
                Cell::new(&where_and_when).painted(Paint::Dim),
            ]);
        }
    }
    table.write(&mut out, style);
    let mut alike: IndexMap<String, Vec<&Change<'_>>> = IndexMap::new();
    for change in &difference.changed {
        alike.entry(attribute::text(&change.attributes, style)).or_default().push(change);
    }
    for (attributes, changes) in alike {
        let names = changes.iter().map(|change| clean(change.name));
        for (index, line) in wrap_list(names, style.columns().saturating_sub(5)).into_iter().enumerate() {
            let sign = if index == 0 { "~" } else { " " };
            let _ = writeln!(out, "{}", style.paint(Paint::Warn, format!("  {sign} {line}")));
        }
        out.push_str(&attributes);
    }
    out
}
