//! An output that keeps what is written.

use executor::{Output, Stream};
use std::sync::{Arc, Mutex};

/// Both streams in the order in which they are written.
#[derive(Default)]
pub(crate) struct Kept(Mutex<Vec<u8>>);

impl Kept {
    /// What was written, without colours.
    pub(crate) fn text(&self) -> String {
        let text = String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned();
        ["\x1b[0;33m", "\x1b[31;1m", "\x1b[32;1m", "\x1b[0;m"]
            .iter()
            .fold(text, |text, c| text.replace(c, ""))
    }

    /// Its lines without blanks at their ends.
    pub(crate) fn lines(&self) -> Vec<String> {
        self.text().lines().map(|line| line.trim_end().to_owned()).collect()
    }
}

impl Output for Kept {
    fn write(&self, _: Stream, bytes: &[u8]) {
        self.0.lock().unwrap().extend_from_slice(bytes);
    }
}

/// One to share.
pub(crate) fn kept() -> Arc<Kept> {
    Arc::default()
}
