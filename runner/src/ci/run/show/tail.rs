//! The end of a job's log: what matters of a failure, read backwards from a file of any size.

use super::trace::{Harmless, Piece, Reader};
use std::cmp::Ordering;
use std::fs::OpenOptions;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// How much of a log is looked at.
const LARGEST: u64 = 1 << 20;

/// Stages of a job that come after whatever failed.
const AFTERWARDS: [&str; 6] = [
    "after_script",
    "archive_cache",
    "archive_cache_on_failure",
    "upload_artifacts_on_failure",
    "upload_artifacts_on_success",
    "cleanup_file_variables",
];
/// Stages that come before scripts.
const BEFORE: [&str; 5] =
    ["prepare_executor", "prepare_script", "get_sources", "restore_cache", "download_artifacts"];
/// How the line begins that names the command a script failed at.
const FAILED: &str = "Failed at command ";

/// The end of a log.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tail {
    /// Its last lines, harmless: of the stage that failed and what was said of it; sections that are over are folded to
    /// their headings.
    pub(super) lines: Vec<String>,
    /// What the runner said of the command that failed: `command 2 of 3 (exit status 7): $ make test`.
    pub(super) command: Option<String>,
}

/// Reads the end of a log: so many lines, with colours or without.
///
/// # Errors
/// The file cannot be read.
pub(super) fn tail(log: &Path, lines: usize, colours: bool) -> io::Result<Tail> {
    let flags = (nix::fcntl::OFlag::O_NOFOLLOW | nix::fcntl::OFlag::O_NONBLOCK).bits();
    let mut file = OpenOptions::new().read(true).custom_flags(flags).open(log)?;
    let size = file.metadata()?.len();
    let start = size.saturating_sub(LARGEST);
    file.seek(SeekFrom::Start(start))?;
    let mut text = Vec::new();
    file.take(LARGEST).read_to_end(&mut text)?;
    let whole = match start {
        0 => text.as_slice(),
        // The first line is not whole.
        _ => text.iter().position(|byte| *byte == b'\n').and_then(|at| text.get(at + 1..)).unwrap_or(&text),
    };
    Ok(of(whole, lines, colours))
}

/// The same of a log, or of the end of one, in memory.
fn of(text: &[u8], lines: usize, colours: bool) -> Tail {
    let mut folder = Folder { harmless: Harmless::new(colours), ..Folder::default() };
    let mut reader = Reader::default();
    reader.feed(text, &mut |piece| folder.take(&piece));
    reader.finish(&mut |piece| folder.take(&piece));
    folder.tail(lines)
}

/// Folds sections while a log is read.
#[derive(Debug)]
struct Folder {
    harmless: Harmless,
    lines: Vec<String>,
    command: Option<String>,
    /// Sections of scripts that are open: their names, and the first line of each.
    open: Vec<(String, usize)>,
    /// Stages of the job: their names, first lines, and the lines after them.
    stages: Vec<(String, usize, usize)>,
}

impl Default for Folder {
    fn default() -> Self {
        let harmless = Harmless::new(false);
        Self { harmless, lines: Vec::new(), command: None, open: Vec::new(), stages: Vec::new() }
    }
}

impl Folder {
    fn take(&mut self, piece: &Piece<'_>) {
        let now = self.lines.len();
        match *piece {
            Piece::Line(line) => self.line(line),
            Piece::Open(name) if is_stage(name) => {
                self.open.clear();
                self.stages.push((name.to_owned(), now, usize::MAX));
            }
            Piece::Open(name) => self.open.push((name.to_owned(), now)),
            Piece::Close(name) if is_stage(name) => self.close_stage(name),
            Piece::Close(name) => self.close(name),
        }
    }

    fn line(&mut self, line: &[u8]) {
        if let Some(command) = Harmless::plain(line).strip_prefix(FAILED) {
            self.command = Some(format!("command {command}"));
            // Colours may begin or end in it.
            self.harmless.line(line);
        } else {
            self.lines.push(self.harmless.line(line));
        }
    }

