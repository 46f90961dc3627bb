//! Processes of containers, as this machine sees them.

use std::collections::BTreeSet;
use std::fs;

/// Processes that run in one of these containers, or that an engine keeps for one, as lines that name them.
pub(super) fn of_containers(ids: &BTreeSet<String>) -> Vec<String> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| belongs(pid, ids)).collect()
}

fn belongs(pid: u32, ids: &BTreeSet<String>) -> Option<String> {
    // One that has ended and only waits for its parent does not count.
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    if stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['Z', 'X'])) {
        return None;
    }
    let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
    let command = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let command = String::from_utf8_lossy(&command).replace('\0', " ");
    // The shim names its container, and so would a `docker` command of a test.
    let is_shim = command.contains("containerd-shim");
    let mentions = |id: &String| groups.contains(id.as_str()) || (is_shim && command.contains(id.as_str()));
    ids.iter().any(mentions).then(|| format!("process {pid}: {}", command.trim_end()))
}
