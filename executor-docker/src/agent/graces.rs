//! How patiently commands are stopped.

use std::time::Duration;

/// How long commands have to end once they are stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Graces {
    /// Between `SIGTERM` and `SIGKILL`.
    pub graceful: Duration,
    /// After `SIGKILL`, before a process is given up.
    pub force: Duration,
}
