//! Files on their way to where commands run.

use std::fs::File;
use std::path::PathBuf;
use std::sync::Arc;

/// What [`crate::Executor::bring`] is given. Files are read from their beginning, whatever their position, which
/// stays as it is: several jobs may be brought the same one.
#[derive(Clone, Debug)]
pub enum Parcel {
    /// All that an uncompressed tar archive holds; owners and modes are those of the archive.
    Tree(Arc<File>),
    /// Single files, which everybody may read, in directories to which everybody may write.
    Files(Vec<ParcelFile>),
}

/// One file of a parcel.
#[derive(Clone, Debug)]
pub struct ParcelFile {
    /// Its path below the place to which it is brought: names only, nothing that leads up.
    pub path: PathBuf,
    /// Its content.
    pub content: Arc<File>,
}
