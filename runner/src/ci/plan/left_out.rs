//! Jobs that are not in the pipeline, and why in a few words.

use crate::ci::session::{Evaluated, Session};
use crate::ci::table::{Cell, Table};
use crate::terminal::{Paint, Style, clean, wrap, wrap_list};
use ci_yaml::pipeline::Outcome;
use indexmap::IndexMap;
use std::collections::HashSet;
use std::fmt::Write as _;

/// The most that are listed.
const SHOWN: usize = 60;

/// Writes them, dimly.
pub(super) fn write(out: &mut String, evaluated: &Evaluated, session: &Session, style: Style) {
    // Where `workflow` let none through, nothing was asked of the jobs.
    let jobs = match &evaluated.evaluation.outcome {
        Outcome::Created(pipeline) => pipeline.jobs.as_slice(),
        Outcome::Empty(why) if why.rule == "empty-pipeline" => &[],
        _ => return,
    };
    let Some(config) = evaluated.checked.as_ref().and_then(|checked| checked.valid_config()) else { return };
    let there: HashSet<&str> = jobs.iter().map(|job| &**job.name()).collect();
    let absent: Vec<&str> =
        config.jobs.keys().map(|name| &**name).filter(|name| !there.contains(name)).collect();
    if absent.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{}", style.paint(Paint::Dim, format!("Left out ({}):", absent.len())));
    let reason = |name| crate::ci::why::in_short(config, &evaluated.scene.context, &session.sources, name);
    let told: Vec<(&str, String)> = absent.iter().take(SHOWN).map(|name| (*name, reason(name))).collect();
    list(out, &told, style);
    if absent.len() > SHOWN {
        let _ = writeln!(out, "  … and {} more", absent.len() - SHOWN);
    }
}

/// A table where all of it fits; else the names under their reasons, so that neither is cut.
fn list(out: &mut String, told: &[(&str, String)], style: Style) {
    let dim = |text: &str| Cell::new(text).painted(Paint::Dim);
    let mut table = Table::new(["", ""]);
    for (name, why) in told {
        table.row(vec![dim(name), dim(why)]);
    }
    if table.fits(style.columns()) {
        return table.write(out, style);
    }
    let mut reasons: IndexMap<&str, Vec<&str>> = IndexMap::new();
    for (name, why) in told {
        reasons.entry(why).or_default().push(name);
    }
    for (why, names) in reasons {
        let room = style.columns().saturating_sub(6);
        let why = wrap(&clean(why), room);
        let names = wrap_list(names.into_iter().map(clean), room);
        let lines = why.into_iter().map(|line| (2, line)).chain(names.into_iter().map(|line| (6, line)));
        for (indent, line) in lines {
            let _ = writeln!(out, "{:indent$}{}", "", style.paint(Paint::Dim, line));
        }
    }
}
