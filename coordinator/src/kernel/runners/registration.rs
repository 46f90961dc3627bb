//! Runners that register themselves with the registration token.

use super::super::RunnerError;
use super::super::keys::hash;
use super::super::memory::Memory;
use super::super::open::Kernel;
use crate::error::KernelError;
use crate::model::{AccessLevel, NewRunner, Runner, RunnerKind, UserId};
use crate::store::settings;
use protocol::{RegisterRequest, Secret};
use rusqlite::Connection;

/// The setting that keeps the registration token.
const REGISTRATION: &str = "registration_token";

impl Kernel {
    /// The token that runners register with. It is made when it is first asked for.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn registration_token(&self) -> Result<Secret, KernelError> {
        self.inner.store.write(|db, memory| registration(db, memory, false)).await
    }

    /// Makes another registration token.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn reset_registration_token(&self) -> Result<Secret, KernelError> {
        self.inner.store.write(|db, memory| registration(db, memory, true)).await
    }

    /// Registers a runner of the instance with the registration token (`POST /runners`).
    ///
    /// # Errors
    /// Where the token is another one, or something of the runner cannot be.
    pub async fn register_runner(&self, request: RegisterRequest) -> Result<(Runner, Secret), RunnerError> {
        let expected = hash(self.registration_token().await?.expose());
        if hash(request.token.expose()) != expected {
            return Err(RunnerError::Forbidden);
        }
        let tags = request.tag_list.split(',').map(str::to_owned).collect();
        let limit = u64::try_from(request.maximum_timeout).ok().filter(|seconds| *seconds > 0);
        let access_level = match request.access_level.as_str() {
            "ref_protected" => AccessLevel::RefProtected,
            _ => AccessLevel::NotProtected,
        };
        let new = NewRunner {
            kind: RunnerKind::InstanceType,
            projects: Vec::new(),
            description: request.description,
            tags,
            run_untagged: request.run_untagged,
            access_level,
            locked: request.locked,
            paused: request.paused,
            maximum_timeout: limit,
            maintenance_note: request.maintenance_note,
            user: UserId::ROOT,
        };
        Ok(self.add_runner(new, "glrtr-", true).await?)
    }
}

/// The registration token is kept sealed: it is to be shown again.
fn registration(db: &Connection, memory: &mut Memory, anew: bool) -> Result<Secret, KernelError> {
    if let Some(text) = settings::get(db, REGISTRATION)?.filter(|_| !anew) {
        let sealed: Vec<u8> = crate::store::json::read("the registration token", &text)?;
        return memory.vault.open_sealed(REGISTRATION, &sealed);
    }
    let token = memory.vault.token("GR1348941")?;
    let sealed = memory.vault.seal(REGISTRATION, &token)?;
    settings::set(db, REGISTRATION, &crate::store::json::write(&sealed)?)?;
    Ok(token)
}
