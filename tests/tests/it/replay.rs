//! `runner replay` of the examples that the README names.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples")
}

/// A repository with one commit in the folder.
fn repository(folder: &Path) {
    let git = |arguments: &[&str]| {
        let status = Command::new("git")
            .args([
                "-c",
                "user.name=t",
                "-c",
                "user.email=t@example.com",
                "-c",
                "init.defaultBranch=main",
                "-C",
            ])
            .arg(folder)
            .args(arguments)
            .status()
            .expect("git runs");
        assert!(status.success(), "git {arguments:?}");
    };
    fs::write(folder.join("lib.rs"), "//! Nothing.\n").expect("a file");
    git(&["init", "--quiet"]);
    git(&["add", "lib.rs"]);
    git(&["commit", "--quiet", "--message", "the only commit"]);
}

fn replay(example: &str, artifacts: &Path, more: &[&Path]) -> (Output, String) {
    let output = Command::new(kit::runner::binary())
        .arg("replay")
        .arg(examples().join(example))
        .arg("--artifacts")
        .arg(artifacts)
        .args(more)
        .output()
        .expect("the program runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output, text)
}

#[test]
fn hello_checks_out_a_repository_and_leaves_its_artifact() {
    let folder = tempfile::tempdir().expect("a folder");
    let (sources, artifacts) = (folder.path().join("sources"), folder.path().join("artifacts"));
    fs::create_dir(&sources).expect("a folder");
    repository(&sources);
    let (output, text) = replay("hello.json", &artifacts, &[Path::new("--repo"), &sources]);
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    for part in ["the only commit", "the password is [MASKED]", "Job succeeded"] {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    // Not a terminal, so there is nothing but text.
    assert!(!text.contains('\u{1b}') && !text.contains("section_start"), "{text:?}");
    assert!(artifacts.join("counts.zip").is_file());
    assert!(!sources.join("out").exists(), "the repository itself is not touched");
}

#[test]
fn failing_says_what_failed_and_leaves_what_a_failed_job_leaves() {
    let folder = tempfile::tempdir().expect("a folder");
    let (output, text) = replay("failing.json", folder.path(), &[]);
    assert_eq!(output.status.code(), Some(1), "{text}");
    for part in
        ["Failed at command 2 of 3 (exit status 3)", "the job failed", "ERROR: Job failed: exit status 3"]
    {
        assert!(text.contains(part), "no {part:?} in {text}");
    }
    assert!(folder.path().join("log.zip").is_file());
}
