//! Questions on the terminal. They go to stderr; an empty answer keeps what was given before.

use crate::error::CliError;
use std::io::{self, Write as _};

/// Where answers come from.
pub(super) trait Lines {
    /// The next line without its end; nothing at the end of the input.
    async fn next(&mut self) -> io::Result<Option<String>>;

    /// Shows a text.
    fn show(&mut self, text: &str);
}

/// The terminal.
pub(super) struct Terminal;

impl Lines for Terminal {
    async fn next(&mut self) -> io::Result<Option<String>> {
        // On a thread of its own, so that a signal is heard meanwhile.
        let read = || {
            let mut line = String::new();
            io::stdin().read_line(&mut line).map(|length| (length > 0).then_some(line))
        };
        let line = tokio::task::spawn_blocking(read).await.map_err(io::Error::other)??;
        Ok(line.map(|line| line.trim_end_matches(['\r', '\n']).to_owned()))
    }

    fn show(&mut self, text: &str) {
        let mut stderr = io::stderr().lock();
        let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
    }
}

/// A question.
pub(super) struct Question {
    key: &'static str,
    text: String,
    optional: bool,
    flag: &'static str,
}

impl Question {
    /// One that needs an answer.
    pub(super) fn required(key: &'static str, text: impl Into<String>) -> Self {
        Self { key, text: text.into(), optional: false, flag: "" }
    }

    /// One that may be left empty.
    pub(super) fn optional(key: &'static str, text: impl Into<String>) -> Self {
        Self { optional: true, ..Self::required(key, text) }
    }

    /// Says how to answer without being asked.
    pub(super) fn flag(self, flag: &'static str) -> Self {
        Self { flag, ..self }
    }
}

/// Asks, or insists on what flags have said.
pub(super) struct Prompt<L> {
    lines: L,
    interactive: bool,
}

impl<L: Lines> Prompt<L> {
    pub(super) fn new(lines: L, interactive: bool) -> Self {
        Self { lines, interactive }
    }

    /// The answer, or `default` if there is none.
    pub(super) async fn ask(&mut self, question: &Question, default: &str) -> Result<String, CliError> {
        if !self.interactive {
            if default.is_empty() && !question.optional {
                let mut error = CliError::usage(format!("The {} needs to be entered", question.key));
                if !question.flag.is_empty() {
                    error = error.hint(format!("give it by {}", question.flag));
                }
                return Err(error);
            }
            return Ok(default.to_owned());
        }
        loop {
            let shown = if default.is_empty() { String::new() } else { format!("[{default}]: ") };
            self.lines.show(&format!("{}\n{shown}", question.text));
            let answer = self
                .lines
                .next()
                .await
                .map_err(|error| CliError::operation("the answer cannot be read").caused_by(&error))?;
            let Some(answer) = answer else {
                return Err(CliError::usage("Unexpected EOF. Did you mean to use --non-interactive?"));
            };
            match answer.trim() {
                "" if !default.is_empty() => return Ok(default.to_owned()),
                "" if !question.optional => {}
                answer => return Ok(answer.to_owned()),
            }
        }
    }

    /// A wrong answer: to be asked again where somebody is there to answer, else the end.
    pub(super) fn refuse(&mut self, error: CliError) -> Result<(), CliError> {
        if !self.interactive {
            return Err(error);
        }
        tracing::error!("{}", error.one_line());
        Ok(())
    }
}
