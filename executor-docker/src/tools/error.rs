//! Why the runner's tools cannot be had.

use super::elf::ElfError;
use crate::connect::answer;
use executor::PrepareError;
use std::io;
use std::path::PathBuf;

/// The runner's executable or its tools cannot be brought into containers.
#[derive(Debug, thiserror::Error)]
pub enum ToolsError {
    /// A program without which nothing works is not on the runner's machine.
    #[error(
        "{program} was not found on the runner's machine; install it there, or set `helper_image` of \
         [runners.docker] to an image that has it"
    )]
    Missing {
        /// Its name.
        program: &'static str,
    },
    /// A program cannot be taken into a container.
    #[error("cannot take {} into containers: {reason}", path.display())]
    Program {
        /// Its path.
        path: PathBuf,
        /// Why not.
        reason: ElfError,
    },
    /// A library that a program needs is not there.
    #[error("{} needs the library {library}, which is not on the runner's machine", path.display())]
    Library {
        /// The program.
        path: PathBuf,
        /// The library's name.
        library: String,
    },
    /// A program does not say what it has to.
    #[error("{} failed: {reason}", program.display())]
    Answer {
        /// The program: a loader, git.
        program: PathBuf,
        /// What happened.
        reason: String,
    },
    /// A file or directory cannot be read.
    #[error("cannot read {}: {source}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why not.
        #[source]
        source: io::Error,
    },
    /// A file was replaced while it was read, as upgrades of packages do.
    #[error("{} has changed while it was read", path.display())]
    Changed {
        /// Which.
        path: PathBuf,
    },
    /// The runner cannot run on the engine's machine.
    #[error(
        "this runner is built for {runner}, the Docker engine's machine is {engine}: \
         a runner for {engine} is needed to run jobs there"
    )]
    Architecture {
        /// What the runner's executable is made for, as engines name it.
        runner: String,
        /// What the engine runs on.
        engine: String,
    },
    /// The configured `helper_image` cannot be used.
    #[error("cannot use helper_image {image}: {reason}")]
    HelperImage {
        /// Its name.
        image: String,
        /// Why not.
        reason: String,
    },
    /// The engine refuses or fails.
    #[error("cannot {what}: {answer}")]
    Engine {
        /// What was asked of it.
        what: &'static str,
        /// What it said.
        answer: String,
    },
}

impl ToolsError {
    /// For `map_err` of requests to the engine.
    pub(super) fn engine(what: &'static str) -> impl Fn(bollard::errors::Error) -> Self {
        move |error| Self::Engine { what, answer: answer(&error) }
    }

    /// For `map_err` of file operations.
    pub(super) fn read(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Read { path, source }
    }
}

impl From<ToolsError> for PrepareError {
    fn from(error: ToolsError) -> Self {
        let message = error.to_string();
        match error {
            ToolsError::Missing { .. }
            | ToolsError::Program { .. }
            | ToolsError::Library { .. }
            | ToolsError::Architecture { .. }
            | ToolsError::HelperImage { .. } => Self::Configuration { message },
            ToolsError::Answer { .. }
            | ToolsError::Read { .. }
            | ToolsError::Changed { .. }
            | ToolsError::Engine { .. } => Self::Temporary { message },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_another_try_mends() {
        let missing = PrepareError::from(ToolsError::Missing { program: "git" });
        assert!(matches!(&missing, PrepareError::Configuration { message }
                if message.starts_with("git was not found") && message.contains("`helper_image`")));
        let changed = PrepareError::from(ToolsError::Changed { path: "/bin/git".into() });
        assert!(matches!(changed, PrepareError::Temporary { .. }));
    }
}
