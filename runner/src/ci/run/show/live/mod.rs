//! The live view: finished jobs scroll away as lines; below them, stages, running jobs and totals.

mod area;
mod feed;
mod frame;

use super::super::news::{JobReport, News, Show};
use super::board::Board;
use super::end::End;
use super::output::{Clock, Output};
use super::words::{label, lasted, paint, path, reason, sign};
use crate::error::harmless;
use crate::terminal::Style;
use area::Area;
use feed::Feed;
use frame::Frame;
use pipeline::{JobId, Status};
use std::collections::HashMap;
use std::fmt::Write as _;
use std::time::Duration;

pub(super) use frame::Size;

/// Between two drawings that nobody asked for.
const SOON: Duration = Duration::from_millis(50);

/// What a live view is made of.
pub(super) struct Parts {
    /// The terminal.
    pub(super) out: Output,
    /// Where notes and warnings go, if that is another place.
    pub(super) people: Option<Output>,
    pub(super) style: Style,
    pub(super) clock: Clock,
    /// Asks for the terminal's size.
    pub(super) size: Box<dyn Fn() -> Size>,
    pub(super) end: End,
}

/// A view that is drawn again and again.
pub(super) struct Live {
    parts: Parts,
    board: Board,
    feeds: HashMap<JobId, Feed>,
    area: Area,
    /// Lines that are to stand above the area.
    above: String,
    drawn: Option<Duration>,
    paused: bool,
}

impl Live {
    pub(super) fn new(parts: Parts) -> Self {
        Self {
            parts,
            board: Board::default(),
            feeds: HashMap::new(),
            area: Area::default(),
            above: String::new(),
            drawn: None,
            paused: false,
        }
    }

    fn draw(&mut self) {
        if self.paused {
            return;
        }
        let (now, size) = (self.parts.clock.now(), (self.parts.size)());
        let (board, feeds, style) = (&self.board, &self.feeds, self.parts.style);
        let lines =
            if board.done.is_some() { Vec::new() } else { Frame { board, feeds, style, now, size }.lines() };
        let above = std::mem::take(&mut self.above);
        let text = self.area.draw(&above, lines, size.columns);
        self.parts.out.write(&text);
        self.drawn = Some(now);
    }

    fn draw_soon(&mut self) {
        let now = self.parts.clock.now();
        if self.drawn.is_none_or(|drawn| now.saturating_sub(drawn) >= SOON) {
            self.draw();
        }
    }

    /// Takes everything off the screen that would be drawn again.
    fn clear(&mut self) {
        let above = std::mem::take(&mut self.above);
        if !self.area.is_empty() || !above.is_empty() {
            let columns = (self.parts.size)().columns;
            let text = self.area.draw(&above, Vec::new(), columns);
            self.parts.out.write(&text);
        }
    }

    fn say(&mut self, text: &str) {
        match &mut self.parts.people {
            Some(people) => people.write(text),
            None => self.above.push_str(text),
        }
    }

    fn finished(&mut self, report: &JobReport) {
        self.feeds.remove(&report.job.id);
        // What never ran is in the table.
        if report.duration.is_none() && report.status != Status::Failed {
            return;
        }
        let (style, allowed) = (self.parts.style, report.allow_failure);
        let word = format!("{} {}", sign(report.status, allowed), path(&report.job));
        let word = style.paint(paint(report.status, allowed), word);
        let _ = write!(self.above, "{word} {}", label(report.status, allowed));
        if let Some(duration) = report.duration {
            let _ = write!(self.above, " in {}", lasted(duration));
        }
        if report.status == Status::Failed
            && let Some(reason) = reason(report.failure_reason.as_deref(), report.exit_code)
        {
            let _ = write!(self.above, ": {reason}");
        }
        if report.retried {
            self.above.push_str(", is retried");
        }
        self.above.push('\n');
    }
}

impl Show for Live {
    fn tell(&mut self, news: &News) {
        self.board.note(news, self.parts.clock.now());
        match news {
            News::Log { job, bytes } => return self.feeds.entry(job.id).or_default().take(bytes),
            News::Finished(report) => self.finished(report),
            News::Note(text) => self.say(&format!("{}\n", harmless(text))),
            News::Warning(text) => self.say(&format!("warning: {}\n", harmless(text))),
            News::Done { .. } => {
                self.paused = false;
                self.feeds.clear();
                self.clear();
                self.parts.end.columns = Some((self.parts.size)().columns);
                let text = self.parts.end.text(&self.board, self.parts.style);
                return self.parts.out.write(&text);
            }
            News::Created { .. } | News::Status { .. } | News::Started { .. } | News::Retried { .. } => {}
        }
        self.draw_soon();
    }

    fn tick(&mut self) {
        self.draw();
    }

    fn is_live(&self) -> bool {
        true
    }

    fn pause(&mut self, paused: bool) {
        if paused && !self.paused {
            self.clear();
        }
        self.paused = paused;
        if !paused {
            self.draw();
        }
    }
}

impl Drop for Live {
    /// Whoever writes next finds a clean line, however this ended.
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests;
