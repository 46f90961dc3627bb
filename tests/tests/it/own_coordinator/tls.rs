//! TLS: git and a runner of its own process reach the coordinator by https, and trust its authority alone.

use super::process::{Coordinator, TOKEN, ask, checkout, commit, git, wait_for};
use crate::support::LONG;
use kit::runner::{Config, Section, Service};
use nix::sys::signal::Signal;
use std::path::Path;

/// Files of the client's tests.
const PEM: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../client/tests/tls");

#[test]
fn git_and_runners_speak_tls() {
    let folder = tempfile::tempdir().expect("a folder");
    let plain = Coordinator::start(folder.path(), &["--listen", "127.0.0.1:0"], Some(TOKEN));
    ask(&plain.url, "POST", "/projects?name=app").expect("a project");
    let made = ask(&plain.url, "POST", "/user/runners?runner_type=instance_type").expect("a runner");
    assert!(plain.end(Signal::SIGTERM).success());

    let (certificate, key) = (format!("{PEM}/server.pem"), format!("{PEM}/server.key"));
    let arguments = ["--listen", "127.0.0.1:0", "--tls-cert", &certificate, "--tls-key", &key];
    let coordinator = Coordinator::start(folder.path(), &arguments, Some(TOKEN));
    assert!(coordinator.url.starts_with("https://"), "{}", coordinator.url);
    let (work, said) = (folder.path().join("work"), folder.path().join("said"));
    checkout(&work);
    std::fs::write(work.join(".gitlab-ci.yml"), format!("a: {{script: ['ls > {}']}}", said.display()))
        .expect("a file");
    commit(&work, "x");
    let to = coordinator.repository("root/app");
    let refused = git(&work, &["push", "-q", &to, "main"]).expect_err("nobody vouches for it");
    assert!(refused.contains("certificate"), "{refused}");
    let authority = format!("http.sslCAInfo={PEM}/ca.pem");
    git(&work, &["-c", &authority, "push", "-q", &to, "main"]).expect("a push");
    let section = Section::new(&coordinator.url, made["token"].as_str().expect("a token"));
    let section = section.key("tls-ca-file", Path::new(PEM).join("ca.pem").display().to_string());
    let mut service = Service::start(&Config::with_section(section));
    let listed =
        wait_for("the job", LONG, || std::fs::read_to_string(&said).ok().filter(|text| !text.is_empty()));
    assert!(listed.contains("number"), "its sources came by https, too: {listed}");
    service.quit(LONG);
    assert!(coordinator.end(Signal::SIGTERM).success());
}
