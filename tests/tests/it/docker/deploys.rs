//! The pipelines of `examples/` that deploy.

use super::project::{Dind, Left, Project, Registries, ask, socket};
use super::rig::{Rig, says};
use kit::docker::Engine;
use kit::payload::Payload;
use kit::runner::Section;
use serde_json::json;

/// What the example's README asks for.
fn with_manager(payload: Payload, swarm: &Dind<'_>) -> Payload {
    payload
        .variable("DOCKER_HOST", &format!("tcp://{}:2376", swarm.address))
        .file("DOCKER_CA", &swarm.certificate("ca"))
        .file("DOCKER_CERT", &swarm.certificate("cert"))
        .file("DOCKER_KEY", &swarm.certificate("key"))
}

#[test]
fn a_stack_is_deployed_and_its_service_updated() {
    let Some(engine) = Engine::require() else { return };
    let Some(registries) = Registries::start(&engine, &["busybox:stable"]) else { return };
    let Some(rig) = Rig::start("docker:cli", |section| section) else { return };
    // A swarm of one node.
    let swarm = Dind::start(&engine, &[registries.volume()]);
    swarm.exec("docker swarm init");
    let of_project = |payload| with_manager(registries.of_project(payload), &swarm);
    let project = Project::new(&rig, "swarm-deploy");
    let page = format!("{}:8080", swarm.address);

    let pushed = project.push("main");
    assert_eq!(pushed.names(), ["build", "deploy_stack"]);
    for name in pushed.names() {
        rig.succeeds(&of_project(pushed.payload(name)));
    }
    assert!(ask(&page, "/").contains("Hello from the swarm."));

    project.change("www/index.html", |text| text.replace("Hello", "Greetings"));
    let tagged = project.tag("v2");
    assert_eq!(tagged.names(), ["build", "update_service"]);
    rig.succeeds(&of_project(tagged.payload("build")));
    says(&rig.succeeds(&of_project(tagged.payload("update_service"))), &["Service converged"]);
    assert!(ask(&page, "/").contains("Greetings from the swarm."));
    drop(swarm);
    rig.finish();
}

#[test]
fn a_composition_is_deployed_checked_and_stopped() {
    let Some(engine) = Engine::require() else { return };
    let bound = |section: Section| section.docker("volumes", vec!["/cache".to_owned(), socket(&engine)]);
    let Some(rig) = Rig::start("docker:cli", bound) else { return };
    engine.image("busybox:stable");
    // The branch names the composition, and the machine may run this test more than once.
    let branch = format!("compose-{}", std::process::id());
    let web = format!("page-{branch}-web-1");
    let left = Left::new(&engine, &[&web], &[&format!("page-{branch}-web")]);
    let pipeline = Project::new(&rig, "compose-deploy").push(&branch);
    assert_eq!(pipeline.names(), ["deploy", "check", "stop"]);
    // Any free port.
    let job = |name: &str| pipeline.payload(name).variable("PAGE_PORT", "0");

    rig.succeeds(&job("deploy"));
    let published = engine.docker(&["port", &web, "8080/tcp"]);
    let port =
        published.lines().find_map(|line| line.strip_prefix("0.0.0.0:")).expect("a port of this machine");
    assert!(ask(&format!("127.0.0.1:{port}"), "/").contains("Hello from the composition."));
    says(&rig.succeeds(&job("check")), &["Hello from the composition."]);
    rig.succeeds(&job("stop").set("/job_info/stage", json!("stop")));
    assert_eq!(engine.inspect("container", &web), None);
    drop(left);
    rig.finish();
}
