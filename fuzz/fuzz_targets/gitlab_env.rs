//! The file of `GITLAB_ENV` means the same here as in the shell that reads it line by line.
//!
//! Only lines that give variables of one or two characters are compared: longer names mean something to bash.

#![no_main]

use executor::Workspace;
use job::variables::gitlab_env::{Environment, apply};
use libfuzzer_sys::fuzz_target;
use std::ffi::OsString;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::process::{Command, Stdio};

const READ: &str = r#"set -e; while read -r line; do export "$line"; done < "$1"; exec "$2" -0"#;

fuzz_target!(|content: &[u8]| {
    let root = tempfile::tempdir().expect("a temporary directory");
    let workspace = Workspace {
        builds_dir: root.path().to_owned(),
        project_dir: root.path().join("p"),
        temp_dir: root.path().join("p.tmp"),
        cache_dir: root.path().join("cache"),
    };
    let file = workspace.temp_dir.join("gitlab_runner_env");
    std::fs::create_dir(&workspace.temp_dir).expect("a directory");
    std::fs::write(&file, content).expect("a file");

    let mut ours = Environment::from([("O".into(), "old".into())]);
    let result = apply(&workspace, &mut ours);
    for name in ours.keys() {
        assert!(job::variables::is_shell_name(name.to_str().expect("ASCII")));
    }
    if content.split(|&byte| byte == b'\n').any(is_special) {
        return;
    }
    match (result, bash(&file)) {
        (Ok(()), Some(theirs)) => assert_eq!(ours, theirs),
        (Ok(()), None) => panic!("bash refuses it"),
        (Err(error), Some(_)) => panic!("bash takes it: {error}"),
        (Err(_), None) => {}
    }
});

/// Whether a line means more to bash than a variable: an option, or a name of its own.
fn is_special(line: &[u8]) -> bool {
    let line: Vec<u8> = line.iter().copied().filter(|&byte| byte != 0).collect();
    let line = line.trim_ascii();
    let name = line.split(|byte| b"=+".contains(byte)).next().unwrap_or_default();
    line.starts_with(b"-")
        || name == b"_"
        || (name.len() > 2 && job::variables::is_shell_name(&String::from_utf8_lossy(name)))
}

/// The environment that bash makes of it; nothing if it fails.
fn bash(file: &Path) -> Option<Environment> {
    let arguments = [READ.as_ref(), "bash".as_ref(), file.as_os_str(), "/usr/bin/env".as_ref()];
    let mut command = Command::new("/bin/bash");
    let output = command.arg("-c").args(arguments).env_clear().env("O", "old").stderr(Stdio::null()).output();
    let output = output.expect("bash");
    let own = ["PWD", "OLDPWD", "SHLVL", "_"].map(OsString::from);
    let pairs = output.stdout.split(|&byte| byte == 0).filter_map(|pair| {
        let equals = pair.iter().position(|&byte| byte == b'=')?;
        Some((OsString::from_vec(pair[..equals].to_vec()), OsString::from_vec(pair[equals + 1..].to_vec())))
    });
    output
        .status
        .success()
        .then(|| pairs.filter(|(name, _)| !own.contains(name) && !name.as_bytes().is_empty()).collect())
}
