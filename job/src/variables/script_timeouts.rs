//! How long scripts may take.

use super::Variables;
use super::go::{GoDuration, parse_duration};
use std::time::Duration;

/// The limit for `after_script` without `RUNNER_AFTER_SCRIPT_TIMEOUT`.
const AFTER_SCRIPT: Duration = Duration::from_secs(300);

/// The limits of a job's scripts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptTimeouts {
    /// `RUNNER_SCRIPT_TIMEOUT`, for all steps together; none means the job's own limit.
    pub script: Option<Duration>,
    /// `RUNNER_AFTER_SCRIPT_TIMEOUT`.
    pub after_script: Duration,
    /// What is wrong with them, one warning each.
    pub warnings: Vec<String>,
}

impl ScriptTimeouts {
    /// Reads both, given what is left of the job's time when its scripts start.
    pub fn read(variables: &Variables, remaining: Duration) -> Self {
        let mut warnings = Vec::new();
        let script = limit(variables, "RUNNER_SCRIPT_TIMEOUT", remaining, &mut warnings);
        let after = limit(variables, "RUNNER_AFTER_SCRIPT_TIMEOUT", remaining, &mut warnings);
        Self { script, after_script: after.unwrap_or(AFTER_SCRIPT), warnings }
    }
}

/// A limit that is usable; without one the default applies, also where the warning says otherwise: so does
/// gitlab-runner.
fn limit(
    variables: &Variables,
    key: &str,
    remaining: Duration,
    warnings: &mut Vec<String>,
) -> Option<Duration> {
    let raw = variables.get(key);
    if raw.is_empty() {
        return None;
    }
    match parse_duration(&raw) {
        None => warnings.push(format!("Ignoring malformed {key} timeout: {raw}")),
        Some(GoDuration::Negative) => warnings.push(format!("Ignoring relative {key} timeout: {raw}")),
        Some(GoDuration::Positive(limit)) if limit > remaining => {
            warnings.push(format!("{key} timeout: {raw} is longer than job timeout. Setting to job timeout"));
        }
        Some(GoDuration::Positive(limit)) => return Some(limit).filter(|l| !l.is_zero()),
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variables::Flags;
    use crate::variables::testing::order;

    fn read(script: &str, after: &str) -> ScriptTimeouts {
        let order = order(&[("RUNNER_SCRIPT_TIMEOUT", script), ("RUNNER_AFTER_SCRIPT_TIMEOUT", after)]);
        let list = Variables::build(&order, &Flags::resolve(&order), None);
        ScriptTimeouts::read(&list, Duration::from_secs(3600))
    }

    #[test]
    fn table() {
        let seconds = Duration::from_secs;
        for (script, after, expected) in [
            ("", "", (None, seconds(300), vec![])),
            ("1h", "0", (Some(seconds(3600)), seconds(300), vec![])),
            ("15m", "10s", (Some(seconds(900)), seconds(10), vec![])),
            (
                "soon",
                "-5s",
                (
                    None,
                    seconds(300),
                    vec![
                        "Ignoring malformed RUNNER_SCRIPT_TIMEOUT timeout: soon",
                        "Ignoring relative RUNNER_AFTER_SCRIPT_TIMEOUT timeout: -5s",
                    ],
                ),
            ),
            (
                "2h",
                "61m",
                (
                    None,
                    seconds(300),
                    vec![
                        "RUNNER_SCRIPT_TIMEOUT timeout: 2h is longer than job timeout. Setting to job timeout",
                        "RUNNER_AFTER_SCRIPT_TIMEOUT timeout: 61m is longer than job timeout. Setting to job timeout",
                    ],
                ),
            ),
        ] {
            let read = read(script, after);
            assert_eq!(
                (read.script, read.after_script, read.warnings.iter().map(String::as_str).collect()),
                expected
            );
        }
    }
}
