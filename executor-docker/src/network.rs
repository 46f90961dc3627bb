//! The network of a job.

use crate::connect::answer;
use crate::names::{self, Names};
use crate::{Settings, Work};
use bollard::Docker;
use bollard::models::{EndpointSettings, NetworkCreateRequest, NetworkingConfig};
use executor::PrepareError;
use std::collections::HashMap;

/// Name under which services find the build container.
const BUILD_ALIAS: &str = "build";

/// How containers of a job are connected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Network {
    /// The engine's own bridge: containers find services by entries of their `/etc/hosts`.
    Bridge,
    /// What `network_mode` says.
    Mode(String),
    /// A network of the job's own, by its name.
    Own(String),
}

impl Network {
    /// How containers of a job are to be connected.
    pub(crate) fn of(settings: &Settings, work: &Work, names: &Names) -> Self {
        if !settings.network_mode.is_empty() {
            Self::Mode(settings.network_mode.clone())
        } else if work.network_per_build {
            Self::Own(names.network.clone())
        } else {
            Self::Bridge
        }
    }

    /// Makes the job's own network, if this is one.
    ///
    /// # Errors
    /// The engine makes none: there may be too many.
    pub(crate) async fn make(
        &self,
        docker: &Docker,
        settings: &Settings,
        work: &Work,
    ) -> Result<(), PrepareError> {
        let Self::Own(name) = self else { return Ok(()) };
        let mut options = HashMap::new();
        if settings.network_mtu != 0 {
            options.insert("com.docker.network.driver.mtu".to_owned(), settings.network_mtu.to_string());
        }
        let request = NetworkCreateRequest {
            name: name.clone(),
            enable_ipv6: Some(settings.enable_ipv6),
            labels: Some(names::labels(&work.identity, None)),
            options: Some(options),
            ..NetworkCreateRequest::default()
        };
        match docker.create_network(request).await {
            Ok(_) => Ok(()),
            Err(error) => Err(PrepareError::Temporary { message: answer(&error) }),
        }
    }

    /// The mode of containers in it.
    pub(crate) fn mode(&self) -> Option<String> {
        match self {
            Self::Bridge => None,
            Self::Mode(mode) | Self::Own(mode) => Some(mode.clone()),
        }
    }

    /// Whether the engine resolves names of containers in it.
    pub(crate) fn resolves_names(&self) -> bool {
        match self {
            Self::Bridge => false,
            Self::Own(_) => true,
            Self::Mode(mode) => {
                !matches!(mode.as_str(), "bridge" | "default" | "host" | "none")
                    && !mode.starts_with("container:")
            }
        }
    }

    /// Whether a container cannot have a host name that another one has: it shares that of another, or the engine
    /// resolves host names as well.
    pub(crate) fn shows_host_names(&self) -> bool {
        self.is_foreign() || self.resolves_names()
    }

    /// Whether containers share the network of another container, and with it the host name.
    pub(crate) fn is_foreign(&self) -> bool {
        matches!(self, Self::Mode(mode) if mode.starts_with("container:"))
    }

    /// What a container is connected with. Only networks that resolve names take aliases.
    pub(crate) fn endpoint(
        &self,
        aliases: Vec<String>,
        mac_address: Option<String>,
    ) -> Option<NetworkingConfig> {
        let named = self.resolves_names();
        if !named && mac_address.is_none() {
            return None;
        }
        let endpoint = EndpointSettings {
            aliases: named.then_some(aliases),
            mac_address,
            ..EndpointSettings::default()
        };
        let network = self.mode().unwrap_or_else(|| "bridge".to_owned());
        Some(NetworkingConfig { endpoints_config: Some(HashMap::from([(network, endpoint)])) })
    }

    /// Names of the build container.
    pub(crate) fn build_aliases(container: &str) -> Vec<String> {
        vec![BUILD_ALIAS.to_owned(), container.to_owned()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_networks_of_users_resolve_names() {
        for (network, resolves) in [
            (Network::Bridge, false),
            (Network::Own("n".into()), true),
            (Network::Mode("host".into()), false),
            (Network::Mode("container:x".into()), false),
            (Network::Mode("mine".into()), true),
        ] {
            assert_eq!(network.resolves_names(), resolves, "{network:?}");
            assert_eq!(network.endpoint(vec!["a".into()], None).is_some(), resolves);
        }
    }
}
