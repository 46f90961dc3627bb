//! Repositories that mean harm.

use super::{PIPELINE, Repository};
use std::fs;
use std::time::{Duration, Instant};

#[test]
fn a_repository_executes_nothing_and_steers_no_terminal() {
    let repository = Repository::with(PIPELINE);
    let mark = repository.root().join("../executed");
    let evil = repository.root().join("../evil.sh");
    fs::write(&evil, format!("#!/bin/sh\ntouch {}\n", mark.display())).expect("a script");
    fs::set_permissions(&evil, std::os::unix::fs::PermissionsExt::from_mode(0o755)).expect("a script");
    let evil = fs::canonicalize(evil).expect("a script").to_string_lossy().into_owned();
    repository.write(".gitattributes", "* filter=evil diff=evil\n");
    for name in ["core.fsmonitor", "filter.evil.clean", "diff.evil.textconv", "diff.external", "gpg.program"]
    {
        repository.git(&["config", name, &evil]);
    }
    repository.git(&["config", "log.showSignature", "true"]);
    let _ = fs::remove_file(&mark);
    repository.write(
        ".gitlab-ci.yml",
        "\"a\\e[31mred\\u202e\": {script: x, rules: [{changes: ['*']}, {when: manual}]}\n",
    );
    for arguments in [
        &["plan"][..],
        &["plan", "--diff", "HEAD~0"],
        &["lint"],
        &["graph"],
        &["plan", "-e", "push,tag"],
        &["why", "a"],
        &["expand"],
    ] {
        let said = repository.ci(arguments);
        let unknown = arguments[0] == "why";
        assert_eq!(said.code == Some(2), unknown, "{said:?}");
        for text in [&said.out, &said.err] {
            assert!(!text.contains(['\u{1b}', '\u{202e}']), "{arguments:?}: {text:?}");
        }
    }
    assert!(!mark.exists(), "something of the repository was executed");
}

#[test]
fn files_outside_of_the_repository_are_not_read() {
    let repository = Repository::with("include: [{local: /../secret.yml}, {local: link.yml}]\n");
    repository.write("../secret.yml", "hunter2: {script: x}\n");
    std::os::unix::fs::symlink("../secret.yml", repository.root().join("link.yml")).expect("a link");
    for arguments in [&["lint"][..], &["expand"], &["plan"]] {
        let said = repository.ci(arguments);
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(!said.out.contains("hunter2") && !said.err.contains("hunter2"), "{said:?}");
    }
}

#[test]
fn large_and_deep_files_are_refused_quickly() {
    let deep = format!("a: {}{}\n", "[".repeat(100_000), "]".repeat(100_000));
    let mut bomb = String::from("l0: &l0 [x, x, x, x, x, x, x, x, x, x]\n");
    for level in 1..30 {
        let line = format!("l{level}: &l{level} [{}]\n", vec![format!("*l{}", level - 1); 10].join(", "));
        bomb.push_str(&line);
    }
    let large = format!("a: {{script: x}}\n#{}\n", "x".repeat(10 * 1024 * 1024));
    let regex = "a:\n  script: x\n  rules: [{if: '$CI_COMMIT_MESSAGE =~ /(((a{100}){100}){100}){100}/'}]\n"
        .to_owned();
    for (name, text) in [("deep", deep), ("bomb", bomb), ("large", large), ("regex", regex)] {
        let repository = Repository::with(PIPELINE);
        repository.write(".gitlab-ci.yml", &text);
        let start = Instant::now();
        let said = repository.ci(&["lint", "--quiet"]);
        let took = start.elapsed();
        assert_eq!(said.code, Some(1), "{name}: {}", said.err);
        assert!(took < Duration::from_secs(10), "{name} took {took:?}");
        assert!(said.out.len() < 10_000, "{name}: {} bytes of output", said.out.len());
    }
}
