//! Bodies of job requests and status updates.

use crate::{FailureReason, Info, RunnerToken, Secret};
use serde::{Deserialize, Serialize};
use std::fmt;

/// `POST /jobs/request`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct JobRequest {
    /// The runner.
    pub info: Info,
    /// The runner token.
    pub token: RunnerToken,
    /// This machine's id.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub system_id: String,
    /// The queue version seen last.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub last_update: String,
    /// Where terminals connect to, if anywhere.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<Session>,
}

/// The runner's session server, as offered in a job request.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Session {
    /// Its address.
    pub url: String,
    /// Its certificate, PEM.
    pub certificate: String,
    /// What a caller has to show.
    pub authorization: Secret,
}

/// A job's state as the runner reports it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Accepted, not started. Never sent by a runner.
    Pending,
    /// Running.
    Running,
    /// Ended well.
    Success,
    /// Ended otherwise, cancels included.
    Failed,
}

/// `PUT /jobs/:id`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct UpdateRequest {
    /// The runner.
    pub info: Info,
    /// The job's token.
    pub token: Secret,
    /// The new state.
    pub state: JobState,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_reason: Option<FailureReason>,
    /// Older place of the checksum.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checksum: Option<Checksum>,
    /// The trace so far.
    #[serde(default)]
    pub output: TraceOutput,
    /// Exit code of the script, where it is known and not zero.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
}

/// What a trace looks like as a whole.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TraceOutput {
    /// CRC-32 of all bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub checksum: Option<Checksum>,
    /// Number of bytes; left out when zero.
    #[serde(skip_serializing_if = "is_zero")]
    pub bytesize: u64,
}

impl TraceOutput {
    /// Describes a trace of `bytesize` bytes with that CRC-32.
    pub fn new(crc32: u32, bytesize: u64) -> Self {
        Self { checksum: Some(Checksum(crc32)), bytesize }
    }
}

/// A CRC-32 (IEEE) written `crc32:` and eight lower-case hexadecimal digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Checksum(pub u32);

impl fmt::Display for Checksum {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "crc32:{:08x}", self.0)
    }
}

impl From<Checksum> for String {
    fn from(checksum: Checksum) -> Self {
        checksum.to_string()
    }
}

/// A checksum that is not `crc32:` and hexadecimal digits.
#[derive(Debug, thiserror::Error)]
#[error("not a crc32 checksum")]
pub struct ChecksumError;

impl TryFrom<String> for Checksum {
    type Error = ChecksumError;

    fn try_from(text: String) -> Result<Self, ChecksumError> {
        let digits = text.strip_prefix("crc32:").ok_or(ChecksumError)?;
        u32::from_str_radix(digits, 16).map(Self).map_err(|_| ChecksumError)
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(n: &u64) -> bool {
    *n == 0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_final_update_looks_like_gitlab_runners() {
        let update = UpdateRequest {
            info: Info::default(),
            token: "t".into(),
            state: JobState::Failed,
            failure_reason: Some(FailureReason::ScriptFailure),
            checksum: Some(Checksum(0x1a2b3c)),
            output: TraceOutput::new(0x1a2b3c, 20481),
            exit_code: Some(2),
        };
        let value = serde_json::to_value(&update).unwrap();
        assert_eq!(value["state"], "failed");
        assert_eq!(value["failure_reason"], "script_failure");
        assert_eq!(value["checksum"], "crc32:001a2b3c");
        assert_eq!(value["output"]["bytesize"], 20481);
        assert_eq!(value["exit_code"], 2);
    }

    #[test]
    fn the_first_update_has_an_empty_output() {
        let value = serde_json::to_value(TraceOutput::default()).unwrap();
        assert_eq!(value, serde_json::json!({}));
        let empty = serde_json::to_value(TraceOutput::new(0, 0)).unwrap();
        assert_eq!(empty, serde_json::json!({"checksum": "crc32:00000000"}));
    }
}
