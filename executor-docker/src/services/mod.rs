//! The services of a job: containers beside its own.
//!
//! ```text
//! wanted ─> aliases ─> launch (one each, side by side) ─> Services ─┬─> ready: HEALTHCHECK, else ports
//!             turns: in the log one after the other ┘               ├─> sentry: tells at once of an end
//!                                                                   ├─> follow: CI_DEBUG_SERVICES
//!                                                                   └─> diagnose: why docker commands fail
//! ```
//!
//! - [`start_all`] does all that may fail a job. What comes later only tells.
//! - `events`: one subscription that hears of all containers of the job.
//! - [`probe`]: whether a port is open, seen from where the job's containers are.
//!
//! Removing them is the work of who made the [`Request`]: it is told each container's name before it is made.

mod aliases;
mod body;
mod condition;
mod diagnose;
mod environment;
mod error;
mod events;
mod follow;
mod health;
mod launch;
mod logs;
pub mod probe;
mod ready;
#[cfg(test)]
mod real;
mod report;
mod sentry;
mod service;
#[cfg(test)]
mod testing;
mod turns;
mod wanted;

pub use events::{Events, Seen};
pub use probe::{Direct, ProbeError, Prober};
pub use service::Service;

use crate::names::Names;
use crate::network::Network;
use crate::pull::Puller;
use crate::voice::Voice;
use crate::{Settings, Work};
use aliases::{Claim, Named, assign};
use bollard::Docker;
use error::ServiceError;
use executor::{CancellationToken, PrepareError};
use follow::Followers;
use futures_util::future::join_all;
use launch::Launch;
use ready::{Wait, is_awaited};
use sentry::Sentry;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use turns::{Speaker, speakers};
use wanted::{Choice, Wanted, choose};

/// What starting services needs.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// The engine.
    pub docker: &'a Docker,
    /// The configuration.
    pub settings: &'a Settings,
    /// The job.
    pub work: &'a Work,
    /// Names of what the job has.
    pub names: &'a Names,
    /// What is mounted in every container of the job.
    pub binds: &'a [String],
    /// How they are connected.
    pub(crate) network: &'a Network,
    /// Gets images.
    pub puller: &'a Puller,
    /// Lines for the user.
    pub(crate) voice: &'a Voice,
    /// Ends starting, at once.
    pub stop: &'a CancellationToken,
}

/// The services of a job, started.
pub struct Services {
    docker: Docker,
    voice: Voice,
    /// None without services.
    events: Option<Events>,
    sentries: Vec<Sentry>,
    followers: Option<Followers>,
    patience: Option<Duration>,
    /// What is mounted in every container of the job.
    binds: Vec<String>,
}

/// Starts all services, those of the configuration first, side by side. `made` is told the name of each
/// container before there is one: whatever becomes of it, it is to be removed with the job.
///
/// # Errors
/// One of them cannot be started; what was made of the others is still to be removed.
pub async fn start_all(
    request: Request<'_>,
    made: &(dyn Fn(String) + Sync),
) -> Result<Services, PrepareError> {
    let Request { docker, settings, work, voice, .. } = request;
    let Choice { services: wanted, warnings } =
        choose(settings, work).map_err(|error| refused(voice, error))?;
    for warning in &warnings {
        voice.warning(warning);
    }
    if wanted.is_empty() {
        return Ok(Services::none(&request));
    }
    // Before the first is started, so that nothing that happens to it is missed.
    let events = Events::subscribe(docker, &work.identity.trail);
    let services = launch_all(&request, made, &wanted).await?;
    let output = voice.output();
    let followers = work.debug_services.then(|| Followers::of(services.iter(), docker, output));
    let sentries =
        services.into_iter().map(|service| Sentry::new(docker, &events, service, output)).collect();
    Ok(Services {
        docker: docker.clone(),
        voice: voice.clone(),
        events: Some(events),
        sentries,
        followers,
        patience: settings.service_patience(),
        binds: request.binds.to_vec(),
    })
}

/// Shows the list that an image is not on.
fn refused(voice: &Voice, error: ServiceError) -> PrepareError {
    if let ServiceError::Disallowed(refusal) = &error {
        for (form, line) in refusal.lines() {
            voice.output().write(executor::Stream::Stdout, form.format(&line).as_bytes());
        }
    }
    error.into()
}

