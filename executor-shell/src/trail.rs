//! What a job's processes are found by when the job's own process is gone.

use crate::cgroup::{CgroupKind, Cgroups, Group};
use crate::mark::Mark;
use crate::scope::{Reach, Scope};
use crate::sweep::{Sweep, reap_children};
use rustix::fs::statfs;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

/// What a job's group is called before its identifier.
const PREFIX: &str = "runner-job-";

/// Shorter identifiers would not be unique.
const SHORTEST: usize = 8;
const LONGEST: usize = 64;

/// Magic numbers of file systems that hold control groups.
const CGROUP_FILE_SYSTEMS: [u64; 2] = [0x6367_7270, 0x0027_e0eb];

/// How long killed processes are waited for.
const FORCE: Duration = Duration::from_secs(10);

/// What a job's processes are found by. Known before the job starts, so that a record of it can be kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Record", into = "Record")]
pub struct Trail {
    id: String,
    group: Option<Group>,
}

/// An identifier or a record that cannot be a trail's.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum TrailError {
    /// The identifier is too short, too long or holds other characters.
    #[error("identifier of a job must be 8 to 64 of the characters a-z, A-Z, 0-9, - and _")]
    Id,
    /// The path is not one of a job's control group.
    #[error("not the control group of a job: {path}")]
    Group {
        /// The path.
        path: PathBuf,
    },
}

/// What [`end_leftovers`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// How many processes it ended.
    pub processes: usize,
    /// Whether it removed a control group.
    pub cgroup: bool,
}

/// Something of a job that cannot be ended or removed.
#[derive(Debug, thiserror::Error)]
pub enum EndError {
    /// Processes that do not end, not even when killed.
    #[error("processes that do not end: {}", list(.processes))]
    Processes {
        /// Number and name of each.
        processes: Vec<(i32, String)>,
    },
    /// The control group stays.
    #[error("cannot remove control group {path}: {source}")]
    Group {
        /// Its directory.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

pub(crate) fn list(processes: &[(i32, String)]) -> String {
    processes.iter().map(|(pid, name)| format!("{pid} ({name})")).collect::<Vec<_>>().join(", ")
}

impl Trail {
    /// The trail of a job to come. The identifier must be unique among all jobs of the machine, past ones
    /// included: random.
    ///
    /// # Errors
    /// [`TrailError::Id`].
    pub fn new(id: &str, cgroups: &Cgroups) -> Result<Self, TrailError> {
        check_id(id)?;
        let group =
            cgroups.home.as_ref().map(|home| Group::new(home.kind, home.path.join(format!("{PREFIX}{id}"))));
        Ok(Self { id: id.to_owned(), group })
    }

    /// The job's identifier.
    pub fn id(&self) -> &str {
        &self.id
    }

    pub(crate) fn group(&self) -> Option<&Group> {
        self.group.as_ref()
    }
}

fn check_id(id: &str) -> Result<(), TrailError> {
    let fits = (SHORTEST..=LONGEST).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_');
    if fits { Ok(()) } else { Err(TrailError::Id) }
}

/// A trail as it is written down.
#[derive(Clone, Serialize, Deserialize)]
struct Record {
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cgroup: Option<RecordedGroup>,
}

#[derive(Clone, Serialize, Deserialize)]
struct RecordedGroup {
    kind: CgroupKind,
    path: PathBuf,
}

impl From<Trail> for Record {
    fn from(trail: Trail) -> Self {
        let recorded = |group: Group| RecordedGroup { kind: group.kind(), path: group.path().to_owned() };
        Self { id: trail.id, cgroup: trail.group.map(recorded) }
    }
}

impl TryFrom<Record> for Trail {
    type Error = TrailError;

    fn try_from(record: Record) -> Result<Self, TrailError> {
        check_id(&record.id)?;
        if let Some(RecordedGroup { path, .. }) = &record.cgroup
            && !is_job_path(path, &record.id)
        {
            return Err(TrailError::Group { path: path.clone() });
        }
        let group = record.cgroup.map(|group| Group::new(group.kind, group.path));
        Ok(Self { id: record.id, group })
    }
}

fn is_job_path(path: &Path, id: &str) -> bool {
    let plain = path.components().all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    let named = path.file_name().and_then(|name| name.to_str()).and_then(|name| name.strip_prefix(PREFIX));
    path.is_absolute() && plain && named == Some(id)
}

/// Kills all that is left of a job whose process is gone, and removes its control group. Touches nothing else;
/// finds nothing the second time, or after a reboot. Blocks: about 10 ms where nothing is left.
///
/// Without a control group, a process that cleared its environment and left its parents is not found.
///
/// # Errors
/// [`EndError`] names what stays.
pub fn end_leftovers(trail: &Trail) -> Result<Report, EndError> {
    let group = trail.group.clone().filter(is_on_cgroup_file_system);
    let existed = group.is_some();
    let scope = Scope {
        mark: Mark::job(&trail.id),
        group: group.clone(),
        process_group: None,
        reach: Reach::Machine,
    };
    let sweep = Sweep { scope, grace: None, asked: None, force: FORCE, keep: None };
    let mut swept = sweep.run();
    if swept.left.is_empty() {
        // A process that was just becoming another program shows no environment for a moment.
        let again = sweep.run();
        swept.ended += again.ended;
        swept.left = again.left;
    }
    if !swept.left.is_empty() {
        return Err(EndError::Processes { processes: swept.left });
    }
    if let Some(group) = group {
        remove(&group).map_err(|source| EndError::Group { path: group.path().to_owned(), source })?;
    }
    Ok(Report { processes: swept.ended, cgroup: existed })
}

/// Whether the group is there, and is a group rather than some directory.
fn is_on_cgroup_file_system(group: &Group) -> bool {
    group.path().is_dir()
        && statfs(group.path()).is_ok_and(|found| {
            u64::try_from(found.f_type).is_ok_and(|kind| CGROUP_FILE_SYSTEMS.contains(&kind))
        })
}

/// Removes a group whose processes were ended. What is dying may keep it for a moment.
pub(crate) fn remove(group: &Group) -> io::Result<()> {
    let until = std::time::Instant::now() + Duration::from_secs(1);
    while !group.remove()? {
        if std::time::Instant::now() >= until {
            return Err(io::ErrorKind::ResourceBusy.into());
        }
        reap_children(|stat| crate::proc::is_in_cgroup(stat.pid, group.job_name()));
        std::thread::sleep(Duration::from_millis(1));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
