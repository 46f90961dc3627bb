//! Credentials for registries, from every source that gitlab-runner knows.
//!
//! ```text
//! DOCKER_AUTH_CONFIG ─┐
//! docker's own file  ─┼─> entries by path ─> Keyring::find(image) ─> Login ─> X-Registry-Auth
//! the job's payload  ─┘
//! ```
//!
//! The first two hold the text of docker's `config.json`, which may leave the secrets to *helper programs*
//! (`docker-credential-NAME`). A credential is registered for a registry or for a path in it; the longest path
//! that an image lies under wins, whatever its source, and among equals the first source.
//!
//! Nothing here reads the environment: who makes [`Sources`] says where files and programs are. Secrets are in
//! no message and no argument.

pub mod config;
mod helper;
mod keyring;
mod login;
mod plain;
#[cfg(test)]
mod testing;

pub use helper::{HelperError, Helpers};
pub use keyring::{AuthError, Found, Keyring, Search, Sources};
pub use login::Login;
pub(crate) use plain::one_line;

/// The registry that an image comes from, with its port.
pub(crate) fn registry_of(image: &str) -> String {
    crate::reference::credential_paths(image).pop().unwrap_or_default()
}
