//! Jobs in containers.

use super::{Checkout, Ran};
use kit::docker::Engine;
use serde_json::json;
use std::fs;
use std::os::unix::fs::MetadataExt as _;

/// Runs the pipeline in containers.
fn run(checkout: &Checkout, engine: &Engine, arguments: &[&str]) -> Ran {
    let mut all = vec!["run", "--json", "--executor", "docker", "--pull-policy", "never", "--docker-host"];
    let host = engine.host().to_owned();
    all.push(&host);
    all.extend(arguments);
    checkout.run_as(&all)
}

#[test]
fn sources_artifacts_and_caches_go_in_and_out() {
    let Some(engine) = Engine::require() else { return };
    let checkout = Checkout::with(
        "stages: [build, test]\n\
         default: {image: rig/debian}\n\
         make:\n  stage: build\n  script: [cat new.txt, mkdir -p kept, echo x >> kept/count, cp kept/count made]\n  \
         artifacts: {paths: [made]}\n  cache: {key: k, paths: [kept]}\n\
         use: {stage: test, image: rig/base, script: ['test $(wc -l < made) = 1', git log --oneline, git describe --always]}\n\
         user: {stage: test, image: rig/user, script: [id -u, touch here, test -e made]}\n",
    );
    checkout.write("new.txt", "untracked\n");
    let ran = run(&checkout, &engine, &[]).succeeded();
    assert!(ran.log("make").contains("untracked"), "{}", ran.log("make"));
    assert_eq!(ran.job("make")["artifacts"][0]["type"], json!("archive"));
    let root = fs::metadata(checkout.root()).expect("the checkout").uid();
    for entry in fs::read_dir(checkout.root()).expect("the checkout").flatten() {
        assert_eq!(entry.metadata().expect("a file").uid(), root, "{}", entry.path().display());
    }
    // The cache is there in the next run.
    checkout.write(".gitlab-ci.yml", "again: {image: rig/busybox, script: ['test $(wc -l < kept/count) = 1'], cache: {key: k, paths: [kept], policy: pull}}\n");
    run(&checkout, &engine, &[]).succeeded();
}

#[test]
fn a_job_has_its_services() {
    let Some(engine) = Engine::require() else { return };
    let checkout = Checkout::with(
        "ask:\n  image: rig/busybox\n  services: [{name: rig/web, alias: web}]\n  script: ['wget -q -O - http://web:8080/']\n",
    );
    run(&checkout, &engine, &[]).succeeded();
}

#[test]
fn auto_takes_containers_for_images_and_the_shell_for_the_rest() {
    let Some(engine) = Engine::require() else { return };
    let checkout = Checkout::with(
        "in: {image: rig/busybox, script: ['test -e /bin/busybox']}\nout: {script: ['test -n \"$BASH_VERSION\"']}\n",
    );
    let host = engine.host().to_owned();
    let ran =
        checkout.run_as(&["run", "--json", "--pull-policy", "never", "--docker-host", &host]).succeeded();
    assert!(ran.log("in").contains("rig/busybox"), "{}", ran.log("in"));
}

#[test]
fn an_interrupt_leaves_no_container() {
    let Some(engine) = Engine::require() else { return };
    let checkout = Checkout::with("long: {image: rig/busybox, script: [echo begun, sleep 1000]}\n");
    let (host, project) = (engine.host().to_owned(), "rig/of-an-interrupt");
    let mut running = checkout.begin(&[
        "--executor",
        "docker",
        "--pull-policy",
        "never",
        "--docker-host",
        &host,
        "--project",
        project,
    ]);
    let started = running.wait("job_started", "long");
    assert_eq!(started["job"], "long");
    running.signal(nix::sys::signal::Signal::SIGINT);
    let (status, events) = running.end();
    assert_eq!(status.code(), Some(130), "{events:?}");
    assert_eq!(super::job(&events, "long").expect("its end")["status"], "canceled");
    let left = engine.docker(&["ps", "--all", "--format", "{{.Names}} {{.Labels}}"]);
    let left: Vec<&str> = left.lines().filter(|line| line.contains(project)).collect();
    assert_eq!(left, Vec::<&str>::new());
}

#[test]
fn the_next_run_removes_containers_of_a_killed_one() {
    let Some(engine) = Engine::require() else { return };
    let checkout = Checkout::with("long: {image: rig/busybox, script: [echo begun, sleep 1000]}\n");
    let (host, project) = (engine.host().to_owned(), "rig/of-a-killed-run");
    let flags =
        ["--executor", "docker", "--pull-policy", "never", "--docker-host", &host, "--project", project];
    let mut running = checkout.begin(&flags);
    running.wait("job_started", "long");
    // Each look takes its time.
    let begun = || checkout.ci(&["log", "long"]).output().expect("it runs").stdout;
    while !String::from_utf8_lossy(&begun()).contains("\nbegun\n") {}
    running.signal(nix::sys::signal::Signal::SIGKILL);
    running.end();
    checkout.write(".gitlab-ci.yml", "short: {image: rig/busybox, script: ['true']}\n");
    checkout.run_as(&[&["run", "--json"][..], &flags].concat()).succeeded();
    let left = engine.docker(&["ps", "--all", "--format", "{{.Names}} {{.Labels}}"]);
    let left: Vec<&str> = left.lines().filter(|line| line.contains(project)).collect();
    assert_eq!(left, Vec::<&str>::new());
    assert_eq!(super::kills::left_of(&checkout), Vec::<String>::new());
}
