//! The graph by what needs what: columns by depth, and lines between cards. Cards have one size, so the lines are drawn
//! on the server.

use super::graph::card;
use crate::model::{JobRow, Project};
use crate::pages::Ui;
use crate::pages::parts::{Group, by_group};
use maud::{Markup, html};
use std::collections::{HashMap, HashSet};

/// Width of a card, gap between columns, height of a card, gap between cards, in pixels; `graph.css` has the same.
const WIDTH: usize = 200;
const GAP: usize = 64;
const HEIGHT: usize = 48;
const SPACE: usize = 12;

/// A line from one card to another: column and place of both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Line<'a> {
    from: (usize, usize),
    to: (usize, usize),
    names: (&'a str, &'a str),
}

pub(super) fn write(ui: &Ui, project: &Project, jobs: &[&JobRow]) -> Markup {
    let groups = by_group(jobs.iter().copied());
    let needed = needs_of(&groups);
    let columns = columns(&groups, &needed);
    let lines = lines(&groups, &needed, &columns);
    let tallest = columns.iter().map(Vec::len).max().unwrap_or(0);
    let width = columns.len() * (WIDTH + GAP);
    let height = tallest * (HEIGHT + SPACE);
    html! {
        div.needs {
            svg.lines width=(width) height=(height) viewBox={ "0 0 " (width) " " (height) } aria-hidden="true" {
                @for line in &lines { path d=(curve(line)) data-from=(line.names.0) data-to=(line.names.1) {} }
            }
            @for column in &columns {
                ul.level {
                    @for at in column { @if let Some(group) = groups.get(*at) { li { (card(ui, project, group, true)) } } }
                }
            }
        }
    }
}

/// For each group, the groups that its jobs need.
fn needs_of(groups: &[Group<'_>]) -> Vec<Vec<usize>> {
    let of_job: HashMap<&str, usize> = groups
        .iter()
        .enumerate()
        .flat_map(|(at, group)| group.jobs.iter().map(move |job| (job.name.as_str(), at)))
        .collect();
    let needs = |(at, group): (usize, &Group<'_>)| {
        let mut found: Vec<usize> = Vec::new();
        let mut seen = HashSet::new();
        for job in &group.jobs {
            for need in job.needs.iter().flatten() {
                if let Some(other) =
                    of_job.get(need.as_str()).filter(|other| **other != at && seen.insert(**other))
                {
                    found.push(*other);
                }
            }
        }
        // Who names no needs waits for all of the stages before; lines from all of them would hide the others.
        found
    };
    groups.iter().enumerate().map(needs).collect()
}

/// The groups of each column: one more than the deepest they need; without needs, behind the stages before them.
fn columns(groups: &[Group<'_>], needed: &[Vec<usize>]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..groups.len()).collect();
    let stage =
        |at: usize| groups.get(at).and_then(|group| group.jobs.first()).map_or(0, |job| job.stage_index);
    let waits =
        |at: usize| groups.get(at).is_some_and(|group| group.jobs.iter().any(|job| job.needs.is_none()));
    order.sort_by_key(|at| stage(*at));
    let mut depth = vec![0_usize; groups.len()];
    // Needs within a stage may be in any order: as many rounds as there can be steps, but few are used.
    for _ in 0..groups.len() {
        let mut changed = false;
        for &at in &order {
            let direct = needed
                .get(at)
                .into_iter()
                .flatten()
                .filter_map(|need| depth.get(*need))
                .max()
                .map(|most| most + 1);
            let staged = waits(at).then(|| {
                let before = order.iter().filter(|other| stage(**other) < stage(at));
                before.filter_map(|other| depth.get(*other)).max().map_or(0, |most| most + 1)
            });
            let new = direct.unwrap_or(0).max(staged.unwrap_or(0)).min(groups.len());
            if let Some(old) = depth.get_mut(at).filter(|old| **old < new) {
                *old = new;
                changed = true;
            }
        }
        if !changed {
            break;
        }
    }
    let mut columns = vec![Vec::new(); depth.iter().max().map_or(0, |most| most + 1)];
    for at in order {
        if let Some(column) = depth.get(at).and_then(|depth| columns.get_mut(*depth)) {
            column.push(at);
        }
    }
    columns.retain(|column| !column.is_empty());
    columns
}

fn lines<'a>(groups: &[Group<'a>], needed: &[Vec<usize>], columns: &[Vec<usize>]) -> Vec<Line<'a>> {
    const MOST: usize = 4000;
    let places: HashMap<usize, (usize, usize)> = columns
        .iter()
        .enumerate()
        .flat_map(|(column, members)| members.iter().enumerate().map(move |(row, at)| (*at, (column, row))))
        .collect();
    let line = |(to, from): (usize, usize)| {
        Some(Line {
            from: *places.get(&from)?,
            to: *places.get(&to)?,
            names: (groups.get(from)?.name, groups.get(to)?.name),
        })
    };
    let pairs = needed.iter().enumerate().flat_map(|(to, from)| from.iter().map(move |from| (to, *from)));
    pairs.filter_map(line).take(MOST).collect()
}

/// From the right edge of one card to the left edge of the other.
fn curve(line: &Line<'_>) -> String {
    let middle = |row: usize| row * (HEIGHT + SPACE) + HEIGHT / 2;
    let (x1, y1) = (line.from.0 * (WIDTH + GAP) + WIDTH, middle(line.from.1));
    let (x2, y2) = (line.to.0 * (WIDTH + GAP), middle(line.to.1));
    let half = GAP / 2;
    format!("M{x1} {y1}C{} {y1} {} {y2} {x2} {y2}", x1 + half, x2.saturating_sub(half))
}
