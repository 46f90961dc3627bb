//! Lines of the executor in the job's log.

use executor::{Output, Stream};
use std::sync::Arc;
use trace::Line;

/// Writes lines for the user.
#[derive(Clone)]
pub(crate) struct Voice(Arc<dyn Output>);

impl Voice {
    /// A voice that writes to an output.
    pub(crate) fn new(output: Arc<dyn Output>) -> Self {
        Self(output)
    }

    /// The output it writes to.
    pub(crate) fn output(&self) -> &Arc<dyn Output> {
        &self.0
    }

    /// Writes a plain line.
    pub(crate) fn plain(&self, text: &str) {
        self.say(Line::Plain, text);
    }

    /// Writes a line in green.
    pub(crate) fn info(&self, text: &str) {
        self.say(Line::Info, text);
    }

    /// Writes a warning.
    pub(crate) fn warning(&self, text: &str) {
        self.say(Line::Warning, text);
    }

    /// Writes an error.
    pub(crate) fn error(&self, text: &str) {
        self.say(Line::Error, text);
    }

    /// Writes several lines.
    pub(crate) fn lines(&self, lines: impl IntoIterator<Item = (Line, String)>) {
        for (form, text) in lines {
            self.say(form, &text);
        }
    }

    fn say(&self, form: Line, text: &str) {
        self.0.remark(Stream::Stdout, form.format(text).as_bytes());
    }
}
