//! What tells the next run what a killed one has left.
//!
//! A run that lives has a *beacon*, an empty file in one folder for all projects: who looks for the dead need look at
//! nothing else. Each of its jobs that may leave something has a *live job* in the run's own folder.

use super::homes::{Homes, make_private};
use super::record::write_whole;
use executor_shell::Trail;
use serde::{Deserialize, Serialize};
use std::fs::{self, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// Name of the folder of live jobs in a run's.
pub(super) const LIVE: &str = "live";

/// Name of the folder of beacons among the projects'.
const BEACONS: &str = ".alive";

/// Between a project's key, which has no point, and a run's number.
const POINT: char = '.';

/// No honest live job is larger.
const LARGEST: u64 = 1 << 20;

/// Says that a run may have left something; goes out when it ends in order.
#[derive(Debug)]
pub(super) struct Beacon {
    path: PathBuf,
    /// Whether something was left that the next run can remove.
    stays: std::cell::Cell<bool>,
}

/// A run that has a beacon.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Signalled {
    /// Its beacon.
    pub(super) beacon: PathBuf,
    /// Its folder.
    pub(super) folder: PathBuf,
}

/// What finds the remains of a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct LiveJob {
    /// Its processes, and the label of its containers.
    pub(super) trail: Trail,
    /// Where it works on this machine: all of it is the job's.
    pub(super) builds_dir: Option<PathBuf>,
    /// How the engine is reached, if it has one.
    pub(super) docker: Option<executor_docker::Settings>,
}

impl Beacon {
    pub(super) fn light(homes: &Homes, project: &str, number: u64) -> io::Result<Self> {
        let folder = homes.runs().join(BEACONS);
        make_private(&folder)?;
        let path = folder.join(format!("{project}{POINT}{number}"));
        OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(&path)?;
        Ok(Self { path, stays: std::cell::Cell::new(false) })
    }

    /// Lets it burn: something is left to do.
    pub(super) fn keep(&self) {
        self.stays.set(true);
    }
}

impl Drop for Beacon {
    fn drop(&mut self) {
        if !self.stays.get() {
            // One that stays costs the next run a look.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// All runs that have a beacon, those that live included.
pub(super) fn signalled(homes: &Homes) -> Vec<Signalled> {
    let Ok(found) = fs::read_dir(homes.runs().join(BEACONS)) else { return Vec::new() };
    let run = |entry: fs::DirEntry| {
        let name = entry.file_name().into_string().ok()?;
        let (project, number) = name.rsplit_once(POINT)?;
        let plain = !project.is_empty() && !project.contains(['/', POINT]);
        let number: u64 = number.parse().ok().filter(|_| plain)?;
        let folder = homes.runs().join(project).join(number.to_string());
        Some(Signalled { beacon: entry.path(), folder })
    };
    found.flatten().filter_map(run).collect()
}

impl LiveJob {
    /// Writes it down, before anything of the job is there.
    ///
    /// # Errors
    /// It cannot be written.
    pub(super) fn write(&self, live: &Path) -> io::Result<PathBuf> {
        make_private(live)?;
        let path = live.join(self.trail.id());
        write_whole(&path, &serde_json::to_vec(self)?)?;
        Ok(path)
    }

    /// All of a run's, with their files. What cannot be read tells nothing.
    pub(super) fn all(live: &Path) -> Vec<(PathBuf, Self)> {
        let Ok(found) = fs::read_dir(live) else { return Vec::new() };
        found.flatten().filter_map(|entry| Some((entry.path(), Self::read(&entry.path())?))).collect()
    }

    fn read(path: &Path) -> Option<Self> {
        let flags = (nix::fcntl::OFlag::O_NOFOLLOW | nix::fcntl::OFlag::O_NONBLOCK).bits();
        let file = OpenOptions::new().read(true).custom_flags(flags).open(path).ok()?;
        let mut text = Vec::new();
        file.take(LARGEST).read_to_end(&mut text).ok()?;
        serde_json::from_slice(&text).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use executor_shell::Cgroups;

    #[test]
    fn a_run_is_signalled_while_it_lives() {
        let here = tempfile::tempdir().unwrap();
        let homes = Homes::at(&here.path().join("state"), &here.path().join("cache"));
        assert_eq!(signalled(&homes), []);
        let beacon = Beacon::light(&homes, "app-12ab", 7).unwrap();
        fs::write(homes.runs().join(".alive/..7"), "").unwrap();
        let found = signalled(&homes);
        assert_eq!(
            found,
            [Signalled { beacon: beacon.path.clone(), folder: homes.runs().join("app-12ab/7") }]
        );
        drop(beacon);
        assert_eq!(signalled(&homes), []);
        let beacon = Beacon::light(&homes, "app-12ab", 8).unwrap();
        beacon.keep();
        drop(beacon);
        assert_eq!(signalled(&homes).len(), 1);
    }

    #[test]
    fn live_jobs_are_read_back_and_nonsense_is_not() {
        let here = tempfile::tempdir().unwrap();
        let live = here.path().join(LIVE);
        let trail = Trail::new("1001-0123456789abcdef", &Cgroups::default()).unwrap();
        let docker = executor_docker::Settings { host: "tcp://h:1".to_owned(), ..Default::default() };
        let job = LiveJob { trail, builds_dir: Some("/b".into()), docker: Some(docker) };
        let path = job.write(&live).unwrap();
        fs::write(live.join("x"), "{}").unwrap();
        std::os::unix::fs::symlink(&path, live.join("link")).unwrap();
        assert_eq!(LiveJob::all(&live), [(path, job)]);
    }
}
