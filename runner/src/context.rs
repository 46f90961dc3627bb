//! What every command is given beside its arguments.

use crate::environment::Environment;
use crate::logging;

/// The world outside of a command's arguments.
#[derive(Clone, Debug)]
pub(crate) struct Context {
    /// The process's environment.
    pub(crate) environment: Environment,
    /// The log, to be configured once the file is read.
    pub(crate) log: logging::Handle,
}
