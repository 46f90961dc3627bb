//! The pipelines of `examples/` that need an engine and a registry, whole.

use super::{Checkout, Ran};
use crate::docker::pipelines::alone;
use crate::docker::project::{Dind, Left, PASSWORD, Registries, USER, ask, socket};
use kit::docker::Engine;
use std::path::Path;
use std::process::Command;

/// A checkout of an example on a branch.
fn copy(example: &str, branch: &str) -> Checkout {
    let checkout = Checkout::empty();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(example);
    let copied = Command::new("cp").arg("-R").arg(folder.join(".")).arg(checkout.root()).status();
    assert!(copied.is_ok_and(|status| status.success()), "{} cannot be copied", folder.display());
    checkout.git(&["init", "--quiet", &format!("--initial-branch={branch}")]);
    checkout.commit("the example");
    checkout
}

/// The same, with what a project with this registry has.
fn checkout(example: &str, branch: &str, registries: &Registries) -> Checkout {
    let checkout = copy(example, branch);
    let variables = format!(
        "CI_REGISTRY={}\nCI_REGISTRY_IMAGE={}\nCI_REGISTRY_USER='{USER}'\nCI_REGISTRY_PASSWORD='{PASSWORD}'\n",
        registries.own.host(),
        registries.own.image("team/app")
    );
    std::fs::write(checkout.home().join("registry.env"), variables).expect("a file");
    checkout
}

fn run(checkout: &Checkout, engine: &Engine, arguments: &[&str]) -> Ran {
    let (host, file) = (engine.host().to_owned(), checkout.home().join("registry.env"));
    let file = file.to_string_lossy().into_owned();
    let mut all = vec!["run", "--json", "--docker-host", &host, "--variables-file", &file];
    all.extend(arguments);
    checkout.run_as(&all)
}

#[test]
fn docker_in_docker() {
    let Some(engine) = Engine::require() else { return };
    let Some(registries) = Registries::start(&engine, &["python:3.8"]) else { return };
    let left = Left::new(&engine, &[], &[&registries.own.image("team/app:0.0.2")]);
    let checkout = checkout("docker-in-docker", "mainx", &registries);
    let volume = registries.volume();
    let ran = run(&checkout, &engine, &["--docker-privileged", "--docker-volumes", &volume]).succeeded();
    assert!(ran.log("job_build").contains("0.0.2: digest: sha256:"), "{}", ran.log("job_build"));
    assert!(ran.log("job_test").contains("4 passed"), "{}", ran.log("job_test"));
    assert_eq!(ran.statuses(["job_build", "job_test", "job_deploy"]), ["success"; 3]);
    assert!(!ran.log("job_build").contains(PASSWORD), "the password is in the log");
    drop(left);
}

#[test]
fn build_and_push_for_a_tag() {
    let Some(engine) = Engine::require() else { return };
    let _alone = alone(&engine);
    let Some(registries) = Registries::start(&engine, &[]) else { return };
    let left = Left::new(&engine, &[], &[&registries.own.image("test/test_server1:v1.0")]);
    let checkout = checkout("build-and-push", "main", &registries);
    checkout.git(&["tag", "v1.0"]);
    let volume = socket(&engine);
    let ran = run(
        &checkout,
        &engine,
        &["--event", "tag", "--ref", "v1.0", "--docker-image", "python:3.8", "--docker-volumes", &volume],
    )
    .succeeded();
    assert!(ran.log("test").contains("Ran 2 tests"), "{}", ran.log("test"));
    assert!(ran.log("build").contains("v1.0: digest: sha256:"), "{}", ran.log("build"));
    let manifest = "PUT /v2/test/test_server1/manifests/v1.0 201".to_owned();
    assert!(registries.own.requests().contains(&manifest), "{:?}", registries.own.requests());
    drop(left);
}

/// The other machine is a container here, which those in a network of their own do not reach.
const NEAR: [&str; 2] = ["--docker-network-mode", "bridge"];

