//! The documented ways to have an engine in a job, and what the log says where they cannot work.

use super::project::{Registries, socket};
use super::rig::{Rig, says};
use kit::docker::Engine;
use kit::payload::Payload;
use kit::runner::Section;
use serde_json::{Value, json};

fn privileged(volumes: &[&str]) -> impl FnOnce(Section) -> Section + use<> {
    let volumes: Vec<String> = volumes.iter().map(|volume| (*volume).to_owned()).collect();
    |section| section.docker("privileged", true).docker("volumes", volumes)
}

/// A job with `docker:dind`, which shows that the engine builds and runs.
fn job(name: &str) -> Payload {
    let script = [
        "docker version --format 'engine {{.Server.Os}}'",
        "mkdir ctx && cp /bin/true ctx/ && printf 'FROM scratch\\nCOPY true /true\\n' > ctx/Dockerfile",
        "docker build -q -t built:1 ctx > /dev/null && echo built",
    ];
    Payload::new(name, &script).image("docker:cli").service(json!({ "name": "docker:dind" }))
}

fn works(rig: &Rig, payload: &Payload) {
    let log = rig.succeeds(payload);
    assert!(log.has_line("engine linux") && log.has_line("built"), "{}", super::rig::shown(&log));
}

#[test]
fn with_certificates_in_a_shared_volume() {
    let Some(rig) = Rig::start("docker:cli", privileged(&["/certs/client", "/cache"])) else { return };
    let payload = job("tls").variable("DOCKER_TLS_CERTDIR", "/certs");
    works(&rig, &payload);
    // The volume is still there, with the certificates of an engine that is gone.
    works(&rig, &payload);
    rig.finish();
}

#[test]
fn without_certificates() {
    let Some(rig) = Rig::start("docker:cli", privileged(&["/cache"])) else { return };
    works(
        &rig,
        &job("plain").variable("DOCKER_TLS_CERTDIR", "").variable("DOCKER_HOST", "tcp://docker:2375"),
    );
    // Docker's client finds it by itself, in its image.
    works(&rig, &job("found").variable("DOCKER_TLS_CERTDIR", ""));
    rig.finish();
}

#[test]
fn with_a_network_of_the_job() {
    let Some(rig) = Rig::start("docker:cli", privileged(&["/certs/client", "/cache"])) else { return };
    let network = job("network").variable("FF_NETWORK_PER_BUILD", "true");
    works(&rig, &network.clone().variable("DOCKER_TLS_CERTDIR", ""));
    works(&rig, &network.variable("DOCKER_TLS_CERTDIR", "/certs"));
    rig.finish();
}

#[test]
fn with_a_socket_in_a_shared_volume() {
    let Some(rig) = Rig::start("docker:cli", privileged(&["/runner/services/docker", "/cache"])) else {
        return;
    };
    let payload = job("shared").variable("DOCKER_HOST", "unix:///runner/services/docker/docker.sock");
    works(&rig, &payload.variable("DOCKER_TLS_CERTDIR", ""));
    rig.finish();
}

#[test]
fn with_the_machines_socket() {
    let Some(engine) = Engine::require() else { return };
    let bound = |section: Section| section.docker("volumes", vec!["/cache".to_owned(), socket(&engine)]);
    let Some(rig) = Rig::start("docker:cli", bound) else { return };
    let script =
        ["docker ps --filter label=com.gitlab.gitlab-runner.job.id=$CI_JOB_ID --format '{{.Image}}'"];
    let log = rig.succeeds(&Payload::new("socket", &script));
    assert!(log.lines_of("step_script", false).len() > 2, "the job does not see itself: {log:?}");
    rig.finish();
}

#[test]
fn with_a_registry_mirror_and_an_insecure_registry() {
    let Some(engine) = Engine::require() else { return };
    let Some(registries) = Registries::start(&engine, &["busybox:stable"]) else { return };
    registries.own.push(&engine, "rig/busybox", "team/app:1");
    let Some(rig) = Rig::start("docker:cli", privileged(&["/cache"])) else { return };
    let arguments = [
        format!("--registry-mirror=http://{}", registries.mirror.host()),
        format!("--insecure-registry={}", registries.own.host()),
    ];
    let script = [
        "docker pull -q busybox:stable",
        "docker login -u $CI_REGISTRY_USER -p $CI_REGISTRY_PASSWORD $CI_REGISTRY",
        "docker run --rm $CI_REGISTRY_IMAGE:1 echo ran",
    ];
    let payload = Payload::new("registries", &script)
        .service(json!({ "name": "docker:dind", "command": arguments }))
        .variable("DOCKER_TLS_CERTDIR", "");
    let log = rig.succeeds(&registries.of_project(payload));
    assert!(log.has_line("ran"), "{log:?}");
    assert!(registries.mirror.requests().iter().any(|line| line.contains("library/busybox")));
    rig.finish();
}

/// A job whose only command asks an engine that is out of reach.
fn asks(service: Value) -> Payload {
    Payload::new("asks", &["docker info"]).service(service)
}

#[test]
fn what_is_wrong_is_said() {
    let dind = || json!({ "name": "docker:dind" });
    let Some(rig) = Rig::start("docker:cli", |section| section) else { return };
    // An engine cannot start without privileges.
    let (log, last) = rig.fails(&asks(dind()).variable("DOCKER_TLS_CERTDIR", ""));
    assert_eq!(last.failure_reason.as_deref(), Some("script_failure"));
    says(&log, &["docker:dind", "privileged"]);
    rig.finish();

    let Some(rig) = Rig::start("docker:cli", privileged(&["/cache"])) else { return };
    // It listens with TLS, and is asked without.
    let (log, _) = rig.fails(&asks(dind()).variable("DOCKER_HOST", "tcp://docker:2375"));
    says(&log, &["2376", "DOCKER_TLS_CERTDIR"]);
    // It listens with TLS, and the certificates do not reach the job.
    let (log, _) = rig.fails(&asks(dind()).variable("DOCKER_HOST", "tcp://docker:2376"));
    says(&log, &["/certs/client"]);
    // Nobody says where it is.
    let (log, _) = rig.fails(&asks(dind()).image("rig/base").variable("DOCKER_TLS_CERTDIR", ""));
    says(&log, &["DOCKER_HOST", "tcp://docker:2375"]);
    rig.finish();
}
