//! What the kernel tells about processes and the machine.

use nix::unistd::Pid;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// One line of `/proc/<pid>/status` that counts in kB: `VmRSS`, `RssAnon`, `VmHWM`.
pub(crate) fn status_kib(pid: Pid, key: &str) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(':'))?;
    line.trim().trim_end_matches(" kB").parse().ok()
}

/// The processor time that a process has used so far, children not counted.
pub(crate) fn cpu_time(pid: Pid) -> Option<Duration> {
    let fields = stat(pid)?;
    // utime and stime are fields 14 and 15 of the file; the list begins with field 3.
    let ticks = fields.get(11)?.parse::<u64>().ok()? + fields.get(12)?.parse::<u64>().ok()?;
    Some(Duration::from_secs_f64(ticks as f64 / ticks_per_second()))
}

/// The children of a process that run this executable.
pub(crate) fn children_running(parent: Pid, executable: &Path) -> Vec<Pid> {
    let is_one = |pid: &Pid| {
        let parent_of = stat(*pid).and_then(|fields| fields.get(1)?.parse::<i32>().ok());
        parent_of == Some(parent.as_raw()) && executable_of(*pid).as_deref() == Some(executable)
    };
    let names = fs::read_dir("/proc").into_iter().flatten().flatten().map(|entry| entry.file_name());
    let numbers = names.filter_map(|name| name.to_str()?.parse::<i32>().ok());
    numbers.map(Pid::from_raw).filter(is_one).collect()
}

fn executable_of(pid: Pid) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{pid}/exe")).ok()
}

/// The fields behind the program's name, which may itself hold spaces and parentheses.
fn stat(pid: Pid) -> Option<Vec<String>> {
    let text = fs::read(format!("/proc/{pid}/stat")).ok()?;
    let text = String::from_utf8_lossy(&text);
    let (_, rest) = text.rsplit_once(')')?;
    Some(rest.split_whitespace().map(str::to_owned).collect())
}

fn ticks_per_second() -> f64 {
    let found = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK).ok().flatten();
    found.map_or(100.0, |ticks| ticks as f64)
}

/// Load of the last minute.
pub(crate) fn load() -> Option<f64> {
    let text = fs::read_to_string("/proc/loadavg").ok()?;
    text.split(' ').next()?.parse().ok()
}

/// What the processor calls itself.
pub(crate) fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name =
        text.lines().find(|line| line.starts_with("model name")).and_then(|line| line.split_once(": "));
    name.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::{Command, Stdio};

    #[test]
    fn this_process_is_known() {
        let this = Pid::this();
        assert!(status_kib(this, "VmRSS").unwrap() > 100);
        assert!(status_kib(this, "VmHWM").unwrap() >= status_kib(this, "RssAnon").unwrap());
        assert_eq!(status_kib(this, "VmNothing"), None);
        assert!(cpu_time(this).unwrap() < Duration::from_secs(3600));
    }

    #[test]
    fn children_are_found_by_their_executable() {
        let mut child = Command::new("cat").stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let pid = Pid::from_raw(child.id().cast_signed());
        let executable = executable_of(pid).unwrap();
        assert!(children_running(Pid::this(), &executable).contains(&pid));
        assert!(children_running(Pid::this(), Path::new("/nowhere")).is_empty());
        drop(child.stdin.take());
        child.wait().unwrap();
    }
}
