//! What `/proc` says about processes.

use std::fs::{self, File};
use std::io::{self, Read};

/// Environments are read up to this size, in bytes; the system's own limit is about as large.
const ENVIRONMENT_LIMIT: u64 = 8 << 20;

/// A line of `/proc/<pid>/stat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stat {
    pub(crate) pid: i32,
    pub(crate) parent: i32,
    pub(crate) group: i32,
    /// Clock ticks from boot to its start: with the number, the identity of a process.
    pub(crate) start: u64,
    state: u8,
    threads: u32,
}

impl Stat {
    /// Whether it still runs: a process whose first thread ended may have others.
    pub(crate) fn is_alive(&self) -> bool {
        !matches!(self.state, b'Z' | b'X' | b'x') || self.threads > 1
    }

    fn parse(line: &str) -> Option<Self> {
        let pid = line.split(' ').next()?.parse().ok()?;
        // The name in parentheses may hold anything, parentheses and spaces included.
        let mut rest = line.get(line.rfind(')')? + 2..)?.split(' ');
        let state = *rest.next()?.as_bytes().first()?;
        let parent = rest.next()?.parse().ok()?;
        let group = rest.next()?.parse().ok()?;
        let threads = rest.nth(14)?.parse().ok()?;
        let start = rest.nth(1)?.parse().ok()?;
        Some(Self { pid, parent, group, start, state, threads })
    }
}

/// A process, unless it is gone.
pub(crate) fn stat(pid: i32) -> Option<Stat> {
    Stat::parse(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?)
}

/// All processes.
pub(crate) fn all() -> Vec<Stat> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).filter_map(stat).collect()
}

/// A process's children, zombies included.
pub(crate) fn children(pid: i32) -> Vec<i32> {
    listed_children(pid)
        .unwrap_or_else(|| all().into_iter().filter(|stat| stat.parent == pid).map(|stat| stat.pid).collect())
}

/// The children as the kernel lists them for each thread; nothing if it was built without these lists.
fn listed_children(pid: i32) -> Option<Vec<i32>> {
    let mut found = Vec::new();
    let Ok(tasks) = fs::read_dir(format!("/proc/{pid}/task")) else { return Some(found) };
    for task in tasks.filter_map(Result::ok) {
        match fs::read_to_string(task.path().join("children")) {
            Ok(list) => found.extend(list.split_ascii_whitespace().filter_map(|pid| pid.parse::<i32>().ok())),
            Err(error) if error.kind() == io::ErrorKind::NotFound && task.path().exists() => return None,
            // The thread ended meanwhile; what it left has gone to another.
            Err(_) => {}
        }
    }
    Some(found)
}

/// A process's environment at its start; empty if it may not be read.
pub(crate) fn environment(pid: i32) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Ok(file) = File::open(format!("/proc/{pid}/environ")) {
        // What could be read before an error still counts.
        let _ = file.take(ENVIRONMENT_LIMIT).read_to_end(&mut bytes);
    }
    bytes
}

/// Whether one of the control groups a process is in has this directory name in its path.
pub(crate) fn is_in_cgroup(pid: i32, name: &str) -> bool {
    fs::read_to_string(format!("/proc/{pid}/cgroup"))
        .is_ok_and(|list| list.lines().any(|line| line.split('/').any(|part| part == name)))
}

/// A process's name, for messages.
pub(crate) fn name(pid: i32) -> String {
    fs::read_to_string(format!("/proc/{pid}/comm")).map_or_else(|_| "?".into(), |name| name.trim_end().into())
}

#[cfg(test)]
mod tests {
    use super::{Stat, children, environment, stat};

    #[test]
    fn a_name_with_parentheses() {
        let line = "42 (a) b (c)) S 7 9 9 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 777 1 2";
        let stat = Stat::parse(line).unwrap();
        assert_eq!((stat.pid, stat.parent, stat.group, stat.threads, stat.start), (42, 7, 9, 3, 777));
        assert!(stat.is_alive());
        assert_eq!(Stat::parse("42 (x"), None);
    }

    #[test]
    fn a_zombie_is_not_alive_but_for_its_threads() {
        let zombie = |threads| {
            Stat::parse(&format!("4 (x) Z 7 9 9 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 {threads} 0 777 1 2"))
                .unwrap()
        };
        assert!(!zombie(1).is_alive());
        assert!(zombie(2).is_alive());
    }

    #[test]
    fn this_process() {
        let me = i32::try_from(std::process::id()).unwrap();
        assert!(stat(me).unwrap().is_alive());
        assert!(!environment(me).is_empty());
        let mut child = std::process::Command::new("sleep").arg("1000").spawn().unwrap();
        assert!(children(me).contains(&i32::try_from(child.id()).unwrap()));
        child.kill().unwrap();
        child.wait().unwrap();
    }
}
