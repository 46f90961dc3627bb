//! Jobs that are not in the pipeline, and why in a few words.

use crate::ci::session::{Evaluated, Session};
use crate::ci::table::{Cell, Table};
use crate::terminal::{Paint, Style};
use ci_yaml::pipeline::Outcome;
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
    let mut table = Table::new(["", ""]);
    for name in absent.iter().take(SHOWN) {
        let why = super::super::why::in_short(config, &evaluated.scene.context, &session.sources, name);
        table.row(vec![Cell::new(name).painted(Paint::Dim), Cell::new(&why).painted(Paint::Dim)]);
    }
    table.write(out, style);
    if absent.len() > SHOWN {
        let _ = writeln!(out, "  … and {} more", absent.len() - SHOWN);
    }
}
