//! As whom jobs run on the shell: they can do what their user can, and the coordinator's user owns what it keeps.

use super::Wish;
use super::config::Configured;
use crate::error::CliError;
use nix::unistd::{Gid, Uid, User, geteuid};
use std::ffi::OsString;
use std::fs::{DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt as _, MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

/// A user of this machine that jobs run as.
#[derive(Clone, Debug)]
pub(super) struct JobsUser {
    /// Its name.
    pub(super) name: String,
    /// Whether it can do no more than jobs may: neither root nor who the coordinator runs as.
    pub(super) is_apart: bool,
    /// Its folder for work trees and caches: beside the data folder, which it may not enter.
    pub(super) folder: PathBuf,
}

impl JobsUser {
    /// Finds the user and gives it a folder beside `data`.
    pub(super) fn prepare(name: &str, data: &Path) -> Result<Self, CliError> {
        let unknown = || CliError::usage(format!("there is no user {name:?} on this machine"));
        let user = User::from_name(name).ok().flatten().ok_or_else(unknown)?;
        if user.uid != geteuid() && !geteuid().is_root() {
            return Err(CliError::usage("only root can run jobs as another user").hint("omit --runner-user"));
        }
        let folder = beside(data);
        own(&folder, user.uid, user.gid).map_err(|error| {
            let cannot = format!("user {name} cannot be given the folder {}", folder.display());
            CliError::operation(cannot).caused_by(&error)
        })?;
        Ok(Self { is_apart: is_apart(user.uid), name: user.name, folder })
    }
}

fn is_apart(uid: Uid) -> bool {
    !uid.is_root() && uid != geteuid()
}

/// The folder for work trees and caches of jobs of another user.
pub(super) fn beside(data: &Path) -> PathBuf {
    let mut name = data.file_name().map_or_else(|| OsString::from("coordinator"), OsString::from);
    name.push(".jobs");
    data.with_file_name(name)
}

fn own(folder: &Path, uid: Uid, gid: Gid) -> io::Result<()> {
    match DirBuilder::new().mode(0o700).create(folder) {
        Ok(()) => std::os::unix::fs::lchown(folder, Some(uid.as_raw()), Some(gid.as_raw())),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let found = std::fs::symlink_metadata(folder)?;
            if !found.is_dir() || found.uid() != uid.as_raw() {
                return Err(io::Error::other("it belongs to another user, or is no folder"));
            }
            std::fs::set_permissions(folder, Permissions::from_mode(0o700))
        }
        Err(error) => Err(error),
    }
}

/// The name of this process's user.
pub(super) fn own_name() -> String {
    let user = User::from_uid(geteuid()).ok().flatten();
    user.map_or_else(|| format!("user {}", geteuid()), |user| user.name)
}

/// Says what jobs may do that nobody may expect.
pub(super) fn notice(configured: &Configured, wish: Wish<'_>, user: Option<&JobsUser>) {
    if !configured.on_shell {
        if wish.user.is_some() {
            tracing::warn!("--runner-user has no effect on jobs in containers");
        }
        return;
    }
    if user.is_some_and(|user| user.is_apart) || wish.brief {
        return;
    }
    let advice = if geteuid().is_root() {
        "--runner-user USER runs them as somebody else, the docker executor in containers"
    } else {
        "the docker executor, or a runner of another user, keeps them apart"
    };
    tracing::warn!(
        "Jobs run as {}: whoever may push can read and change all that the coordinator keeps. {advice}",
        user.map_or_else(own_name, |user| user.name.clone())
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_folder_of_jobs_is_beside_what_is_kept() {
        assert_eq!(beside(Path::new("/var/lib/x")), Path::new("/var/lib/x.jobs"));
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let name = own_name();
        let user = JobsUser::prepare(&name, &data).unwrap();
        assert_eq!((user.name.as_str(), user.folder.as_path()), (name.as_str(), beside(&data).as_path()));
        assert_eq!(std::fs::metadata(&user.folder).unwrap().permissions().mode() & 0o777, 0o700);
        assert!(!user.is_apart, "jobs of the coordinator's user can read all that it keeps");
        assert!(!is_apart(Uid::from_raw(0)) && is_apart(Uid::from_raw(geteuid().as_raw() + 1)));
        // A second start finds it.
        JobsUser::prepare(&name, &data).unwrap();
        std::fs::remove_dir(&user.folder).unwrap();
        std::os::unix::fs::symlink(folder.path(), &user.folder).unwrap();
        assert!(JobsUser::prepare(&name, &data).is_err(), "a link is not followed");
        assert!(JobsUser::prepare("nobody of this name", &data).is_err());
    }
}
