//! Processes of containers, as this machine sees them.

use std::collections::BTreeSet;
use std::fs;

/// Processes that run in one of these containers, or that an engine keeps for one, as lines that name them.
pub(super) fn of_containers(ids: &BTreeSet<String>) -> Vec<String> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| belongs(pid, ids)).collect()
}

/// A shim without a process is an engine's own affair: one that was killed forgets some of those that end meanwhile.
fn has_child(pid: u32) -> bool {
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return false };
    let children = |thread: fs::DirEntry| fs::read_to_string(thread.path().join("children"));
    // Some kernels do not tell.
    threads.flatten().map(children).any(|children| children.map_or(true, |children| !children.is_empty()))
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
    let keeps = is_shim && has_child(pid);
    let mentions = |id: &String| groups.contains(id.as_str()) || (keeps && command.contains(id.as_str()));
    ids.iter().any(mentions).then(|| format!("process {pid}: {}", command.trim_end()))
}
