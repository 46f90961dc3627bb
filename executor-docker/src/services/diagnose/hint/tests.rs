use super::*;
use crate::services::diagnose::symptom::find;

fn engine() -> Engine {
    Engine {
        image: "docker:dind".into(),
        aliases: vec!["docker".into()],
        certificates: Some("/certs".into()),
        listening: vec![TLS],
        ..Engine::default()
    }
}

fn plain() -> Engine {
    Engine { certificates: Some(String::new()), listening: vec![PLAIN], ..engine() }
}

fn job(docker_host: &str) -> Job {
    Job {
        docker_host: Some(docker_host.to_owned()).filter(|host| !host.is_empty()),
        certificates: Some("/certs".into()),
        ..Job::default()
    }
}

fn hint(said: &str, job: &Job, engines: &[Engine]) -> String {
    hints(&find(said), job, engines).join(" | ")
}

const AT_2375: &str =
    "Cannot connect to the Docker daemon at tcp://docker:2375. Is the docker daemon running?";
const AT_2376: &str =
    "Cannot connect to the Docker daemon at tcp://docker:2376. Is the docker daemon running?";
const AT_SOCKET: &str =
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?";
const NO_HOST: &str = "error during connect: Get \"http://docker:2375/v1.24/info\": dial tcp: lookup docker on 1.1.1.1:53: no such host";
const PLAIN_TO_TLS: &str = "Error response from daemon: Client sent an HTTP request to an HTTPS server.";
const TLS_TO_PLAIN: &str =
    "error during connect: Get \"https://docker:2375/info\": http: server gave HTTP response to HTTPS client";
const NO_FILES: &str =
    "unable to resolve docker endpoint: open /certs/client/ca.pem: no such file or directory";
const WRONG_FILES: &str =
    "error during connect: Get \"https://docker:2376/info\": x509: certificate signed by unknown authority";
const FORBIDDEN: &str =
    "permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock";

#[test]
fn an_engine_that_ended_explains_everything() {
    let ended = Engine {
        ended: Some("service \"docker:dind\" (docker) ended with exit code 1".into()),
        logs: "mount: permission denied (are you root?)\n".into(),
        unprivileged: Some("say so"),
        ..engine()
    };
    let text = hint(
        &[AT_2375, NO_HOST, NO_FILES].join("\n"),
        &job("tcp://docker:2375"),
        std::slice::from_ref(&ended),
    );
    assert_eq!(
        text,
        "No Docker engine answers: service \"docker:dind\" (docker) ended with exit code 1. It is not privileged, which \
         an engine has to be: say so. Its last log lines:\nmount: permission denied (are you root?)"
    );
    let privileged = Engine { unprivileged: None, logs: String::new(), ..ended };
    let text = hint(AT_2375, &job(""), &[privileged]);
    assert_eq!(text, "No Docker engine answers: service \"docker:dind\" (docker) ended with exit code 1.");
}

#[test]
fn ports_and_tls() {
    for (said, engine, job, expected) in [
        (
            AT_2375,
            engine(),
            job("tcp://docker:2375"),
            "listens on port 2376, with TLS, but commands ask tcp://docker:2375",
        ),
        (
            AT_2376,
            plain(),
            job("tcp://docker:2376"),
            "listens on port 2375, without TLS, but commands ask tcp://docker:2376",
        ),
        (
            AT_2375,
            Engine { listening: vec![], ..plain() },
            job(""),
            "listens on none of the ports 2375, 2376.",
        ),
        (PLAIN_TO_TLS, engine(), job("tcp://docker:2376"), "uses TLS, but the job's commands do not"),
        (TLS_TO_PLAIN, plain(), job("tcp://docker:2375"), "does not use TLS, but the job's commands do"),
        (
            AT_2375,
            engine(),
            Job { certificates: Some(String::new()), ..job("tcp://docker:2375") },
            "variables of a project or group do not reach services",
        ),
        (
            PLAIN_TO_TLS,
            engine(),
            Job { certificates: Some(String::new()), ..job("tcp://docker:2376") },
            "variables of a project or group do not reach services",
        ),
    ] {
        let text = hint(said, &job, &[engine]);
        assert!(text.contains(expected), "{said}\n{text}");
    }
    assert_eq!(hint(AT_2375, &job(""), &[plain()]), "", "it listens where it is asked: nothing known fits");
}

