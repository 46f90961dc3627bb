//! From what a service is to be to its running container.

use super::Request;
use super::aliases::Named;
use super::body::{Common, body, keeps_entrypoint};
use super::error::ServiceError;
use super::service::Service;
use super::turns::Speaker;
use super::wanted::Wanted;
use crate::connect::{answer, status};
use crate::host_config::{Role, host_config};
use crate::names::label;
use bollard::errors::Error as EngineError;
use bollard::models::ContainerCreateBody;
use bollard::query_parameters::{
    CreateContainerOptionsBuilder, InspectContainerOptions, RemoveContainerOptionsBuilder,
    StartContainerOptions,
};
use executor::{CancellationToken, Output, PrepareError, Stream};
use trace::Line;

/// Starts one service.
pub(super) struct Launch<'a> {
    pub(super) request: &'a Request<'a>,
    /// Told the name of every container before it is made.
    pub(super) made: &'a (dyn Fn(String) + Sync),
    /// Ends starting.
    pub(super) stop: &'a CancellationToken,
}

/// A container to be made.
struct Plan<'a> {
    image: &'a str,
    name: String,
    platform: String,
    body: ContainerCreateBody,
}

impl Launch<'_> {
    /// Pulls the image, makes and starts the container, and looks at it once.
    pub(super) async fn run(
        &self,
        wanted: &Wanted,
        named: &Named,
        speaker: Speaker,
    ) -> Result<Service, ServiceError> {
        say(&speaker, Line::Plain, &announcement(wanted));
        let plan = self.plan(wanted, named, &speaker).await?;
        warn(&speaker, &named.after);
        drop(speaker);
        (self.made)(plan.name.clone());
        let id = match self.make_and_start(&plan).await {
            // What may pass is tried once more at once: who waits for long is who starts the job again.
            Err(error) if error.may_pass() && !self.stop.is_cancelled() => {
                tracing::debug!(%error, "a service is started once more");
                self.make_and_start(&plan).await?
            }
            result => result?,
        };
        self.look(wanted, named, &id).await
    }

    async fn plan<'a>(
        &self,
        wanted: &'a Wanted,
        named: &Named,
        speaker: &Speaker,
    ) -> Result<Plan<'a>, ServiceError> {
        let Request { settings, work, names, network, binds, .. } = *self.request;
        let role = Role::Service { image: &wanted.image };
        let host_config = host_config(settings, role, work.uses_init, &crate::profile::read)
            .map_err(|error| PrepareError::Configuration { message: error.to_string() })?;
        let pulled = self
            .request
            .puller
            .obtain(
                &wanted.reference.image_to_pull(),
                &wanted.pull_policy,
                &wanted.platform,
                speaker,
                self.stop,
            )
            .await;
        if self.stop.is_cancelled() {
            return Err(ServiceError::Stopped);
        }
        let image = pulled.map_err(PrepareError::from)?;
        if keeps_entrypoint(settings, wanted) {
            say(speaker, Line::Warning, "Entrypoint override disabled");
        }
        let common = Common { settings, work, binds, network };
        Ok(Plan {
            image: &wanted.image,
            name: names.service(&wanted.reference, wanted.index),
            platform: if wanted.platform.is_empty() { String::new() } else { image.platform.clone() },
            body: body(&common, wanted, &named.aliases, image.id, host_config),
        })
    }

    /// Leaves no container behind that did not start.
    async fn make_and_start(&self, plan: &Plan<'_>) -> Result<String, ServiceError> {
        let id = self.make(plan).await?;
        let start = self.request.docker.start_container(&id, None::<StartContainerOptions>);
        // A container that is being started is known, and can be removed.
        match self.stop.run_until_cancelled(start).await {
            None => Err(ServiceError::Stopped),
            Some(Ok(())) => Ok(id),
            Some(Err(error)) => {
                self.remove(&id).await;
                Err(ServiceError::engine(plan.image, &error))
            }
        }
    }

    /// Makes a container. This is not broken off: what is made must be known.
    async fn make(&self, plan: &Plan<'_>) -> Result<String, ServiceError> {
        if self.stop.is_cancelled() {
            return Err(ServiceError::Stopped);
        }
        let error = match self.create(plan).await {
            Ok(id) => return Ok(id),
            Err(error) => error,
        };
        if status(&error) != Some(409) {
            return Err(ServiceError::engine(plan.image, &error));
        }
        self.make_room(plan).await?;
        self.create(plan).await.map_err(|error| ServiceError::engine(plan.image, &error))
    }

    async fn create(&self, plan: &Plan<'_>) -> Result<String, EngineError> {
        let options = CreateContainerOptionsBuilder::new().name(&plan.name).platform(&plan.platform).build();
        let made = self.request.docker.create_container(Some(options), plan.body.clone()).await?;
        for warning in &made.warnings {
            tracing::warn!(container = plan.name, warning, "The engine made a service with a warning");
        }
        Ok(made.id)
    }

    /// Removes the container that has a name of ours, if it is what an earlier request has left whose answer was
    /// lost. Nobody else's container is touched.
    async fn make_room(&self, plan: &Plan<'_>) -> Result<(), ServiceError> {
        let found = self.request.docker.inspect_container(&plan.name, None::<InspectContainerOptions>).await;
        let found = match found {
            Ok(found) => found,
            Err(error) if status(&error) == Some(404) => return Ok(()),
            Err(error) => return Err(ServiceError::engine(plan.image, &error)),
        };
        let id = found.id.unwrap_or_default();
        let labels = found.config.and_then(|config| config.labels).unwrap_or_default();
        if labels.get(&label("trail")) != Some(&self.request.work.identity.trail) {
            let (image, name) = (plan.image.to_owned(), plan.name.clone());
            return Err(ServiceError::NameTaken { image, name, id: id.chars().take(12).collect() });
        }
        self.remove(&id).await;
        Ok(())
    }

    async fn remove(&self, id: &str) {
        let keeps_volumes = self.request.settings.volume_keep;
        let options = RemoveContainerOptionsBuilder::new().force(true).v(!keeps_volumes).build();
        if let Err(error) = self.request.docker.remove_container(id, Some(options)).await {
            tracing::debug!(
                error = answer(&error),
                id,
                "the container of a service that did not start stays"
            );
        }
    }

    async fn look(&self, wanted: &Wanted, named: &Named, id: &str) -> Result<Service, ServiceError> {
        let look = self.request.docker.inspect_container(id, None::<InspectContainerOptions>);
        let found = self.stop.run_until_cancelled(look).await.ok_or(ServiceError::Stopped)?;
        let found = found.map_err(|error| ServiceError::engine(&wanted.image, &error))?;
        Service::of(wanted, named.aliases.clone(), self.request.network, found)
    }
}

