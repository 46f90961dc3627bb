//! What jobs leave behind: processes, files, records.

use super::binary;
use super::place::Place;
use nix::unistd::Pid;
use std::fmt;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

/// How every job token of the stand-in begins.
const JOB_TOKEN: &[u8] = b"glcbt-64_";

/// What was found.
#[derive(Debug, Default)]
pub struct Leftovers {
    /// Processes that carry the place in their command line, environment or working directory.
    pub processes: Vec<(Pid, String)>,
    /// Files that should be gone, with the reason.
    pub files: Vec<(PathBuf, &'static str)>,
}

impl Leftovers {
    /// Looks for all, leaving one process out.
    pub fn find(place: &Place, except: Option<Pid>) -> Self {
        let mut processes = processes_of(place.path());
        processes.retain(|(pid, _)| Some(*pid) != except);
        Self { processes, files: files_of(place) }
    }

    /// Processes of the binary that belong to a place.
    pub fn runner_processes(place: &Place) -> Vec<Pid> {
        let binary = binary();
        let own = |pid: &Pid| fs::read_link(format!("/proc/{pid}/exe")).is_ok_and(|exe| exe == binary);
        processes_of(place.path()).into_iter().map(|(pid, _)| pid).filter(own).collect()
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.processes.is_empty() && self.files.is_empty()
    }
}

impl fmt::Display for Leftovers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (pid, command) in &self.processes {
            writeln!(f, "  process {pid}: {command}")?;
        }
        for (path, reason) in &self.files {
            writeln!(f, "  {}: {reason}", path.display())?;
        }
        Ok(())
    }
}

/// The nearest process of the binary above a process: for a script's shell its job's process.
pub fn runner_above(pid: Pid) -> Option<Pid> {
    let binary = binary();
    let mut at = pid;
    while at.as_raw() > 1 {
        if fs::read_link(format!("/proc/{at}/exe")).is_ok_and(|exe| exe == binary) {
            return Some(at);
        }
        let status = fs::read_to_string(format!("/proc/{at}/status")).ok()?;
        let parent = status.lines().find_map(|line| line.strip_prefix("PPid:"))?;
        at = Pid::from_raw(parent.trim().parse().ok()?);
    }
    None
}

fn processes_of(dir: &Path) -> Vec<(Pid, String)> {
    let own = std::process::id();
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .flatten()
        .filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok())
        .filter(|pid| *pid != own)
        .filter_map(|pid| belongs(pid, dir))
        .collect()
}

/// A process that has ended and only waits for its parent does not count.
fn belongs(pid: u32, dir: &Path) -> Option<(Pid, String)> {
    let base = PathBuf::from(format!("/proc/{pid}"));
    let stat = fs::read_to_string(base.join("stat")).ok()?;
    if stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['Z', 'X'])) {
        return None;
    }
    let command = fs::read(base.join("cmdline")).unwrap_or_default();
    let mark = dir.as_os_str().as_bytes();
    let carries = contains(&command, mark)
        || fs::read(base.join("environ")).is_ok_and(|environment| contains(&environment, mark))
        || fs::read_link(base.join("cwd")).is_ok_and(|cwd| cwd.starts_with(dir));
    let words: Vec<_> = command.split(|b| *b == 0).map(String::from_utf8_lossy).collect();
    carries.then(|| (Pid::from_raw(pid.cast_signed()), words.join(" ")))
}

fn files_of(place: &Place) -> Vec<(PathBuf, &'static str)> {
    let mut found = Vec::new();
    walk(place.path(), &mut |path| found.extend(judge(place, path).map(|reason| (path.to_owned(), reason))));
    found
}

/// Why a file should not be there, if so.
fn judge(place: &Place, path: &Path) -> Option<&'static str> {
    if path.starts_with(place.temporary()) {
        return Some("a temporary file");
    }
    let in_build_temporary = path.starts_with(place.work())
        && path.ancestors().skip(1).any(|p| p.extension().is_some_and(|extension| extension == "tmp"));
    if in_build_temporary && !path.components().any(|c| c.as_os_str() == "git-template") {
        return Some("a file of a build's temporary folder");
    }
    if fs::read(path).is_ok_and(|bytes| contains(&bytes, JOB_TOKEN)) {
        return Some("holds a job token");
    }
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    let is_lock =
        name == "lock" || name.ends_with(".lock") || fs::metadata(path).is_ok_and(|meta| meta.len() == 0);
    let known = matches!(name, "config.toml" | ".runner_system_id") || is_lock;
    // What all jobs share stays for the next one.
    let state = place.path().join("etc/.runner_state");
    let shared = path.starts_with(state.join("shared")) || path == state.join("keeper");
    let in_state = path.starts_with(place.path().join("etc")) && !known && !shared;
    in_state.then_some("a record")
}

fn walk(dir: &Path, visit: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => walk(&entry.path(), visit),
            Ok(kind) if kind.is_file() => visit(&entry.path()),
            _ => {}
        }
    }
}

fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    #[test]
    fn a_process_is_known_by_its_environment() {
        let place = Place::new();
        assert!(Leftovers::find(&place, None).is_empty());
        let mut child = Command::new("sleep").arg("1000").env("HOME", place.home()).spawn().unwrap();
        let found = Leftovers::find(&place, None);
        child.kill().unwrap();
        child.wait().unwrap();
        assert_eq!(found.processes.len(), 1, "{found}");
        assert!(Leftovers::find(&place, None).is_empty());
    }

    #[test]
    fn files_are_judged() {
        let place = Place::new();
        let write = |name: &str, text: &str| {
            let path = place.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("etc/config.toml", "concurrent = 1");
        write("etc/.runner_system_id", "s_0123456789ab");
        write("work/builds/x/0/project/README", "text");
        assert!(Leftovers::find(&place, None).is_empty());
        write("work/builds/x/0/project.tmp/CERT", "secret");
        write("work/builds/x/0/project/.git/config", "url = http://u:glcbt-64_001000@h");
        write("etc/state/job-1000.json", "{}");
        write("tmp/script", "x");
        assert_eq!(Leftovers::find(&place, None).files.len(), 4);
    }
}
