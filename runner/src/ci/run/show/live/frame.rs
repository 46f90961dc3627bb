//! The lines of the live area: stages with their jobs, jobs that run, totals, as many as fit.

use super::super::board::{Board, JobEntry};
use super::super::words::{hued, lasts, paint, path, sign};
use super::area::Line;
use super::feed::Feed;
use crate::terminal::{Paint, Style, clean, cut, fill, width};
use pipeline::{JobId, Status};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Duration;

/// The smallest screen that more than the totals are drawn on.
const NARROWEST: usize = 24;
const LOWEST: usize = 5;

/// The size of a screen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) struct Size {
    pub(in super::super) columns: usize,
    pub(in super::super) rows: usize,
}

/// All that a frame is made of.
pub(super) struct Frame<'a> {
    pub(super) board: &'a Board,
    pub(super) feeds: &'a HashMap<JobId, Feed>,
    pub(super) style: Style,
    pub(super) now: Duration,
    pub(super) size: Size,
}

impl Frame<'_> {
    /// The lines, fewer than the screen has rows, and each narrower than it.
    pub(super) fn lines(&self) -> Vec<Line> {
        if self.board.pipelines().is_empty() || self.size.rows < 2 {
            return Vec::new();
        }
        let totals = self.totals();
        if self.size.columns < NARROWEST || self.size.rows < LOWEST {
            return vec![totals];
        }
        // The line that the cursor rests on, and the totals.
        let room = self.size.rows - 2;
        let running = self.board.running();
        let mut lines = self.stages();
        if lines.len() + running.len() > room {
            lines = vec![self.short_stages()];
        }
        let room = room.saturating_sub(lines.len());
        let shown = if running.len() > room { room.saturating_sub(1) } else { running.len() };
        let names = running.iter().take(shown).map(|entry| width(&path(entry.job())));
        let names = names.max().unwrap_or_default().min(self.size.columns / 3);
        lines.extend(running.iter().take(shown).map(|entry| self.job(entry, names)));
        if running.len() > shown {
            let text = format!("  … and {} more", running.len() - shown);
            lines.push(self.text(&text, Paint::Dim));
        }
        lines.push(totals);
        lines
    }

    /// The most columns of a line: a full one would make some terminals go to the next.
    fn most(&self) -> usize {
        self.size.columns.saturating_sub(1)
    }

    fn text(&self, text: &str, paint: Paint) -> Line {
        let mut line = Line::default();
        self.add(&mut line, text, |text| self.style.paint(paint, text).into_owned());
        line
    }

    /// Adds what fits.
    fn add(&self, line: &mut Line, text: &str, shown: impl Fn(&str) -> String) {
        line.push(text, self.most(), shown);
    }

    /// A line for each stage: its jobs with their signs.
    fn stages(&self) -> Vec<Line> {
        let stages: Vec<(String, Vec<&JobEntry>)> = self
            .board
            .stages()
            .into_iter()
            .map(|(pipeline, stage, jobs)| (titled(&pipeline.path, stage), jobs))
            .collect();
        let widest = stages.iter().map(|(title, _)| width(title)).max().unwrap_or_default();
        let widest = widest.min(self.size.columns / 4);
        stages.iter().map(|(title, jobs)| self.stage(title, widest, jobs)).collect()
    }

    fn stage(&self, title: &str, widest: usize, jobs: &[&JobEntry]) -> Line {
        let mut line = Line::default();
        let title = cut(title, widest);
        self.add(&mut line, &title, |title| self.style.paint(Paint::Strong, title).into_owned());
        self.add(&mut line, &fill(&title, widest), str::to_owned);
        for (at, entry) in jobs.iter().enumerate() {
            let left = jobs.len() - at;
            let allowed = entry.allow_failure();
            let name = clean(&entry.job().name);
            let item = format!("{} {name}", sign(entry.status, allowed));
            // Room for the number of those that do not fit.
            let spare = if left > 1 { 6 } else { 0 };
            if at > 0 && line.width + 2 + width(&item) + spare > self.most() {
                self.add(&mut line, &format!("  +{left}"), |text| {
                    self.style.paint(Paint::Dim, text).into_owned()
                });
                break;
            }
            self.add(&mut line, "  ", str::to_owned);
            self.add(&mut line, &item, |item| {
                self.style.paint(paint(entry.status, allowed), item).into_owned()
            });
        }
        line
    }

    /// All stages in a line: their names, and how many jobs have which sign.
    fn short_stages(&self) -> Line {
        let mut line = Line::default();
        for (pipeline, stage, jobs) in self.board.stages() {
            let gap = if line.width > 0 { "  " } else { "" };
            let title = format!("{gap}{}", titled(&pipeline.path, stage));
            self.add(&mut line, &title, |title| self.style.paint(Paint::Strong, title).into_owned());
            for (sign, paint, number) in signs(&jobs) {
                let text = format!(" {sign}{number}");
                self.add(&mut line, &text, |text| self.style.paint(paint, text).into_owned());
            }
        }
        line
    }

    /// A job that runs: since when, in which section, and its last line.
    fn job(&self, entry: &JobEntry, names: usize) -> Line {
        let mut line = Line::default();
        let allowed = entry.allow_failure();
        let sign = format!("{} ", sign(entry.status, allowed));
        self.add(&mut line, &sign, |sign| self.style.paint(paint(entry.status, allowed), sign).into_owned());
        let name = path(entry.job());
        let name = cut(&name, names);
        self.add(&mut line, &name, |name| hued(self.style, name).into_owned());
        let time = lasts(self.now.saturating_sub(entry.started.unwrap_or(self.now)));
        self.add(&mut line, &format!("{}  {time:>6}  ", fill(&name, names)), str::to_owned);
        let Some(feed) = self.feeds.get(&entry.job().id) else { return line };
        let last = feed.line();
        if let Some(section) = feed.section() {
            let gap = if last.is_empty() { "" } else { " › " };
            self.add(&mut line, &format!("{section}{gap}"), |text| {
                self.style.paint(Paint::Info, text).into_owned()
            });
        }
        self.add(&mut line, &last, |text| self.style.paint(Paint::Dim, text).into_owned());
        line
    }

    /// `3 of 9 jobs over, 2 running, 1 failed  1m 07s`
    fn totals(&self) -> Line {
        let all = self.board.latest().count();
        let number =
            |wanted: &dyn Fn(&JobEntry) -> bool| self.board.latest().filter(|entry| wanted(entry)).count();
        let over = number(&|entry| entry.status.is_complete());
        let mut text = format!("{over} of {all} jobs over");
        let words = [
            (number(&|entry| entry.status.is_executing()), "running"),
            (number(&JobEntry::failed), "failed"),
            (number(&|entry| entry.status == Status::Manual), "manual"),
        ];
        for (number, word) in words.iter().filter(|(number, _)| *number > 0) {
            let _ = write!(text, ", {number} {word}");
        }
        let mut line = Line::default();
        let time = lasts(self.now.saturating_sub(self.board.began));
        self.add(&mut line, &format!("{time}  "), |time| self.style.paint(Paint::Strong, time).into_owned());
        self.add(&mut line, &text, |text| self.style.paint(Paint::Dim, text).into_owned());
        line
    }
}

/// A stage with the bridges that lead to it.
fn titled(pipeline: &[String], stage: &str) -> String {
    let parts: Vec<&str> = pipeline.iter().map(String::as_str).chain([stage]).collect();
    clean(&parts.join("/")).into_owned()
}

/// How many jobs have which sign, in order of their appearance.
fn signs(jobs: &[&JobEntry]) -> Vec<(&'static str, Paint, usize)> {
    let mut counts: Vec<(&'static str, Paint, usize)> = Vec::new();
    for entry in jobs {
        let (sign, paint) =
            (sign(entry.status, entry.allow_failure()), paint(entry.status, entry.allow_failure()));
        match counts.iter_mut().find(|(known, ..)| *known == sign) {
            Some((.., number)) => *number += 1,
            None => counts.push((sign, paint, 1)),
        }
    }
    counts
}
