//! What can go wrong in an executor itself, as opposed to in a command.

use std::io;

/// The place could not be made ready.
#[derive(Clone, Debug, thiserror::Error)]
pub enum PrepareError {
    /// Something failed that may work the next time.
    #[error("{message}")]
    Temporary {
        /// What failed.
        message: String,
    },
    /// The configuration or the job asks for what cannot be.
    #[error("{message}")]
    Configuration {
        /// What cannot be, and why.
        message: String,
    },
    /// It does not work here, and another try will not mend that. Counts as a failure of the runner's, as it does with
    /// gitlab-runner.
    #[error("{message}")]
    Final {
        /// What does not work, and why.
        message: String,
    },
    /// Something outside the runner does not answer: a registry, the network to it.
    #[error("{message}")]
    External {
        /// What does not answer.
        message: String,
    },
    /// An image could not be pulled.
    #[error("{message}")]
    ImagePull {
        /// Which, and what the registry answered.
        message: String,
    },
}

/// A command did not get as far as an exit.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The stop token was cancelled before the command started; nothing ran.
    #[error("stopped before the command started")]
    Stopped,
    /// The command cannot be handed to the system as it is.
    #[error("cannot start process: {what} {reason}")]
    Unfit {
        /// Which part: `argument 2`, `variable CI_X`; never its value.
        what: String,
        /// Why: `holds a NUL byte`.
        reason: &'static str,
    },
    /// It could not be started.
    #[error("failed to start process: {program}: {source}")]
    Start {
        /// The program.
        program: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Its input, output or end was lost.
    #[error("lost the process: {source}")]
    Lost {
        /// Why.
        #[source]
        source: io::Error,
    },
    /// It does not end, not even when killed.
    #[error("failed to kill process PID={pid}, likely process is dormant")]
    Dormant {
        /// Its process id.
        pid: i32,
    },
    /// The place cannot run commands, and the job or the configuration is why.
    #[error("{message}")]
    Refused {
        /// What is wrong, and how to mend it.
        message: String,
    },
    /// The place is gone (a container that vanished).
    #[error("{message}")]
    Gone {
        /// What happened.
        message: String,
    },
}

/// Something of the job could not be removed.
#[derive(Debug, thiserror::Error)]
#[error("cannot remove what is left of the job: {what}")]
pub struct CleanupError {
    /// What is left.
    pub what: String,
}