/// Variables of a project that deploys to the engine of another machine; the flag that names them.
fn with_machine(checkout: &Checkout, machine: &Dind<'_>, address: &str) -> String {
    let mut text = format!("[variables]\n{address}\n");
    for (key, name) in [("DOCKER_CA", "ca"), ("DOCKER_CERT", "cert"), ("DOCKER_KEY", "key")] {
        let value = machine.certificate(name);
        text.extend([key, " = { value = \"\"\"\n", &value, "\"\"\", file = true }\n"]);
    }
    let path = checkout.home().join("machine.toml");
    std::fs::write(&path, text).expect("a file");
    format!("--variables-file={}", path.display())
}

#[test]
fn a_tag_becomes_a_service() {
    let Some(engine) = Engine::require() else { return };
    let Some(registries) = Registries::start(&engine, &["busybox:stable"]) else { return };
    let production = Dind::start(&engine, &[registries.volume()]);
    let checkout = checkout("tag-to-service", "main", &registries);
    checkout.git(&["tag", "v1.0"]);
    let file = with_machine(&checkout, &production, &format!("PRODUCTION = \"{}\"", production.address));
    let volume = registries.volume();
    let tag = ["--event", "tag", "--ref", "v1.0", "--docker-privileged", &file, NEAR[0], NEAR[1]];
    let volumes = ["--docker-volumes", "/certs/client", "--docker-volumes", &volume];
    let ran = run(&checkout, &engine, &[&tag[..], &volumes, &["--manual", "deploy"]].concat()).succeeded();
    assert!(ran.log("test").contains("Version v1.0 serves."), "{}", ran.log("test"));
    assert_eq!(ran.statuses(["build", "test", "deploy"]), ["success"; 3]);
    assert!(ask(&format!("{}:8080", production.address), "/").contains("Version v1.0 serves."));
}

#[test]
fn a_stack_is_deployed_to_a_swarm() {
    let Some(engine) = Engine::require() else { return };
    let Some(registries) = Registries::start(&engine, &["busybox:stable"]) else { return };
    let swarm = Dind::start(&engine, &[registries.volume()]);
    swarm.exec("docker swarm init");
    let checkout = checkout("swarm-deploy", "main", &registries);
    let host = format!("DOCKER_HOST = \"tcp://{}:2376\"", swarm.address);
    let file = with_machine(&checkout, &swarm, &host);
    let ran = run(&checkout, &engine, &[&file, NEAR[0], NEAR[1]]).succeeded();
    assert_eq!(ran.statuses(["build", "deploy_stack"]), ["success"; 2]);
    assert!(ask(&format!("{}:8080", swarm.address), "/").contains("Hello from the swarm."));
}

#[test]
fn a_composition_is_deployed_and_stopped() {
    let Some(engine) = Engine::require() else { return };
    engine.image("busybox:stable");
    // The branch names the composition, and the machine may run this test more than once.
    let branch = format!("local-{}", std::process::id());
    let web = format!("page-{branch}-web-1");
    let left = Left::new(&engine, &[&web], &[&format!("page-{branch}-web")]);
    let checkout = copy("compose-deploy", &branch);
    let volume = socket(&engine);
    let run = |more: &[&str]| {
        let host = ["run", "--json", "--docker-host", engine.host(), "--docker-volumes", &volume];
        checkout.run_as(&[&host[..], &["--variable", "PAGE_PORT=0"], more].concat()).succeeded()
    };
    let ran = run(&[]);
    assert!(ran.log("check").contains("Hello from the composition."), "{}", ran.log("check"));
    assert_eq!(ran.statuses(["deploy", "check", "stop"]), ["success", "success", "manual"]);
    assert_eq!(run(&["stop", "--no-needs"]).statuses(["stop"]), ["success"]);
    assert_eq!(engine.inspect("container", &web), None);
    drop(left);
}
