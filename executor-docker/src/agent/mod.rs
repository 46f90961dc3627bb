//! The runner at work inside a container, and the host's side of the conversation with it.
//!
//! The main process of a build or helper container is the runner's own executable as *agent* ([`serve`]). The host
//! speaks with it over the container's standard input and output ([`connect`]): it asks for commands, the agent
//! starts, watches, stops and ends them with an executor of its own and streams what they write. When the agent's
//! standard input ends, it ends every process and itself, so that no container outlives its runner.

mod client;
mod graces;
mod ownership;
mod protocol;
mod serve;
mod shell_line;

pub use client::{Client, Intake, NoHello, OutOfMemory, RequestError, Why, connect};
pub use graces::Graces;
pub use ownership::{Extent, OwnDir};
pub use protocol::Hello;
#[doc(hidden)]
pub use serve::orders_told;
pub use serve::{ServeError, oom_score_of_commands, serve};
pub use shell_line::{PRELOAD, command_line, restored, shell_line};
