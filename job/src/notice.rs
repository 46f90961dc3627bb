//! Lines that a stage writes among its commands' output, in the colours that gitlab-runner's generated
//! scripts and helper commands give them.

use executor::{Output, Stream};

const GREEN: &str = "\x1b[32;1m";
const YELLOW: &str = "\x1b[0;33m";
const RED: &str = "\x1b[31;1m";
const RESET: &str = "\x1b[0;m";

/// Columns that the message of a helper line is padded to.
const MESSAGE_WIDTH: usize = 50;

/// A green line on standard output.
pub fn notice(output: &dyn Output, text: &str) {
    line(output, &[GREEN, text, RESET, "\n"]);
}

/// A yellow line on standard output. It carries no `WARNING:`, as in gitlab-runner's scripts.
pub fn warning(output: &dyn Output, text: &str) {
    line(output, &[YELLOW, text, RESET, "\n"]);
}

/// A line as it is on standard output.
pub fn plain(output: &dyn Output, text: &str) {
    line(output, &[text, "\n"]);
}

fn line(output: &dyn Output, parts: &[&str]) {
    output.write(Stream::Stdout, parts.concat().as_bytes());
}

/// How a helper line is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// No colour.
    Info,
    /// Yellow.
    Warning,
    /// Red.
    Error,
    /// Red; the stage ends.
    Fatal,
}

/// A line of the kind that gitlab-runner's helper commands (cache, artifacts) log to standard error: padded
/// message, then fields in the order of their names, which the caller keeps.
pub fn helper(output: &dyn Output, level: Level, message: &str, fields: &[(&str, &str)]) {
    let (colour, prefix) = match level {
        Level::Info => ("", ""),
        Level::Warning => (YELLOW, "WARNING: "),
        Level::Error => (RED, "ERROR: "),
        Level::Fatal => (RED, "FATAL: "),
    };
    let width = MESSAGE_WIDTH - prefix.len();
    let mut text = format!("{colour}{prefix}{message:<width$}{RESET} ");
    for (key, value) in fields {
        text.extend([" ", colour, key, RESET, "=", value]);
    }
    text.push('\n');
    output.write(Stream::Stderr, text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;

    #[derive(Default)]
    struct Kept(Mutex<Vec<u8>>);

    impl Output for Kept {
        fn write(&self, _: Stream, bytes: &[u8]) {
            self.0.lock().unwrap().extend_from_slice(bytes);
        }
    }

    fn kept(write: impl Fn(&Kept)) -> String {
        let output = Kept::default();
        write(&output);
        String::from_utf8(output.0.into_inner().unwrap()).unwrap()
    }

    #[test]
    fn helper_lines_are_padded_and_coloured() {
        assert_eq!(
            kept(|o| helper(o, Level::Warning, "Cache file does not exist", &[])),
            "\x1b[0;33mWARNING: Cache file does not exist                \x1b[0;m \n"
        );
        assert_eq!(
            kept(|o| helper(o, Level::Info, "Downloading artifacts from coordinator... ok", &[("id", "7")])),
            "Downloading artifacts from coordinator... ok      \x1b[0;m  id\x1b[0;m=7\n"
        );
    }

    #[test]
    fn script_lines_carry_no_level() {
        assert_eq!(
            kept(|o| warning(o, "Failed to extract cache")),
            "\x1b[0;33mFailed to extract cache\x1b[0;m\n"
        );
        assert_eq!(kept(|o| notice(o, "x")), "\x1b[32;1mx\x1b[0;m\n");
    }
}
