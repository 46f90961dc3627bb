//! The runner's own voice in the trace: header, sections, warnings, the last line.
//!
//! Header, stages and last line are three loggers with a state of their own, as in gitlab-runner, so that the
//! time-stamped lines continue one another in the same places.

use executor::{Output, Stream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};
use trace::{Kind, Line, Logger, Writer};

/// Stream of the runner itself.
const RUNNER: u8 = 0;
/// Stream of the commands of a stage.
const WORK: u8 = 1;
/// Stream of the logs of services.
const SERVICES: u8 = 15;

/// Writes what the runner has to say.
pub(super) struct Narrator {
    logger: Logger,
    writer: Writer,
    sections: bool,
}

impl Narrator {
    /// A voice of its own in a trace; `sections` is the coordinator's `trace_sections`.
    pub(super) fn new(logger: Logger, sections: bool) -> Self {
        let writer = logger.writer(RUNNER, Kind::Out);
        Self { logger, writer, sections }
    }

    /// As [`Self::new`], for a voice that goes on where another one ended a section.
    pub(super) fn behind_section(logger: Logger, sections: bool) -> Self {
        let writer = match sections {
            true => logger.writer_behind_marker(RUNNER, Kind::Out),
            false => logger.writer(RUNNER, Kind::Out),
        };
        Self { logger, writer, sections }
    }

    /// Writes one line.
    pub(super) fn say(&self, form: Line, text: &str) {
        self.writer.line(form, text);
    }

    /// The voice for others who speak for the runner during a stage.
    pub(super) fn voice(&self) -> RunnerVoice {
        let (logger, said) = (self.logger.clone(), self.writer.clone());
        RunnerVoice { logger, said, trouble: OnceLock::new(), services: OnceLock::new() }
    }

    /// Begins a stage: its section and heading, and the output of its commands.
    pub(super) fn open(&self, section: String, heading: &str) -> Arc<StageOutput> {
        if self.sections {
            self.writer.section_start(&section);
        }
        self.writer.line(Line::Heading, heading);
        Arc::new(StageOutput {
            section,
            stdout: self.logger.writer(WORK, Kind::Out),
            stderr: self.logger.writer(WORK, Kind::Err),
            over: AtomicBool::new(false),
        })
    }

    /// Ends a stage: what its commands left unfinished is written, then the section's end.
    pub(super) fn close(&self, output: &StageOutput) {
        output.flush();
        if self.sections {
            self.writer.section_end(&output.section);
        }
    }

    /// Ends the voice.
    pub(super) fn finish(&self) {
        self.writer.close();
    }
}

/// Where the commands of one stage write to.
pub(super) struct StageOutput {
    section: String,
    stdout: Writer,
    stderr: Writer,
    over: AtomicBool,
}

impl StageOutput {
    /// Name of the stage's section.
    pub(super) fn section(&self) -> &str {
        &self.section
    }

    /// Writes what is held back: an unfinished line, the beginning of a secret. A child in the background may
    /// still write later; that begins a new line.
    pub(super) fn flush(&self) {
        self.stdout.close();
        self.stderr.close();
    }

    /// Takes nothing any more: the job is over, even if some process of it still writes.
    pub(super) fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
        self.flush();
    }
}

impl Output for StageOutput {
    fn write(&self, stream: Stream, bytes: &[u8]) {
        if self.over.load(Ordering::Relaxed) {
            return;
        }
        match stream {
            Stream::Stdout => self.stdout.write(bytes),
            Stream::Stderr => self.stderr.write(bytes),
        }
    }
}

/// The runner's stream, as an output: what an executor says while it prepares, and of services all along.
pub(super) struct RunnerVoice {
    logger: Logger,
    said: Writer,
    /// Made when there is something to write, as few jobs have that.
    trouble: OnceLock<Writer>,
    services: OnceLock<Writer>,
}

impl RunnerVoice {
    /// Writes one line.
    pub(super) fn say(&self, form: Line, text: &str) {
        self.said.line(form, text);
    }
}

impl Output for RunnerVoice {
    fn write(&self, stream: Stream, bytes: &[u8]) {
        match stream {
            Stream::Stdout => self.said.write(bytes),
            Stream::Stderr => self.trouble.get_or_init(|| self.logger.writer(RUNNER, Kind::Err)).write(bytes),
        }
    }

    fn service(&self, lines: &[u8]) {
        self.services.get_or_init(|| self.logger.writer(SERVICES, Kind::Out)).write(lines);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::UNIX_EPOCH;
    use trace::mask::{DEFAULT_TOKEN_PREFIXES, MaskSet};
    use trace::{Settings, Spool, spool};

    #[test]
    fn each_voice_has_its_stream() {
        let trace = Spool::new(tempfile::tempfile().unwrap(), spool::DEFAULT_LIMIT);
        let masks = MaskSet::new(["hunter2"], DEFAULT_TOKEN_PREFIXES).unwrap();
        let settings = Settings { masks, timestamps: true, clock: Arc::new(|| UNIX_EPOCH) };
        let voice = Narrator::new(Logger::new(trace.clone(), settings), true).voice();
        voice.write(Stream::Stdout, b"said\n");
        voice.write(Stream::Stderr, b"trouble\n");
        voice.service(b"[service:db] hunter2\n");
        drop(voice);
        let text = trace.read_at(0, 1024).unwrap();
        let lines: Vec<&str> = std::str::from_utf8(&text).unwrap().lines().map(|line| &line[28..]).collect();
        assert_eq!(lines, ["00O said", "00E trouble", "0fO [service:db] [MASKED]"]);
    }
}
