//! Runs of an ordinary user, who may neither mount nor read everything.

use super::Checkout;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Command, Output};

/// Whoever that is: nobody has to know them.
const USER: u32 = 61_234;

/// Gives a checkout and its home to the user; nothing where this is no root.
fn given(configuration: &str) -> Option<Checkout> {
    if !nix::unistd::geteuid().is_root() {
        eprintln!("skipped: only root can be somebody else");
        return None;
    }
    let checkout = Checkout::with(configuration);
    fs::set_permissions(checkout.home(), fs::Permissions::from_mode(0o755)).expect("a mode");
    fs::copy(kit::runner::binary(), checkout.home().join("runner")).expect("the program");
    give(checkout.home());
    Some(checkout)
}

fn give(path: &Path) {
    std::os::unix::fs::lchown(path, Some(USER), Some(USER)).expect("it is given");
    if path.symlink_metadata().is_ok_and(|found| found.is_dir()) {
        fs::read_dir(path).expect("a folder").flatten().for_each(|entry| give(&entry.path()));
    }
}

/// Runs the pipeline as the user.
fn run(checkout: &Checkout, arguments: &[&str]) -> Output {
    let mut command = Command::new("setpriv");
    let user = USER.to_string();
    command.args(["--reuid", &user, "--regid", &user, "--clear-groups"]).arg(checkout.home().join("runner"));
    command.args(["ci", "run", "--json", "--executor", "shell"]).args(arguments).current_dir(checkout.root());
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.env("HOME", checkout.home()).output().expect("setpriv runs")
}

#[test]
fn an_ordinary_user_runs_all_of_it() {
    let Some(checkout) = given(
        "stages: [one, two]\n\
         make:\n  stage: one\n  script: [id -u, echo x > made, mkdir -p closed/inner, chmod 000 closed, echo y > file.txt]\n  \
         artifacts: {paths: [made]}\n  cache: {key: k, paths: [made]}\n\
         use: {stage: two, script: [test -e made, grep -x one file.txt, test ! -e closed, git log --oneline]}\n",
    ) else {
        return;
    };
    checkout.write("file.txt", "one\n");
    give(&checkout.root());
    for _ in 0..3 {
        let output = run(&checkout, &[]);
        assert!(output.status.success(), "{output:?}");
    }
    assert_eq!(super::kills::left_of(&checkout), Vec::<String>::new());
    let builds = checkout.home().join(".cache/runner/builds");
    for project in fs::read_dir(builds).expect("a folder").flatten() {
        let left: Vec<_> =
            fs::read_dir(project.path()).expect("a folder").flatten().map(|entry| entry.path()).collect();
        // Locks, and notes of where each job was.
        let is_small =
            |path: &std::path::PathBuf| path.extension().is_some_and(|kind| kind == "lock" || kind == "last");
        assert!(left.iter().all(is_small), "{left:?}");
    }
}

#[test]
fn what_cannot_be_read_is_left_out_unless_it_is_tracked() {
    let Some(checkout) = given("a: {script: [test ! -e secret.txt, test ! -e keys, test -e file.txt]}\n")
    else {
        return;
    };
    for path in ["secret.txt", "keys/private", "file.txt"] {
        checkout.write(path, "x");
    }
    give(&checkout.root());
    let close = |path: &str| {
        fs::set_permissions(checkout.root().join(path), fs::Permissions::from_mode(0o000)).expect("a mode");
    };
    close("secret.txt");
    close("keys");
    let output = run(&checkout, &[]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{output:?}");
    for path in ["secret.txt", "keys"] {
        let warning = format!("warning: {path} is untracked and may not be read: jobs do not get it\n");
        assert_eq!(text.matches(&warning).count(), 1, "{text}");
    }

    checkout.git(&["-c", "safe.directory=*", "add", "file.txt"]);
    checkout.git(&["-c", "safe.directory=*", "commit", "--quiet", "--message", "tracked"]);
    give(&checkout.root().join(".git"));
    close("file.txt");
    let output = run(&checkout, &[]);
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(text.contains("file.txt cannot be read") && text.contains("chmod u+r"), "{text}");
    assert_eq!(text.matches("Permission denied").count(), 1, "{text}");
}

#[test]
fn holes_of_files_stay_holes() {
    let Some(checkout) = given(
        "a: {script: ['test $(stat -c %s huge.bin) = 2147483648', 'test $(du -k huge.bin | cut -f1) -lt 1000']}\n",
    ) else {
        return;
    };
    fs::File::create(checkout.root().join("huge.bin")).expect("a file").set_len(2 << 30).expect("a size");
    give(&checkout.root());
    let output = run(&checkout, &[]);
    assert!(output.status.success(), "{output:?}");
}
