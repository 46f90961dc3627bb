//! Processes of containers, as this machine sees them.

use std::collections::BTreeSet;
use std::fs;

/// Processes that run in one of these containers, or that an engine keeps for one, as lines that name them.
pub(super) fn of_containers(ids: &BTreeSet<String>) -> Vec<String> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = entries.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter_map(|pid| belongs(pid, ids)).collect()
}

/// What an engine that was killed forgets: a shim without a process, and one that waits to become a container's first.
fn is_forgotten(pid: u32, command: &str) -> bool {
    const WAITS: &str = "runc init";
    if !command.contains("containerd-shim") {
        return command.trim_end() == WAITS;
    }
    let Ok(threads) = fs::read_dir(format!("/proc/{pid}/task")) else { return true };
    let children = threads.flatten().map(|thread| fs::read_to_string(thread.path().join("children")));
    // Some kernels do not tell.
    let Ok(children) = children.collect::<Result<String, _>>() else { return false };
    children
        .split_whitespace()
        .all(|child| child.parse().is_ok_and(|pid| command_of(pid).trim_end() == WAITS))
}

/// The command line, its words separated by blanks; nothing of a process that has gone.
fn command_of(pid: u32) -> String {
    let command = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&command).replace('\0', " ")
}

fn belongs(pid: u32, ids: &BTreeSet<String>) -> Option<String> {
    // One that has ended and only waits for its parent does not count.
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    if stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['Z', 'X'])) {
        return None;
    }
    let groups = fs::read_to_string(format!("/proc/{pid}/cgroup")).ok()?;
    let command = command_of(pid);
    // The shim names its container, and so would a `docker` command of a test.
    let is_shim = command.contains("containerd-shim");
    let mentions = |id: &String| groups.contains(id.as_str()) || (is_shim && command.contains(id.as_str()));
    (ids.iter().any(mentions) && !is_forgotten(pid, &command))
        .then(|| format!("process {pid}: {}", command.trim_end()))
}
