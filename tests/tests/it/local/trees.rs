//! What jobs find in their work trees, and what they cannot reach.

use super::{Checkout, git};
use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};

#[test]
fn jobs_see_the_work_tree_as_it_is() {
    let checkout = Checkout::with(
        "look:\n  script:\n    - cat changed.txt new.txt staged.txt\n    - test ! -e gone.txt\n    - test ! -e target\n    \
         - test -x run.sh\n    - test \"$(readlink link)\" = changed.txt\n    - test \"$PWD\" = \"$CI_PROJECT_DIR\"\n",
    );
    for file in ["changed.txt", "gone.txt"] {
        checkout.write(file, "old\n");
    }
    checkout.write(".gitignore", "target\n");
    checkout.write("run.sh", "#!/bin/sh\n");
    fs::set_permissions(checkout.root().join("run.sh"), fs::Permissions::from_mode(0o755)).expect("a mode");
    std::os::unix::fs::symlink("changed.txt", checkout.root().join("link")).expect("a link");
    checkout.commit("files");
    checkout.write("changed.txt", "changed\n");
    checkout.write("new.txt", "untracked\n");
    checkout.write("staged.txt", "staged\n");
    checkout.git(&["add", "staged.txt"]);
    checkout.write("target/out", "ignored\n");
    fs::remove_file(checkout.root().join("gone.txt")).expect("removed");
    let before = checkout.git(&["status", "--porcelain"]);
    let log = checkout.run(&[]).succeeded().log("look");
    assert!(log.contains("changed\n") && log.contains("untracked\n") && log.contains("staged\n"), "{log}");
    assert_eq!(checkout.git(&["status", "--porcelain"]), before, "the checkout is as it was");
    // The next run sees what was changed since.
    checkout.write("new.txt", "again\n");
    assert!(checkout.run(&[]).succeeded().log("look").contains("again\n"));
}

#[test]
fn jobs_see_neither_each_other_nor_change_the_checkout() {
    let script = "[test ! -e mine, touch mine, echo changed > kept.txt, rm -rf folder, chmod 000 other.txt]";
    let checkout = Checkout::with(&format!(
        "stages: [one, two]\na: {{stage: one, script: {script}}}\nb: {{stage: one, script: {script}}}\nc: {{stage: two, script: {script}}}\n\
         d: {{stage: two, needs: [], script: [grep -x kept kept.txt, grep -x file folder/file]}}\n"
    ));
    checkout.write("kept.txt", "kept\n");
    checkout.write("other.txt", "other\n");
    checkout.write("folder/file", "file\n");
    checkout.commit("files");
    let inode = fs::metadata(checkout.root().join("kept.txt")).expect("the file").ino();
    for _ in 0..2 {
        checkout.run(&["-j", "2"]).succeeded();
    }
    assert_eq!(checkout.git(&["status", "--porcelain"]), "");
    assert_eq!(fs::metadata(checkout.root().join("kept.txt")).expect("the file").ino(), inode);
    assert!(!checkout.root().join("mine").exists());
}

#[test]
fn git_knows_its_history_in_jobs() {
    let checkout = Checkout::with(
        "look:\n  script:\n    - git log --oneline | wc -l\n    - git describe --tags\n    - git rev-parse HEAD\n    \
         - git diff --stat HEAD\n    - git rev-parse origin/main\n    - test \"$(git rev-parse HEAD)\" = \"$CI_COMMIT_SHA\"\n",
    );
    checkout.write("file.txt", "one\n");
    checkout.commit("second");
    checkout.git(&["tag", "v1.0"]);
    checkout.write("file.txt", "two\n");
    let log = checkout.run(&[]).succeeded().log("look");
    assert!(log.contains("v1.0\n") && log.contains(&checkout.git(&["rev-parse", "HEAD"])), "{log}");
    assert!(log.contains("file.txt | 2 +-"), "{log}");
}

#[test]
fn strategies_without_sources_have_none() {
    let checkout = Checkout::with(
        "none: {variables: {GIT_STRATEGY: none}, script: [test ! -e file.txt]}\n\
         empty: {variables: {GIT_STRATEGY: empty}, script: [test ! -e file.txt]}\n\
         clone: {variables: {GIT_STRATEGY: clone}, script: [test -e file.txt]}\n",
    );
    checkout.write("file.txt", "one\n");
    checkout.run(&[]).succeeded();
}

#[test]
fn a_linked_work_tree_and_a_detached_head_will_do() {
    let checkout = Checkout::with("look: {script: [git log --oneline, test -e file.txt]}\n");
    checkout.write("file.txt", "one\n");
    checkout.commit("second");
    checkout.git(&["checkout", "--quiet", "--detach"]);
    checkout.run(&["--ref", "main"]).succeeded();
    checkout.git(&["worktree", "add", "--quiet", "../linked"]);
    let output = checkout
        .ci(&["run", "--json", "--executor", "shell"])
        .current_dir(checkout.home().join("linked"))
        .output()
        .expect("it runs");
    assert!(output.status.success(), "{output:?}");
}

/// A checkout with a submodule `part`.
fn with_a_submodule(configuration: &str) -> Checkout {
    let checkout = Checkout::with(configuration);
    let other = checkout.home().join("other");
    fs::create_dir(&other).expect("a folder");
    git(&other, &["init", "--quiet", "--initial-branch=main"]);
    fs::write(other.join("inner.txt"), "inner\n").expect("a file");
    git(&other, &["add", "--all"]);
    git(&other, &["commit", "--quiet", "--message", "inner"]);
    checkout.git(&["submodule", "--quiet", "add", "../other", "part"]);
    checkout.commit("a submodule");
    checkout
}

#[test]
fn submodules_come_along_when_they_are_asked_for() {
    let checkout = with_a_submodule(
        "without: {script: [test -d part, test ! -e part/inner.txt]}\n\
         with: {variables: {GIT_SUBMODULE_STRATEGY: recursive}, script: [test -e part/inner.txt]}\n\
         normal: {variables: {GIT_SUBMODULE_STRATEGY: normal}, script: [test -e part/inner.txt]}\n\
         none: {variables: {GIT_STRATEGY: none, GIT_SUBMODULE_STRATEGY: normal}, script: [test ! -e part]}\n",
    );
    let ran = checkout.run(&[]).succeeded();
    assert!(!ran.err.contains("submodule"), "{}", ran.err);
    // A variable for all jobs counts as well, and so does what jobs of child pipelines ask for.
    checkout.write(
        ".gitlab-ci.yml",
        "look: {script: [test -e part/inner.txt]}\nmore: {trigger: {include: child.yml, strategy: depend}}\n",
    );
    checkout.write(
        "child.yml",
        "inner: {variables: {GIT_SUBMODULE_STRATEGY: normal}, script: [test -e part/inner.txt]}\n",
    );
    checkout.run(&["--variable", "GIT_SUBMODULE_STRATEGY=normal"]).succeeded();
}

#[test]
fn submodules_that_are_not_checked_out_are_named() {
    let checkout = with_a_submodule(
        "without: {script: ['true']}\n\
         with: {variables: {GIT_SUBMODULE_STRATEGY: normal}, script: [test ! -e part/inner.txt]}\n",
    );
    checkout.git(&["submodule", "--quiet", "deinit", "--force", "part"]);
    let err = checkout.run(&[]).succeeded().err;
    assert!(err.contains("job `with` asks for submodules") && err.contains("part"), "{err}");
    assert!(err.contains("git submodule update --init"), "{err}");
    let err = checkout.run(&["without"]).succeeded().err;
    assert!(!err.contains("submodule"), "{err}");
}
