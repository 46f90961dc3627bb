//! What our requests say, next to what gitlab-runner's say.

use crate::conformance::recorded_requests;
use crate::support::{LONG, TOKEN, coordinator, finish, pair};
use kit::coordinator::{Coordinator, Endpoint, RequestRecord, Verdict};
use kit::payload::Payload;
use kit::runner::{Config, Service};
use serde_json::Value;
use std::collections::BTreeSet;
use std::process::Output;

/// Headers that depend on the program or the network, not on the protocol.
const FREE_HEADERS: [&str; 3] = ["host", "connection", "accept-encoding"];

/// Names of the headers, and paths of all keys of the body.
fn shape(headers: impl Iterator<Item = String>, body: Option<&Value>) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = headers
        .map(|name| name.to_lowercase())
        // Two ways to say where a body ends.
        .map(|name| if name == "transfer-encoding" { "content-length".to_owned() } else { name })
        .filter(|name| !FREE_HEADERS.contains(&name.as_str()))
        .collect();
    if let Some(body) = body {
        keys("", body, &mut names);
    }
    names
}

fn keys(path: &str, value: &Value, names: &mut BTreeSet<String>) {
    for (key, child) in value.as_object().into_iter().flatten() {
        let path = format!("{path}/{key}");
        keys(&path, child, names);
        names.insert(path);
    }
}

/// gitlab-runner's recorded request to an endpoint; of several the one that the predicate takes.
#[track_caller]
fn recorded(file: &str, method: &str, path: &str, nth: usize) -> BTreeSet<String> {
    let requests = recorded_requests(file);
    let fits = |r: &&Value| r["method"] == method && r["path"].as_str().is_some_and(|p| p.starts_with(path));
    let request = requests.iter().filter(fits).nth(nth).expect("a recorded request");
    let body = request["body"].as_str().and_then(|text| serde_json::from_str(text).ok());
    let headers = request["headers"].as_object().into_iter().flatten().map(|(name, _)| name.clone());
    shape(headers, body.as_ref())
}

fn ours(coordinator: &Coordinator, endpoint: Endpoint, nth: usize) -> BTreeSet<String> {
    let request: RequestRecord = coordinator.inspect(|state| {
        let fits = |request: &&RequestRecord| request.endpoint == endpoint;
        state.requests.iter().filter(fits).nth(nth).expect("a request").clone()
    });
    shape(request.headers.into_keys(), request.body.as_ref())
}

#[track_caller]
fn assert_same(what: &str, ours: &BTreeSet<String>, theirs: &BTreeSet<String>) {
    let missing: Vec<_> = theirs.difference(ours).collect();
    // A header more does no harm; a key more may be refused.
    let added: Vec<_> = ours.difference(theirs).filter(|name| name.starts_with('/')).collect();
    assert!(missing.is_empty() && added.is_empty(), "{what}: missing {missing:?}, added {added:?}");
}

#[test]
fn a_job_is_reported_as_gitlab_runner_does() {
    let (coordinator, mut service) = pair(1);
    let job = coordinator.enqueue(TOKEN, &Payload::new("good", &["true"]));
    assert_eq!(job.wait_finished(LONG), Verdict::Success);
    finish(&coordinator, &mut service);
    let of = |method, path, nth| recorded("job-success", method, path, nth);
    assert_same(
        "request",
        &ours(&coordinator, Endpoint::RequestJob, 0),
        &of("POST", "/api/v4/jobs/request", 0),
    );
    assert_same("running", &ours(&coordinator, Endpoint::UpdateJob, 0), &of("PUT", "/api/v4/jobs/", 0));
    assert_same("trace", &ours(&coordinator, Endpoint::Trace, 0), &of("PATCH", "/api/v4/jobs/", 0));
    assert_same("success", &ours(&coordinator, Endpoint::UpdateJob, 1), &of("PUT", "/api/v4/jobs/", 1));
}