    fn close_stage(&mut self, name: &str) {
        let now = self.lines.len();
        match self.stages.last_mut() {
            Some((open, _, end)) if open == name => *end = now,
            // It began before what was read.
            None => self.stages.push((name.to_owned(), 0, now)),
            Some(_) => {}
        }
    }

    /// A section that ended did not fail: its heading is enough.
    fn close(&mut self, name: &str) {
        let Some(at) = self.open.iter().rposition(|(open, _)| open == name) else { return };
        let Some((_, start)) = self.open.drain(at..).next() else { return };
        self.fold(start, self.lines.len());
    }

    fn fold(&mut self, start: usize, end: usize) {
        let end = end.min(self.lines.len());
        if end.saturating_sub(start) > 1 {
            self.lines.drain(start + 1..end);
            if let Some(heading) = self.lines.get_mut(start) {
                heading.push_str(" …");
            }
        }
    }

    fn tail(mut self, lines: usize) -> Tail {
        // What failed is the last stage that is not there for after a failure. Stages before it went well, and what
        // comes after it is for others.
        let matters = self.stages.iter().rposition(|(name, ..)| !AFTERWARDS.contains(&name.as_str()));
        for (at, (_, start, end)) in std::mem::take(&mut self.stages).into_iter().enumerate().rev() {
            let end = end.min(self.lines.len());
            match matters.map(|matters| at.cmp(&matters)) {
                Some(Ordering::Greater) if start < end => drop(self.lines.drain(start..end)),
                Some(Ordering::Equal) => drop(self.lines.drain(..start.min(end))),
                _ => {}
            }
        }
        let first = self.lines.len().saturating_sub(lines);
        let mut lines = self.lines.split_off(first);
        while lines.last().is_some_and(|line| line.trim().is_empty()) {
            lines.pop();
        }
        Tail { lines, command: self.command }
    }
}

fn is_stage(name: &str) -> bool {
    name.starts_with("step_") || name == "release" || AFTERWARDS.contains(&name) || BEFORE.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(name: &str, lines: &str) -> String {
        format!("section_start:1:{name}\r\u{1b}[0K{lines}section_end:2:{name}\r\u{1b}[0K")
    }

    fn failure() -> String {
        let passed = section("lint[collapsed=true]", "Linting\nfine\nfine\n")
            .replace("end:2:lint[collapsed=true]", "end:2:lint");
        section("get_sources", "Getting source\nHEAD is now\n")
            + &section(
                "step_script",
                &format!("Executing\n$ lint\n{passed}$ make\n10%\r90%\nmake: *** [x]\n"),
            )
            + &section("after_script", "Running after_script\nbye\n")
            + &section("cleanup_file_variables", "Cleaning up\n")
            + "Failed at command 2 of 2 (exit status 2): $ make\u{1b}[0;m\n\u{1b}[31;1mERROR: Job failed: exit status 2\u{1b}[0;m\n"
    }

    #[test]
    fn what_failed_stays_and_the_rest_is_folded() {
        let tail = of(failure().as_bytes(), 30, false);
        assert_eq!(tail.command.as_deref(), Some("command 2 of 2 (exit status 2): $ make"));
        let expected = [
            "Executing",
            "$ lint",
            "Linting …",
            "$ make",
            "90%",
            "make: *** [x]",
            "ERROR: Job failed: exit status 2",
        ];
        assert_eq!(tail.lines, expected);
        assert_eq!(of(failure().as_bytes(), 2, false).lines, expected[5..]);
    }

    #[test]
    fn only_the_end_of_a_file_is_read() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let mut log = "a long line of the job\n".repeat(100_000);
        log.push_str("last\n\n");
        std::fs::write(file.path(), &log).unwrap();
        assert_eq!(tail(file.path(), 3, false).unwrap().lines, ["a long line of the job", "last"]);
        assert!(tail(Path::new("/nonexistent"), 3, false).is_err());
    }
}
