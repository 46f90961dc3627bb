//! The `Job-Status` header: how a coordinator stops a job.

/// What the coordinator says of a running job in its answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum JobStatus {
    /// Nothing that concerns the runner (`running`, `success`, `pending`, absent, unknown).
    #[default]
    Carry,
    /// `canceling`: stop the script, then run `after_script` and what follows.
    Canceling,
    /// `canceled` or `failed`: stop everything but clean-up and the last report.
    Stopped,
}

impl JobStatus {
    /// Reads the header's value.
    pub fn from_header(value: Option<&str>) -> Self {
        match value.map(str::trim) {
            Some("canceling") => Self::Canceling,
            Some("canceled" | "failed") => Self::Stopped,
            _ => Self::Carry,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::JobStatus;

    #[test]
    fn only_three_words_matter() {
        assert_eq!(JobStatus::from_header(Some("canceling")), JobStatus::Canceling);
        assert_eq!(JobStatus::from_header(Some("canceled")), JobStatus::Stopped);
        assert_eq!(JobStatus::from_header(Some("failed")), JobStatus::Stopped);
        assert_eq!(JobStatus::from_header(Some("running")), JobStatus::Carry);
        assert_eq!(JobStatus::from_header(None), JobStatus::Carry);
    }
}
