//! Submodules, from repositories behind a password.

use super::kit::{Origin, Rig, Server, TOKEN, files_with};

struct Family {
    server: Server,
    inner: Origin,
    middle: Origin,
    outer: Origin,
    rig: Rig,
}

/// A repository with a submodule that has one itself; relative and absolute addresses.
fn family() -> Family {
    let server = Server::start(TOKEN);
    let inner = Origin::at(&server.bare("group/inner"));
    inner.commit("inner.txt", "1");
    let middle = Origin::at(&server.bare("group/middle"));
    add(&middle, &inner, "inner", &server.url("group/inner"));
    let outer = Origin::at(&server.bare("group/outer"));
    add(&outer, &middle, "libs/middle", "../middle.git");
    let mut rig = Rig::new(&server.url_with("group/outer", TOKEN), &outer);
    rig.order.url = server.base();
    Family { server, inner, middle, outer, rig }
}

/// Adds a submodule as `git submodule add` would, with an address that only jobs can reach.
fn add(to: &Origin, module: &Origin, path: &str, url: &str) {
    to.git(&["submodule", "--quiet", "add", module.bare.to_str().unwrap(), path]);
    to.git(&["config", "-f", ".gitmodules", &format!("submodule.{path}.url"), url]);
    to.commit("added", path);
}

#[tokio::test]
async fn normal_and_recursive() {
    let mut family = family();
    family.rig.set("GIT_SUBMODULE_STRATEGY", "normal");
    let outcome = family.rig.get_sources().await.ok();
    assert!(
        outcome.stdout.contains("Updating/initializing submodules with git depth set to 20...\n"),
        "{}",
        outcome.stdout
    );
    assert!(outcome.stdout.contains("\nUpdated submodules\n"));
    assert!(outcome.stdout.contains("Configuring submodules to use parent git credentials...\n"));
    assert!(family.rig.read("libs/middle/README.md").is_some());
    assert!(family.rig.read("libs/middle/inner/inner.txt").is_none());

    family.rig.set("GIT_SUBMODULE_STRATEGY", "recursive");
    family.rig.set("GIT_SUBMODULE_DEPTH", "1");
    let trace = family.rig.root.path().join("trace");
    family.rig.set("GIT_TRACE", trace.to_str().unwrap());
    let outcome = family.rig.get_sources().await.ok();
    assert!(
        outcome.stdout.contains("submodules recursively with git depth set to 1...\n"),
        "{}",
        outcome.stdout
    );
    assert_eq!(family.rig.read("libs/middle/inner/inner.txt").unwrap(), "1");
    let ext = family.rig.workspace().temp_dir.join(".gitlab-runner.ext.conf");
    assert_eq!(files_with(family.rig.root.path(), TOKEN), [ext], "not in a submodule, not on a command line");

    let inside = std::process::Command::new("git")
        .current_dir(family.rig.project().join("libs/middle/inner"))
        .args(["remote", "get-url", "origin"])
        .output()
        .unwrap();
    let url = String::from_utf8(inside.stdout).unwrap();
    assert_eq!(url.trim_end(), family.server.url_with("group/inner", TOKEN), "scripts reach it, too");
}

#[tokio::test]
async fn they_follow_the_work_tree_and_are_cleaned() {
    let mut family = family();
    family.rig.set("GIT_SUBMODULE_STRATEGY", "recursive");
    family.rig.get_sources().await.ok();
    family.rig.write("libs/middle/left", "x");
    family.rig.write("libs/middle/inner/inner.txt", "changed");
    family.rig.write(".git/modules/libs/middle/index.lock", "");
    let sha = family.inner.commit("inner.txt", "2");
    family.middle.git(&["-C", "inner", "fetch", "-q"]);
    family.middle.git(&["-C", "inner", "checkout", "-q", &sha]);
    family.middle.commit("up", "1");
    let sha = family.middle.head();
    family.outer.git(&["-C", "libs/middle", "fetch", "-q"]);
    family.outer.git(&["-C", "libs/middle", "checkout", "-q", &sha]);
    family.rig.order.payload.git_info.sha = family.outer.commit("up", "2");
    family.rig.get_sources().await.ok();
    assert_eq!(family.rig.read("libs/middle/inner/inner.txt").unwrap(), "2");
    assert!(family.rig.read("libs/middle/left").is_none());
    assert_eq!(family.rig.git(&["status", "--short"]), "");

    family.rig.write("libs/middle/left", "x");
    family.rig.set("FF_ENABLE_JOB_CLEANUP", "true");
    family.rig.clean_up().await.ok();
    assert!(family.rig.read("libs/middle/left").is_none());
}

