//! What is known about a running job, for whoever has to count it, find it or report for it.

use super::docker::reach;
use super::{Assignment, assignment::Coordinator};
use executor_shell::Trail;
use protocol::{Info, Secret};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::PathBuf;
use std::time::{SystemTime, UNIX_EPOCH};

/// Says which shape a record has. Raised when an old service could misread a new record.
const VERSION: u32 = 1;

/// A running job.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    version: u32,
    /// The job.
    pub(crate) job_id: i64,
    /// The job's token.
    pub(crate) token: Secret,
    /// Where to report.
    pub(crate) coordinator: Coordinator,
    /// The coordinator as the runner's section has it, without endings that do not count.
    pub(crate) url: String,
    /// Short form of the runner's token; with the address it says whose `limit` the job counts against.
    pub(crate) short_token: String,
    /// The runner's name.
    pub(crate) runner_name: String,
    /// The job's project.
    pub(crate) project_id: i64,
    /// `CI_CONCURRENT_ID`.
    pub(crate) concurrent_id: u32,
    /// `CI_CONCURRENT_PROJECT_ID`.
    pub(crate) concurrent_project_id: u32,
    /// What the runner says of itself in the report.
    pub(crate) info: Info,
    /// The failure reasons that the coordinator understands.
    pub(crate) failure_reasons: Vec<String>,
    /// Bound of the log, in bytes.
    pub(crate) output_limit: u64,
    /// The root of all checkouts.
    pub(crate) builds_dir: PathBuf,
    /// Where the job keeps secrets while it runs, once it knows; below `builds_dir`.
    #[serde(default)]
    pub(crate) temp_dir: Option<PathBuf>,
    /// How the engine is reached on which the job has containers, if it has.
    #[serde(default)]
    pub(crate) docker: Option<executor_docker::Settings>,
    /// Whether the job's verdict was reported, and only what it has left is still to be removed.
    #[serde(default)]
    pub(crate) is_reported: bool,
    /// What the job's processes are found by, and its containers.
    pub(crate) trail: Trail,
    /// The user that runs it, where that is not the service's.
    #[serde(default)]
    pub(crate) user: Option<String>,
    /// Seconds since 1970.
    pub(crate) started_at: u64,
}

/// Why a record is of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    /// There is none: the job is over.
    #[error("there is no record")]
    Missing,
    /// It is there, but cannot be read.
    #[error("the record cannot be read")]
    Unreadable {
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Another version of this program wrote it.
    #[error("the record has version {found}, this program knows {VERSION}")]
    Version {
        /// The version found.
        found: u64,
    },
    /// It is another job's.
    #[error("the record is that of another job")]
    Foreign,
    /// It is no record.
    #[error("the record is damaged at line {line}, column {column}")]
    Damaged {
        /// Line of the fault, from 1.
        line: usize,
        /// Column of the fault, from 1.
        column: usize,
    },
}

impl Record {
    /// What is known before the job starts.
    pub(crate) fn of(assignment: &Assignment) -> Self {
        let order = &assignment.order;
        Self {
            version: VERSION,
            job_id: order.payload.id,
            token: order.payload.token.clone(),
            coordinator: assignment.coordinator.clone(),
            url: order.url.clone(),
            short_token: order.short_token.clone(),
            runner_name: order.runner_name.clone(),
            project_id: order.payload.job_info.project_id,
            concurrent_id: order.concurrent_id,
            concurrent_project_id: order.concurrent_project_id,
            info: order.info.clone(),
            failure_reasons: order.payload.features.failure_reasons.clone(),
            output_limit: order.settings.output_limit,
            builds_dir: order.settings.builds_dir.clone(),
            temp_dir: None,
            is_reported: false,
            docker: assignment.docker.as_ref().map(|docker| reach(&docker.settings)),
            trail: assignment.trail.clone(),
            user: assignment.user.clone(),
            started_at: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |age| age.as_secs()),
        }
    }

    /// Reads a record. The version is looked at first, since all else may mean something else by then.
    pub(super) fn parse(text: &[u8]) -> Result<Self, RecordError> {
        #[derive(Deserialize)]
        struct Version {
            version: u64,
        }
        let damaged =
            |error: serde_json::Error| RecordError::Damaged { line: error.line(), column: error.column() };
        let Version { version } = serde_json::from_slice(text).map_err(damaged)?;
        if version != u64::from(VERSION) {
            return Err(RecordError::Version { found: version });
        }
        serde_json::from_slice(text).map_err(damaged)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobproc::assignment::tests::assignment;
    use proptest::prelude::*;

    #[test]
    fn what_is_written_is_read() {
        let record = Record::of(&assignment(3));
        let text = serde_json::to_vec(&record).unwrap();
        let read = Record::parse(&text).unwrap();
        assert_eq!(serde_json::to_vec(&read).unwrap(), text);
        assert_eq!((read.job_id, read.project_id, read.concurrent_id), (3, 7, 2));
        assert_eq!(read.token.expose(), "glcbt-64_secret");
    }

    proptest! {
        #[test]
        fn any_damage_is_survived(at in 0..2000usize, byte in any::<u8>(), cut in any::<bool>()) {
            let mut text = serde_json::to_vec(&Record::of(&assignment(3))).unwrap();
            let at = at % text.len();
            text[at] = byte;
            if cut {
                text.truncate(at);
            }
            let _ = Record::parse(&text);
        }
    }
}
