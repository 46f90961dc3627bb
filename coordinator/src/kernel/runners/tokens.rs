//! What the token of a runner is good for, and another one in its place.

use super::super::keys::hash;
use super::super::open::Kernel;
use super::super::{Machine, RunnerError};
use super::machines::note_contact;
use crate::error::KernelError;
use crate::model::{Runner, RunnerId};
use crate::store::runners;
use protocol::Secret;

impl Kernel {
    /// Gives a runner another token; the old one opens nothing any more.
    ///
    /// # Errors
    /// Where there is no such runner.
    pub async fn reset_runner_token(&self, id: RunnerId) -> Result<Secret, KernelError> {
        let view = self.runner(id).await?;
        let token = self.inner.vault.token(if view.runner.registered { "glrtr-" } else { "glrt-" })?;
        let (hash, short) = (hash(token.expose()), token.short_token().to_owned());
        let write = self.inner.store.write(move |db, memory| {
            let entry = memory.roster.get(id).ok_or(KernelError::NotFound("runner"))?;
            let runner = Runner { short_token: short, ..entry.runner.clone() };
            memory.touch();
            runners::set_token(db, id, &hash)?;
            runners::update(db, &runner)?;
            memory.roster.put(runner, hash);
            Ok::<_, KernelError>(())
        });
        write.await?;
        Ok(token)
    }

    /// The runner of a token (`POST /runners/verify`); its machine is noted.
    ///
    /// # Errors
    /// Where the token is unknown or expired.
    pub async fn verify_runner(&self, token: &Secret, machine: Machine) -> Result<Runner, RunnerError> {
        let (hash, now) = (hash(token.expose()), self.now());
        self.inner
            .store
            .write(move |db, memory| {
                let entry = memory.roster.of_token(&hash).ok_or(RunnerError::Forbidden)?;
                let runner = entry.runner.clone();
                if runner.token_expires_at.is_some_and(|at| at <= now) {
                    return Err(RunnerError::Forbidden);
                }
                note_contact(db, memory, runner.id, &machine, now)?;
                Ok(runner)
            })
            .await
    }

    /// Removes the runner of a token (`DELETE /runners`).
    ///
    /// # Errors
    /// Where the token is unknown.
    pub async fn unregister_runner(&self, token: &Secret) -> Result<(), RunnerError> {
        let id = self.runner_of_token(token).await?;
        Ok(self.delete_runner(id).await?)
    }

    /// Gives the runner of a token another one (`POST /runners/reset_authentication_token`).
    ///
    /// # Errors
    /// Where the token is unknown.
    pub async fn reset_own_token(&self, token: &Secret) -> Result<(Runner, Secret), RunnerError> {
        let id = self.runner_of_token(token).await?;
        let token = self.reset_runner_token(id).await?;
        Ok((self.runner(id).await?.runner, token))
    }

    pub(super) async fn runner_of_token(&self, token: &Secret) -> Result<RunnerId, RunnerError> {
        let hash = hash(token.expose());
        let find = self.inner.store.write(move |_, memory| {
            let entry = memory.roster.of_token(&hash).ok_or(RunnerError::Forbidden)?;
            Ok(entry.runner.id)
        });
        find.await
    }
}
