//! Environments, and jobs that work on them.

use super::flow::Flow;
use super::memory::{Alive, Effect};
use crate::error::KernelError;
use crate::model::{Deployment, Environment, EnvironmentState};
use crate::store::{environments, jobs, plans, projects};
use pipeline::{JobId, Status};

impl Flow<'_> {
    /// The environment of a job is made when its pipeline is; a job that deploys is noted as a deployment.
    pub(crate) fn plan_deployment(
        &mut self,
        alive: &Alive,
        job: JobId,
        planned: &pipeline::Environment,
    ) -> Result<(), KernelError> {
        let project = alive.row.project;
        let environment = match environments::named(self.db, project, &planned.name)? {
            Some(environment) => environment,
            None => {
                let mut new = Environment {
                    id: 0,
                    project,
                    name: planned.name.clone(),
                    slug: planned.slug.clone(),
                    tier: planned.tier.clone(),
                    url: None,
                    state: EnvironmentState::Available,
                    on_stop: None,
                    auto_stop_at: None,
                    created_at: self.now,
                    updated_at: self.now,
                    last: None,
                };
                environments::insert(self.db, &mut new)?;
                new
            }
        };
        if planned.action == "start" {
            self.note_deployment(alive, job, environment.id)?;
        }
        Ok(())
    }

    fn note_deployment(&mut self, alive: &Alive, job: JobId, environment: i64) -> Result<(), KernelError> {
        let row = &alive.row;
        let status = alive.pipeline.job(job).map_or(Status::Created, |job| job.status);
        environments::insert_deployment(
            self.db,
            &mut Deployment {
                id: 0,
                iid: projects::next_deployment(self.db, row.project)?,
                environment,
                job,
                pipeline: row.id,
                reference: row.reference.name().to_owned(),
                tag: row.reference.is_tag(),
                sha: row.sha.clone(),
                status,
                user: jobs::extra(self.db, job)?.user,
                created_at: self.now,
                finished_at: None,
            },
        )?;
        Ok(())
    }

    /// Another attempt of a job deploys as the first one would have.
    pub(super) fn attempt_deploys(&mut self, old: JobId, new: JobId) -> Result<(), KernelError> {
        let Some(before) = environments::deployment_of(self.db, old)? else { return Ok(()) };
        let mut deployment = Deployment {
            iid: self.next_deployment(before.environment)?,
            job: new,
            user: jobs::extra(self.db, new)?.user,
            created_at: self.now,
            finished_at: None,
            status: Status::Created,
            ..before
        };
        Ok(environments::insert_deployment(self.db, &mut deployment)?)
    }

    fn next_deployment(&self, environment: i64) -> Result<u64, KernelError> {
        match environments::by_id(self.db, environment)? {
            Some(environment) => Ok(projects::next_deployment(self.db, environment.project)?),
            None => Err(KernelError::NotFound("environment")),
        }
    }

    /// A job that works on an environment has another status.
    pub(super) fn deployment_moved(
        &mut self,
        alive: &Alive,
        job: JobId,
        to: Status,
    ) -> Result<(), KernelError> {
        let Some(state) = alive.pipeline.job(job) else { return Ok(()) };
        if to.is_executing() || to.is_complete() {
            let facts = plans::facts(self.db, alive.pipeline.id, state.planned)?;
            let Some(planned) = facts.environment else { return Ok(()) };
            self.environment_moved(alive, job, to, &planned)?;
        }
        if let Some(mut deployment) = environments::deployment_of(self.db, job)? {
            deployment.status = to;
            deployment.finished_at = to.is_complete().then_some(self.now);
            deployment.user = jobs::extra(self.db, job)?.user;
            environments::update_deployment(self.db, &deployment)?;
        }
        Ok(())
    }

    fn environment_moved(
        &mut self,
        alive: &Alive,
        job: JobId,
        to: Status,
        planned: &pipeline::Environment,
    ) -> Result<(), KernelError> {
        let found = environments::named(self.db, alive.row.project, &planned.name)?;
        let Some(mut environment) = found else { return Ok(()) };
        environment.updated_at = self.now;
        match (planned.action.as_str(), to) {
            ("start", Status::Success) => {
                environment.state = EnvironmentState::Available;
                let on_stop = planned.on_stop.as_deref().and_then(|name| alive.pipeline.named(name));
                environment.on_stop = on_stop.map(|job| job.id);
                jobs::put_unsettled(self.db, job, environment.id)?;
                self.effect(Effect::Deployed(job));
            }
            ("stop", Status::Running) => environment.state = EnvironmentState::Stopping,
            ("stop", Status::Success) => {
                environment.state = EnvironmentState::Stopped;
                environment.auto_stop_at = None;
            }
            ("stop", Status::Failed | Status::Canceled)
                if environment.state == EnvironmentState::Stopping =>
            {
                environment.state = EnvironmentState::Available;
            }
            _ => return Ok(()),
        }
        Ok(environments::update(self.db, &environment)?)
    }
}
