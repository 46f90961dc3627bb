//! What git clients may cost.

use std::time::Duration;

/// What git clients may cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How many git processes serve clients at a time; further clients wait.
    pub processes: usize,
    /// How long a client waits for its turn before it is sent away (503).
    pub turn: Duration,
    /// How long nothing may move between client and git.
    pub silence: Duration,
    /// How long a client without a name takes at most to say what it wants.
    pub stranger: Duration,
    /// How long one request may take.
    pub request: Duration,
    /// The most bytes of a push.
    pub push: u64,
    /// The most bytes of a fetch's request: what is wanted and what is there already.
    pub wants: u64,
    /// The most bytes of a push's list of refs and options, before the objects.
    pub commands: usize,
    /// After how many pushes a repository is tidied.
    pub pushes_until_tidied: u32,
    /// How long tidying may take.
    pub tidying: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            processes: 64,
            turn: Duration::from_secs(60),
            silence: Duration::from_secs(300),
            stranger: Duration::from_secs(60),
            request: Duration::from_secs(3 * 3600),
            push: 8 << 30,
            wants: 64 << 20,
            commands: 8 << 20,
            pushes_until_tidied: 64,
            tidying: Duration::from_secs(3600),
        }
    }
}
