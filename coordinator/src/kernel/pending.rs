//! Why a job waits.

use super::memory::Memory;
use super::open::Kernel;
use super::queue::{Wish, fits};
use super::{Reason, RunnerOpinion};
use crate::error::KernelError;
use crate::model::{AccessLevel, Manager, Project, Runner, RunnerKind, RunnerState};
use crate::store::{jobs, pipelines, projects, runners};
use pipeline::{JobId, Moment};
use rusqlite::Connection;
use std::sync::Arc;

/// What a runner has against jobs of a wish, each once. None where it would take them.
pub(super) fn reasons(runner: &Runner, wish: &Wish, project: &Project) -> Vec<Reason> {
    let mut reasons = Vec::new();
    match runner.kind {
        RunnerKind::InstanceType if !project.instance_runners => {
            reasons.push(Reason::InstanceRunnersDisabled);
        }
        RunnerKind::ProjectType if !runner.projects.contains(&wish.project) => {
            reasons.push(Reason::OtherProject);
        }
        _ => {}
    }
    if !project.builds_enabled {
        reasons.push(Reason::BuildsDisabled);
    }
    if runner.paused {
        reasons.push(Reason::Paused);
    }
    if runner.access_level == AccessLevel::RefProtected && !wish.protected {
        reasons.push(Reason::NotProtected);
    }
    let missing: Vec<String> = wish.tags.iter().filter(|tag| !runner.tags.contains(tag)).cloned().collect();
    if !missing.is_empty() {
        reasons.push(Reason::MissingTags(missing));
    }
    if wish.tags.is_empty() && !runner.run_untagged {
        reasons.push(Reason::Untagged);
    }
    reasons
}

impl Kernel {
    /// What each runner has against a job. Those that would take it come first; among the others, those that have the
    /// least against it.
    ///
    /// # Errors
    /// Where there is no such job.
    pub async fn why_pending(&self, job: JobId) -> Result<Vec<RunnerOpinion>, KernelError> {
        let now = self.now();
        self.inner.store.write(move |db, memory| opinions(db, memory, job, now)).await
    }

    /// Whether a pending job waits although no runner that is there would take it.
    ///
    /// # Errors
    /// Where there is no such job.
    pub async fn is_stuck(&self, job: JobId) -> Result<bool, KernelError> {
        Ok(self.why_pending(job).await?.iter().all(|opinion| !opinion.reasons.is_empty()))
    }
}

fn wish(db: &Connection, job: JobId) -> Result<(Wish, Project), KernelError> {
    let row = jobs::row(db, job)?.ok_or(KernelError::NotFound("job"))?;
    let pipeline = pipelines::row(db, row.pipeline)?.ok_or(KernelError::NotFound("pipeline"))?;
    let project = projects::find(db, &row.project.into())?.ok_or(KernelError::NotFound("project"))?;
    let tags = Arc::new(row.tags.into_iter().collect());
    Ok((Wish { project: row.project, protected: pipeline.protected, tags }, project))
}

fn opinions(
    db: &Connection,
    memory: &mut Memory,
    job: JobId,
    now: Moment,
) -> Result<Vec<RunnerOpinion>, KernelError> {
    let (wish, project) = wish(db, job)?;
    let managers = runners::managers(db)?;
    let mut all: Vec<RunnerOpinion> = memory
        .roster
        .all()
        .map(|entry| {
            let runner = &entry.runner;
            let seen = managers.iter().filter(|manager| manager.runner == runner.id);
            let seen = seen.filter_map(|manager| manager.contacted_at).max();
            let mut reasons = reasons(runner, &wish, &project);
            let waiting = entry.waiting();
            let here = RunnerState::of(seen, runner.created_at, now) == RunnerState::Online;
            // One that has as many jobs as it takes at once does not ask.
            if waiting == 0 && !here && memory.occupied(runner.id) == 0 {
                reasons.push(Reason::Offline);
            }
            RunnerOpinion {
                runner: runner.id,
                description: runner.description.clone(),
                reasons,
                running: memory.occupied(runner.id),
                waiting,
            }
        })
        .collect();
    all.sort_by_key(|opinion| (opinion.reasons.len(), opinion.runner));
    Ok(all)
}

/// Whether a runner that is there takes jobs of a wish: for the cleaner.
pub(super) fn has_taker(
    memory: &Memory,
    managers: &[Manager],
    (wish, project): (&Wish, &Project),
    now: Moment,
) -> bool {
    memory.roster.all().any(|entry| {
        let of = managers.iter().filter(|manager| manager.runner == entry.runner.id);
        let seen = of.filter_map(|manager| manager.contacted_at).max();
        let here = entry.waiting() > 0
            || memory.occupied(entry.runner.id) > 0
            || RunnerState::of(seen, entry.runner.created_at, now) == RunnerState::Online;
        here && fits(&entry.runner, wish, project)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::testing::{project, runner};
    use crate::model::ProjectId;
    use proptest::prelude::*;

    proptest! {
        /// A runner takes a job just when it has nothing against it.
        #[test]
        fn reasons_agree_with_the_queue(
            own: bool, enabled: bool, builds: bool, paused: bool, level: bool, protected: bool, untagged: bool,
            tags in proptest::sample::subsequence(vec!["a", "b", "c"], 0..3),
            wanted in proptest::sample::subsequence(vec!["a", "b", "c"], 0..3),
        ) {
            let mut project = project(1);
            (project.instance_runners, project.builds_enabled) = (enabled, builds);
            let mut runner = runner(1);
            if own {
                runner.kind = RunnerKind::ProjectType;
                runner.projects = vec![ProjectId(if enabled { 1 } else { 2 })];
            }
            (runner.paused, runner.run_untagged) = (paused, untagged);
            if level {
                runner.access_level = AccessLevel::RefProtected;
            }
            runner.tags = tags.into_iter().map(str::to_owned).collect();
            let tags = Arc::new(wanted.into_iter().map(str::to_owned).collect());
            let wish = Wish { project: ProjectId(1), protected, tags };
            prop_assert_eq!(fits(&runner, &wish, &project), reasons(&runner, &wish, &project).is_empty());
        }
    }
}
