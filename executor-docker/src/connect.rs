//! The connection to the engine.

use crate::{Settings, ping};
use bollard::errors::Error as EngineError;
use bollard::{ClientVersion, Docker};
use executor::PrepareError;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How long the engine may take to begin an answer, in seconds. Removing what a job has left may take long.
const PATIENCE: u64 = 600;

/// How long an engine may take to say that it is there, once that is in doubt.
const HEALTHY: Duration = Duration::from_secs(5);

/// Where the engine listens unless somebody says otherwise.
const USUAL: &str = "unix:///var/run/docker.sock";

/// What the runner's environment says of the engine; used where the configuration names no `host`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EngineEnvironment {
    /// `DOCKER_HOST`.
    pub host: Option<String>,
    /// Whether `DOCKER_TLS_VERIFY` is set to something.
    pub tls_verify: bool,
    /// `DOCKER_CERT_PATH`, else `~/.docker`.
    pub cert_path: Option<PathBuf>,
}

/// An engine that answers.
#[derive(Clone)]
pub struct Engine {
    /// The way to talk to it, in the version both sides know.
    pub docker: Docker,
    /// Its address, for messages.
    pub address: String,
}

/// The engine cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// Its address is none.
    #[error("`{address}` is not an address of a Docker engine: unix://, tcp://, http:// and https:// are")]
    Address {
        /// What is written.
        address: String,
    },
    /// TLS data cannot be read.
    #[error("cannot use the TLS files in {}: {reason}", path.display())]
    Tls {
        /// The directory.
        path: PathBuf,
        /// Why not.
        reason: String,
    },
    /// Nobody answers.
    #[error("Cannot connect to the Docker daemon at {address}. Is the docker daemon running? ({reason})")]
    Unreachable {
        /// The engine's address.
        address: String,
        /// What happened.
        reason: String,
    },
    /// It is one for other systems.
    #[error("unsupported os type: {os}")]
    System {
        /// Its operating system.
        os: String,
    },
}

impl From<ConnectError> for PrepareError {
    fn from(error: ConnectError) -> Self {
        let message = format!("getting docker info: {error}");
        if error.is_temporary() { Self::Temporary { message } } else { Self::Configuration { message } }
    }
}

impl ConnectError {
    /// Whether trying again may help.
    pub fn is_temporary(&self) -> bool {
        matches!(self, Self::Unreachable { .. })
    }
}

impl Engine {
    /// Connects, and agrees on a version of the interface.
    ///
    /// # Errors
    /// [`ConnectError`].
    pub async fn connect(settings: &Settings, environment: &EngineEnvironment) -> Result<Self, ConnectError> {
        let target = Target::choose(settings, environment);
        let known = target.known_version().await;
        let docker = target.docker(known.as_ref().unwrap_or(bollard::API_DEFAULT_VERSION))?;
        let address = target.address;
        if known.is_some() {
            return Ok(Self { docker, address });
        }
        match docker.negotiate_version().await {
            Ok(docker) => Ok(Self { docker, address }),
            Err(error) => Err(ConnectError::Unreachable { address, reason: reason(&error) }),
        }
    }

    /// Whether it answers at once.
    pub(crate) async fn is_answering(&self) -> bool {
        matches!(tokio::time::timeout(HEALTHY, self.docker.ping()).await, Ok(Ok(_)))
    }
}

/// An address and how it is spoken to.
#[derive(Debug, PartialEq, Eq)]
struct Target {
    address: String,
    certificates: Option<PathBuf>,
}

impl Target {
    /// With a `host` in the configuration everything comes from there, else everything from the environment,
    /// as in gitlab-runner.
    fn choose(settings: &Settings, environment: &EngineEnvironment) -> Self {
        if !settings.host.is_empty() {
            let path = Path::new(&settings.tls_cert_path);
            let certificates = settings.tls_verify.then(|| path.to_owned());
            return Self { address: settings.host.clone(), certificates };
        }
        match environment.host.as_deref().filter(|host| !host.is_empty()) {
            None => Self { address: USUAL.to_owned(), certificates: None },
            Some(host) => Self {
                address: host.to_owned(),
                certificates: environment.cert_path.clone().filter(|_| environment.tls_verify),
            },
        }
    }

