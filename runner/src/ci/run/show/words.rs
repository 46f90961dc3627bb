//! Words, signs and colours for statuses, jobs and times.

use super::super::news::JobName;
use crate::terminal::{Paint, Style, clean};
use pipeline::Status;
use std::borrow::Cow;
use std::time::Duration;

/// Colours of jobs' names, by their codes: none that says good or bad.
const HUES: [&str; 8] = ["36", "35", "34", "33", "96", "95", "94", "93"];

/// The name with the bridges that lead to it, as `bridge/job`, in one line.
pub(in crate::ci) fn path(job: &JobName) -> String {
    let mut path = String::new();
    for part in job.pipeline.iter().chain([&job.name]) {
        if !path.is_empty() {
            path.push('/');
        }
        path.push_str(&clean(part));
    }
    path
}

/// A job's name in its colour, the same in every run.
pub(super) fn hued(style: Style, text: &str) -> Cow<'_, str> {
    let hash = text.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    });
    let hue = usize::try_from(hash >> 32).unwrap_or_default() % HUES.len();
    match HUES.get(hue) {
        Some(hue) if style.colours() && !text.is_empty() => format!("\u{1b}[{hue}m{text}\u{1b}[0m").into(),
        _ => text.into(),
    }
}

/// What GitLab's pages call a status.
pub(crate) fn label(status: Status, allow_failure: bool) -> &'static str {
    match status {
        Status::Success => "passed",
        Status::Failed if allow_failure => "failed (allowed to fail)",
        Status::WaitingForResource => "waiting for resource",
        Status::WaitingForCallback => "waiting for callback",
        Status::Scheduled => "delayed",
        other => other.as_str(),
    }
}

/// The sign of a status, one column wide.
pub(crate) fn sign(status: Status, allow_failure: bool) -> &'static str {
    match status {
        Status::Success => "✓",
        Status::Failed if allow_failure => "!",
        Status::Failed => "✗",
        Status::Running => "◐",
        Status::Pending | Status::WaitingForResource | Status::WaitingForCallback | Status::Preparing => "◌",
        Status::Canceling | Status::Canceled => "⊘",
        Status::Skipped => "»",
        Status::Manual => "▷",
        Status::Scheduled => "◷",
        Status::Created => "○",
    }
}

/// The colour of a status, as near to GitLab's as a terminal has it.
pub(crate) fn paint(status: Status, allow_failure: bool) -> Paint {
    match status {
        Status::Success => Paint::Good,
        Status::Failed if allow_failure => Paint::Warn,
        Status::Failed => Paint::Bad,
        Status::Running => Paint::Info,
        Status::Pending | Status::WaitingForResource | Status::WaitingForCallback => Paint::Warn,
        Status::Preparing
        | Status::Canceling
        | Status::Canceled
        | Status::Skipped
        | Status::Manual
        | Status::Scheduled
        | Status::Created => Paint::Dim,
    }
}

/// A duration as people read it: `340ms`, `1.2s`, `42s`, `3m 12s`, `1h 02m`.
pub(crate) fn lasted(time: Duration) -> String {
    let (millis, seconds) = (time.as_millis(), time.as_secs());
    match seconds {
        0 => format!("{millis}ms"),
        1..10 => format!("{seconds}.{}s", time.subsec_millis() / 100),
        10..60 => format!("{seconds}s"),
        60..3600 => format!("{}m {:02}s", seconds / 60, seconds % 60),
        _ => format!("{}h {:02}m", seconds / 3600, seconds / 60 % 60),
    }
}

/// A duration while it grows: whole seconds.
pub(super) fn lasts(time: Duration) -> String {
    if time.as_secs() < 10 { format!("{}s", time.as_secs()) } else { lasted(time) }
}

/// Why a job failed, in words: `exit code 2`, `job_execution_timeout`.
pub(super) fn reason(failure_reason: Option<&str>, exit_code: Option<i32>) -> Option<String> {
    match (failure_reason, exit_code) {
        (None | Some("script_failure"), Some(code)) => Some(format!("exit code {code}")),
        (Some(reason), Some(code)) => Some(format!("{}, exit code {code}", clean(reason))),
        (Some(reason), None) => Some(clean(reason).into_owned()),
        (None, None) => None,
    }
}

/// Per cent, with no more digits than GitLab shows.
pub(super) fn percent(value: f64) -> String {
    let text = format!("{value:.2}");
    format!("{}%", text.trim_end_matches('0').trim_end_matches('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_as_people_read_them() {
        let of = |millis| lasted(Duration::from_millis(millis));
        assert_eq!(of(0), "0ms");
        assert_eq!(of(999), "999ms");
        assert_eq!(of(1_290), "1.2s");
        assert_eq!(of(59_999), "59s");
        assert_eq!(of(192_000), "3m 12s");
        assert_eq!(of(3_725_000), "1h 02m");
        assert_eq!(lasts(Duration::from_millis(1_290)), "1s");
    }

    #[test]
    fn words() {
        assert_eq!(reason(Some("script_failure"), Some(2)).as_deref(), Some("exit code 2"));
        assert_eq!(reason(Some("runner_system_failure"), None).as_deref(), Some("runner_system_failure"));
        assert_eq!(reason(None, None), None);
        assert_eq!(percent(81.0) + &percent(81.25) + &percent(99.999), "81%81.25%100%");
        assert_eq!(label(Status::Failed, true), "failed (allowed to fail)");
        for status in Status::ALL {
            assert_eq!(crate::terminal::width(sign(status, false)), 1, "{status}");
        }
    }
}
