//! `--junit`: a report of the jobs for programs that read test results.

mod xml;

use super::super::news::{News, Show};
use super::board::{Board, JobEntry};
use super::output::{Clock, Output};
use super::tail::tail;
use super::words::{label, path, reason};
use pipeline::Status;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::Duration;
use xml::Element;

/// Lines of a failed job's log.
const LINES: usize = 30;

/// Writes the report when a run is over.
pub(super) struct Junit {
    file: PathBuf,
    board: Board,
    clock: Clock,
    people: Output,
}

impl Junit {
    pub(super) fn new(file: PathBuf, clock: Clock, people: Output) -> Self {
        Self { file, board: Board::default(), clock, people }
    }
}

impl Show for Junit {
    fn tell(&mut self, news: &News) {
        if matches!(news, News::Log { .. }) {
            return;
        }
        self.board.note(news, self.clock.now());
        if self.board.done.is_none() || !matches!(news, News::Done { .. }) {
            return;
        }
        if let Err(error) = write(&self.file, &report(&self.board)) {
            let file = self.file.display().to_string();
            let file = crate::terminal::clean(&file);
            self.people.write(&format!("warning: cannot write {file}: {error}\n"));
        }
    }
}

/// Writes a file in one step, so that nobody reads a part of it; what is no regular file is written to as it is.
fn write(file: &Path, text: &str) -> io::Result<()> {
    let target = match file.metadata() {
        Ok(found) if !found.is_file() => {
            return std::fs::OpenOptions::new().write(true).open(file)?.write_all(text.as_bytes());
        }
        // A link stays one.
        Ok(_) => file.canonicalize()?,
        Err(_) => file.to_owned(),
    };
    let folder = crate::paths::folder_of_file(&target);
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o666);
    let mut draft = tempfile::Builder::new().permissions(permissions).tempfile_in(folder)?;
    draft.write_all(text.as_bytes())?;
    draft.persist(target)?;
    Ok(())
}

/// A suite for each stage of each pipeline, a case for each job.
fn report(board: &Board) -> String {
    let mut root = Element::new("testsuites");
    let mut all = Counts::default();
    let mut suites = Vec::new();
    for (pipeline, stage, jobs) in board.stages() {
        let parts: Vec<&str> = pipeline.path.iter().map(String::as_str).chain([stage]).collect();
        let mut suite = Element::new("testsuite");
        suite.attribute("name", &parts.join("/"));
        let mut counts = Counts::default();
        let cases: Vec<Element> =
            jobs.iter().map(|entry| case(entry, &parts.join("/"), &mut counts)).collect();
        counts.write(&mut suite);
        suite.children = cases;
        suites.push(suite);
        all.add(&counts);
    }
    root.attribute("name", "pipeline");
    all.time = board.done.map_or(all.time, |(_, elapsed)| elapsed);
    all.write(&mut root);
    root.children = suites;
    root.document()
}

#[derive(Default)]
struct Counts {
    tests: usize,
    failures: usize,
    errors: usize,
    skipped: usize,
    time: Duration,
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.tests += other.tests;
        self.failures += other.failures;
        self.errors += other.errors;
        self.skipped += other.skipped;
        self.time += other.time;
    }

    fn write(&self, element: &mut Element) {
        let counts = [
            ("tests", self.tests),
            ("failures", self.failures),
            ("errors", self.errors),
            ("skipped", self.skipped),
        ];
        for (name, count) in counts {
            element.attribute(name, &count.to_string());
        }
        element.attribute("time", &seconds(self.time));
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.3}", time.as_secs_f64())
}

fn case(entry: &JobEntry, suite: &str, counts: &mut Counts) -> Element {
    let duration = entry.duration().unwrap_or_default();
    let mut case = Element::new("testcase");
    case.attribute("name", &path(entry.job()));
    case.attribute("classname", suite);
    case.attribute("time", &seconds(duration));
    counts.tests += 1;
    counts.time += duration;
    let word = label(entry.status, entry.allow_failure());
    let message = match reason_of(entry) {
        Some(reason) => format!("{word}: {reason}"),
        None => word.to_owned(),
    };
    match entry.status {
        Status::Success => {}
        Status::Failed if !entry.allow_failure() => {
            counts.failures += 1;
            let mut failure = Element::new("failure");
            failure.attribute("message", &message);
            failure.attribute("type", failure_type(entry));
            failure.text = last_lines(entry);
            case.children.push(failure);
        }
        Status::Canceled | Status::Canceling | Status::Running => {
            counts.errors += 1;
            let mut error = Element::new("error");
            error.attribute("message", &message);
            error.attribute("type", word);
            case.children.push(error);
        }
        // Readers know no failure that is forgiven; this one must not fail what reads the report.
        _ => {
            counts.skipped += 1;
            let mut skipped = Element::new("skipped");
            skipped.attribute("message", &message);
            case.children.push(skipped);
            if entry.status == Status::Failed {
                let mut output = Element::new("system-out");
                output.text = last_lines(entry);
                case.children.push(output);
            }
        }
    }
    case
}

fn failure_type(entry: &JobEntry) -> &str {
    entry.report.as_ref().and_then(|report| report.failure_reason.as_deref()).unwrap_or("failed")
}

fn reason_of(entry: &JobEntry) -> Option<String> {
    let report = entry.report.as_ref().filter(|report| report.status == Status::Failed)?;
    reason(report.failure_reason.as_deref(), report.exit_code)
}

/// The failing command, and the last lines of the log.
fn last_lines(entry: &JobEntry) -> String {
    let log = entry.report.as_ref().and_then(|report| report.log.as_deref());
    let Some(tail) = log.and_then(|log| tail(log, LINES, false).ok()) else { return String::new() };
    let mut lines: Vec<String> = tail.command.into_iter().collect();
    lines.extend(tail.lines);
    lines.join("\n")
}

#[cfg(test)]
mod tests;
