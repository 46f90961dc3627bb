//! Environments and resource groups, as people see and change them.

use super::evaluate::in_words;
use super::flow::Flow;
use super::open::Kernel;
use super::{Act, Topic};
use crate::error::KernelError;
use crate::model::{
    Deployment, DeploymentFilter, Environment, EnvironmentFilter, EnvironmentState, Page, Paged, ProjectId,
    UserId,
};
use crate::store::{environments, jobs, plans, resources};
use pipeline::resource::Mode;
use pipeline::{JobId, Moment, Work};
use rusqlite::Connection;

fn with_last(db: &Connection, mut environment: Environment) -> Result<Environment, KernelError> {
    environment.last = environments::last_deployment(db, environment.id)?;
    Ok(environment)
}

impl Kernel {
    /// Environments of a project, by name, with what was deployed last; those that were stopped come last.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn environments(
        &self,
        project: ProjectId,
        filter: EnvironmentFilter,
        page: Page,
    ) -> Result<Paged<Environment>, KernelError> {
        let read = self.inner.store.read(move |db| {
            let found = environments::page(db, project, &filter, page)?;
            let items = found.items.into_iter().map(|environment| with_last(db, environment));
            Ok::<_, KernelError>(Paged { items: items.collect::<Result<_, _>>()?, total: found.total })
        });
        read.await
    }

    /// The environment of a name.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn environment_named(
        &self,
        project: ProjectId,
        name: &str,
    ) -> Result<Option<Environment>, KernelError> {
        let name = name.to_owned();
        let read = self.inner.store.read(move |db| {
            let found = environments::named(db, project, &name)?;
            found.map(|environment| with_last(db, environment)).transpose()
        });
        read.await
    }

    /// An environment.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn environment(&self, id: i64) -> Result<Environment, KernelError> {
        let read = self.inner.store.read(move |db| {
            let found = environments::by_id(db, id)?.ok_or(KernelError::NotFound("environment"))?;
            with_last(db, found)
        });
        read.await
    }

    /// Deployments of a project, the newest first, each with its environment.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn deployments(
        &self,
        project: ProjectId,
        filter: DeploymentFilter,
        page: Page,
    ) -> Result<Paged<(Environment, Deployment)>, KernelError> {
        self.inner.store.read(move |db| Ok(environments::deployments(db, project, &filter, page)?)).await
    }

    /// A deployment with its environment.
    ///
    /// # Errors
    /// Where there is none.
    pub async fn deployment(&self, id: i64) -> Result<(Environment, Deployment), KernelError> {
        let read = self.inner.store.read(move |db| Ok::<_, KernelError>(environments::deployment(db, id)?));
        read.await?.ok_or(KernelError::NotFound("deployment"))
    }

    /// Stops an environment: with the job that does it, if there is one.
    ///
    /// # Errors
    /// Where there is none, or the job cannot be started.
    pub async fn stop_environment(&self, by: UserId, id: i64) -> Result<Environment, KernelError> {
        let environment = self.environment(id).await?;
        let stopped = match environment.on_stop {
            Some(job) => self.act(by, Act::Play { job, variables: Vec::new() }).await.map(|_| ()),
            None => Err(KernelError::NotFound("job")),
        };
        if let Err(error) = stopped {
            if !matches!(error, KernelError::NotFound(_)) {
                return Err(error);
            }
            self.set_environment(id, |environment| {
                environment.state = EnvironmentState::Stopped;
                environment.auto_stop_at = None;
            })
            .await?;
        }
        self.environment(id).await
    }

    /// Removes a stopped environment.
    ///
    /// # Errors
    /// Where there is none, or it is not stopped.
    pub async fn delete_environment(&self, id: i64) -> Result<(), KernelError> {
        let write = self.inner.store.write(move |db, _| {
            let found = environments::by_id(db, id)?.ok_or(KernelError::NotFound("environment"))?;
            if found.state != EnvironmentState::Stopped {
                return Err(KernelError::Forbidden("the environment is not stopped"));
            }
            environments::delete(db, id)?;
            Ok(())
        });
        write.await
    }

    async fn set_environment(
        &self,
        id: i64,
        change: impl FnOnce(&mut Environment) + Send + 'static,
    ) -> Result<(), KernelError> {
        let now = self.now();
        let write = self.inner.store.write(move |db, memory| {
            let mut found = environments::by_id(db, id)?.ok_or(KernelError::NotFound("environment"))?;
            change(&mut found);
            found.updated_at = now;
            environments::update(db, &found)?;
            memory.tell(Topic::Project(found.project));
            Ok::<_, KernelError>(())
        });
        write.await
    }

    /// A job that deployed succeeded: its environment gets its address, and the time when it stops by itself.
    pub(super) async fn deployed(&self, job: JobId) -> Result<(), KernelError> {
        let now = self.now();
        let read = self.inner.store.write(move |db, memory| {
            let claim = super::claim::again(db, memory, job, now)?;
            let deployment = environments::deployment_of(db, job)?;
            if claim.is_none() || deployment.is_none() {
                jobs::settle(db, job)?;
            }
            Ok::<_, KernelError>(claim.zip(deployment))
        });
        let Some((claim, deployment)) = read.await? else { return Ok(()) };
        let url = self.environment_url(&claim).unwrap_or_else(|error| {
            tracing::warn!(%job, message = %error.message, "the address of an environment cannot be told");
            None
        });
        let stops = match plans::read_work(&claim.work) {
            Ok(Work::Build(template)) => template.environment.and_then(|planned| planned.auto_stop_in),
            Ok(Work::Bridge(_)) => None,
            Err(error) => {
                tracing::warn!(message = %in_words(&error), "a plan cannot be read");
                None
            }
        };
        let at = stops.as_deref().and_then(|text| stops_at(text, now));
        let write = self.inner.store.write(move |db, memory| {
            // A later deployment is noted instead, if there is one: it comes after this one.
            if jobs::settle(db, job)?
                && let Some(mut found) = environments::by_id(db, deployment.environment)?
            {
                found.url = url;
                found.auto_stop_at = at;
                found.updated_at = now;
                environments::update(db, &found)?;
                memory.tell(Topic::Project(found.project));
            }
            Ok::<_, KernelError>(())
        });
        write.await
    }

    /// Stops environments whose time has come.
    pub(super) async fn auto_stop(&self) -> Result<(), KernelError> {
        let now = self.now();
        let due = self.inner.store.read(move |db| Ok::<_, KernelError>(environments::due(db, now)?)).await?;
        for (id, user) in due {
            if let Err(error) = self.stop_environment(user, id).await {
                tracing::warn!(environment = id, %error, "an environment does not stop by itself");
                self.set_environment(id, |environment| environment.auto_stop_at = None).await?;
            }
        }
        Ok(())
    }

    /// The resource groups of a project with their orders.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn resource_groups(&self, project: ProjectId) -> Result<Vec<(String, Mode)>, KernelError> {
        let read = self.inner.store.read(move |db| {
            let names = resources::groups(db, project)?;
            let modes = names.into_iter().map(|name| {
                let mode = resources::mode(db, project, &name)?;
                Ok((name, mode))
            });
            modes.collect()
        });
        read.await
    }

    /// Changes the order of a resource group, from the next choice on.
    ///
    /// # Errors
    /// Where the name is too long, or the database fails.
    pub async fn set_resource_group(
        &self,
        project: ProjectId,
        name: &str,
        mode: Mode,
    ) -> Result<(), KernelError> {
        if name.is_empty() || name.len() > 255 {
            return Err(KernelError::invalid("key", "is too long (maximum is 255 characters)"));
        }
        let (name, now) = (name.to_owned(), self.now());
        let write = self.inner.store.write(move |db, memory| {
            memory.project(db, project)?.ok_or(KernelError::NotFound("project"))?;
            resources::set_mode(db, project, &name, mode)?;
            Flow::new(db, memory, now).look_at_group(project, &name)
        });
        write.await
    }
}

fn stops_at(text: &str, now: Moment) -> Option<Moment> {
    let seconds = ci_yaml::matching::duration::seconds(text)?;
    let duration = std::time::Duration::try_from_secs_f64(seconds).ok()?;
    let span = u64::try_from(duration.as_millis()).ok()?;
    Some(Moment(now.0.saturating_add(span)))
}
