//! How a command ended.

use std::fmt;

/// The end of a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// It exited with this status.
    Code(i32),
    /// A signal of this number ended it.
    Signal(i32),
}

impl Exit {
    /// Whether the status is 0.
    pub fn is_success(self) -> bool {
        self == Self::Code(0)
    }

    /// The exit code to report: gitlab-runner sends -1 for a signal.
    pub fn code(self) -> i32 {
        match self {
            Self::Code(code) => code,
            Self::Signal(_) => -1,
        }
    }
}

/// `exit status 3`, or `signal: killed` in Go's words for signals, which is what users of gitlab-runner read.
impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Code(code) => write!(f, "exit status {code}"),
            Self::Signal(number) => match signal_text(number) {
                Some(text) => write!(f, "signal: {text}"),
                None => write!(f, "signal: signal {number}"),
            },
        }
    }
}

/// Go's text for a Linux signal.
fn signal_text(number: i32) -> Option<&'static str> {
    Some(match number {
        1 => "hangup",
        2 => "interrupt",
        3 => "quit",
        4 => "illegal instruction",
        5 => "trace/breakpoint trap",
        6 => "aborted",
        7 => "bus error",
        8 => "floating point exception",
        9 => "killed",
        10 => "user defined signal 1",
        11 => "segmentation fault",
        12 => "user defined signal 2",
        13 => "broken pipe",
        14 => "alarm clock",
        15 => "terminated",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::Exit;

    #[test]
    fn words() {
        assert_eq!(Exit::Code(3).to_string(), "exit status 3");
        assert_eq!(Exit::Signal(9).to_string(), "signal: killed");
        assert_eq!(Exit::Signal(40).to_string(), "signal: signal 40");
        assert_eq!(Exit::Signal(9).code(), -1);
        assert!(Exit::Code(0).is_success());
    }
}
