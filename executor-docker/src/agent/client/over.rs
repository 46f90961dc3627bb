//! Why a conversation is over, or never began.

/// Why there is no conversation with an agent any more.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Why {
    /// The container's standard output ended: its main process did.
    #[error("the container's main process ended")]
    Ended,
    /// The connection to the engine broke.
    #[error("the connection to the container broke: {error}")]
    Broken {
        /// How.
        error: String,
    },
    /// There is an agent of another version of the runner.
    #[error("the runner in the container speaks version {theirs} of the protocol, and this one {ours}")]
    Version {
        /// Its version.
        theirs: u32,
        /// The host's.
        ours: u32,
    },
    /// Something in the container changes or drops what goes through its standard output.
    #[error("the container's standard output does not arrive as the runner in it wrote it")]
    Damaged,
}

/// There is no agent in the container.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct NoHello {
    /// Why not.
    pub why: Why,
    /// The last of what the container wrote to its standard output, at most 4096 bytes.
    pub said: Vec<u8>,
}

/// A request to an agent came to nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// The agent could not do it.
    #[error("{message}")]
    Failed {
        /// What it could not do.
        message: String,
    },
    /// The agent is gone.
    #[error("{message}")]
    Gone {
        /// Why.
        message: String,
    },
}

/// The end of a conversation.
#[derive(Clone, Debug)]
pub(super) struct Over {
    pub(super) why: Why,
    pub(super) said: Vec<u8>,
}

impl From<&Over> for RequestError {
    fn from(over: &Over) -> Self {
        Self::Gone { message: over.why.to_string() }
    }
}

impl From<Over> for NoHello {
    fn from(Over { why, said }: Over) -> Self {
        Self { why, said }
    }
}
