//! What is left to do for a job whose process is gone: end and remove what it left, and tell the coordinator.

use super::containers;
use crate::jobproc::{JobFolder, Record, error_line};
use bytes::Bytes;
use client::{ApiClient, Proxies};
use executor_docker::EngineEnvironment;
use job::report::{Persistence, Reported, Subject};
use nix::fcntl::{AtFlags, OFlag};
use nix::sys::stat::Mode;
use nix::unistd::{Gid, Uid};
use protocol::FailureReason;
use std::ffi::OsStr;
use std::io;
use std::os::fd::{AsRawFd as _, OwnedFd};
use std::path::{Component, Path, PathBuf};
use trace::Spool;

/// How a time-stamped line begins: `2026-01-31T…Z 00O `.
const STAMP_END: usize = 27;

/// Ends the processes that the job left, and removes its containers and the folder in which it kept secrets.
///
/// The record of a job of another user's (`run --user`) may be that user's invention: its folders are removed
/// with no more rights than that user has.
pub(super) async fn clean_up(folder: &JobFolder, record: &Record, engine: &EngineEnvironment) {
    let (trail, job) = (record.trail.clone(), record.job_id);
    let owner = folder.owner();
    let secrets = record.temp_dir.clone().map(|temp_dir| (record.builds_dir.clone(), temp_dir));
    let cleaning = tokio::task::spawn_blocking(move || {
        match executor_shell::end_leftovers(&trail) {
            Ok(report) if report.processes > 0 => {
                tracing::warn!(job, processes = report.processes, "Ended processes that the job left behind");
            }
            Ok(_) => {}
            Err(error) => tracing::error!(job, %error, "Cannot end what the job left behind"),
        }
        if let Some((root, path)) = secrets
            && let Err(error) = with_rights_of(owner, || remove_below(&root, &path))
        {
            tracing::error!(job, path = %path.display(), %error, "Cannot remove a folder of the job");
        }
    });
    // It only fails by a panic, which was told of by then.
    let _ = cleaning.await;
    if let Some(settings) = &record.docker {
        containers::remove(settings, record.trail.id(), engine).await;
    }
}

/// Does something to files as the owner of a job's folder, if that is somebody else.
fn with_rights_of(
    owner: io::Result<(Uid, Gid)>,
    action: impl FnOnce() -> io::Result<()> + Send,
) -> io::Result<()> {
    let (uid, gid) = owner?;
    if uid == nix::unistd::geteuid() {
        return action();
    }
    let limited = || {
        // They hold for this thread alone, which ends with the action. Neither says whether it worked.
        nix::unistd::setfsgid(gid);
        nix::unistd::setfsuid(uid);
        if nix::unistd::setfsuid(uid) == uid { action() } else { Err(io::ErrorKind::PermissionDenied.into()) }
    };
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("remove".into()).spawn_scoped(scope, limited)?;
        thread.join().unwrap_or_else(|_| Err(io::Error::other("the thread failed")))
    })
}

