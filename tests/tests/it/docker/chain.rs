//! From `git push` to a service that answers, with nothing but this program, git, an engine and a registry.

use super::own::{Own, TOKEN};
use super::project::{Dind, PASSWORD, Registries, USER, ask};
use super::rig::Trace;
use crate::support::LONG;
use base64::Engine as _;
use kit::browser::Browser;
use kit::docker::Engine;
use kit::runner::{Config, Service};
use protocol::RunnerToken;
use serde_json::json;
use std::net::Ipv4Addr;

/// What a runner with this token leaves in the engine.
fn containers(engine: &Engine, token: &str) -> Trace {
    Trace::of(engine, RunnerToken::new(token).short())
}

/// A runner with the docker executor, made in the coordinator and registered as its user would.
fn register(own: &Own, engine: &Engine, settings: &str) -> (Service, String) {
    let made = json!({ "runner_type": "instance_type", "description": "containers" });
    let made = own.ask("POST", "/user/runners", Some(made));
    let token = made["token"].as_str().expect("a token").to_owned();
    let mut service = Service::prepared(&Config::new());
    let config = service.place().config().to_string_lossy().into_owned();
    let url = own.url.replace("localhost", &engine.machine_address().to_string());
    let output = service.run(&[
        "register",
        "--non-interactive",
        "--config",
        &config,
        "--url",
        &url,
        "--token",
        &token,
        "--executor",
        "docker",
        "--docker-host",
        engine.host(),
        "--docker-image",
        "docker:cli",
        // The machine that is deployed to is a container here, which those in a network of their own do not reach.
        "--feature-flags",
        "FF_NETWORK_PER_BUILD:false",
        "--docker-privileged",
        "--docker-pull-policy",
        "if-not-present",
        "--docker-volumes",
        "/certs/client",
        "--docker-volumes",
        "/cache",
        "--docker-volumes",
        settings,
    ]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    service.start_again();
    (service, token)
}

/// Presses a job's button on the page of its pipeline, and watches it there until it has ended well. Without a browser,
/// the interface has to do.
fn press(own: &Own, page: &str, pipeline: u64, job: &str) {
    let press = async {
        let Some(browser) = Browser::start().await else { return false };
        let tab = browser.page().await;
        tab.open(page).await;
        tab.fill("#login", "root").await;
        tab.fill("#secret", TOKEN).await;
        tab.follow("form button").await;
        let card = format!(".job-card[data-job={job}]");
        // It leads to the job's page, which follows the job until it is over.
        tab.follow(&format!("{card} form[action$=\"/play\"] button")).await;
        tab.wait_for("document.querySelector('form[action$=\"/retry\"]')").await;
        assert_eq!(tab.complaints(), Vec::<String>::new());
        true
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    if !runtime.block_on(press) {
        let jobs = own.of_project("GET", &format!("/pipelines/{pipeline}/jobs"), None);
        let found = jobs.as_array().expect("a list").iter().find(|found| found["name"] == job);
        let id = &found.unwrap_or_else(|| panic!("no {job} in {jobs}"))["id"];
        own.of_project("POST", &format!("/jobs/{id}/play"), None);
    }
}

#[test]
fn a_pushed_tag_becomes_a_service_when_somebody_presses_the_button() {
    let Some(engine) = Engine::require() else { return };
    let Some(registries) = Registries::start(&engine, &["busybox:stable"]) else { return };
    // People are on this machine, and jobs are not: nobody says how each of them reaches the coordinator.
    let own = Own::start(&engine, Ipv4Addr::UNSPECIFIED, &[]);
    let (mut runner, token) = register(&own, &engine, &registries.volume());
    let containers = containers(&engine, &token);
    let production = Dind::start(&engine, &[registries.volume()]);

    // Values are taken as they are: this user's name has a `$` in it.
    let raw = || json!({ "raw": true });
    own.variable("CI_REGISTRY", &registries.own.host(), raw());
    own.variable("CI_REGISTRY_IMAGE", &registries.own.image("team/app"), raw());
    own.variable("CI_REGISTRY_USER", USER, raw());
    own.variable("CI_REGISTRY_PASSWORD", PASSWORD, json!({ "raw": true, "masked": true }));
    let login = base64::engine::general_purpose::STANDARD.encode(format!("{USER}:{PASSWORD}"));
    let logins = json!({ "auths": { registries.own.host(): { "auth": login } } });
    own.variable("DOCKER_AUTH_CONFIG", &logins.to_string(), raw());
    let scoped = json!({ "environment_scope": "production" });
    own.variable("PRODUCTION", &production.address, scoped);
    for (key, name) in [("DOCKER_CA", "ca"), ("DOCKER_CERT", "cert"), ("DOCKER_KEY", "key")] {
        let file = json!({ "variable_type": "file", "environment_scope": "production" });
        own.variable(key, &production.certificate(name), file);
    }

    own.example("tag-to-service");
    own.commit();
    own.git(&["tag", "v1.0"]);
    let (page, pipeline) = own.push("v1.0");
    let build = own.succeeds(pipeline, "build");
    let trace = own.trace(build);
    assert!(trace.contains("v1.0: digest: sha256:") && !trace.contains(PASSWORD), "{trace}");
    let test = own.succeeds(pipeline, "test");
    assert!(own.trace(test).contains("Version v1.0 serves."), "{}", own.trace(test));
    let environment = || own.of_project("GET", "/environments?name=production", None)[0].clone();
    assert!(environment()["external_url"].is_null(), "{}", environment());

    press(&own, &page, pipeline, "deploy");
    own.succeeds(pipeline, "deploy");
    let served = format!("{}:8080", production.address);
    assert!(ask(&served, "/").contains("Version v1.0 serves."));
    let deployed = environment();
    assert_eq!(deployed["external_url"], format!("http://{served}/"), "{deployed}");
    assert_eq!(deployed["state"], "available", "{deployed}");

    drop(production);
    runner.quit(LONG);
    runner.assert_nothing_left();
    containers.assert_nothing_left();
    own.quit();
}

const JOBS: &str = r#"
stages: [build, deploy]

build:
  stage: build
  services: [{ name: rig/web, alias: web }]
  script:
    - curl --silent --show-error --fail http://web:8080/ > answer
    - echo "here=[$HERE] elsewhere=[$ELSEWHERE] protected=[$PROTECTED] file=[$(cat "$FILE")] masked=[$MASKED]"
    - git clone --quiet "$CI_REPOSITORY_URL" /tmp/clone && cat /tmp/clone/message
    - 'curl --silent --show-error --fail --header "JOB-TOKEN: $CI_JOB_TOKEN" "$CI_API_V4_URL/job" > job.json'
    - 'grep --only-matching "\"name\":\"build\"" job.json'
    - echo PLACE=dotenv.test > place.env
  artifacts:
    paths: [answer]
    reports: { dotenv: place.env }

deploy:
  stage: deploy
  environment: { name: production, url: "http://$PLACE/$CI_COMMIT_REF_NAME" }
  script:
    - cat answer
    - echo "elsewhere=[$ELSEWHERE]"
"#;

/// `runner coordinator --with-runner` on a machine with an engine: containers reach what listens on loopback.
#[test]
fn a_coordinator_on_loopback_has_jobs_in_containers() {
    let Some(engine) = Engine::require() else { return };
    let flags = ["--with-runner", "--docker-image", engine.image("rig/base")];
    let own = Own::start(&engine, Ipv4Addr::LOCALHOST, &flags);
    own.variable("HERE", "yes", json!({}));
    own.variable("ELSEWHERE", "yes", json!({ "environment_scope": "production" }));
    own.variable("PROTECTED", "only-main", json!({ "protected": true }));
    own.variable("FILE", "in a file", json!({ "variable_type": "file" }));
    own.variable("MASKED", "never-to-be-shown", json!({ "masked": true }));
    std::fs::write(own.work().join(".gitlab-ci.yml"), JOBS).unwrap();
    std::fs::write(own.work().join("message"), "cloned again\n").unwrap();
    own.commit();

    let (_, pipeline) = own.push("main");
    let build = own.trace(own.succeeds(pipeline, "build"));
    let said = "here=[yes] elsewhere=[] protected=[only-main] file=[in a file] masked=[[MASKED]]";
    for expected in [said, "cloned again", "\"name\":\"build\""] {
        assert!(build.contains(expected), "no {expected} in {build}");
    }
    let deploy = own.trace(own.succeeds(pipeline, "deploy"));
    assert!(deploy.contains("web-ok") && deploy.contains("elsewhere=[yes]"), "{deploy}");
    let environment = own.of_project("GET", "/environments?name=production", None)[0].clone();
    assert_eq!(environment["external_url"], "http://dotenv.test/main", "{environment}");
    assert_eq!(environment["state"], "available", "{environment}");

    // Another branch is not protected.
    own.git(&["checkout", "--quiet", "-b", "topic"]);
    let (_, pipeline) = own.push("topic");
    let build = own.trace(own.succeeds(pipeline, "build"));
    assert!(build.contains("protected=[]"), "{build}");
    own.succeeds(pipeline, "deploy");

    let config = own.data("runner/config.toml");
    let token = config.split('"').find(|word| word.starts_with("glrt-")).expect("a token").to_owned();
    let containers = containers(&engine, &token);
    own.quit();
    containers.assert_nothing_left();
}