/// Says what is to be known about a service.
pub(super) fn warn(speaker: &Speaker, warnings: &[String]) {
    for warning in warnings {
        say(speaker, Line::Warning, warning);
    }
}

fn say(speaker: &Speaker, form: Line, text: &str) {
    speaker.write(Stream::Stdout, form.format(text).as_bytes());
}

/// The line that says which service is started, with a digest as it is written.
fn announcement(wanted: &Wanted) -> String {
    let (service, version) = (wanted.reference.service(), wanted.reference.version());
    let colon = if version.starts_with('@') { "" } else { ":" };
    format!("Starting service {service}{colon}{version}...")
}

#[cfg(test)]
mod tests {
    use super::super::testing::work;
    use super::super::wanted::choose;
    use super::*;
    use crate::{Ask, Settings};

    #[test]
    fn services_are_announced_without_a_port() {
        let digest = format!("@sha256:{}", "0".repeat(64));
        for (image, expected) in [
            ("rig/web", "rig/web:latest"),
            ("reg.example.com:5000/db:1", "reg.example.com/db:1"),
            (&format!("db{digest}"), &format!("db{digest}")),
        ] {
            let mut work = work();
            work.services = vec![Ask { name: image.into(), ..Ask::default() }];
            let wanted = choose(&Settings::default(), &work).unwrap().services.remove(0);
            assert_eq!(announcement(&wanted), format!("Starting service {expected}..."));
        }
    }
}