/// Removes `path` with all below it, provided that it can be reached from `root` without a symbolic link: the
/// folders between belong to the job's user.
fn remove_below(root: &Path, path: &Path) -> io::Result<()> {
    let inner = path.strip_prefix(root).map_err(|_| io::Error::from(io::ErrorKind::InvalidInput))?;
    let mut names: Vec<&OsStr> = Vec::new();
    for component in inner.components() {
        let Component::Normal(name) = component else { return Err(io::ErrorKind::InvalidInput.into()) };
        names.push(name);
    }
    let Some(last) = names.pop() else { return Err(io::ErrorKind::InvalidInput.into()) };
    let parent = match open_below(root, &names) {
        Ok(parent) => parent,
        Err(nix::Error::ENOENT) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let is_folder = match nix::sys::stat::fstatat(&parent, last, AtFlags::AT_SYMLINK_NOFOLLOW) {
        Ok(found) => found.st_mode & nix::libc::S_IFMT == nix::libc::S_IFDIR,
        Err(nix::Error::ENOENT) => return Ok(()),
        Err(error) => return Err(error.into()),
    };
    let place = PathBuf::from(format!("/proc/self/fd/{}", parent.as_raw_fd())).join(last);
    if is_folder { std::fs::remove_dir_all(place) } else { std::fs::remove_file(place) }
}

fn open_below(root: &Path, names: &[&OsStr]) -> nix::Result<OwnedFd> {
    let flags = OFlag::O_DIRECTORY | OFlag::O_CLOEXEC | OFlag::O_RDONLY;
    let mut folder = nix::fcntl::open(root, flags, Mode::empty())?;
    for name in names {
        folder = nix::fcntl::openat(&folder, *name, flags | OFlag::O_NOFOLLOW, Mode::empty())?;
    }
    Ok(folder)
}

/// Reports the job as failed until the coordinator has heard of it. `aborted_by` is the signal that ended the
/// service, if that is why the job was killed; without a folder there is no log to recover.
pub(super) async fn report(
    folder: Option<&JobFolder>,
    record: &Record,
    what: &str,
    aborted_by: Option<&str>,
    proxies: &Proxies,
) {
    let api = match ApiClient::new(record.coordinator.endpoint(proxies.clone())) {
        Ok(api) => api,
        Err(error) => {
            tracing::error!(job = record.job_id, %error, "Cannot report a job");
            return;
        }
    };
    let spool = folder.and_then(|folder| Spool::recover(&folder.trace(), record.output_limit).ok());
    let (text, reason) = match aborted_by {
        Some(signal) => (
            format!("Job failed: aborted: {signal}"),
            FailureReason::RunnerInterrupted.mapped(&record.failure_reasons),
        ),
        None => (format!("Job failed (system failure): {what}"), FailureReason::RunnerSystemFailure),
    };
    let stamped = spool.as_ref().is_none_or(is_stamped);
    let line = error_line(&text, stamped);
    let line = Bytes::from(folder.map_or(line.clone(), |folder| folder.keep_last_line(line)));
    let subject = Subject {
        id: record.job_id,
        token: record.token.clone(),
        info: record.info.clone(),
        debug_trace: false,
    };
    let persistence = Persistence::default();
    match job::report::dead(&api, &subject, spool.as_ref(), &line, reason, persistence).await {
        Reported::Accepted => tracing::info!(job = record.job_id, "The job was reported as failed"),
        Reported::Refused(answer) => {
            tracing::info!(job = record.job_id, answer, "The coordinator has ended the job already");
        }
        Reported::GaveUp(obstacle) => {
            tracing::error!(job = record.job_id, obstacle, "The coordinator never heard how the job ended");
        }
    }
}

/// Whether the log is a time-stamped one. An empty one will be, as that is the default.
fn is_stamped(spool: &Spool) -> bool {
    let Ok(start) = spool.read_at(0, STAMP_END) else { return true };
    start.is_empty() || (start.len() == STAMP_END && start[10] == b'T' && start[26] == b'Z')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobproc::testing::assignment;

    fn spool(content: &[u8]) -> Spool {
        let spool = Spool::new(tempfile::tempfile().unwrap(), 1 << 20);
        spool.append(content);
        spool
    }

    #[test]
    fn the_last_line_looks_like_the_others() {
        assert!(is_stamped(&spool(b"")));
        assert!(is_stamped(&spool(b"2026-01-31T01:02:03.000004Z 00O hello\n")));
        assert!(!is_stamped(&spool(b"Running with gitlab-runner 19.4.0 (x)\n")));
        assert!(!is_stamped(&spool(b"short\n")));
        assert!(is_stamped(&spool(&error_line("x", true))) && !is_stamped(&spool(&error_line("x", false))));
    }

    #[test]
    fn the_last_line_is_chosen_once() {
        let parent = tempfile::tempdir().unwrap();
        let folder = JobFolder::create(parent.path(), &assignment(1)).unwrap();
        assert_eq!(folder.keep_last_line(b"first".to_vec()), b"first");
        assert_eq!(folder.keep_last_line(b"second".to_vec()), b"first");
    }

    #[test]
    fn another_users_folder_gives_no_rights() {
        let root = tempfile::tempdir().unwrap();
        let path = root.path().join("kept");
        let remove = |uid: Uid| {
            std::fs::create_dir_all(&path).unwrap();
            with_rights_of(Ok((uid, Gid::from_raw(65534))), || remove_below(root.path(), &path))
        };
        let nobody = Uid::from_raw(65534);
        assert!(remove(nobody).is_err() && path.exists());
        remove(nix::unistd::geteuid()).unwrap();
        assert!(!path.exists());
    }

    #[test]
    fn only_what_is_really_below_is_removed() {
        let root = tempfile::tempdir().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let secrets = root.path().join("a/project.tmp");
        std::fs::create_dir_all(secrets.join("inner")).unwrap();
        remove_below(root.path(), &secrets).unwrap();
        assert!(!secrets.exists() && root.path().join("a").exists());
        remove_below(root.path(), &secrets).unwrap();

        std::fs::create_dir(elsewhere.path().join("project.tmp")).unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), root.path().join("link")).unwrap();
        assert!(remove_below(root.path(), &root.path().join("link/project.tmp")).is_err());
        assert!(remove_below(root.path(), Path::new("/etc/project.tmp")).is_err());
        assert!(remove_below(root.path(), &root.path().join("../x")).is_err());
        assert!(remove_below(root.path(), root.path()).is_err());
        assert!(elsewhere.path().join("project.tmp").exists());

        std::os::unix::fs::symlink(elsewhere.path(), root.path().join("a/project.tmp")).unwrap();
        remove_below(root.path(), &secrets).unwrap();
        assert!(elsewhere.path().join("project.tmp").exists());
    }
}