#[test]
fn a_failure_is_reported_as_gitlab_runner_does() {
    let (coordinator, mut service) = pair(1);
    let payload = Payload::new("bad", &["echo x > f", "exit 3"]).archive(&["f"], "always");
    let job = coordinator.enqueue(TOKEN, &payload);
    assert_eq!(job.wait_finished(LONG), Verdict::Failed);
    finish(&coordinator, &mut service);
    let theirs = recorded("job-failed", "PUT", "/api/v4/jobs/", 1);
    assert_same("failed", &ours(&coordinator, Endpoint::UpdateJob, 1), &theirs);
    let theirs = recorded("job-artifacts", "POST", "/api/v4/jobs/1000/artifacts", 0);
    assert_same("upload", &ours(&coordinator, Endpoint::Upload, 0), &theirs);
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn a_life_with_an_authentication_token() {
    let coordinator = coordinator();
    let service = Service::prepared(&Config::new());
    let config = service.place().config().to_string_lossy().into_owned();
    let url = coordinator.url();
    let register = [
        "register",
        "--non-interactive",
        "--config",
        &config,
        "--url",
        &url,
        "--token",
        TOKEN,
        "--executor",
        "shell",
        "--description",
        "rig",
    ];
    let output = service.run(&register);
    assert!(output.status.success(), "{}", text(&output));
    let theirs = |method, path| recorded("register-authentication-token", method, path, 0);
    assert_same(
        "verify",
        &ours(&coordinator, Endpoint::Verify, 0),
        &theirs("POST", "/api/v4/runners/verify"),
    );
    let output = service.run(&["verify", "--config", &config]);
    assert!(output.status.success(), "{}", text(&output));
    let listed = service.run(&["list", "--config", &config]);
    assert!(text(&listed).contains("rig") && !text(&listed).contains(TOKEN), "{}", text(&listed));
    let output = service.run(&["reset-token", "--config", &config, "--name", "rig"]);
    assert!(output.status.success(), "{}", text(&output));
    let reset = theirs("POST", "/api/v4/runners/reset_authentication_token");
    assert_same("reset", &ours(&coordinator, Endpoint::ResetToken, 0), &reset);
    let output = service.run(&["unregister", "--config", &config, "--name", "rig"]);
    assert!(output.status.success(), "{}", text(&output));
    let removed = theirs("DELETE", "/api/v4/runners/managers");
    assert_same("unregister", &ours(&coordinator, Endpoint::UnregisterManager, 0), &removed);
    let left = std::fs::read_to_string(service.place().config()).expect("the configuration");
    assert!(!left.contains("[[runners]]") && !left.contains("glrt-"), "{left}");
    coordinator.assert_no_violations();
}

#[test]
fn a_life_with_a_registration_token() {
    let coordinator = coordinator();
    coordinator.add_registration_token("GR1348941reg");
    let service = Service::prepared(&Config::new());
    let config = service.place().config().to_string_lossy().into_owned();
    let url = coordinator.url();
    let register = [
        "register",
        "--config",
        &config,
        "--non-interactive",
        "--executor",
        "docker",
        "--docker-privileged",
        "--docker-image",
        "docker:stable",
        "--url",
        &url,
        "--registration-token",
        "GR1348941reg",
        "--description",
        "D",
        "--tag-list",
        "a,b",
        "--run-untagged=true",
        "--locked=false",
        "--access-level=not_protected",
    ];
    let output = service.run(&register);
    assert!(output.status.success(), "{}", text(&output));
    let body = coordinator.inspect(|state| {
        state.runners.values().find_map(|runner| runner.registration.clone()).expect("a registration")
    });
    for (key, value) in [
        ("description", Value::from("D")),
        ("tag_list", Value::from("a,b")),
        ("run_untagged", Value::from(true)),
        ("locked", Value::from(false)),
        ("access_level", Value::from("not_protected")),
    ] {
        assert_eq!(body[key], value, "{key}");
    }
    let written = std::fs::read_to_string(service.place().config()).expect("the configuration");
    for part in ["executor = \"docker\"", "privileged = true", "image = \"docker:stable\"", "legacytoken"] {
        assert!(written.contains(part), "{part} in {written}");
    }
    let output = service.run(&["unregister", "--config", &config, "--all-runners"]);
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(coordinator.requests(Endpoint::Unregister), 1);
    coordinator.assert_no_violations();
}

#[test]
fn a_token_that_is_refused_is_not_stored() {
    let coordinator = coordinator();
    let service = Service::prepared(&Config::new());
    let config = service.place().config().to_string_lossy().into_owned();
    let url = coordinator.url();
    let register = [
        "register",
        "--non-interactive",
        "--config",
        &config,
        "--url",
        &url,
        "--token",
        "glrt-nobodyknowsthisoneee",
        "--executor",
        "shell",
    ];
    assert!(!service.run(&register).status.success());
    let written = std::fs::read_to_string(service.place().config()).expect("the configuration");
    assert!(!written.contains("nobodyknows"), "{written}");
    coordinator.assert_no_violations();
}
