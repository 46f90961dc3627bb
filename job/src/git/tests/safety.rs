//! What an earlier job may have left.

use super::kit::{Origin, Rig};
use std::os::unix::fs::{PermissionsExt, symlink};

fn rig() -> (Origin, Rig) {
    let origin = Origin::new();
    let rig = Rig::new(&origin.file_url(), &origin);
    (origin, rig)
}

fn program(path: &std::path::Path, marker: &std::path::Path) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, format!("#!/bin/sh\necho \"$0\" >> {}\n", marker.display())).unwrap();
    std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).unwrap();
}

#[tokio::test]
async fn hooks_of_an_earlier_job_do_not_run() {
    let (origin, mut rig) = rig();
    rig.get_sources().await.ok();
    let marker = rig.root.path().join("ran");
    for hook in ["post-checkout", "reference-transaction", "post-index-change"] {
        program(&rig.project().join(".git/hooks").join(hook), &marker);
    }
    program(&rig.workspace().temp_dir.join("git-template/hooks/post-checkout"), &marker);
    rig.order.payload.git_info.sha = origin.commit("a", "1");
    rig.get_sources().await.ok();
    rig.set("FF_ENABLE_JOB_CLEANUP", "true");
    rig.clean_up().await.ok();
    rig.set("GIT_STRATEGY", "clone");
    rig.get_sources().await.ok();
    assert!(!marker.exists(), "{}", std::fs::read_to_string(marker).unwrap());
}

#[tokio::test]
async fn hooks_of_the_machine_do_run() {
    let (_origin, mut rig) = rig();
    let marker = rig.root.path().join("ran");
    let hooks = rig.root.path().join("hooks");
    program(&hooks.join("post-checkout"), &marker);
    let config = format!("[core]\n\thooksPath = {}\n", hooks.display());
    std::fs::write(rig.root.path().join("home/.gitconfig"), config).unwrap();
    rig.get_sources().await.ok();
    assert!(marker.exists());
}

#[tokio::test]
async fn settings_of_an_earlier_job_that_run_programs_are_reset() {
    let (origin, mut rig) = rig();
    rig.get_sources().await.ok();
    let marker = rig.root.path().join("ran");
    let evil = rig.root.path().join("evil");
    program(&evil, &marker);
    let evil = evil.display();
    for text in [
        format!("[core]\n\tfsmonitor = {evil}\n"),
        format!("[core]\n\thooksPath = {}\n", rig.root.path().display()),
        format!("[remote \"origin\"]\n\tuploadpack = {evil}\n"),
        format!("[filter \"x\"]\n\tsmudge = {evil}\n\tclean = {evil}\n"),
        format!("[url \"/nonexistent\"]\n\tinsteadOf = {}\n", origin.file_url()),
        "[broken".to_owned(),
    ] {
        rig.write(".git/info/attributes", "* filter=x\n");
        rig.write(".git/config", &format!("{}{text}", rig.read(".git/config").unwrap()));
        rig.order.payload.git_info.sha = origin.commit("a", &text);
        let outcome = rig.get_sources().await.ok();
        assert!(
            outcome.stdout.starts_with("!Reset the Git configuration that an earlier job changed: "),
            "{text}: {}",
            outcome.stdout
        );
        assert!(!marker.exists(), "{text}");
    }
    assert_eq!(rig.get_sources().await.ok().git.len(), 3, "and all is well again");
}

#[tokio::test]
async fn links_do_not_lead_the_runner_away() {
    let (_origin, mut rig) = rig();
    let outside = rig.root.path().join("outside");
    std::fs::create_dir_all(&outside).unwrap();
    std::fs::write(outside.join("precious"), "").unwrap();
    std::fs::create_dir_all(rig.project().parent().unwrap()).unwrap();
    symlink(&outside, rig.project()).unwrap();
    for strategy in ["fetch", "clone", "none"] {
        rig.set("GIT_STRATEGY", strategy);
        let error = rig.get_sources().await.result.unwrap_err().to_string();
        assert!(error.contains("a symbolic link leads out of"), "{error}");
        assert!(rig.clear_worktree().await.result.is_err());
        rig.set("FF_ENABLE_JOB_CLEANUP", "true");
        assert!(rig.clean_up().await.result.is_err());
    }
    assert!(outside.join("precious").exists());
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 1);
}

#[tokio::test]
async fn a_git_directory_that_is_a_link_is_replaced() {
    let (_origin, mut rig) = rig();
    rig.set("GIT_STRATEGY", "fetch");
    rig.get_sources().await.ok();
    let stolen = rig.root.path().join("builds/other");
    std::fs::rename(rig.project().join(".git"), &stolen).unwrap();
    symlink(&stolen, rig.project().join(".git")).unwrap();
    let outcome = rig.get_sources().await.ok();
    assert_eq!(outcome.lines()[0], "!Removed .git, which is not a directory");
    assert!(rig.project().join(".git").symlink_metadata().unwrap().is_dir());
    assert!(stolen.join("HEAD").exists());
}

#[tokio::test]
async fn secrets_are_not_written_through_links() {
    let (_origin, mut rig) = rig();
    let outside = rig.root.path().join("outside");
    std::fs::create_dir_all(&outside).unwrap();
    let temp = rig.workspace().temp_dir;
    std::fs::create_dir_all(temp.parent().unwrap()).unwrap();
    symlink(&outside, &temp).unwrap();
    rig.get_sources().await.ok();
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0);

    let ext = temp.join(".gitlab-runner.ext.conf");
    std::fs::remove_file(&ext).unwrap();
    symlink(outside.join("taken"), &ext).unwrap();
    rig.get_sources().await.ok();
    assert_eq!(std::fs::read_dir(&outside).unwrap().count(), 0);
}

#[tokio::test]
async fn clearing_without_a_repository_touches_no_other() {
    let (_origin, mut rig) = rig();
    let builds = rig.order.settings.builds_dir.clone();
    std::fs::create_dir_all(&builds).unwrap();
    let run = |args: &[&str]| {
        let mut git = std::process::Command::new("git");
        git.current_dir(&builds).env("GIT_CONFIG_GLOBAL", "/dev/null").args(args);
        assert!(git.output().unwrap().status.success());
    };
    run(&["init", "-q"]);
    rig.write("tracked by the outer repository", "x");
    run(&["add", "-A"]);
    let outcome = rig.clear_worktree().await;
    assert_eq!(outcome.exit(), executor::Exit::Code(128));
    assert!(rig.read("tracked by the outer repository").is_some());
}

#[tokio::test]
async fn work_trees_that_a_job_made_read_only_are_cleaned() {
    let (_origin, mut rig) = rig();
    rig.get_sources().await.ok();
    rig.write("ro/deep/file", "x");
    std::fs::set_permissions(rig.project().join("ro/deep"), PermissionsExt::from_mode(0o500)).unwrap();
    rig.set("GIT_STRATEGY", "clone");
    rig.get_sources().await.ok();
    assert!(rig.read("ro/deep/file").is_none());
}
