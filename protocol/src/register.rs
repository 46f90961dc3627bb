//! Bodies of registration, verification and token reset.

use crate::{Info, RunnerToken, Secret};
use serde::{Deserialize, Serialize};

/// `POST /runners`: exchanges a registration token for a runner token.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RegisterRequest {
    /// The runner.
    pub info: Info,
    /// The registration token.
    pub token: Secret,
    /// Shown in GitLab as the runner's description.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// Free text for other maintainers.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub maintenance_note: String,
    /// Tags, separated by commas (one string, not a list).
    #[serde(skip_serializing_if = "String::is_empty")]
    pub tag_list: String,
    /// Whether jobs without tags are taken.
    pub run_untagged: bool,
    /// Whether the runner stays with its project.
    pub locked: bool,
    /// `not_protected`, `ref_protected` or empty.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub access_level: String,
    /// Longest job in seconds; 0 sends nothing.
    #[serde(skip_serializing_if = "is_zero")]
    pub maximum_timeout: i64,
    /// Whether the runner starts paused.
    pub paused: bool,
}

/// `POST /runners/verify`; `DELETE /runners/managers` takes the same fields without `info`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct VerifyRequest {
    /// The runner.
    pub info: Info,
    /// The runner token.
    pub token: RunnerToken,
    /// This machine's id.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub system_id: String,
}

/// A body of nothing but a token, and, for runner managers, the system id.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct TokenRequest {
    /// The runner token.
    pub token: RunnerToken,
    /// This machine's id, where the call wants it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_id: Option<String>,
}

/// What registration, verification and reset answer.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct RunnerCredentials {
    /// The runner's number; 0 where the answer has none (a token reset).
    pub id: i64,
    /// The token to use from now on.
    pub token: RunnerToken,
    /// RFC 3339, or nothing when the token does not expire.
    pub token_expires_at: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde calls it with a reference")]
fn is_zero(n: &i64) -> bool {
    *n == 0
}
