//! The lines that the runner itself writes, byte for byte as GitLab's users and tools know them.

use std::time::{SystemTime, UNIX_EPOCH};

/// Erases to the end of the line; stands before plain lines and behind section markers.
pub const CLEAR: &str = "\x1b[0K";
/// Ends every colour.
pub const RESET: &str = "\x1b[0;m";
/// Notices, echoed commands, success.
pub const BOLD_GREEN: &str = "\x1b[32;1m";
/// Headings of stages.
pub const BOLD_CYAN: &str = "\x1b[36;1m";
/// Errors.
pub const BOLD_RED: &str = "\x1b[31;1m";
/// Warnings; not bold.
pub const YELLOW: &str = "\x1b[0;33m";
/// The notice that the log is full.
pub const BOLD_YELLOW: &str = "\x1b[33;1m";

/// The forms of a line of the runner.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Line {
    /// Without a colour.
    Plain,
    /// The first line of a stage.
    Heading,
    /// Good news, in green.
    Info,
    /// Begins with `WARNING: `.
    Warning,
    /// Begins with `ERROR: `.
    Error,
}

impl Line {
    /// The line, with its colours and its line feed.
    pub fn format(self, text: &str) -> String {
        let (before, after) = match self {
            Self::Plain => (CLEAR, ""),
            Self::Heading => ("\x1b[0K\x1b[36;1m", RESET),
            Self::Info => (BOLD_GREEN, ""),
            Self::Warning => ("\x1b[0;33mWARNING: ", ""),
            Self::Error => ("\x1b[31;1mERROR: ", ""),
        };
        format!("{before}{text}{after}{RESET}\n")
    }
}

/// The mark at which the section `name` begins. It has no line feed: it stands at the beginning of the next line.
pub fn section_start(name: &str, at: SystemTime) -> String {
    format!("section_start:{}:{name}\r{CLEAR}", seconds(at))
}

/// The mark at which the section `name` ends; without a line feed too.
pub fn section_end(name: &str, at: SystemTime) -> String {
    format!("section_end:{}:{name}\r{CLEAR}", seconds(at))
}

fn seconds(at: SystemTime) -> u64 {
    at.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn bytes_of_every_form() {
        for (line, bytes) in [
            (Line::Plain, "\x1b[0KRunning\x1b[0;m\n"),
            (Line::Heading, "\x1b[0K\x1b[36;1mRunning\x1b[0;m\x1b[0;m\n"),
            (Line::Info, "\x1b[32;1mRunning\x1b[0;m\n"),
            (Line::Warning, "\x1b[0;33mWARNING: Running\x1b[0;m\n"),
            (Line::Error, "\x1b[31;1mERROR: Running\x1b[0;m\n"),
        ] {
            assert_eq!(line.format("Running"), bytes);
        }
        let at = UNIX_EPOCH + Duration::from_millis(1_795_262_613_999);
        assert_eq!(section_start("get_sources", at), "section_start:1795262613:get_sources\r\x1b[0K");
        assert_eq!(section_end("get_sources", at), "section_end:1795262613:get_sources\r\x1b[0K");
    }
}