#[test]
fn names_and_hosts() {
    let other = Engine { aliases: vec!["reg__docker".into(), "reg-docker".into()], ..plain() };
    for said in [NO_HOST, AT_2375] {
        let text = hint(said, &job("tcp://docker:2375"), std::slice::from_ref(&other));
        assert!(
            text.contains("No service is named docker") && text.contains("reg__docker, reg-docker"),
            "{text}"
        );
        assert!(text.contains("`alias: docker`"), "{text}");
    }
    let text = hint(NO_HOST, &job("tcp://docker:2375"), &[plain()]);
    assert!(text.contains("does not find it"), "{text}");
    let local = "Cannot connect to the Docker daemon at tcp://localhost:2375. Is the docker daemon running?";
    let text = hint(local, &job("tcp://localhost:2375"), &[plain()]);
    assert!(text.contains("localhost is the job's own container") && text.contains("docker"), "{text}");
    let second = Engine { aliases: vec!["docker".into()], ..engine() };
    let text = hint(AT_2375, &job(""), &[other, second]);
    assert!(text.contains("listens on port 2376"), "the engine that is asked counts: {text}");
}

#[test]
fn docker_host_is_not_set() {
    let text = hint(AT_SOCKET, &job(""), &[plain()]);
    assert!(
        text.contains("DOCKER_HOST is not set")
            && text.ends_with("it takes `DOCKER_HOST: tcp://docker:2375`."),
        "{text}"
    );
    let text = hint(AT_SOCKET, &Job { replaces_entrypoint: true, ..job("") }, &[engine()]);
    assert!(text.contains("replaces the entrypoint"), "{text}");
    assert!(
        text.contains(
            "tcp://docker:2376`, `DOCKER_TLS_VERIFY: \"1\"` and `DOCKER_CERT_PATH: \"/certs/client\"`"
        ),
        "{text}"
    );
}

#[test]
fn no_engine_at_all() {
    let socket = Job { mounts: vec!["/var/run/docker.sock".into()], ..job("") };
    for (said, job, expected) in [
        (AT_SOCKET, job(""), "Either add `docker:dind` to `services`"),
        (AT_2375, job("tcp://docker:2375"), "Either add `docker:dind` to `services`"),
        (NO_HOST, job("tcp://docker:2375"), "Either add `docker:dind` to `services`"),
        (AT_SOCKET, socket.clone(), "no engine listens there"),
        (AT_2375, socket.clone(), "without DOCKER_HOST (tcp://docker:2375) commands use that"),
        (FORBIDDEN, socket.clone(), "may not use the engine's socket"),
    ] {
        let text = hint(said, &job, &[]);
        assert!(text.contains(expected), "{said}\n{text}");
    }
    let text = hint(AT_SOCKET, &socket, &[plain()]);
    assert!(text.contains("cannot be combined"), "{text}");
}

#[test]
fn certificates() {
    let shared = Job { mounts: vec!["/certs/client".into()], ..job("tcp://docker:2376") };
    for (said, job, engine, expected) in [
        (NO_FILES, job("tcp://docker:2376"), engine(), "needs \"/certs/client\" in `volumes`"),
        (NO_FILES, shared.clone(), engine(), "has left no certificates in /certs/client yet"),
        (NO_FILES, shared.clone(), plain(), "makes no certificates"),
        (WRONG_FILES, shared, engine(), "those of an earlier job may lie there"),
    ] {
        let text = hint(said, &job, &[engine]);
        assert!(text.contains(expected), "{said}\n{text}");
    }
}

#[test]
fn nothing_is_said_without_a_sign() {
    let ended = Engine { ended: Some("gone".into()), ..engine() };
    assert!(hints(&find("make: *** [all] Error 2"), &job(""), &[ended]).is_empty());
    let twice = [AT_SOCKET, "ERROR: error during connect: no"].join("\n");
    assert_eq!(hints(&find(&twice), &job(""), &[]).len(), 1, "what is the same is said once");
}
