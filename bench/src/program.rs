//! Where the measured programs are.

use crate::Result;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The release build of the crate `runner`, brought up to date.
pub(crate) fn built() -> Result<PathBuf> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().ok_or("this crate lies in no workspace")?;
    let mut command = Command::new(&cargo);
    command.args(["build", "--release", "-p", "runner", "--message-format", "json-render-diagnostics"]);
    // Its messages go to standard error; standard output says where the executable is.
    let output = command.current_dir(root).stderr(Stdio::inherit()).output()?;
    if !output.status.success() {
        return Err("the crate `runner` does not build; --runner FILE measures another executable".into());
    }
    let messages = output.stdout.split(|byte| *byte == b'\n');
    let executable = messages
        .filter_map(|line| serde_json::from_slice::<serde_json::Value>(line).ok())
        .filter(|message| message.pointer("/target/name").is_some_and(|name| name == "runner"))
        .find_map(|message| message["executable"].as_str().map(PathBuf::from));
    executable.ok_or_else(|| "cargo names no executable of the crate `runner`".into())
}

/// Puts this process, and with it all threads and processes that it starts from now on, before others.
pub(crate) fn go_first() -> Result<()> {
    let output = Command::new("chrt").args(["--rr", "--pid", "1", &std::process::id().to_string()]).output();
    let output = output.map_err(|error| format!("chrt: {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    Err(format!("--real-time: {}", String::from_utf8_lossy(&output.stderr).trim()).into())
}

/// A program by its name.
pub(crate) fn in_path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(name))
        .find(|file| file.is_file())
}
