//! Jobs of the coordinator's own runner as another user. Only root can try that.

use super::process::{Coordinator, TOKEN, checkout, commit, git};
use nix::sys::signal::Signal;
use nix::unistd::{User, geteuid};
use std::fs::Permissions;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

const NOBODY: &str = "nobody";

#[test]
fn jobs_of_another_user_reach_nothing_that_is_kept() {
    let user = User::from_name(NOBODY).ok().flatten();
    let Some(user) = user.filter(|_| geteuid().is_root()) else {
        return eprintln!("skipped: only root can run jobs as another user, and there has to be one");
    };
    let folder = tempfile::tempdir().unwrap();
    std::fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let arguments =
        ["--listen", "127.0.0.1:0", "--with-runner", "--executor", "shell", "--runner-user", NOBODY];
    let coordinator = Coordinator::start(folder.path(), &arguments, Some(TOKEN));
    coordinator.ask("POST", "/projects?name=app").expect("a project");
    let (data, work) = (folder.path().join("data"), folder.path().join("work"));
    checkout(&work);
    let config = format!(
        "look:\n  script: ['echo \"I am $(id -un)\"', 'echo made > file', '! ls {data}', '! cat {data}/key']\n  \
         artifacts: {{paths: [file]}}\n",
        data = data.display()
    );
    std::fs::write(work.join(".gitlab-ci.yml"), config).unwrap();
    commit(&work, "1");
    git(&work, &["push", "-q", &coordinator.repository("root/app"), "main"]).expect("a push");
    let job = coordinator.wait_for("the end of the job", || {
        let job = coordinator.get("/projects/root%2Fapp/jobs")?.as_array()?.first()?.clone();
        job["finished_at"].is_string().then_some(job)
    });
    let trace = coordinator.text(&format!("/projects/root%2Fapp/jobs/{}/trace", job["id"])).unwrap();
    assert_eq!(job["status"], "success", "{trace}");
    assert!(trace.contains("I am nobody"), "{trace}");
    assert_eq!(trace.matches("Permission denied").count(), 2, "{trace}");
    let jobs = folder.path().join("data.jobs").metadata().expect("a folder for its jobs");
    assert_eq!((jobs.uid(), jobs.mode() & 0o777), (user.uid.as_raw(), 0o700));
    assert!(coordinator.end(Signal::SIGTERM).success());
}
