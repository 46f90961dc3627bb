//! How services are started, and where they are found.

use super::site::{Site, plain, shell};
use crate::network::Network;
use crate::services::{Direct, Prober};
use bollard::Docker;
use executor::{CancellationToken, PrepareError};
use kit::docker::EngineProxy;
use std::time::Duration;
use tokio::time::Instant;

#[tokio::test]
async fn all_are_started_side_by_side_and_told_in_order() {
    let Some(mut site) = Site::new(&["rig/web", "rig/busybox"]) else { return };
    site.service(plain("rig/web").alias("one"));
    site.service(plain("rig/web"));
    site.service(shell("rig/busybox", "sleep 1000").alias("rig-web,two"));
    let services = site.start().await.unwrap();
    let started: Vec<_> =
        services.iter().map(|service| (service.image.clone(), service.aliases.clone())).collect();
    let names = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        started,
        [
            ("rig/web".to_owned(), names(&["rig__web", "rig-web", "one", "web"])),
            ("rig/busybox".to_owned(), names(&["rig__busybox", "rig-busybox", "two", "busybox"])),
        ]
    );
    let text = site.log.text();
    let told: Vec<&str> =
        text.lines().filter(|line| line.starts_with("Starting") || line.starts_with("WARNING")).collect();
    assert_eq!(
        told,
        [
            "Starting service rig/web:latest...",
            "WARNING: Skipping alias \"rig__web\" for service \"rig/web\" (services[1]): alias is already in use by another service.",
            "WARNING: Skipping alias \"rig-web\" for service \"rig/web\" (services[1]): alias is already in use by another service.",
            "WARNING: Service \"rig/web\" (services[1]) is not started: other services have all of its names. An alias of its own lets it start.",
            "Starting service rig/busybox:latest...",
            "WARNING: Skipping alias \"rig-web\" for service \"rig/busybox\" (services[2]): alias is already in use by another service.",
        ]
    );
    let unique = &site.names.unique;
    let mut made = site.made.lock().unwrap().clone();
    made.sort();
    assert_eq!(made, [format!("{unique}-rig__busybox-2"), format!("{unique}-rig__web-0")]);
    for service in services.iter() {
        let address = service.addresses[0];
        for name in service.aliases.iter().map(String::as_str).chain([service.short_id()]) {
            assert!(
                services.host_entries().contains(&format!("{name}:{address}")),
                "{:?}",
                services.host_entries()
            );
        }
    }
}

#[tokio::test]
async fn a_container_has_what_the_job_and_the_configuration_say() {
    let Some(mut site) = Site::new(&["rig/busybox"]) else { return };
    let mut asked = shell("rig/busybox", "sleep 1000").variable("OWN", "yes");
    asked.user = "1234".into();
    site.service(asked);
    site.settings.container_labels = [("mine".to_owned(), "1".to_owned())].into();
    let services = site.start().await.unwrap();
    let service = services.iter().next().unwrap();
    let found = site.engine.inspect("container", &service.id).unwrap();
    let found = found.get(0).cloned().unwrap_or(found);
    let config = &found["Config"];
    assert_eq!(config["User"], "1234");
    assert!(config["Env"].as_array().unwrap().contains(&"OWN=yes".into()));
    let labels = &config["Labels"];
    assert_eq!(labels["mine"], "1");
    assert_eq!(labels["com.gitlab.gitlab-runner.mine"], "1");
    assert_eq!(labels["com.gitlab.gitlab-runner.service"], "rig/busybox");
    assert_eq!(labels["com.gitlab.gitlab-runner.service.version"], "latest");
    assert_eq!(labels["com.gitlab.gitlab-runner.type"], "service");
    assert_eq!(labels["com.gitlab.gitlab-runner.trail"], site.work.identity.trail.as_str());
}

