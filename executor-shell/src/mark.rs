//! The mark that the job's processes carry in their environment.
//!
//! `JOB_PROCESS_MARK=<job>.<command>`: what left the control group and the process tree is still known by it.
//! A job inside a job adds its mark to the one it inherits (`outer.3:inner.1`), so both find their processes.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

/// The variable that holds the marks.
pub(crate) const VARIABLE: &str = "JOB_PROCESS_MARK";

/// Whose processes are looked for.
#[derive(Clone, Debug)]
pub(crate) struct Mark {
    job: String,
    command: Option<u32>,
}

impl Mark {
    /// All commands of a job.
    pub(crate) fn job(job: &str) -> Self {
        Self { job: job.to_owned(), command: None }
    }

    /// One command of a job.
    pub(crate) fn command(job: &str, command: u32) -> Self {
        Self { job: job.to_owned(), command: Some(command) }
    }

    /// The variable's value for a command, given the one that the runner itself inherited.
    pub(crate) fn value(job: &str, command: u32, inherited: Option<&OsStr>) -> OsString {
        let mut value = OsString::new();
        if let Some(outer) = inherited.filter(|outer| !outer.is_empty()) {
            value.push(outer);
            value.push(":");
        }
        value.push(format!("{job}.{command}"));
        value
    }

    /// Whether an environment, as `/proc` shows it, carries this mark.
    pub(crate) fn is_in(&self, environment: &[u8]) -> bool {
        environment
            .split(|byte| *byte == 0)
            .filter_map(|entry| entry.strip_prefix(VARIABLE.as_bytes())?.strip_prefix(b"="))
            .any(|value| value.split(|byte| *byte == b':').any(|mark| self.is(mark)))
    }

    fn is(&self, mark: &[u8]) -> bool {
        let Some(number) = mark.strip_prefix(self.job.as_bytes()).and_then(|rest| rest.strip_prefix(b"."))
        else {
            return false;
        };
        match self.command {
            Some(command) => OsStr::from_bytes(number) == OsStr::new(&command.to_string()),
            None => !number.is_empty() && number.iter().all(u8::is_ascii_digit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Mark;
    use std::ffi::OsStr;

    #[test]
    fn is_found_among_others() {
        let environment = b"A=1\0JOB_PROCESS_MARK=outer-1234.3:inner-1234.12\0B=2\0";
        assert!(Mark::job("inner-1234").is_in(environment));
        assert!(Mark::job("outer-1234").is_in(environment));
        assert!(Mark::command("inner-1234", 12).is_in(environment));
        assert!(!Mark::command("inner-1234", 1).is_in(environment));
        assert!(!Mark::job("inner-123").is_in(environment));
        assert!(!Mark::job("nner-1234").is_in(environment));
    }

    #[test]
    fn is_not_found_elsewhere() {
        let mark = Mark::job("job-1234");
        assert!(!mark.is_in(b""));
        assert!(!mark.is_in(b"JOB_PROCESS_MARK=job-1234\0"));
        assert!(!mark.is_in(b"JOB_PROCESS_MARK=job-1234.\0"));
        assert!(!mark.is_in(b"JOB_PROCESS_MARK=job-1234.x\0"));
        assert!(!mark.is_in(b"XJOB_PROCESS_MARK=job-1234.1\0"));
    }

    #[test]
    fn nests() {
        assert_eq!(Mark::value("job-1234", 2, None), "job-1234.2");
        assert_eq!(Mark::value("job-1234", 2, Some(OsStr::new("a.1"))), "a.1:job-1234.2");
    }
}
