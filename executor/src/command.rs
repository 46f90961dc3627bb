//! What an executor is asked to run.

use bytes::Bytes;
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

/// A command of a job.
#[derive(Clone)]
pub struct Command {
    /// The stage it belongs to, for messages.
    pub stage: String,
    /// Where it runs.
    pub place: Place,
    /// What runs.
    pub program: Program,
    /// Variables added to (or replacing) those of the place.
    pub environment: Vec<(OsString, OsString)>,
    /// Working directory; the executor's own choice without one.
    pub directory: Option<PathBuf>,
    /// What the command reads.
    pub stdin: Bytes,
}

/// Shows what identifies a command; scripts, arguments and variables may hold secrets.
impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Command")
            .field("stage", &self.stage)
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

/// Where a command runs. Executors without containers make no difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// Where the user's image is.
    Build,
    /// Where the runner's own tools are: git, archives.
    Helper,
}

/// What a command is.
#[derive(Clone)]
pub enum Program {
    /// The configured shell; it reads the script from standard input.
    Script,
    /// A program with arguments. Arguments are visible to every user of the machine: no secrets in them.
    Named {
        /// Its name or path.
        program: OsString,
        /// Its arguments.
        args: Vec<OsString>,
    },
}

impl Command {
    /// A script for the configured shell where the user's image is.
    pub fn script(stage: impl Into<String>, script: impl Into<Bytes>) -> Self {
        Self {
            stage: stage.into(),
            place: Place::Build,
            program: Program::Script,
            environment: Vec::new(),
            directory: None,
            stdin: script.into(),
        }
    }

    /// A program of the runner's own with arguments and nothing to read.
    pub fn helper<A>(
        stage: impl Into<String>,
        program: impl Into<OsString>,
        args: impl IntoIterator<Item = A>,
    ) -> Self
    where
        A: Into<OsString>,
    {
        Self {
            stage: stage.into(),
            place: Place::Helper,
            program: Program::Named {
                program: program.into(),
                args: args.into_iter().map(Into::into).collect(),
            },
            environment: Vec::new(),
            directory: None,
            stdin: Bytes::new(),
        }
    }
}
