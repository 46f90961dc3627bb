//! One control group and those below it.

use super::CgroupKind;
use std::collections::BTreeSet;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

/// How deep groups below a job's are followed; a job that may make groups could nest them without end.
const DEPTH: usize = 64;

/// A control group of a job or a command, which may not be there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Group {
    kind: CgroupKind,
    path: PathBuf,
    job: String,
}

impl Group {
    /// A job's group.
    pub(crate) fn new(kind: CgroupKind, path: PathBuf) -> Self {
        let job = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        Self { kind, path, job }
    }

    pub(crate) fn kind(&self) -> CgroupKind {
        self.kind
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The directory name of the job's group, which no other group of the machine has.
    pub(crate) fn job_name(&self) -> &str {
        &self.job
    }

    /// Makes it, if it is not there.
    pub(crate) fn create(&self) -> io::Result<()> {
        match fs::create_dir(&self.path) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
            _ => Ok(()),
        }
    }

    /// The group of one command below a job's.
    pub(crate) fn command(&self, number: u32) -> Self {
        Self { kind: self.kind, path: self.path.join(number.to_string()), job: self.job.clone() }
    }

    /// All processes in it and below.
    pub(crate) fn pids(&self) -> BTreeSet<i32> {
        self.with_below()
            .iter()
            .filter_map(|path| fs::read_to_string(path.join("cgroup.procs")).ok())
            .flat_map(|list| list.lines().filter_map(|pid| pid.parse().ok()).collect::<Vec<_>>())
            .collect()
    }

    /// Keeps what is in it from forking while it is killed, or kills it outright where the kernel can.
    pub(crate) fn hold(&self) {
        match self.kind {
            CgroupKind::V2 => {
                if self.write("cgroup.kill", "1").is_err() {
                    // Linux before 5.14. What is frozen still dies.
                    self.try_write("cgroup.freeze", "1");
                }
            }
            CgroupKind::Freezer => self.try_write("freezer.state", "FROZEN"),
            CgroupKind::Pids => self.try_write("pids.max", "0"),
        }
    }

    /// Lets what was held and killed die.
    pub(crate) fn release(&self) {
        match self.kind {
            CgroupKind::V2 => self.try_write("cgroup.freeze", "0"),
            CgroupKind::Freezer => self.try_write("freezer.state", "THAWED"),
            CgroupKind::Pids => {}
        }
    }

    /// Removes it and all below if nothing runs in them; whether it is gone.
    pub(crate) fn remove(&self) -> io::Result<bool> {
        if self.remove_one(&self.path)? {
            return Ok(true);
        }
        for path in self.with_below().iter().rev() {
            if !self.remove_one(path)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn remove_one(&self, path: &Path) -> io::Result<bool> {
        match fs::remove_dir(path) {
            Ok(()) => Ok(true),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(true),
            Err(error) if error.kind() == ErrorKind::ResourceBusy => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Its directory and those below, parents first.
    fn with_below(&self) -> Vec<PathBuf> {
        let mut found = vec![self.path.clone()];
        let mut level = 0..1;
        for _ in 0..DEPTH {
            for index in level.clone() {
                let Ok(entries) = fs::read_dir(&found[index]) else { continue };
                let below = entries
                    .filter_map(Result::ok)
                    .filter(|entry| entry.file_type().is_ok_and(|t| t.is_dir()));
                found.extend(below.map(|entry| entry.path()));
            }
            level = level.end..found.len();
            if level.is_empty() {
                break;
            }
        }
        found
    }

    fn try_write(&self, file: &str, text: &str) {
        if let Err(error) = self.write(file, text) {
            tracing::debug!(group = %self.path.display(), file, %error, "cannot write to the control group");
        }
    }

    /// Writes to a control file, which is never made.
    fn write(&self, file: &str, text: &str) -> io::Result<()> {
        use std::io::Write;
        fs::OpenOptions::new().write(true).open(self.path.join(file))?.write_all(text.as_bytes())
    }
}

#[cfg(test)]
mod tests;