    /// The newest version that both sides know, if an engine on this machine tells it at once.
    async fn known_version(&self) -> Option<ClientVersion> {
        let socket = self.address.strip_prefix("unix://")?;
        let (theirs, ours) = (ping::version(Path::new(socket)).await?, *bollard::API_DEFAULT_VERSION);
        Some(if theirs < ours { theirs } else { ours })
    }

    fn docker(&self, version: &ClientVersion) -> Result<Docker, ConnectError> {
        let (scheme, rest) = self.address.split_once("://").unwrap_or(("", &self.address));
        let made = match (scheme, &self.certificates) {
            ("unix", _) => Docker::connect_with_unix(&self.address, PATIENCE, version),
            ("tcp" | "https", Some(directory)) => {
                let file = |name: &str| directory.join(name);
                let (key, cert, ca) = (file("key.pem"), file("cert.pem"), file("ca.pem"));
                for path in [&key, &cert, &ca] {
                    if let Err(error) = std::fs::metadata(path) {
                        let reason = format!("{}: {error}", path.display());
                        return Err(ConnectError::Tls { path: directory.clone(), reason });
                    }
                }
                Docker::connect_with_ssl(&self.address, &key, &cert, &ca, PATIENCE, version)
            }
            ("tcp" | "http", None) => {
                Docker::connect_with_http(&format!("tcp://{}", rest.trim_end_matches('/')), PATIENCE, version)
            }
            _ => return Err(ConnectError::Address { address: self.address.clone() }),
        };
        made.map_err(|error| match &self.certificates {
            Some(path) => ConnectError::Tls { path: path.clone(), reason: error.to_string() },
            None => ConnectError::Unreachable { address: self.address.clone(), reason: reason(&error) },
        })
    }
}

/// The innermost text of an error: the layers above it say no more.
fn reason(error: &EngineError) -> String {
    let mut error: &dyn std::error::Error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string().trim_end().to_owned()
}

/// The text of an engine's answer, as gitlab-runner words it.
pub fn answer(error: &EngineError) -> String {
    match error {
        EngineError::DockerResponseServerError { message, .. } => {
            format!("Error response from daemon: {}", message.trim_end())
        }
        other => reason(other),
    }
}

/// The status of an engine's answer, if it is one.
pub fn status(error: &EngineError) -> Option<u16> {
    match error {
        EngineError::DockerResponseServerError { status_code, .. } => Some(*status_code),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bollard::API_DEFAULT_VERSION;

    fn choose(host: &str, environment: Option<&str>) -> Target {
        let settings = Settings {
            host: host.into(),
            tls_verify: true,
            tls_cert_path: "/s".into(),
            ..Settings::default()
        };
        let environment = EngineEnvironment {
            host: environment.map(str::to_owned),
            tls_verify: false,
            cert_path: Some("/e".into()),
        };
        Target::choose(&settings, &environment)
    }

    #[test]
    fn the_configuration_comes_first() {
        assert_eq!(choose("tcp://a:1", Some("tcp://b:1")).certificates, Some(PathBuf::from("/s")));
        assert_eq!(choose("", Some("tcp://b:1")), Target { address: "tcp://b:1".into(), certificates: None });
        assert_eq!(choose("", None).address, USUAL);
        assert_eq!(choose("", Some("")).address, USUAL);
    }

    #[test]
    fn addresses_that_are_none_are_named() {
        let target = Target { address: "npipe://x".into(), certificates: None };
        let error = target.docker(API_DEFAULT_VERSION).unwrap_err();
        assert!(matches!(&error, ConnectError::Address { .. }) && !error.is_temporary(), "{error}");
        let tls = Target { address: "tcp://h:1".into(), certificates: Some("/nonexistent".into()) };
        assert!(tls.docker(API_DEFAULT_VERSION).unwrap_err().to_string().contains("/nonexistent/key.pem"));
    }

    #[tokio::test]
    async fn an_engine_that_is_not_there_is_unreachable() {
        let settings = Settings { host: "unix:///nonexistent.sock".into(), ..Settings::default() };
        let error = Engine::connect(&settings, &EngineEnvironment::default()).await.err().unwrap();
        assert!(error.is_temporary());
        let text = error.to_string();
        assert!(
            text.starts_with("Cannot connect to the Docker daemon at unix:///nonexistent.sock. "),
            "{text}"
        );
    }
}