#[tokio::test]
async fn what_cannot_start_fails_at_once_and_stops_the_others() {
    let Some(mut site) = Site::new(&["rig/busybox", "rig/web"]) else { return };
    let mut asked = plain("rig/busybox");
    asked.command = vec!["/no/such/program".into()];
    site.service(plain("rig/web"));
    site.service(asked);
    let error = site.start().await.err().unwrap();
    let PrepareError::Configuration { message } = &error else { panic!("{error:?}") };
    assert!(
        message.starts_with("cannot start service \"rig/busybox\": Error response from daemon: "),
        "{message}"
    );
    assert!(message.contains("/no/such/program"), "{message}");
    // What did not start is gone already; the other is known.
    let left = site.containers().len();
    assert!(left <= 1, "{left} containers");
}

#[tokio::test]
async fn what_may_pass_is_tried_once_more() {
    let Some(mut site) = Site::new(&["rig/busybox"]) else { return };
    let Some(proxy) = EngineProxy::start(&site.engine) else { return };
    site.docker = Docker::connect_with_host(&proxy.host()).unwrap();
    site.service(shell("rig/busybox", "sleep 1000"));
    // Noticed when the container is started, and answered as if it were the engine's own trouble.
    site.settings.services_devices = [("**".to_owned(), vec!["/dev/no-such-device".to_owned()])].into();
    let error = site.start().await.err().unwrap();
    assert!(matches!(error, PrepareError::Temporary { .. }), "{error:?}");
    let seen = proxy.take();
    let count = |kind: &str| seen.iter().filter(|request| request.kind() == kind).count();
    assert_eq!(count("POST /containers/create"), 2, "{seen:?}");
    assert_eq!(count("POST /containers/…/start"), 2, "{seen:?}");
    assert!(site.containers().is_empty(), "what did not start is gone");
}

#[tokio::test]
async fn a_name_that_is_taken_is_left_to_its_owner_unless_it_is_the_jobs_own() {
    let Some(mut site) = Site::new(&["rig/busybox"]) else { return };
    site.service(shell("rig/busybox", "sleep 1000"));
    let name = format!("{}-rig__busybox-0", site.names.unique);
    let foreign = site.engine.docker(&["create", "--name", &name, "rig/busybox", "true"]);
    let error = site.start().await.err().unwrap();
    assert!(matches!(error, PrepareError::Configuration { .. }), "{error:?}");
    assert!(error.to_string().contains(&format!("has the name {name}")), "{error}");
    assert!(site.engine.inspect("container", foreign.trim()).is_some(), "nobody else's container is touched");
    site.engine.docker(&["rm", foreign.trim()]);
    // What an earlier request of this job has left.
    let label = format!("{}={}", crate::names::label("trail"), site.work.identity.trail);
    let own = site.engine.docker(&["create", "--name", &name, "--label", &label, "rig/busybox", "true"]);
    let services = site.start().await.unwrap();
    assert_ne!(services.iter().next().unwrap().id, own.trim());
    assert!(site.engine.inspect("container", own.trim()).is_none());
}

#[tokio::test]
async fn a_stopped_job_starts_nothing() {
    let Some(mut site) = Site::new(&["rig/web"]) else { return };
    site.service(plain("rig/web"));
    site.stop.cancel();
    let begun = Instant::now();
    assert!(site.start().await.is_err());
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    assert!(site.containers().is_empty());
}

#[tokio::test]
async fn services_in_the_hosts_network_are_found_on_the_host() {
    let Some(mut site) = Site::new(&["rig/web"]) else { return };
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let serve = format!("exec httpd -f -p 127.0.0.1:{free} -h /www");
    site.service(shell("rig/web", &serve).variable("HEALTHCHECK_TCP_PORT", &free.to_string()));
    site.network = Network::Mode("host".into());
    let services = site.ready().await;
    let service = services.iter().next().unwrap();
    assert_eq!(services.host_entries(), Vec::<String>::new());
    let port = Direct.probe(service.target.unwrap(), &[free], &CancellationToken::new()).await;
    assert_eq!(port, Ok(free));
    assert!(!site.log.text().contains("WARNING"), "{}", site.log.text());
}
