//! What a job asks of the engine.

use super::rig::Rig;
use kit::docker::{Engine, EngineProxy, EngineRequest};
use kit::payload::Payload;
use std::time::{Duration, Instant};

/// How long clean-up after a verdict may take.
const CLEAN_WITHIN: Duration = Duration::from_secs(30);

/// Runs a job twice, since the first finds less, and gives what the second asked for, clean-up included.
fn asked(rig: &Rig, proxy: &EngineProxy, payload: &Payload) -> Vec<EngineRequest> {
    for _ in 0..2 {
        proxy.take();
        rig.succeeds(payload);
        // A service that runs one job at a time asks for the next when nothing of the last is left.
        rig.wait_polling(CLEAN_WITHIN);
    }
    proxy.take()
}

fn count(requests: &[EngineRequest], kind: &str) -> usize {
    requests.iter().filter(|request| request.kind() == kind).count()
}

fn kinds(requests: &[EngineRequest]) -> Vec<String> {
    requests.iter().map(EngineRequest::kind).collect()
}

#[test]
fn a_job_costs_few_requests_and_a_container() {
    let Some(engine) = Engine::require() else { return };
    let Some(proxy) = EngineProxy::start(&engine) else { return };
    let Some(rig) = Rig::start("rig/busybox", |section| section.docker("host", proxy.host())) else { return };
    for network in ["false", "true"] {
        let payload = Payload::new("small", &["true"]).after_script(&["true"]);
        let requests = asked(&rig, &proxy, &payload.variable("FF_NETWORK_PER_BUILD", network));
        assert!(requests.len() <= 20, "{} requests: {:?}", requests.len(), kinds(&requests));
        assert_eq!(count(&requests, "POST /containers/…/start"), 1, "{:?}", kinds(&requests));
        assert_eq!(count(&requests, "POST /exec/…/start"), 0, "{:?}", kinds(&requests));
    }
    rig.finish();
}

#[test]
fn all_that_a_job_can_have_is_done_in_two_containers() {
    let Some(engine) = Engine::require() else { return };
    let Some(proxy) = EngineProxy::start(&engine) else { return };
    let Some(rig) = Rig::start("rig/busybox", |section| section.docker("host", proxy.host())) else { return };
    let repository = rig.coordinator.git().create("private/group/project");
    let sha = repository.commit("first", &[("file", "text\n")]);
    let payload = Payload::new("whole", &["cat file", "mkdir -p cached out", "touch cached/a out/b"])
        .git("private/group/project", &sha)
        .cache("k", &["cached/"])
        .archive(&["out/"], "on_success")
        .file("SETTINGS", "as a file")
        .after_script(&["true"]);
    let requests = asked(&rig, &proxy, &payload);
    assert!(requests.len() <= 20, "{} requests: {:?}", requests.len(), kinds(&requests));
    assert_eq!(count(&requests, "POST /containers/…/start"), 2, "{:?}", kinds(&requests));
    rig.finish();
}

#[test]
fn the_verdict_does_not_wait_for_clean_up() {
    let Some(engine) = Engine::require() else { return };
    let Some(proxy) = EngineProxy::start(&engine) else { return };
    let Some(rig) = Rig::start("rig/busybox", |section| section.docker("host", proxy.host())) else { return };
    let job = rig.enqueue(&Payload::new("small", &["true"]));
    job.wait_finished(CLEAN_WITHIN);
    rig.wait_polling(CLEAN_WITHIN);
    let ended: Option<Instant> = job.inspect(|job| job.times.ended);
    let requests = proxy.take();
    let removals: Vec<_> = requests.iter().filter(|request| request.method == "DELETE").collect();
    assert!(!removals.is_empty(), "{:?}", kinds(&requests));
    assert!(removals.iter().all(|request| Some(request.at) >= ended), "{:?}", kinds(&requests));
    rig.finish();
}
