//! What a service's container is made from.

use super::environment::environment;
use super::wanted::Wanted;
use crate::names::{Kind, container_labels};
use crate::network::Network;
use crate::{Settings, Work};
use bollard::models::{ContainerCreateBody, HostConfig};

/// What the containers of all services share.
pub(super) struct Common<'a> {
    /// The configuration.
    pub(super) settings: &'a Settings,
    /// The job.
    pub(super) work: &'a Work,
    /// What is mounted.
    pub(super) binds: &'a [String],
    /// What they are connected with.
    pub(super) network: &'a Network,
}

/// The container of a service. `image` is what the engine is to make it from, `aliases` its host names.
pub(super) fn body(
    common: &Common<'_>,
    wanted: &Wanted,
    aliases: &[String],
    image: String,
    host_config: HostConfig,
) -> ContainerCreateBody {
    let Common { settings, work, binds, network } = common;
    let mac_address = Some(settings.mac_address.clone()).filter(|address| !address.is_empty());
    let replaces_entrypoint = !wanted.entrypoint.is_empty() && !settings.disable_entrypoint_overwrite;
    ContainerCreateBody {
        image: Some(image),
        user: (!wanted.user.is_empty()).then(|| wanted.user.clone()),
        env: Some(environment(&work.variables, &wanted.variables)),
        cmd: (!wanted.command.is_empty()).then(|| wanted.command.clone()),
        entrypoint: replaces_entrypoint.then(|| wanted.entrypoint.clone()),
        labels: Some(container_labels(settings, work, Kind::Service(&wanted.reference))),
        networking_config: network.endpoint(aliases.to_vec(), mac_address),
        host_config: Some(HostConfig {
            binds: Some(binds.to_vec()),
            network_mode: network.mode(),
            init: work.uses_init.then_some(true).or(host_config.init),
            ..host_config
        }),
        ..ContainerCreateBody::default()
    }
}

/// Whether the runner's owner keeps a service from replacing its image's entrypoint.
pub(super) fn keeps_entrypoint(settings: &Settings, wanted: &Wanted) -> bool {
    settings.disable_entrypoint_overwrite && !wanted.entrypoint.is_empty()
}

#[cfg(test)]
mod tests {
    use super::super::testing::work;
    use super::super::wanted::choose;
    use super::*;
    use crate::Ask;

    fn wanted(ask: Ask) -> (Work, Wanted) {
        let mut work = work();
        work.services = vec![ask];
        let wanted = choose(&Settings::default(), &work).unwrap().services.remove(0);
        (work, wanted)
    }

    fn body_of(settings: &Settings, network: &Network, ask: Ask) -> ContainerCreateBody {
        let (work, wanted) = wanted(ask);
        let binds = ["/certs/client".to_owned()];
        let common = Common { settings, work: &work, binds: &binds, network };
        body(&common, &wanted, &["db".to_owned()], "sha256:1".into(), HostConfig::default())
    }

    #[test]
    fn what_is_not_asked_for_is_the_images() {
        let made =
            body_of(&Settings::default(), &Network::Bridge, Ask { name: "db".into(), ..Ask::default() });
        assert_eq!((made.user, made.cmd, made.entrypoint), (None, None, None));
        assert_eq!((made.hostname, made.networking_config), (None, None));
        let host = made.host_config.unwrap();
        assert_eq!(host.binds.unwrap(), ["/certs/client"]);
        assert_eq!((host.network_mode, host.init), (None, None));
        assert_eq!(made.labels.unwrap()["com.gitlab.gitlab-runner.type"], "service");
    }

    #[test]
    fn what_is_asked_for() {
        let ask = Ask {
            name: "db".into(),
            entrypoint: vec![String::new()],
            command: vec!["$NAME".into()],
            user: "$NAME".into(),
            ..Ask::default()
        };
        let made = body_of(&Settings::default(), &Network::Own("net".into()), ask.clone());
        assert_eq!(made.entrypoint.unwrap(), [""], "no entrypoint at all");
        assert_eq!(made.cmd.unwrap(), ["$NAME"], "commands are not expanded");
        assert_eq!(made.user.as_deref(), Some("value"));
        assert_eq!(made.host_config.unwrap().network_mode.as_deref(), Some("net"));
        let endpoints = made.networking_config.unwrap().endpoints_config.unwrap();
        assert_eq!(endpoints["net"].aliases.as_deref(), Some(&["db".to_owned()][..]));
        let settings = Settings { disable_entrypoint_overwrite: true, ..Settings::default() };
        assert_eq!(body_of(&settings, &Network::Bridge, ask.clone()).entrypoint, None);
        assert!(keeps_entrypoint(&settings, &wanted(ask).1));
    }
}
