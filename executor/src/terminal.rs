//! A person's terminal, for a shell in a job's place.

use std::ffi::OsString;
use std::fmt;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::PathBuf;

/// A terminal that is lent to a shell.
#[derive(Debug)]
pub struct Terminal {
    /// What the person types.
    pub input: OwnedFd,
    /// What the person sees.
    pub output: OwnedFd,
    /// What kind it is, `TERM`.
    pub kind: OsString,
}

impl Terminal {
    /// The terminal behind two descriptors, which stay the caller's.
    ///
    /// # Errors
    /// The descriptors cannot be duplicated.
    pub fn of(input: &impl AsFd, output: &impl AsFd, kind: impl Into<OsString>) -> io::Result<Self> {
        Ok(Self {
            input: input.as_fd().try_clone_to_owned()?,
            output: output.as_fd().try_clone_to_owned()?,
            kind: kind.into(),
        })
    }
}

/// A shell for a person, beside the commands of a job.
pub struct Session {
    /// Variables added to (or replacing) those of the place.
    pub environment: Vec<(OsString, OsString)>,
    /// Where it begins.
    pub directory: PathBuf,
    /// Whom it talks to.
    pub terminal: Terminal,
}

/// Variables may hold secrets.
impl fmt::Debug for Session {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("directory", &self.directory).finish_non_exhaustive()
    }
}
