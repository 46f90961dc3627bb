//! Running a job as another user (`run --user`).
//!
//! The service opens everything it needs as itself; the job's process then gives up its rights for good,
//! before it reads anything that the job could have prepared. From then on it reaches its folder through an
//! open handle, since that user may not enter the folders above.

use super::JobFolder;
use nix::unistd::{Gid, Uid, User};
use std::ffi::{CString, OsString};
use std::fs::File;
use std::os::fd::AsRawFd as _;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// A user of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Account {
    name: String,
    uid: Uid,
    gid: Gid,
    home: PathBuf,
    shell: PathBuf,
}

/// Why jobs cannot run as a user.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UserError {
    /// No such user.
    #[error("there is no user `{name}` on this machine")]
    Unknown {
        /// The name.
        name: String,
    },
    /// A job of somebody's in a folder of somebody else's.
    #[error("the job's folder does not belong to user `{name}`")]
    Folder {
        /// The name.
        name: String,
    },
    /// The job's folder is gone.
    #[error("cannot look at the job's folder")]
    NoFolder {
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// Only root can become somebody else.
    #[error("only root can run jobs as user `{name}`")]
    NotRoot {
        /// The name.
        name: String,
    },
    /// The system refused.
    #[error("cannot {what} of user `{name}`")]
    Refused {
        /// What was tried.
        what: &'static str,
        /// The name.
        name: String,
        /// Why.
        #[source]
        source: nix::Error,
    },
}

impl Account {
    /// Finds a user by name and makes sure that this process may become it.
    pub(crate) fn find(name: &str) -> Result<Self, UserError> {
        let unknown = || UserError::Unknown { name: name.to_owned() };
        let user = User::from_name(name).ok().flatten().ok_or_else(unknown)?;
        if !nix::unistd::geteuid().is_root() && user.uid != nix::unistd::geteuid() {
            return Err(UserError::NotRoot { name: name.to_owned() });
        }
        Ok(Self { name: user.name, uid: user.uid, gid: user.gid, home: user.dir, shell: user.shell })
    }

    /// Who runs a job, if not this process's user: whom its folder was given to. What its order says is not
    /// enough, since that user could have rewritten it to be run again by root.
    pub(crate) fn for_job(name: Option<&str>, folder: &JobFolder) -> Result<Option<Self>, UserError> {
        let (uid, _) = folder.owner().map_err(|source| UserError::NoFolder { source })?;
        if uid != nix::unistd::geteuid() {
            return Self::of(uid).map(Some);
        }
        match name {
            Some(name) if Self::find(name)?.uid != uid => Err(UserError::Folder { name: name.to_owned() }),
            _ => Ok(None),
        }
    }

    /// The account of a user's number.
    fn of(uid: Uid) -> Result<Self, UserError> {
        let user = User::from_uid(uid).ok().flatten();
        let user = user.ok_or_else(|| UserError::Unknown { name: uid.to_string() })?;
        Ok(Self { name: user.name, uid: user.uid, gid: user.gid, home: user.dir, shell: user.shell })
    }

    /// What a login would set.
    pub(crate) fn environment(&self) -> Vec<(&'static str, OsString)> {
        vec![
            ("HOME", self.home.clone().into()),
            ("USER", self.name.clone().into()),
            ("LOGNAME", self.name.clone().into()),
            ("SHELL", self.shell.clone().into()),
        ]
    }

    /// Gives a job's folder to the user, unless it was given away before: what is in it by then is not ours.
    pub(crate) fn own(&self, folder: &Path) -> std::io::Result<()> {
        if folder.symlink_metadata()?.uid() != nix::unistd::geteuid().as_raw() {
            return Ok(());
        }
        let give =
            |path: &Path| std::os::unix::fs::lchown(path, Some(self.uid.as_raw()), Some(self.gid.as_raw()));
        for entry in folder.read_dir()? {
            give(&entry?.path())?;
        }
        give(folder)
    }

    /// Becomes the user, for good. Does nothing if this process is that user already.
    pub(crate) fn become_it(&self) -> Result<(), UserError> {
        if nix::unistd::geteuid() == self.uid && !self.uid.is_root() {
            return Ok(());
        }
        let refused = |what| move |source| UserError::Refused { what, name: self.name.clone(), source };
        let name =
            CString::new(self.name.as_str()).map_err(|_| UserError::Unknown { name: self.name.clone() })?;
        nix::unistd::initgroups(&name, self.gid).map_err(refused("take the groups"))?;
        nix::unistd::setgid(self.gid).map_err(refused("take the group"))?;
        nix::unistd::setuid(self.uid).map_err(refused("take the rights"))?;
        // A process that changed its user may not look at itself in /proc, through which it reaches its folder.
        nix::sys::prctl::set_dumpable(true).map_err(refused("look at the process"))
    }
}

/// A folder that stays reachable when the folders above it are not.
#[derive(Debug)]
pub(crate) struct Handle {
    folder: JobFolder,
    _open: Option<File>,
}

impl Handle {
    /// The folder under its own path.
    pub(crate) fn plain(folder: JobFolder) -> Self {
        Self { folder, _open: None }
    }

    /// The folder through an open file.
    pub(crate) fn held(folder: &JobFolder) -> std::io::Result<Self> {
        let open = File::open(folder.path())?;
        let path = format!("/proc/self/fd/{}", open.as_raw_fd());
        Ok(Self { folder: JobFolder::at(path), _open: Some(open) })
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &JobFolder {
        &self.folder
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::jobproc::assignment::tests::assignment;

    #[test]
    fn unknown_users_are_named() {
        let error = Account::find("no-such-user-here").unwrap_err();
        assert_eq!(error.to_string(), "there is no user `no-such-user-here` on this machine");
    }

    #[test]
    fn the_folder_says_who_runs_its_job() {
        let parent = tempfile::tempdir().unwrap();
        let folder = JobFolder::create(parent.path(), &assignment(6)).unwrap();
        assert_eq!(Account::for_job(None, &folder).unwrap(), None);
        let Ok(nobody) = Account::find("nobody") else {
            eprintln!("skipped: only root can run jobs as another user");
            return;
        };
        let refused = Account::for_job(Some("nobody"), &folder).unwrap_err();
        assert_eq!(refused.to_string(), "the job's folder does not belong to user `nobody`");
        nobody.own(folder.path()).unwrap();
        assert_eq!(Account::for_job(Some("nobody"), &folder).unwrap().as_ref(), Some(&nobody));
        // An order that its user has rewritten.
        assert_eq!(Account::for_job(None, &folder).unwrap().as_ref(), Some(&nobody));
    }

    #[test]
    fn a_held_folder_is_the_same_folder() {
        let parent = tempfile::tempdir().unwrap();
        let folder = JobFolder::create(parent.path(), &assignment(5)).unwrap();
        let held = Handle::held(&folder).unwrap();
        let mut record = held.folder().record().unwrap();
        record.temp_dir = Some("/x".into());
        held.folder().write_record(&record).unwrap();
        assert_eq!(folder.record().unwrap().temp_dir, Some("/x".into()));
        held.folder().empty().unwrap();
        assert!(!folder.has_order() && folder.record().is_err());
        folder.remove().unwrap();
    }
}
