//! Directories of a job, and whose they are to be.

use std::path::PathBuf;

/// A directory that the agent makes, with all above it, and gives to a user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnDir {
    /// Its absolute path in the container.
    pub path: PathBuf,
    /// How far that goes.
    pub extent: Extent,
}

/// What of a directory goes to the user. Directories that are made on the way belong to the user in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// The directory alone.
    Alone,
    /// The directory alone may be written by everybody, whoever owns it: a volume that jobs of any user share.
    Open,
    /// The directory and all in it, but for device files and what is mounted in it.
    Tree,
    /// As a tree, unless the directory itself is the user's already: then so is what is in it, and it is not looked
    /// through. For a user who needs none of it given to work with it, but whose git wants to own its repository.
    TreeOfOther,
    /// The directory and those in it may be written by everybody, whoever owns them: caches that jobs of other users
    /// replace later. Files stay whose they are.
    Shared,
}
