//! Repositories with a password, through the real binary.

use crate::support::{LONG, TOKEN, coordinator, finish, pair};
use kit::coordinator::{Coordinator, Endpoint, JobHandle, Verdict};
use kit::git::Repository;
use kit::payload::Payload;

const PROJECT: &str = "private/group/project";

/// A project with a submodule that has one itself, all behind the job token.
fn nested(coordinator: &Coordinator) -> (Repository, String) {
    let inner = coordinator.git().create("private/group/inner");
    let inner_sha = inner.commit("inner", &[("inner.txt", "inner\n")]);
    let dep = coordinator.git().create("private/group/dep");
    dep.commit("dep", &[("dep.txt", "dep\n")]);
    let dep_sha = dep.submodule("inner", "../inner.git", &inner_sha);
    let project = coordinator.git().create(PROJECT);
    project.commit("one", &[("README.md", "one\n")]);
    let sha = project.submodule("libs/dep", "../dep.git", &dep_sha);
    (project, sha)
}

fn run(coordinator: &Coordinator, payload: &Payload) -> JobHandle {
    let job = coordinator.enqueue(TOKEN, payload);
    assert_eq!(job.wait_finished(LONG), Verdict::Success, "{:#?}", job.text().lines);
    job
}

#[test]
fn submodules_are_fetched_with_the_job_token() {
    let (coordinator, mut service) = pair(1);
    let (_project, sha) = nested(&coordinator);
    let script = ["ls libs/dep libs/dep/inner", "grep -rl glcbt- .git && echo leaked || echo clean"];
    let payload = |strategy: &str| {
        Payload::new("modules", &script).git(PROJECT, &sha).variable("GIT_SUBMODULE_STRATEGY", strategy)
    };
    let normal = run(&coordinator, &payload("normal")).text();
    assert!(
        normal.has_line("dep.txt") && !normal.has_line("inner.txt") && normal.has_line("clean"),
        "{normal:?}"
    );
    let recursive = run(&coordinator, &payload("recursive")).text();
    assert!(recursive.has_line("dep.txt") && recursive.has_line("inner.txt"), "{recursive:?}");
    assert!(recursive.has_line("clean"), "{recursive:?}");
    finish(&coordinator, &mut service);
}

#[test]
fn the_trace_never_shows_the_token() {
    let (coordinator, mut service) = pair(1);
    let (_project, sha) = nested(&coordinator);
    let payload = Payload::new("secret", &["git remote -v", "env | grep -c glcbt- || true"])
        .git(PROJECT, &sha)
        .variable("GIT_TRACE", "1")
        .variable("GIT_TRACE_CURL", "1");
    let job = run(&coordinator, &payload);
    let trace = String::from_utf8_lossy(&job.trace()).into_owned();
    assert!(!trace.contains("glcbt-64_"), "{trace}");
    finish(&coordinator, &mut service);
}

#[test]
fn a_second_job_fetches_what_is_new() {
    let (coordinator, mut service) = pair(1);
    let project = coordinator.git().create(PROJECT);
    let first = project.commit("one", &[("a.txt", "1\n")]);
    run(&coordinator, &Payload::new("first", &["cat a.txt", "touch dirty"]).git(PROJECT, &first));
    let second = project.commit("two", &[("a.txt", "2\n")]);
    let text = run(&coordinator, &Payload::new("second", &["cat a.txt", "ls"]).git(PROJECT, &second)).text();
    assert!(text.has_line("2") && !text.has_line("dirty"), "{text:?}");
    finish(&coordinator, &mut service);
}

#[test]
fn locks_of_a_killed_job_do_not_stop_the_next() {
    let (coordinator, mut service) = pair(1);
    let project = coordinator.git().create(PROJECT);
    let first = project.commit("one", &[("a.txt", "1\n")]);
    let locks = ["touch .git/index.lock .git/shallow.lock .git/HEAD.lock .git/config.lock .git/refs/x.lock"];
    run(&coordinator, &Payload::new("locks", &locks).git(PROJECT, &first));
    let second = project.commit("two", &[("a.txt", "2\n")]);
    let text = run(&coordinator, &Payload::new("next", &["cat a.txt"]).git(PROJECT, &second)).text();
    assert!(text.has_line("2"), "{text:?}");
    finish(&coordinator, &mut service);
}

#[test]
fn what_a_job_leaves_in_its_checkout_has_no_power_over_the_next() {
    let (coordinator, mut service) = pair(1);
    let project = coordinator.git().create(PROJECT);
    let sha = project.commit("one", &[("a.txt", "1\n")]);
    let marker = service.place().shared("pwned");
    let evil = format!(
        "mkdir -p .git/hooks; printf '#!/bin/sh\\ntouch {}\\n' > .git/hooks/post-checkout",
        marker.display()
    );
    let script = [
        evil.as_str(),
        "chmod +x .git/hooks/post-checkout",
        "cp .git/hooks/post-checkout .git/evil",
        "git config core.fsmonitor \"$PWD/.git/evil\"",
        "git config core.sshCommand \"$PWD/.git/evil\"",
    ];
    run(&coordinator, &Payload::new("evil", &script).git(PROJECT, &sha));
    run(&coordinator, &Payload::new("next", &["cat a.txt"]).git(PROJECT, &sha));
    assert!(!marker.exists(), "a job's hook or setting ran in the next job's fetch");
    finish(&coordinator, &mut service);
}

#[test]
fn tags_are_checked_out() {
    let (coordinator, mut service) = pair(1);
    let project = coordinator.git().create(PROJECT);
    let sha = project.commit("one", &[("a.txt", "1\n")]);
    project.tag("v1.0");
    project.commit("two", &[("a.txt", "2\n")]);
    let payload = Payload::new("tag", &["cat a.txt", "git describe --tags"])
        .git(PROJECT, &sha)
        .set("/git_info/ref", "v1.0".into())
        .set("/git_info/ref_type", "tag".into())
        .set("/git_info/refspecs", serde_json::json!(["+refs/tags/v1.0:refs/tags/v1.0"]));
    let text = run(&coordinator, &payload).text();
    assert!(text.has_line("1") && text.has_line("v1.0"), "{text:?}");
    finish(&coordinator, &mut service);
}

#[test]
fn a_failing_server_is_tried_again() {
    let coordinator = coordinator();
    let mut service = kit::runner::Service::start(&crate::support::config(&coordinator, 1));
    let project = coordinator.git().create(PROJECT);
    let sha = project.commit("one", &[("a.txt", "1\n")]);
    let broken = kit::coordinator::Rule::on(Endpoint::Git, kit::coordinator::Fault::CutBefore).times(2);
    coordinator.fault(broken);
    let payload =
        Payload::new("again", &["cat a.txt"]).git(PROJECT, &sha).variable("GET_SOURCES_ATTEMPTS", "3");
    let text = run(&coordinator, &payload).text();
    assert!(text.has_line("1"), "{text:?}");
    finish(&coordinator, &mut service);
}
