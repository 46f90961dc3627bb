//! Causes that are told where docker commands do not find their engine.

use super::site::{Site, plain, shell};
use crate::Variable;
use crate::services::{Direct, Services};

async fn hints(site: &Site, services: &Services, said: &str) -> String {
    services.diagnose(said, &site.work, &site.settings, &Direct).await.join("\n")
}

fn variable(key: &str, value: &str) -> Variable {
    Variable { key: key.into(), value: value.into(), public: true }
}

const AT_2375: &str =
    "Cannot connect to the Docker daemon at tcp://docker:2375. Is the docker daemon running?";

#[tokio::test]
async fn an_engine_without_rights() {
    let Some(mut site) = Site::new(&["docker:dind"]) else { return };
    site.work.variables = vec![variable("DOCKER_TLS_CERTDIR", "")];
    site.service(plain("docker:dind"));
    let services = site.ready().await;
    let id = services.iter().next().unwrap().id.clone();
    let ended = services.events().unwrap().ended(&id);
    tokio::time::timeout(std::time::Duration::from_secs(40), ended).await.unwrap();
    let text = hints(&site, &services, AT_2375).await;
    assert!(
        text.starts_with("No Docker engine answers: service \"docker:dind\" (docker) ended with exit code "),
        "{text}"
    );
    assert!(text.contains("It is not privileged") && text.contains("`services_privileged = true`"), "{text}");
    assert!(text.contains("Its last log lines:\n20"), "{text}");
    assert_eq!(hints(&site, &services, "make: *** [all] Error 1").await, "", "nothing without a sign");
}

#[tokio::test]
async fn which_port_listens_is_seen() {
    let Some(mut site) = Site::new(&["rig/web"]) else { return };
    // Named an engine by what it runs; what listens is all that matters here.
    let serve = "ln -s /bin/busybox /tmp/dockerd; exec httpd -f -p 2376 -h /www # dockerd";
    site.service(shell("rig/web", serve).alias("docker").variable("HEALTHCHECK_TCP_PORT", "2376"));
    site.work.services[0].command.push("dockerd".into());
    site.work.variables = vec![variable("DOCKER_HOST", "tcp://docker:2375")];
    let services = site.ready().await;
    let text = hints(&site, &services, AT_2375).await;
    assert!(text.contains("listens on port 2376, with TLS, but commands ask tcp://docker:2375"), "{text}");
    let at_socket =
        "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?";
    site.work.variables.clear();
    let text = hints(&site, &services, at_socket).await;
    assert!(text.contains("DOCKER_HOST is not set") && text.contains(":2376`"), "{text}");
}
