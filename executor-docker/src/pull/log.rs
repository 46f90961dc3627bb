//! Lines for the user.

use executor::{Output, Stream};
use trace::Line;

/// The job's log.
#[derive(Clone, Copy)]
pub(super) struct Log<'a>(pub(super) &'a dyn Output);

impl Log<'_> {
    pub(super) fn plain(self, text: &str) {
        self.line(Line::Plain, text);
    }

    pub(super) fn info(self, text: &str) {
        self.line(Line::Info, text);
    }

    pub(super) fn warning(self, text: &str) {
        self.line(Line::Warning, text);
    }

    fn line(self, line: Line, text: &str) {
        self.0.write(Stream::Stdout, line.format(text).as_bytes());
    }
}
