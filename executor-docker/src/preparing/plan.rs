//! All that can be decided about a job's containers before the engine is asked for anything.

use crate::host_config::{self, Role};
use crate::names::{self, Kind, Names};
use crate::network::Network;
use crate::pull::ImageInfo;
use crate::tools::{self, Tools};
use crate::{Settings, Work, allow, container, volumes};
use bollard::models::{ContainerCreateBody, HealthConfig, HostConfig};
use executor::PrepareError;

/// Argument of the runner's executable that makes it the agent of a container.
const AGENT: &str = "agent";

/// A job's wishes, checked against the configuration.
#[derive(Debug)]
pub(super) struct JobPlan {
    /// Names of everything.
    pub(super) names: Names,
    /// The image, as the job or the configuration writes it, expanded.
    pub(super) image: String,
    /// Whether the job named it, as opposed to the configuration.
    pub(super) image_is_jobs: bool,
    /// The user of commands, empty for the image's.
    pub(super) user: String,
    /// `OS/ARCHITECTURE`, empty for the engine's.
    pub(super) platform: String,
    /// What is mounted.
    pub(super) volumes: volumes::Plan,
}

impl JobPlan {
    /// Decides.
    ///
    /// # Errors
    /// The job or the configuration asks for what cannot be, or is not allowed.
    pub(super) fn make(settings: &Settings, work: &Work) -> Result<Self, PrepareError> {
        let configuration = |message: String| PrepareError::Configuration { message };
        let names = Names::of(&work.identity);
        let asked = (work.expand)(&(work.expand)(&work.image.name));
        let image_is_jobs = !asked.is_empty();
        let image = if image_is_jobs { asked } else { (work.expand)(&settings.image) };
        if image.is_empty() {
            let message = "no Docker image specified to run the build in".to_owned();
            return Err(PrepareError::Final { message });
        }
        let volumes =
            volumes::plan(settings, work, &names).map_err(|error| configuration(error.to_string()))?;
        let user = allow::user(settings, &(work.expand)(&work.image.user))?;
        let plan = Self {
            names,
            image,
            image_is_jobs,
            user,
            platform: (work.expand)(&work.image.platform),
            volumes,
        };
        plan.host_config(settings, work, Role::Helper)?;
        plan.host_config(settings, work, plan.build_role())?;
        Ok(plan)
    }

    /// Checks that the job may use its image.
    ///
    /// # Errors
    /// The refusal, to be shown.
    pub(super) fn check_image(&self, settings: &Settings, work: &Work) -> Result<(), allow::Refusal> {
        if !self.image_is_jobs {
            return Ok(());
        }
        allow::check(allow::List::Images, settings, &self.image, &[(work.expand)(&settings.image)])
    }

    fn build_role(&self) -> Role<'_> {
        Role::Build { image: &self.image }
    }

    fn host_config(
        &self,
        settings: &Settings,
        work: &Work,
        role: Role<'_>,
    ) -> Result<HostConfig, PrepareError> {
        host_config::host_config(settings, role, work.uses_init, &crate::profile::read)
            .map_err(|error| PrepareError::Configuration { message: error.to_string() })
    }

    /// The build container.
    pub(super) fn build(
        &self,
        settings: &Settings,
        work: &Work,
        site: &Site<'_>,
        image: &ImageInfo,
        hosts: &[String],
    ) -> Result<container::Plan, PrepareError> {
        let name = self.names.build();
        let entrypoint = Some(work.image.entrypoint.clone())
            .filter(|entrypoint| !entrypoint.is_empty() && !settings.disable_entrypoint_overwrite);
        let environment =
            work.variables.iter().map(|variable| format!("{}={}", variable.key, variable.value));
        // The image's check is for what its own command would serve.
        let healthcheck = HealthConfig { test: Some(vec!["NONE".to_owned()]), ..HealthConfig::default() };
        let mac_address = Some(settings.mac_address.clone()).filter(|address| !address.is_empty());
        let mut host = self.host_config(settings, work, self.build_role())?;
        host.extra_hosts.get_or_insert_default().extend_from_slice(hosts);
        let body = ContainerCreateBody {
            image: Some(image.id.clone()),
            entrypoint,
            // An entrypoint is given what gitlab-runner gives it: a shell with a command.
            cmd: Some(vec!["sh".to_owned(), "-c".to_owned(), site.tools.script(&[AGENT])]),
            env: Some(environment.collect()),
            user: Some(self.user.clone()).filter(|user| !user.is_empty()),
            healthcheck: Some(healthcheck),
            labels: Some(names::container_labels(settings, work, Kind::Build)),
            hostname: Some(self.names.host_name(settings)).filter(|_| !site.network.is_foreign()),
            networking_config: site.network.endpoint(Network::build_aliases(&name), mac_address),
            ..self.common(site, host)
        };
        let platform = if self.platform.is_empty() { String::new() } else { image.platform.clone() };
        Ok(container::Plan { name, platform, body })
    }

    /// The helper container. Unlike gitlab-runner's it runs beside the build container, so it has none of the names
    /// under which services find that, nor its hardware address.
    pub(super) fn helper(
        &self,
        settings: &Settings,
        work: &Work,
        site: &Site<'_>,
    ) -> Result<container::Plan, PrepareError> {
        let name = self.names.helper();
        let host = self.host_config(settings, work, Role::Helper)?;
        let agent = site.tools.agent.iter().cloned().chain([AGENT.to_owned()]);
        let body = ContainerCreateBody {
            image: site.tools.helper_image.clone(),
            env: Some(vec![format!("HOME={}", tools::HELPER_HOME)]),
            entrypoint: Some(agent.collect()),
            cmd: Some(Vec::new()),
            user: Some("0:0".to_owned()),
            labels: Some(names::container_labels(settings, work, Kind::Helper)),
            hostname: Some(self.names.host_name(settings)).filter(|_| !site.network.shows_host_names()),
            networking_config: site.network.endpoint(vec![name.clone()], None),
            ..self.common(site, host)
        };
        Ok(container::Plan { name, platform: String::new(), body })
    }

    fn common(&self, site: &Site<'_>, mut host: HostConfig) -> ContainerCreateBody {
        let binds = self.volumes.binds.iter().cloned().chain([site.tools.bind()]);
        host.binds = Some(binds.collect());
        host.network_mode = site.network.mode();
        ContainerCreateBody {
            attach_stdin: Some(true),
            attach_stdout: Some(true),
            attach_stderr: Some(true),
            open_stdin: Some(true),
            stdin_once: Some(true),
            tty: Some(false),
            host_config: Some(host),
            ..ContainerCreateBody::default()
        }
    }
}

/// Where containers are made.
pub(super) struct Site<'a> {
    /// The runner's own tools on the engine.
    pub(super) tools: &'a Tools,
    /// How containers are connected.
    pub(super) network: &'a Network,
}

/// What starts the agent where a shell reads the build container's standard input.
pub(super) fn shell_line(site: &Site<'_>) -> String {
    crate::agent::shell_line(&site.tools.words(&[AGENT]))
}

#[cfg(test)]
mod tests;
