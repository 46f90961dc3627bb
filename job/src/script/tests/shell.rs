//! Running scripts and looking at what came out.

use crate::script::{Echo, Script};
use std::io::{ErrorKind, Write};
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Stdio};

pub(super) const SHELLS: &[&str] = &["bash", "dash"];

pub(super) struct Ran {
    pub(super) stdout: String,
    pub(super) stderr: String,
    pub(super) code: Option<i32>,
    pub(super) signal: Option<i32>,
    echoes: Vec<Echo>,
}

impl Ran {
    /// The echoes that came, in order.
    pub(super) fn seen(&self) -> Vec<&Echo> {
        let mut rest = self.stdout.as_bytes();
        self.echoes
            .iter()
            .map_while(|echo| {
                let at = memchr::memmem::find(rest, &[&echo.line[..], b"\n"].concat())?;
                rest = &rest[at..];
                Some(echo)
            })
            .collect()
    }

    /// The lines that are no echo.
    pub(super) fn output(&self) -> Vec<&str> {
        self.stdout.lines().filter(|line| !line.contains("\x1b[32;1m")).collect()
    }
}

/// Runs a script in a shell with a small environment; nothing where there is no such shell.
pub(super) fn run(shell: &str, script: &Script) -> Option<Ran> {
    let (stdout, stderr, status) = run_bytes(shell, &script.bytes)?;
    Some(Ran {
        stdout: String::from_utf8(stdout).unwrap(),
        stderr: String::from_utf8_lossy(&stderr).into_owned(),
        code: status.code(),
        signal: status.signal(),
        echoes: script.echoes.clone(),
    })
}

pub(super) fn run_bytes(shell: &str, script: &[u8]) -> Option<(Vec<u8>, Vec<u8>, std::process::ExitStatus)> {
    let child = Command::new(shell)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            eprintln!("skipped: there is no {shell} here");
            return None;
        }
        Err(error) => panic!("{shell}: {error}"),
    };
    let mut stdin = child.stdin.take().unwrap();
    let script = script.to_vec();
    // A shell that ends early leaves the rest of its script unread.
    let writer = std::thread::spawn(move || drop(stdin.write_all(&script)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    Some((output.stdout, output.stderr, output.status))
}
