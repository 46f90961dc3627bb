//! Tidying: many small pushes leave many small files.

use super::Git;
use super::process::{Exit, Process};
use crate::model::ProjectId;
use std::collections::HashMap;
use std::sync::Mutex;
use std::sync::PoisonError;
use tokio::sync::Mutex as AsyncMutex;

/// How often was pushed since a repository was tidied, and who tidies.
#[derive(Debug, Default)]
pub(super) struct Maintenance {
    pushes: Mutex<HashMap<ProjectId, u32>>,
    /// One at a time: it is work for disk and processors.
    turn: AsyncMutex<()>,
}

impl Maintenance {
    /// Counts a push. Whether it is time.
    fn is_due(&self, project: ProjectId, after: u32) -> bool {
        let mut pushes = self.pushes.lock().unwrap_or_else(PoisonError::into_inner);
        let count = pushes.entry(project).or_default();
        *count += 1;
        if *count >= after {
            *count = 0;
        }
        *count == 0
    }

    pub(super) fn forget(&self, project: ProjectId) {
        self.pushes.lock().unwrap_or_else(PoisonError::into_inner).remove(&project);
    }
}

impl Git {
    /// Counts a push; after many, the repository is tidied behind everybody's back.
    pub(super) fn was_pushed(&self, project: ProjectId) {
        if self.inner.maintenance.is_due(project, self.inner.limits.pushes_until_tidied.max(1)) {
            let git = self.clone();
            tokio::spawn(async move { git.tidy(project).await });
        }
    }

    /// Tidies a repository now, if git finds that it needs it. What is not reachable any more stays for two weeks.
    pub async fn tidy(&self, project: ProjectId) {
        let _turn = self.inner.maintenance.turn.lock().await;
        let folder = self.folder(project);
        if !folder.is_dir() {
            return;
        }
        let mut command = gitread::isolated(&folder);
        command.args(["-c", "pack.threads=1", "gc", "--auto", "--quiet"]);
        let ended = match Process::start(command, self.inner.limits.tidying) {
            Ok(process) => process.finish().await,
            Err(error) => return tracing::warn!(%project, %error, "cannot tidy the repository"),
        };
        if ended != Exit::Success {
            tracing::warn!(%project, ?ended, "tidying the repository failed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_time_after_so_many_pushes_of_one_project() {
        let maintenance = Maintenance::default();
        let due = || maintenance.is_due(ProjectId(1), 3);
        assert_eq!([due(), due(), due(), due(), due(), due()], [false, false, true, false, false, true]);
        assert!(!maintenance.is_due(ProjectId(2), 3));
    }
}
