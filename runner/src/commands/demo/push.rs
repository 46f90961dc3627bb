//! The project's way into the coordinator: git, as anybody would use it.

use super::files;
use crate::error::CliError;
use protocol::Secret;
use std::fs::OpenOptions;
use std::io::{self, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

/// What the commit says.
const MESSAGE: &str = "A site, its tests, and two places to deploy it to";

/// A work tree that can be pushed from, also by whoever looks at the demo.
pub(super) struct WorkTree {
    folder: PathBuf,
    /// Of the repository.
    url: String,
}

/// Makes sure that there is a git.
pub(super) fn check() -> Result<(), CliError> {
    let found = Command::new("git").arg("--version").stdin(Stdio::null()).output();
    match found {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(CliError::operation("git does not work").because(said(&output))),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(CliError::operation("git is not there")
            .hint("install git: the demo pushes its project with it, and its jobs fetch it")),
        Err(error) => Err(CliError::operation("git cannot be started").caused_by(&error)),
    }
}

impl WorkTree {
    /// Writes the project to `folder` and commits it. `url` is that of the repository, `token` opens it.
    pub(super) fn make(folder: PathBuf, url: &str, token: &Secret) -> Result<Self, CliError> {
        let failed = |error: io::Error| {
            CliError::operation(format!("the project cannot be written to {}", folder.display()))
                .caused_by(&error)
        };
        std::fs::create_dir(&folder).and_then(|()| files::write(&folder)).map_err(failed)?;
        let credentials = folder.with_extension("credentials");
        keep(&credentials, url, token).map_err(failed)?;
        let tree = Self { folder, url: url.to_owned() };
        tree.git(&["init", "--quiet"])?;
        // Not every git can be told the name of the branch.
        tree.git(&["symbolic-ref", "HEAD", "refs/heads/main"])?;
        // What else keeps passwords on this machine is not to learn of this one, and no proxy leads here.
        let file = credentials.display().to_string().replace('\'', r"'\''");
        let helper = format!("store --file='{file}'");
        let settings = [("credential.helper", ""), ("credential.helper", &helper), ("http.proxy", "")];
        for (name, value) in settings {
            tree.git(&["config", "--add", name, value])?;
        }
        tree.git(&["remote", "add", "origin", url])?;
        tree.git(&["add", "."])?;
        let who = ["-c", "user.name=Demo", "-c", "user.email=demo@localhost"];
        tree.git(&[who.as_slice(), &["commit", "--quiet", "--no-verify", "-m", MESSAGE]].concat())?;
        Ok(tree)
    }

    /// Where it is.
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// What was done with it, as commands.
    pub(super) fn commands(&self) -> [String; 2] {
        [format!("git init && git add . && git commit -m '{MESSAGE}'"), format!("git push {} main", self.url)]
    }

    /// Pushes; answers what git and the coordinator said.
    pub(super) fn push(&self) -> Result<String, CliError> {
        let output = self.git(&["push", "--set-upstream", "origin", "main"])?;
        Ok(String::from_utf8_lossy(&output.stderr).into_owned())
    }

    fn git(&self, arguments: &[&str]) -> Result<Output, CliError> {
        let mut command = Command::new("git");
        command.args(arguments).current_dir(&self.folder).stdin(Stdio::null());
        // Neither what this process was called from (a hook, say) nor what the user likes is to play a part.
        for (name, _) in std::env::vars_os() {
            if name.as_encoded_bytes().starts_with(b"GIT_") {
                command.env_remove(name);
            }
        }
        command.env("GIT_CONFIG_NOSYSTEM", "1").env("GIT_CONFIG_GLOBAL", "/dev/null");
        command.env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
        let output = command.output();
        let output =
            output.map_err(|error| CliError::operation("git cannot be started").caused_by(&error))?;
        if output.status.success() {
            Ok(output)
        } else {
            let what = arguments.iter().find(|word| !word.starts_with('-') && !word.contains('='));
            let failed = format!("git {} failed", what.unwrap_or(&"?"));
            Err(CliError::operation(failed).because(said(&output)))
        }
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).trim().to_owned()
}

/// Writes the file that git's helper `store` reads.
fn keep(path: &Path, url: &str, token: &Secret) -> io::Result<()> {
    let address = url.split_once("://").map_or(url, |(_, rest)| rest);
    let host = address.split('/').next().unwrap_or(address);
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path)?;
    writeln!(file, "http://root:{}@{host}", token.expose())
}
