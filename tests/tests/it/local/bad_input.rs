//! What is wrong is told in one message, and nothing is half done.

use super::Checkout;
use std::fs::{self, File};

/// The one message of a call that is refused.
#[track_caller]
fn refused(checkout: &Checkout, arguments: &[&str]) -> String {
    let output = checkout.ci(arguments).output().expect("it runs");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{text}{}", String::from_utf8_lossy(&output.stdout));
    text
}

#[test]
fn not_a_repository() {
    let checkout = Checkout::empty();
    checkout.write(".gitlab-ci.yml", "a: {script: ['true']}\n");
    let text = refused(&checkout, &["run", "--executor", "shell"]);
    assert!(text.contains("git"), "{text}");
}

#[test]
fn a_folder_of_a_repository_is_no_project() {
    let checkout = Checkout::with("a: {script: ['true']}\n");
    checkout.write("sub/.gitlab-ci.yml", "b: {script: ['test -e sub']}\n");
    let text = refused(&checkout, &["run", "--executor", "shell", "--repo", "sub"]);
    assert!(text.contains("-f sub/.gitlab-ci.yml"), "{text}");
    checkout.run(&["-f", "sub/.gitlab-ci.yml"]).succeeded();
}

#[test]
fn a_report_that_has_nowhere_to_go() {
    let checkout = Checkout::with("a: {script: ['true']}\n");
    let text = refused(&checkout, &["run", "--executor", "shell", "--junit", "missing/report.xml"]);
    assert!(text.contains("--junit") && text.contains("missing"), "{text}");
}

#[test]
fn no_commits() {
    let checkout = Checkout::empty();
    checkout.git(&["init", "--quiet", "--initial-branch=main"]);
    checkout.write(".gitlab-ci.yml", "a: {script: [cat file.txt, 'test -z \"$CI_COMMIT_SHA\"']}\n");
    checkout.write("file.txt", "not committed yet\n");
    let ran = checkout.run(&[]);
    assert!(ran.log("a").contains("not committed yet\n"), "{}", ran.with_logs());
    let listed = checkout.ci(&["log"]).output().expect("it runs").stdout;
    assert!(String::from_utf8_lossy(&listed).starts_with("run 1 of main without a commit: "));
}

#[test]
fn a_wrong_configuration() {
    let checkout = Checkout::with("a: {script: ['true'], stage: nowhere}\n");
    let text = refused(&checkout, &["run", "--executor", "shell"]);
    assert!(text.contains(".gitlab-ci.yml") && text.contains("nowhere"), "{text}");
    let checkout = Checkout::with("a: {needs: [b], script: ['true']}\nb: {needs: [a], script: ['true']}\n");
    let text = refused(&checkout, &["run", "--executor", "shell"]);
    assert!(text.contains("circular"), "{text}");
    assert!(!checkout.home().join(".local/state/runner/runs").exists(), "nothing began");
}

#[test]
fn no_engine() {
    let checkout = Checkout::with("a: {image: alpine, script: ['true']}\n");
    let output = checkout
        .ci(&["run", "--json", "--executor", "docker"])
        .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
        .output()
        .expect("it runs");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(matches!(output.status.code(), Some(1 | 2)), "{text}");
    assert!(text.contains("/nonexistent/docker.sock"), "{text}");
    // Where nobody insists, the shell will do, and that is said.
    let output = checkout
        .ci(&["run", "--json"])
        .env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
        .output()
        .expect("it runs");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && text.contains("shell"), "{text}");
}

#[test]
fn names_of_any_kind() {
    let long = "x".repeat(255);
    for name in ["with spaces", "a/b/../c", "x..", "émoji 🚀", "-rf", "$(touch oops)", "CON", long.as_str()]
    {
        let key = serde_json::to_string(name).expect("a text");
        let checkout = Checkout::with(&format!(
            "{key}: {{script: [echo said], artifacts: {{paths: [.gitlab-ci.yml]}}}}\n"
        ));
        let ran = checkout.run(&[]).succeeded();
        assert!(ran.log(name).contains("said"), "{name}");
        assert!(!checkout.root().join("oops").exists());
        let path = fs::canonicalize(ran.job(name)["log"].as_str().expect("a path")).expect("the log");
        assert!(path.starts_with(checkout.home().canonicalize().expect("the home")), "{}", path.display());
    }
}

#[test]
fn a_huge_untracked_file_is_named_and_no_obstacle() {
    let checkout = Checkout::with("a: {script: ['test $(stat -c %s huge.bin) = 2147483648']}\n");
    File::create(checkout.root().join("huge.bin")).expect("a file").set_len(2 << 30).expect("a size");
    let ran = checkout.run(&[]).succeeded();
    assert!(ran.err.contains("huge.bin"), "{ran:?}");
}

#[test]
fn a_full_disk() {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: only root can mount a small disk");
        return;
    }
    let checkout = Checkout::with("a: {script: ['true']}\n");
    checkout.write("large.txt", &"x".repeat(3 << 20));
    checkout.commit("large");
    let small = checkout.home().join(".cache");
    fs::create_dir(&small).expect("a folder");
    let mount = |arguments: &[&str]| {
        std::process::Command::new("mount").args(arguments).status().expect("mount runs")
    };
    assert!(mount(&["-t", "tmpfs", "-o", "size=1m", "tmpfs", &small.to_string_lossy()]).success());
    let output = checkout.ci(&["run", "--executor", "shell"]).output().expect("it runs");
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let unmounted = std::process::Command::new("umount").arg(&small).status().expect("umount runs");
    assert!(unmounted.success(), "something holds the disk");
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.to_lowercase().contains("no space left"), "{text}");
}

#[test]
fn a_configuration_that_wants_what_no_laptop_has() {
    let checkout = Checkout::with("a: {script: ['true'], id_tokens: {TOKEN: {aud: x}}}\n");
    let ran = checkout.run(&[]);
    let text = format!("{}{}", ran.err, ran.with_logs());
    assert!(text.contains("id_tokens"), "{text}");
}
