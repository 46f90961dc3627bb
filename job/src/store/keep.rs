//! Where artifacts of one job are kept on this machine.

use super::draft::Privacy;
use super::{Draft, Kind, Store};
use crate::Transfer;
use std::io;
use std::path::{Path, PathBuf};

/// A place for what a job leaves.
#[derive(Clone, Debug)]
pub(crate) enum Keep {
    /// A folder in which all lies together.
    Folder(PathBuf),
    /// The job's part of a store.
    Store(PathBuf),
}

impl Keep {
    /// Where a transfer keeps what this job leaves; nothing where it goes elsewhere.
    pub(crate) fn of(transfer: &Transfer, job: i64) -> Option<Self> {
        match transfer {
            Transfer::Folder(folder) => Some(Self::Folder(folder.clone())),
            Transfer::Store(store) => Some(Self::Store(Store::of_job(store, job))),
            Transfer::Coordinator(_) | Transfer::Back(_) => None,
        }
    }

    /// Begins to keep a file.
    ///
    /// # Errors
    /// It cannot be made.
    pub(crate) fn draft(&self, kind: &Kind, name: &str) -> io::Result<Draft> {
        match self {
            Self::Folder(folder) => Draft::create(folder, name, Privacy::Usual),
            Self::Store(folder) => Draft::create(&folder.join(kind.as_str()), name, Privacy::Own),
        }
    }

    /// What the log says of a file that was kept.
    pub(crate) fn said(&self, kind: &Kind, path: &Path) -> String {
        let path = path.display();
        match self {
            Self::Folder(_) => format!("Left artifacts in {path}"),
            Self::Store(_) if kind.is_archive() => format!("Artifacts are kept in {path}"),
            Self::Store(_) => format!("Artifacts of type {} are kept in {path}", kind.as_str()),
        }
    }
}
