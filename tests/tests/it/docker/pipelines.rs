//! The pipelines of `examples/` that build and push, job by job, against a real registry with a password.

use super::project::{Left, PASSWORD, Project, Registries, USER, ask, curl, socket};
use super::rig::{Rig, says, shown};
use base64::Engine as _;
use kit::docker::Engine;
use kit::payload::Payload;
use kit::runner::Section;
use nix::fcntl::{Flock, FlockArg};
use serde_json::json;
use std::fs::File;

/// The names `trun` and port 20200 of the machine's engine are there once.
pub(crate) fn alone(engine: &Engine) -> Flock<File> {
    let path = std::env::temp_dir().join("runner-tests-trun.lock");
    let file =
        File::options().create(true).truncate(false).write(true).open(path).expect("a file for a lock");
    let lock = Flock::lock(file, FlockArg::LockExclusive).map_err(|(_, error)| error).expect("a lock");
    engine.try_docker(&["rm", "--force", "--volumes", "trun"]);
    lock
}

const ANSWER: &str = r#"{"greeting": "Hello, test!"}"#;

#[test]
fn docker_in_docker() {
    let Some(engine) = Engine::require() else { return };
    let Some(registries) = Registries::start(&engine, &["python:3.8"]) else { return };
    let volumes = vec!["/cache".to_owned(), registries.volume()];
    let privileged = |section: Section| section.docker("privileged", true).docker("volumes", volumes);
    let Some(rig) = Rig::start("docker:stable", privileged) else { return };
    let left = Left::new(&engine, &[], &[&registries.own.image("team/app:0.0.2")]);
    let pipeline = Project::new(&rig, "docker-in-docker").push("mainx");
    assert_eq!(pipeline.names(), ["job_build", "job_test", "job_deploy"]);
    let job = |name: &str| registries.of_project(pipeline.payload(name));

    let log = rig.succeeds(&job("job_build"));
    says(&log, &["Login Succeeded", "Successfully tagged", "0.0.2: digest: sha256:"]);
    assert!(!shown(&log).contains(PASSWORD), "the password is in the log");
    let log = rig.succeeds(&job("job_test"));
    says(&log, &["Authenticating with credentials from job payload (GitLab Registry)", "4 passed"]);
    // The pipeline's script is left as it is; what it started is asked in an after_script.
    let asked = [&*curl("http://docker:20200/?name=test"), "docker rm -f trun"];
    let log = rig.succeeds(&job("job_deploy").after_script(&asked));
    says(&log, &["Login Succeeded", ANSWER]);
    assert!(registries.mirror.requests().iter().any(|line| line.contains("library/python")));
    drop(left);
    rig.finish();
}

#[test]
fn docker_in_docker_with_the_socket_bound() {
    let Some(engine) = Engine::require() else { return };
    let _alone = alone(&engine);
    let Some(registries) = Registries::start(&engine, &[]) else { return };
    let bound = |section: Section| section.docker("volumes", vec!["/cache".to_owned(), socket(&engine)]);
    let Some(rig) = Rig::start("docker:stable", bound) else { return };
    let left = Left::new(&engine, &["trun"], &[&registries.own.image("team/app:0.0.2")]);
    let project = Project::new(&rig, "docker-in-docker");
    project.change(".gitlab-ci.yml", without_the_service);
    let pipeline = project.push("mainx");
    for name in pipeline.names() {
        rig.succeeds(&registries.of_project(pipeline.payload(name)));
    }
    // The jobs are over, what they started is not.
    assert_eq!(ask("127.0.0.1:20200", "/?name=test"), ANSWER);
    drop(left);
    rig.finish();
}

/// As the example's README says for the machine's engine.
fn without_the_service(text: &str) -> String {
    let (before, rest) = text.split_once("services:\n").expect("the services");
    let (_, after) = rest.split_once("variables:\n").expect("the variables");
    let after = after.replace("  DOCKER_HOST: tcp://docker:2375/\n", "");
    format!("{before}variables:\n{after}")
}

#[test]
fn build_and_push_for_a_tag() {
    let Some(engine) = Engine::require() else { return };
    let Some(registries) = Registries::start(&engine, &[]) else { return };
    let bound = |section: Section| section.docker("volumes", vec!["/cache".to_owned(), socket(&engine)]);
    let Some(rig) = Rig::start("python:3.8", bound) else { return };
    let image = registries.own.image("test/test_server1:v1.0");
    let left = Left::new(&engine, &[], &[&image]);
    let pipeline = Project::new(&rig, "build-and-push").tag("v1.0");
    assert_eq!(pipeline.names(), ["lint", "test", "build"]);
    let job = |name: &str| registries.of_project(pipeline.payload(name));

    says(&rig.succeeds(&job("lint")), &["lint: fine"]);
    says(&rig.succeeds(&job("test")), &["Ran 2 tests", "OK"]);
    says(&rig.succeeds(&job("build")), &["Login Succeeded", "Successfully tagged", "v1.0: digest: sha256:"]);
    let manifest = "PUT /v2/test/test_server1/manifests/v1.0 201".to_owned();
    assert!(registries.own.requests().contains(&manifest), "{:?}", registries.own.requests());
    // A job may run in what was pushed, on a machine that does not have it.
    left.remove();
    let script = ["cd /app && python -c 'from server import count; print(count(\"a a\"))'"];
    says(&rig.succeeds(&registries.of_project(Payload::new("use", &script).image(&image))), &["{'a': 2}"]);
    drop(left);
    rig.finish();
}

#[test]
fn credentials_are_taken_from_where_they_are_and_wrong_ones_named() {
    let Some(engine) = Engine::require() else { return };
    let Some(registries) = Registries::start(&engine, &[]) else { return };
    let image = registries.own.push(&engine, "rig/busybox", "team/app:1");
    let left = Left::new(&engine, &[], &[&image]);
    let Some(rig) = Rig::start("rig/busybox", |section| section) else { return };
    let job = || Payload::new("pull", &["echo ran"]).image(&image);
    let (log, last) = rig.fails(&job());
    assert_eq!(last.failure_reason.as_deref(), Some("runner_configuration_error"));
    says(&log, &["no basic auth credentials"]);
    let (log, _) = rig.fails(&job().registry(&registries.own.host(), USER, "wrong"));
    says(&log, &["job payload (GitLab Registry)", "unauthorized"]);
    let login = base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{PASSWORD}"));
    let config = json!({ "auths": { registries.own.host(): { "auth": login } } });
    let log = rig.succeeds(&job().secret("DOCKER_AUTH_CONFIG", &config.to_string()));
    says(&log, &["Authenticating with credentials from $DOCKER_AUTH_CONFIG", "ran"]);
    drop(left);
    rig.finish();
}
