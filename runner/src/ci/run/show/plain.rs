//! Lines with the names of their jobs: for logs, pipes and `--logs`.

use super::super::news::{JobName, JobReport, News, Show};
use super::board::Board;
use super::end::End;
use super::output::{Clock, Output};
use super::trace::{Harmless, Piece, Reader};
use super::words::{hued, label, lasted, paint, path, reason};
use crate::error::harmless;
use crate::terminal::{Paint, Style, fill, width};
use pipeline::{JobId, Status};
use std::collections::HashMap;
use std::fmt::Write as _;

/// The most columns that names are aligned in.
const WIDEST: usize = 32;

/// Whole logs of all jobs, as they grow.
pub(super) struct Plain {
    out: Output,
    people: Output,
    style: Style,
    clock: Clock,
    end: End,
    board: Board,
    columns: usize,
    logs: HashMap<JobId, Log>,
}

struct Log {
    reader: Reader,
    lines: Harmless,
}

impl Plain {
    pub(super) fn new(out: Output, people: Output, style: Style, clock: Clock, end: End) -> Self {
        let (board, logs) = (Board::default(), HashMap::new());
        Self { out, people, style, clock, end, board, columns: 0, logs }
    }

    fn prefix(&self, job: &JobName, bar: &str) -> String {
        let name = path(job);
        let space = fill(&name, self.columns);
        format!("{}{space} {}", hued(self.style, &name), self.style.paint(Paint::Dim, bar))
    }

    fn log(&mut self, job: &JobName, bytes: &[u8], over: bool) {
        let prefix = self.prefix(job, "|");
        let colours = self.style.colours();
        let log = self
            .logs
            .entry(job.id)
            .or_insert_with(|| Log { reader: Reader::default(), lines: Harmless::new(colours) });
        let mut out = String::new();
        let mut tell = |piece: Piece<'_>| {
            if let Piece::Line(line) = piece {
                let line = log.lines.line(line);
                let _ = writeln!(out, "{}", format!("{prefix} {line}").trim_end());
            }
        };
        log.reader.feed(bytes, &mut tell);
        if over {
            log.reader.finish(&mut tell);
            self.logs.remove(&job.id);
        }
        self.out.write(&out);
    }

    /// A line about a job.
    fn word(&mut self, job: &JobName, text: &str) {
        let line = format!("{} {text}\n", self.prefix(job, "*"));
        self.out.write(&line);
    }

    fn finished(&mut self, report: &JobReport) {
        if self.logs.contains_key(&report.job.id) {
            self.log(&report.job, &[], true);
        }
        let left_out = self.board.job(report.job.id).is_some_and(|entry| entry.plan.left_out);
        if left_out && report.duration.is_none() {
            return;
        }
        let word = label(report.status, report.allow_failure);
        let mut text = self.style.paint(paint(report.status, report.allow_failure), word).into_owned();
        if let Some(duration) = report.duration {
            let _ = write!(text, " in {}", lasted(duration));
        }
        if report.status == Status::Failed
            && let Some(reason) = reason(report.failure_reason.as_deref(), report.exit_code)
        {
            let _ = write!(text, ": {reason}");
        }
        self.word(&report.job, &text);
    }

    fn waits(&mut self, job: &JobName, status: Status) {
        if matches!(status, Status::WaitingForResource | Status::Scheduled | Status::Canceling) {
            let text = self.style.paint(paint(status, false), label(status, false)).into_owned();
            self.word(job, &text);
        }
    }
}

impl Show for Plain {
    fn tell(&mut self, news: &News) {
        self.board.note(news, self.clock.now());
        match news {
            News::Created { jobs, .. } => {
                let widest = jobs.iter().filter(|plan| !plan.left_out).map(|plan| width(&path(&plan.job)));
                let widest = widest.filter(|width| *width <= WIDEST).max().unwrap_or_default();
                self.columns = self.columns.max(widest);
            }
            News::Status { job, status } => self.waits(job, *status),
            News::Started { job } => self.word(job, "running"),
            News::Log { job, bytes } => self.log(job, bytes, false),
            News::Retried { new, .. } => {
                let retries = self.board.job(new.id).map_or(1, |entry| entry.retries);
                self.word(new, &format!("retry {retries}"));
            }
            News::Finished(report) => self.finished(report),
            News::Note(text) => self.people.write(&format!("{}\n", harmless(text))),
            News::Warning(text) => self.people.write(&format!("warning: {}\n", harmless(text))),
            News::Done { .. } => {
                let text = self.end.text(&self.board, self.style);
                self.out.write(&text);
            }
        }
    }
}