/// Launches each, and all together: when one fails the others are stopped, and the first failure counts.
async fn launch_all(
    request: &Request<'_>,
    made: &(dyn Fn(String) + Sync),
    wanted: &[Wanted],
) -> Result<Vec<Service>, PrepareError> {
    let claims: Vec<Claim> = wanted.iter().map(claim).collect();
    let named = assign(&claims);
    let stop = request.stop.child_token();
    let launch = Launch { request, made, stop: &stop };
    let failure = Mutex::new(None);
    let launches = wanted.iter().zip(&named).zip(speakers(request.voice.output(), wanted.len()));
    let launches = launches.map(|((wanted, named), speaker)| {
        let (launch, failure, stop) = (&launch, &failure, &stop);
        Box::pin(async move {
            match launch_one(launch, wanted, named, speaker).await {
                Ok(service) => service,
                Err(error) => {
                    stop.cancel();
                    failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
                    None
                }
            }
        })
    });
    let services = join_all(launches).await;
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error.into()),
        None => Ok(services.into_iter().flatten().collect()),
    }
}

async fn launch_one(
    launch: &Launch<'_>,
    wanted: &Wanted,
    named: &Named,
    speaker: Speaker,
) -> Result<Option<Service>, ServiceError> {
    launch::warn(&speaker, &named.before);
    if named.aliases.is_empty() {
        return Ok(None);
    }
    launch.run(wanted, named, speaker).await.map(Some)
}

/// What gitlab-runner calls a service, and as a last resort what stands last in its image's path, so that
/// `registry.example.com/mirror/docker` is found as `docker`.
fn claim(wanted: &Wanted) -> Claim {
    let service = wanted.reference.service();
    let mut names = vec![service.replace('/', "__")];
    if service.contains('/') {
        names.push(service.replace('/', "-"));
    }
    names.extend(wanted.aliases.iter().cloned());
    Claim {
        index: wanted.index,
        image: wanted.image.clone(),
        names,
        spare: Some(wanted.reference.last_component().to_owned()),
    }
}

impl Services {
    fn none(request: &Request<'_>) -> Self {
        Self {
            docker: request.docker.clone(),
            voice: request.voice.clone(),
            events: None,
            sentries: Vec::new(),
            followers: None,
            patience: None,
            binds: request.binds.to_vec(),
        }
    }

    /// Those that were started.
    pub fn iter(&self) -> impl Iterator<Item = &Service> {
        self.sentries.iter().map(|sentry| &sentry.service)
    }

    /// What the engine tells of all containers of the job; none for a job without services.
    pub fn events(&self) -> Option<&Events> {
        self.events.as_ref()
    }

    /// Entries `NAME:ADDRESS` for `/etc/hosts` of the job's containers. In a network of the job's own the engine
    /// resolves the same names.
    pub fn host_entries(&self) -> Vec<String> {
        self.iter().flat_map(Service::host_entries).collect()
    }

    /// Waits until all services that can say so are ready, have ended, or have had their time; what is wrong with
    /// one is told, and fails nothing. `stop` ends the wait.
    pub async fn wait_ready(&self, prober: &impl Prober, stop: &CancellationToken) {
        let (Some(patience), Some(events)) = (self.patience, &self.events) else { return };
        let awaited: Vec<&Sentry> =
            self.sentries.iter().filter(|sentry| is_awaited(&sentry.service)).collect();
        if awaited.is_empty() {
            return;
        }
        self.voice.plain(&format!(
            "Waiting for services to be up and running (timeout {} seconds)...",
            patience.as_secs()
        ));
        let wait = Wait { docker: &self.docker, events, voice: &self.voice, prober, patience, stop };
        join_all(awaited.into_iter().map(|sentry| Box::pin(wait.one(sentry)))).await;
    }

    /// Ends telling of services, after the rest of their logs was told where that is asked for. To be called
    /// before they are removed and before the job's log ends.
    pub async fn stop_watching(&self) {
        for sentry in &self.sentries {
            sentry.dismiss();
        }
        if let Some(followers) = &self.followers {
            followers.finish().await;
        }
    }
}
