//! Runners: made, looked at, changed, removed.

mod machines;
mod registration;
mod rules;
mod tokens;

pub(super) use machines::{note_contact, system_id};

use super::Topic;
use super::keys::hash;
use super::memory::Memory;
use super::open::Kernel;
use crate::error::KernelError;
use crate::model::{
    NewRunner, Project, ProjectId, Runner, RunnerChange, RunnerId, RunnerKind, RunnerState, RunnerView,
};
use crate::store::{jobs, runners};
use pipeline::Moment;
use protocol::Secret;
use rusqlite::Connection;

/// A project is no more: runners leave it.
pub(super) fn leave_project(
    db: &Connection,
    memory: &mut Memory,
    project: ProjectId,
) -> Result<(), KernelError> {
    let of: Vec<(Runner, super::keys::TokenHash)> = memory
        .roster
        .all()
        .filter(|entry| entry.runner.projects.contains(&project))
        .map(|entry| (entry.runner.clone(), entry.hash))
        .collect();
    for (mut runner, hash) in of {
        runner.projects.retain(|id| *id != project);
        runners::update(db, &runner)?;
        memory.roster.put(runner, hash);
    }
    Ok(())
}

fn view(db: &Connection, runner: Runner, now: Moment) -> Result<RunnerView, KernelError> {
    let mut managers = runners::managers_of(db, runner.id)?;
    managers.sort_by_key(|manager| std::cmp::Reverse(manager.contacted_at));
    let contacted_at = managers.first().and_then(|manager| manager.contacted_at);
    Ok(RunnerView {
        state: RunnerState::of(contacted_at, runner.created_at, now),
        contacted_at,
        managers,
        running: jobs::of_runner(db, runner.id)?,
        runner,
    })
}

impl Kernel {
    /// Makes a runner. Its token is shown here and never again.
    ///
    /// # Errors
    /// Where something of it cannot be.
    pub async fn create_runner(&self, new: NewRunner) -> Result<(Runner, Secret), KernelError> {
        self.add_runner(new, "glrt-", false).await
    }

    /// Makes a runner whose token begins with a prefix.
    async fn add_runner(
        &self,
        new: NewRunner,
        prefix: &str,
        registered: bool,
    ) -> Result<(Runner, Secret), KernelError> {
        let token = self.inner.vault.token(prefix)?;
        let mut runner = rules::made(new, &token, registered, self.now())?;
        let hash = hash(token.expose());
        let stored = self.inner.store.write(move |db, memory| {
            for id in &runner.projects {
                memory.project(db, *id)?.ok_or(KernelError::NotFound("project"))?;
            }
            memory.touch();
            runners::insert(db, &mut runner, &hash)?;
            memory.roster.put(runner.clone(), hash);
            memory.tell(Topic::Runners);
            Ok::<_, KernelError>(runner)
        });
        Ok((stored.await?, token))
    }

    /// All runners; of a project: those that may take its jobs.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn runners(&self, of: Option<ProjectId>) -> Result<Vec<RunnerView>, KernelError> {
        let now = self.now();
        self.inner
            .store
            .read(move |db| {
                let project = match of {
                    Some(id) => crate::store::projects::find(db, &id.into())?,
                    None => None,
                };
                let fits = |runner: &Runner| match &project {
                    None => true,
                    Some(project) => is_of(runner, project),
                };
                let all = runners::all(db)?.into_iter().map(|(runner, _)| runner);
                all.filter(fits).map(|runner| view(db, runner, now)).collect()
            })
            .await
    }

    /// A runner.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn runner(&self, id: RunnerId) -> Result<RunnerView, KernelError> {
        let now = self.now();
        self.inner
            .store
            .read(move |db| {
                let mut all = runners::all(db)?.into_iter().map(|(runner, _)| runner);
                let runner = all.find(|runner| runner.id == id).ok_or(KernelError::NotFound("runner"))?;
                view(db, runner, now)
            })
            .await
    }

    /// Changes a runner. Jobs that wait are offered to it at once.
    ///
    /// # Errors
    /// Where a value cannot be; nothing is changed then.
    pub async fn update_runner(&self, id: RunnerId, change: RunnerChange) -> Result<Runner, KernelError> {
        self.inner
            .store
            .write(move |db, memory| {
                let entry = memory.roster.get(id).ok_or(KernelError::NotFound("runner"))?;
                let (mut runner, hash) = (entry.runner.clone(), entry.hash);
                rules::apply(&mut runner, change)?;
                for project in &runner.projects {
                    memory.project(db, *project)?.ok_or(KernelError::NotFound("project"))?;
                }
                memory.touch();
                runners::update(db, &runner)?;
                memory.roster.put(runner.clone(), hash);
                memory.all_fresh();
                memory.tell(Topic::Runners);
                Ok(runner)
            })
            .await
    }

    /// Removes a runner. Jobs that it has are given up when nothing is heard of them any more.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn delete_runner(&self, id: RunnerId) -> Result<(), KernelError> {
        self.inner
            .store
            .write(move |db, memory| {
                memory.touch();
                memory.roster.remove(id);
                memory.tell(Topic::Runners);
                if runners::delete(db, id)? { Ok(()) } else { Err(KernelError::NotFound("runner")) }
            })
            .await
    }
}

/// Whether a runner may take jobs of a project at all.
fn is_of(runner: &Runner, project: &Project) -> bool {
    match runner.kind {
        RunnerKind::InstanceType => project.instance_runners,
        RunnerKind::ProjectType => runner.projects.contains(&project.id),
    }
}
