//! Engines that are reached over the network.

use super::project::Dind;
use super::rig::{shown, unique_token};
use crate::support::LONG;
use kit::coordinator::{Coordinator, Verdict};
use kit::docker::Engine;
use kit::payload::Payload;
use kit::runner::{Config, Section, Service};
use serde_json::json;

const PROJECT: &str = "private/group/project";

#[test]
fn an_engine_with_certificates_on_a_port_runs_jobs() {
    let Some(engine) = Engine::require() else { return };
    let remote = Dind::start(&engine, &[]);
    for image in ["rig/busybox", "rig/web"] {
        remote.copy(image);
    }
    let certificates = tempfile::tempdir().expect("a temporary folder");
    for name in ["ca", "cert", "key"] {
        let path = certificates.path().join(format!("{name}.pem"));
        std::fs::write(path, remote.certificate(name)).expect("a file");
    }
    let (token, _) = unique_token("rem");
    let coordinator = Coordinator::start_at(engine.machine_address().into());
    coordinator.add_runner(&token);
    let section = Section::with_docker(&coordinator.url(), &token, "rig/busybox")
        .docker("host", format!("tcp://{}:2376", remote.address))
        .docker("tls_verify", true)
        .docker("tls_cert_path", certificates.path().to_string_lossy().into_owned())
        .docker("pull_policy", vec!["if-not-present"])
        .docker("volumes", vec!["/cache"]);
    let mut service = Service::start(&Config::with_section(section));

    let project = coordinator.git().create(PROJECT);
    let sha = project.commit("one", &[("a.txt", "from git\n")]);
    let script = ["cat a.txt", "wget -q -O- http://web:8080/", "mkdir out && echo x > out/x"];
    let payload = Payload::new("remote", &script).git(PROJECT, &sha).archive(&["out"], "on_success");
    let job = coordinator.enqueue(&token, &payload.service(json!({ "name": "rig/web" })));
    assert_eq!(job.wait_finished(LONG), Verdict::Success, "{}", shown(&job.text()));
    assert!(job.text().has_line("from git") && job.text().has_line("web-ok"));
    service.quit(LONG);
    service.assert_nothing_left();
    assert_eq!(remote.exec("docker ps --all --quiet; docker network ls --quiet --filter type=custom"), "");
    coordinator.assert_no_violations();
}
