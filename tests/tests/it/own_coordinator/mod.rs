//! `runner coordinator`: pushes become jobs of its own runner, and a restart finds everything again.

mod kills;
mod process;
mod tls;
mod user;
mod vanished;

use self::process::{Coordinator, TOKEN, checkout, commit, git};
use kit::runner::binary;
use nix::sys::signal::Signal;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

const CONFIG: &str = "\
build:
  script: ['echo \"seen: $([ -n \"$RUNNER_COORDINATOR_ADMIN_TOKEN\" ] && echo yes || echo no)\"', 'echo made > file']
  artifacts: {paths: [file]}
deploy:
  stage: deploy
  script: [cat file]
";

/// A coordinator with a runner in its process.
fn with_runner(folder: &Path, token: Option<&str>) -> Coordinator {
    let arguments = ["--listen", "127.0.0.1:0", "--with-runner", "--executor", "shell"];
    Coordinator::start(folder, &arguments, token)
}

/// Pushes a commit and waits for the end of its pipeline.
fn push(coordinator: &Coordinator, folder: &Path, number: usize) {
    let at = folder.join("work");
    if number == 1 {
        checkout(&at);
        std::fs::write(at.join(".gitlab-ci.yml"), CONFIG).expect("a file");
    }
    commit(&at, &number.to_string());
    git(&at, &["push", "-q", &coordinator.repository("root/app"), "main"]).expect("a push");
    let found = coordinator.wait_for("the end of its pipeline", || {
        let pipelines = coordinator.get("/projects/root%2Fapp/pipelines")?;
        assert_eq!(pipelines.as_array()?.len(), number, "{pipelines}");
        let status = pipelines[0]["status"].as_str()?.to_owned();
        ["success", "failed", "canceled", "skipped"].contains(&status.as_str()).then_some(status)
    });
    assert_eq!(found, "success");
}

#[test]
fn pushes_run_on_its_own_runner_whatever_ended_it_before() {
    let folder = tempfile::tempdir().unwrap();
    let mut number = 0;
    for signal in [Signal::SIGTERM, Signal::SIGKILL, Signal::SIGQUIT] {
        number += 1;
        let coordinator = with_runner(folder.path(), Some(TOKEN));
        if number == 1 {
            let made = coordinator.ask("POST", "/projects?name=app").expect("an answer");
            assert_eq!(made["path_with_namespace"], "root/app");
        }
        push(&coordinator, folder.path(), number);
        let jobs = coordinator.get("/projects/root%2Fapp/jobs?per_page=100").unwrap();
        assert_eq!(jobs.as_array().unwrap().len(), number * 2);
        let build = jobs.as_array().unwrap().iter().find(|job| job["name"] == "build").unwrap();
        let trace = coordinator.text(&format!("/projects/root%2Fapp/jobs/{}/trace", build["id"])).unwrap();
        assert!(trace.contains("seen: no") && !trace.contains("seen: yes"), "{trace}");
        assert_eq!(coordinator.get("/runners").unwrap().as_array().unwrap().len(), 1);
        let status = coordinator.end(signal);
        assert_eq!(status.success(), signal != Signal::SIGKILL, "{signal}: {status}");
    }
    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(!log.contains(TOKEN) && !log.contains("glrt-"), "{log}");
}

#[test]
fn the_administrators_token_is_told_once() {
    let folder = tempfile::tempdir().unwrap();
    let first = with_runner(folder.path(), None);
    assert!(first.said.iter().any(|line| line.contains("glpat-")), "{:?}", first.said);
    assert!(first.end(Signal::SIGTERM).success());
    let mut set = Command::new(binary());
    set.args(["coordinator", "set-password", "--data"]).arg(folder.path().join("data"));
    let mut set = set.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    set.stdin.take().unwrap().write_all(b"a long password\n").unwrap();
    assert!(set.wait().unwrap().success());
}
