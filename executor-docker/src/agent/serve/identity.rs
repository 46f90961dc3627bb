//! Who the agent is, and becomes.

use crate::agent::protocol::Hello;
use nix::unistd::{Gid, Uid};
use rustix::fs::{Access, access};
use std::ffi::OsString;
use std::io::Write as _;
use std::path::{Path, PathBuf};

/// Where gitlab-runner looks for the shell of a container, in this order (`shells/bash.go`).
const SHELLS: [&str; 7] = [
    "/usr/local/bin/bash",
    "/usr/bin/bash",
    "/bin/bash",
    "/usr/local/bin/sh",
    "/usr/bin/sh",
    "/bin/sh",
    "/busybox/sh",
];

/// What the host is told first.
pub(super) fn hello(home: Option<OsString>) -> Hello {
    let groups = rustix::process::getgroups().unwrap_or_default();
    Hello {
        uid: rustix::process::getuid().as_raw(),
        gid: rustix::process::getgid().as_raw(),
        groups: groups.into_iter().map(rustix::process::Gid::as_raw).collect(),
        pid: std::process::id(),
        home,
        directory: std::env::current_dir().ok(),
        shell: SHELLS.iter().map(Path::new).find(|path| is_executable(path)).map(PathBuf::from),
        architecture: std::env::consts::ARCH.to_owned(),
    }
}

fn is_executable(path: &Path) -> bool {
    path.is_file() && access(path, Access::EXEC_OK).is_ok()
}

/// Why the agent cannot become a user.
#[derive(Debug, thiserror::Error)]
#[error("cannot {what} of user {uid} and group {gid}: {source}")]
pub(super) struct BecomeError {
    what: &'static str,
    uid: u32,
    gid: u32,
    source: nix::Error,
}

/// Becomes a user for good, with all threads.
pub(super) fn become_user(uid: u32, gid: u32, groups: &[u32]) -> Result<(), BecomeError> {
    let refused = |what| move |source| BecomeError { what, uid, gid, source };
    let groups: Vec<Gid> = groups.iter().copied().map(Gid::from_raw).collect();
    let (user, group) = (Uid::from_raw(uid), Gid::from_raw(gid));
    name(uid, gid);
    nix::unistd::setgroups(&groups).map_err(refused("take the groups"))?;
    nix::unistd::setresgid(group, group, group).map_err(refused("take the group"))?;
    nix::unistd::setresuid(user, user, user).map_err(refused("take the rights"))?;
    // A process that changed its user may not look at itself in /proc, nor may children before they are programs.
    nix::sys::prctl::set_dumpable(true).map_err(refused("look at the process"))
}

/// Gives a user without a name one, since ssh works for nobody without. Where that cannot be done it is done without;
/// so it is where the agent is not the first process: the users may be those of a whole machine.
fn name(uid: u32, gid: u32) {
    const PASSWD: &str = "/etc/passwd";
    if !is_first() {
        return;
    }
    let Ok(known) = std::fs::read_to_string(PASSWD) else { return };
    let number = uid.to_string();
    if known.lines().any(|line| line.split(':').nth(2) == Some(&number)) {
        return;
    }
    let line_end = if known.is_empty() || known.ends_with('\n') { "" } else { "\n" };
    let home = crate::tools::HELPER_HOME;
    let entry = format!("{line_end}runner{uid}:x:{uid}:{gid}::{home}:/bin/sh\n");
    if let Err(error) = std::fs::OpenOptions::new()
        .append(true)
        .open(PASSWD)
        .and_then(|mut file| file.write_all(entry.as_bytes()))
    {
        tracing::debug!(%error, "a user stays without a name");
    }
}

/// Ends every process that can be seen, if this is the first one: then these are the container's.
pub(super) fn kill_others() {
    if is_first() {
        // Without another process there is nothing to end.
        let _ = nix::sys::signal::kill(nix::unistd::Pid::from_raw(-1), nix::sys::signal::SIGKILL);
    }
}

/// Whether this is the first process of a container, whose files and processes are all the container's.
fn is_first() -> bool {
    std::process::id() == 1
}
