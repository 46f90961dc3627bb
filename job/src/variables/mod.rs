//! The variables of a job: their order, expansion, export, and the settings that the runner reads from them.
//!
//! The way from a payload to an environment: [`Flags::resolve`], [`Variables::build`] without directories,
//! [`Options::read`], the workspace ([`crate::git::plan_workspace`]), and [`Variables::build`] again with it.

mod export;
mod files;
mod flags;
mod list;
mod options;
mod private_dir;
mod script_timeouts;

pub mod expand;
pub mod gitlab_env;
pub mod go;
pub mod shell_expand;

pub(crate) use export::GIT_CONFIG_GLOBAL_FILE;
pub(crate) use export::is_read_only;
pub use export::is_shell_name;
pub(crate) use files::EXT_CONFIG_FILE;
pub use files::{forget_earlier_job, prepare_stage, remove_secrets};
pub use flags::{ALL as ALL_FLAGS, Flags};
pub use list::Variables;
pub use options::{
    ArtifactOptions, Attempts, CacheOptions, GitOptions, GitStrategy, Options, SubmoduleStrategy,
};
pub(crate) use private_dir::PrivateDir;
pub use script_timeouts::ScriptTimeouts;

use crate::Order;
use executor::Workspace;

/// All that the parts of a job read about it. Cheap to copy.
#[derive(Clone, Copy)]
pub struct JobView<'a> {
    /// The job itself.
    pub order: &'a Order,
    /// Its feature flags.
    pub flags: &'a Flags,
    /// Its settings.
    pub options: &'a Options,
    /// Its variables, directories included.
    pub variables: &'a Variables,
    /// Its directories.
    pub workspace: &'a Workspace,
}

#[cfg(test)]
pub(crate) mod testing;
