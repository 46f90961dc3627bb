//! Variables: where they come from, which of them an evaluation sees, and what references between them become.
//!
//! From low precedence to high (`Gitlab::Ci::Variables::Builder`): predefined ones of the job, of server and project,
//! of the pipeline; those of the configuration (top level, rule of `workflow`, job, matrix, rule of the job); the user;
//! settings of the instance, the groups, the project; those given for the pipeline; those of its schedule.

mod builder;
mod collection;
mod expand;
mod groups;
mod handed;
mod origin;
mod predefined;
mod scope;
mod secrets;
mod settings;
mod shared;
mod sort;
mod yaml;

pub use builder::Builder;
pub use collection::{Collection, Item};
pub use expand::{MAX_EXPANDED_BYTES, Undefined, expand, referenced};
pub use groups::{JobGroups, Surroundings};
pub use origin::Origin;
pub use predefined::{SERVER_VERSION, is_run_time_only};
pub use scope::Scope;
pub(crate) use secrets::Secrets;
pub(crate) use shared::Shared;
pub use sort::ExpansionError;
pub use yaml::TopLevel;

#[cfg(test)]
mod tests;