#[tokio::test]
async fn only_those_that_are_wanted() {
    let mut family = family();
    add(&family.outer, &family.inner, "other", "../inner.git");
    family.rig.order.payload.git_info.sha = family.outer.head();
    family.rig.set("GIT_SUBMODULE_STRATEGY", "normal");
    family.rig.set("GIT_SUBMODULE_PATHS", ":(exclude)other");
    family.rig.get_sources().await.ok();
    assert!(family.rig.read("libs/middle/README.md").is_some());
    assert!(family.rig.read("other/inner.txt").is_none());

    family.rig.set("GIT_SUBMODULE_PATHS", ":(exclude) other");
    let error = family.rig.get_sources().await.result.unwrap_err().to_string();
    assert_eq!(error, "GIT_SUBMODULE_PATHS: invalid submodule pathspec [\":(exclude)\" \"other\"]");
    family.rig.set("GIT_SUBMODULE_STRATEGY", "deep");
    let error = family.rig.get_sources().await.result.unwrap_err().to_string();
    assert_eq!(error, "unknown GIT_SUBMODULE_STRATEGY");
}

#[tokio::test]
async fn addresses_for_ssh_come_over_http() {
    let mut family = family();
    family.outer.git(&[
        "config",
        "-f",
        ".gitmodules",
        "submodule.libs/middle.url",
        "git@gitlab.test:group/middle.git",
    ]);
    family.rig.order.payload.git_info.sha = family.outer.commit("ssh", "1");
    family.rig.set("CI_SERVER_HOST", "gitlab.test");
    family.rig.set("GIT_SUBMODULE_FORCE_HTTPS", "true");
    family.rig.set("GIT_SUBMODULE_STRATEGY", "normal");
    family.rig.get_sources().await.ok();
    assert!(family.rig.read("libs/middle/README.md").is_some());
}

#[tokio::test]
async fn a_failed_update_is_tried_once_more() {
    let mut family = family();
    let gone = family.server.bare("group/middle");
    std::fs::rename(&gone, gone.with_extension("away")).unwrap();
    family.rig.set("GIT_SUBMODULE_STRATEGY", "normal");
    let outcome = family.rig.get_sources().await;
    assert!(outcome.stdout.contains("!Updating submodules failed. Retrying...\n"), "{}", outcome.stdout);
    assert_eq!(outcome.exit(), executor::Exit::Code(1));
}

#[tokio::test]
async fn settings_that_a_job_left_in_a_submodule_are_reset() {
    let mut family = family();
    family.rig.set("GIT_SUBMODULE_STRATEGY", "recursive");
    family.rig.get_sources().await.ok();
    let config = family.rig.read(".git/modules/libs/middle/config").unwrap();
    let marker = family.rig.root.path().join("ran");
    let evil = format!("{config}[core]\n\tfsmonitor = \"touch {} #\"\n", marker.display());
    family.rig.write(".git/modules/libs/middle/config", &evil);
    let outcome = family.rig.get_sources().await.ok();
    assert!(outcome.stdout.contains("an earlier job changed: core.fsmonitor"), "{}", outcome.stdout);
    assert!(!marker.exists());
    assert!(family.rig.read("libs/middle/inner/inner.txt").is_some());
    assert_eq!(family.rig.git(&["status", "--short"]), "");
}

#[tokio::test]
async fn strange_paths_are_no_commands() {
    let mut family = family();
    family.rig.set("GIT_SUBMODULE_STRATEGY", "normal");
    family.rig.set("GIT_CLEAN_FLAGS", "-ffdx -e $(touch${IFS}evil)");
    family.rig.get_sources().await.ok();
    assert_eq!(files_with(family.rig.root.path(), "no such text").len(), 0);
    assert!(family.rig.read("evil").is_none() && family.rig.read("libs/middle/evil").is_none());
}
