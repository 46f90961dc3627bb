//! The wire types of GitLab's runner API, both sides. No I/O.
//!
//! A coordinator (GitLab, or a stand-in) and a runner exchange the types of this crate as JSON bodies and
//! headers. The crate owns their shapes, the leniency with which they are read, and the small rules that go
//! with them: token shapes, trace ranges, checksums, failure reasons. It leaves transport to `client`.

mod failure;
mod info;
mod job_status;
mod payload;
mod register;
mod secret;
mod token;
mod trace_range;
mod update;

pub mod header;

pub use failure::FailureReason;
pub use info::{ConfigInfo, Features, Info};
pub use job_status::JobStatus;
pub use payload::{
    Artifact, ArtifactWhen, ArtifactsFile, CacheEntry, CacheWhen, Credentials, Dependency, GitInfo, Hook,
    Image, Job, JobIdentity, JobInfo, JobInput, PayloadError, PayloadFeatures, PolicyOptions, Port,
    RunnerInfo, Step, Variable,
};
pub use register::{RegisterRequest, RunnerCredentials, TokenRequest, VerifyRequest};
pub use secret::Secret;
pub use token::RunnerToken;
pub use trace_range::{ContentRange, StoredRange};
pub use update::{Checksum, JobRequest, JobState, Session, TraceOutput, UpdateRequest};

/// The `gitlab-runner` release whose behaviour is followed; what `info.version` and `CI_RUNNER_VERSION` say,
/// since servers and scripts decide by it.
pub const FOLLOWED_VERSION: &str = "19.4.0";
