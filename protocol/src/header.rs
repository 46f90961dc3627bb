//! Header names and the paths they travel on.

/// Carries a runner (or registration) token.
pub const RUNNER_TOKEN: &str = "runner-token";
/// Carries a job's token.
pub const JOB_TOKEN: &str = "job-token";
/// Carries a user's personal access token.
pub const PRIVATE_TOKEN: &str = "private-token";
/// One value per logical call, kept across its repeats; the answer's value wins.
pub const REQUEST_ID: &str = "x-request-id";
/// The opaque version of a runner's queue.
pub const LAST_UPDATE: &str = "x-gitlab-last-update";
/// What the coordinator thinks of a job: see [`crate::JobStatus`].
pub const JOB_STATUS: &str = "job-status";
/// Seconds between two updates of a trace that the coordinator wishes for.
pub const UPDATE_INTERVAL: &str = "x-gitlab-trace-update-interval";
/// Inclusive byte offsets of a trace chunk, `first-last`, without unit or total.
pub const CONTENT_RANGE: &str = "content-range";
/// `0-<bytes stored>`, in answers to trace chunks.
pub const RANGE: &str = "range";

/// What stands between a coordinator's URL and the paths of the runner API.
pub const API_PREFIX: &str = "api/v4/";
