//! The pipelines of `examples/` that need an engine and a registry, whole.

use super::{Checkout, Ran};
use crate::docker::pipelines::alone;
use crate::docker::project::{Left, PASSWORD, Registries, USER, socket};
use kit::docker::Engine;
use std::path::Path;
use std::process::Command;

/// A checkout of an example on a branch, with what a project with this registry has.
fn checkout(example: &str, branch: &str, registries: &Registries) -> Checkout {
    let checkout = Checkout::empty();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples").join(example);
    let copied = Command::new("cp").arg("-R").arg(folder.join(".")).arg(checkout.root()).status();
    assert!(copied.is_ok_and(|status| status.success()), "{} cannot be copied", folder.display());
    checkout.git(&["init", "--quiet", &format!("--initial-branch={branch}")]);
    checkout.commit("the example");
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
