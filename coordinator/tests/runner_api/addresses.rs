//! The coordinator's address, as jobs are told it.

use crate::rig::{Rig, settings};
use coordinator::files::FileLimits;
use coordinator::runner_api::RunnerApi;

/// What a job is told that comes to a runner that asks `host`: the server's address, and the repository's.
async fn told(has_url: bool, host: &str) -> (String, String) {
    let rig = Rig::with(RunnerApi { has_url, ..settings() }, FileLimits::default()).await;
    rig.push("job: {script: [make]}").await;
    let body = format!(r#"{{"token":"{}"}}"#, rig.runner.expose());
    let headers = [("Content-Type", "application/json"), ("Host", host)];
    let job = rig.call("POST", "jobs/request", &headers, body.as_bytes()).await.json();
    let variables = job["variables"].as_array().unwrap();
    let server = variables.iter().find(|variable| variable["key"] == "CI_SERVER_URL").unwrap();
    let repository = job["git_info"]["repo_url"].as_str().unwrap();
    let (_, repository) = repository.split_once('@').unwrap();
    let known = |text: &str| text.replace(&rig.address.to_string(), "KNOWN");
    (known(server["value"].as_str().unwrap()), known(repository))
}

#[tokio::test]
async fn it_is_the_one_that_was_given_or_the_one_that_the_runner_asks() {
    let (server, repository) = told(true, "172.17.0.1:8929").await;
    assert_eq!((server.as_str(), repository.as_str()), ("http://KNOWN", "KNOWN/g/p.git"));
    let (server, repository) = told(false, "172.17.0.1:8929").await;
    assert_eq!((server.as_str(), repository.as_str()), ("http://172.17.0.1:8929", "172.17.0.1:8929/g/p.git"));
    let (server, repository) = told(false, "no host").await;
    assert_eq!((server.as_str(), repository.as_str()), ("http://KNOWN", "KNOWN/g/p.git"));
}
