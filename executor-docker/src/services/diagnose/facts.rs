//! What is known of a job and of its services that are Docker engines.

use super::super::service::Service;
use super::symptom::Endpoint;
use crate::reference::Reference;
use crate::{Settings, Work};

/// Where an engine listens if nobody says otherwise.
pub(super) const SOCKETS: [&str; 2] = ["/var/run/docker.sock", "/run/docker.sock"];

/// What of a job decides which engine its commands find.
#[derive(Clone, Debug, Default)]
pub(super) struct Job {
    /// `DOCKER_HOST`.
    pub(super) docker_host: Option<String>,
    /// `DOCKER_TLS_CERTDIR`.
    pub(super) certificates: Option<String>,
    /// Whether `DOCKER_TLS_VERIFY` is set.
    pub(super) verifies: bool,
    /// Whether the job replaces its image's entrypoint, which may set `DOCKER_HOST`.
    pub(super) replaces_entrypoint: bool,
    /// Where volumes are mounted in the job's container, and in its services.
    pub(super) mounts: Vec<String>,
}

impl Job {
    pub(super) fn of(work: &Work, binds: &[String]) -> Self {
        let variable = |name: &str| {
            let found = work.variables.iter().rev().find(|variable| variable.key == name);
            found.map(|variable| variable.value.clone())
        };
        Self {
            docker_host: variable("DOCKER_HOST").filter(|host| !host.is_empty()),
            certificates: variable("DOCKER_TLS_CERTDIR"),
            verifies: variable("DOCKER_TLS_VERIFY").is_some_and(|value| !value.is_empty()),
            replaces_entrypoint: !work.image.entrypoint.is_empty(),
            mounts: binds.iter().map(|bind| destination(bind).to_owned()).collect(),
        }
    }

    /// Where its commands look if the output does not say.
    pub(super) fn endpoint(&self) -> Option<Endpoint> {
        self.docker_host.as_deref().and_then(Endpoint::parse)
    }

    /// Whether an engine's socket is mounted.
    pub(super) fn has_socket(&self) -> bool {
        self.mounts.iter().any(|mount| SOCKETS.contains(&mount.as_str()))
    }

    /// Whether a directory lies in one of the volumes.
    pub(super) fn shares(&self, directory: &str) -> bool {
        let directory = directory.trim_end_matches('/');
        self.mounts.iter().any(|mount| {
            let mount = mount.trim_end_matches('/');
            directory.strip_prefix(mount).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        })
    }
}

/// The second part of `SOURCE:DESTINATION[:OPTIONS]`, or the only one.
fn destination(bind: &str) -> &str {
    let mut parts = bind.split(':');
    let first = parts.next().unwrap_or(bind);
    parts.next().unwrap_or(first)
}

/// What of a service decides whether a job's docker commands find it.
#[derive(Clone, Debug, Default)]
pub(super) struct Engine {
    /// Its image as written.
    pub(super) image: String,
    /// Its host names.
    pub(super) aliases: Vec<String>,
    /// `DOCKER_TLS_CERTDIR`, as the service itself sees it.
    pub(super) certificates: Option<String>,
    /// Why it has not the rights that engines need; none if it has.
    pub(super) unprivileged: Option<&'static str>,
    /// How it ended, if so.
    pub(super) ended: Option<String>,
    /// Ports of interest on which something listens.
    pub(super) listening: Vec<u16>,
    /// The end of its log, where it does not listen.
    pub(super) logs: String,
}

impl Engine {
    /// What is known before it is looked at again.
    pub(super) fn of(service: &Service, settings: &Settings) -> Self {
        let wanted = settings.services_privileged.unwrap_or(settings.privileged);
        let rootless = service.image.contains("rootless");
        let unprivileged = match (service.privileged || rootless, wanted) {
            (true, _) => None,
            (false, true) => {
                Some("`allowed_privileged_services` of the runner's configuration does not have it")
            }
            (false, false) => {
                Some("the runner's configuration needs `privileged = true` or `services_privileged = true`")
            }
        };
        Self {
            image: service.image.clone(),
            aliases: service.aliases.clone(),
            certificates: service.variable("DOCKER_TLS_CERTDIR").map(str::to_owned),
            unprivileged,
            ..Self::default()
        }
    }

    /// Whether it serves with TLS, as far as its variables tell.
    pub(super) fn wants_tls(&self) -> bool {
        self.certificates.as_deref().is_some_and(|directory| !directory.is_empty())
    }
}

/// Whether a service is a Docker engine, by its image's name or what it runs.
pub(super) fn is_engine(service: &Service) -> bool {
    let named = Reference::parse(&service.image)
        .is_some_and(|reference| matches!(reference.last_component(), "docker" | "dind" | "docker-dind"));
    let runs = |word: &String| word.rsplit('/').next().is_some_and(|name| name.starts_with("dockerd"));
    named || service.command.iter().any(runs)
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{service, work};
    use super::*;
    use crate::Variable;

    #[test]
    fn which_services_are_engines() {
        for (image, command, expected) in [
            ("docker:dind", "dockerd-entrypoint.sh", true),
            ("reg.example.com:5000/mirror/docker:24-dind", "sh", true),
            ("my/engine", "/usr/bin/dockerd", true),
            ("my/engine", "postgres", false),
            ("docker-registry", "registry", false),
        ] {
            let mut service = service(image);
            service.command = vec!["env".into(), command.into()];
            assert_eq!(is_engine(&service), expected, "{image} {command}");
        }
    }

    #[test]
    fn what_a_job_says() {
        let mut work = work();
        let set = |key: &str, value: &str| Variable { key: key.into(), value: value.into(), public: true };
        work.variables = vec![set("DOCKER_HOST", "tcp://a"), set("DOCKER_HOST", "tcp://docker:2375/")];
        let binds = ["/run/x.sock:/var/run/docker.sock:ro".to_owned(), "cache-1:/certs".to_owned()];
        let job = Job::of(&work, &binds);
        assert_eq!(job.endpoint(), Some(Endpoint::Port("docker".into(), 2375)));
        assert!(job.has_socket() && job.shares("/certs/client") && job.shares("/certs/"));
        assert!(!job.shares("/certs-other") && !job.shares("/"));
        work.variables = vec![set("DOCKER_HOST", "")];
        assert_eq!(Job::of(&work, &[]).docker_host, None);
    }

    #[test]
    fn why_an_engine_lacks_rights() {
        let settings = |privileged, services_privileged| Settings {
            privileged,
            services_privileged,
            ..Settings::default()
        };
        let mut service = service("docker:dind");
        let why = |service: &Service, settings: &Settings| {
            Engine::of(service, settings).unprivileged.unwrap_or_default()
        };
        assert!(why(&service, &settings(false, None)).contains("`privileged = true`"));
        assert!(why(&service, &settings(true, Some(false))).contains("`services_privileged = true`"));
        assert!(why(&service, &settings(true, None)).contains("`allowed_privileged_services`"));
        service.privileged = true;
        assert_eq!(why(&service, &settings(true, None)), "");
    }
}
