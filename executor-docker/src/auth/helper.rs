//! Programs that keep logins: `docker-credential-NAME`.
//!
//! They are run without a shell, in a process group of their own, with the environment they are given and
//! nothing on the command line but what to do. Registries and logins go over standard input and output.

use super::config::Program;
use super::login::Login;
use super::plain::one_line;
use protocol::Secret;
use rustix::process::{Pid, Signal, kill_process_group};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};

/// Most bytes that such a program may write.
const LIMIT: usize = 1 << 20;

/// What a program says when it keeps no login for a registry.
const NOT_KEPT: &str = "credentials not found in native keychain";

/// The user under which programs hand out an identity token.
const TOKEN_USER: &str = "<token>";

/// Where helper programs are and how they run.
#[derive(Clone)]
pub struct Helpers {
    /// Folders to look in, as in `PATH`. Relative ones are passed over.
    pub search: Vec<PathBuf>,
    /// Their whole environment.
    pub environment: Vec<(OsString, OsString)>,
    /// How long one run may take.
    pub patience: Duration,
}

impl Default for Helpers {
    fn default() -> Self {
        Self { search: Vec::new(), environment: Vec::new(), patience: Duration::from_secs(30) }
    }
}

/// The environment may hold secrets.
impl std::fmt::Debug for Helpers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Helpers").field("search", &self.search).finish_non_exhaustive()
    }
}

/// A program did not do what it is for.
#[derive(Debug, thiserror::Error)]
pub enum HelperError {
    /// There is none of that name.
    #[error("{program} is not in PATH")]
    Missing {
        /// The program.
        program: String,
    },
    /// It could not be started or talked to.
    #[error("{program}: {reason}")]
    Broken {
        /// The program.
        program: String,
        /// Why.
        reason: std::io::Error,
    },
    /// It says that it failed.
    #[error("{program} {action} failed ({status}){said}")]
    Failed {
        /// The program.
        program: String,
        /// What it was to do.
        action: &'static str,
        /// How it ended.
        status: ExitStatus,
        /// Its words, after a colon; empty where they may hold a secret.
        said: String,
    },
    /// It does not end.
    #[error("{program} {action} did not answer within {} s", patience.as_secs())]
    Slow {
        /// The program.
        program: String,
        /// What it was to do.
        action: &'static str,
        /// What it had.
        patience: Duration,
    },
    /// Its answer has no end.
    #[error("{program} {action} wrote more than {LIMIT} bytes")]
    TooLong {
        /// The program.
        program: String,
        /// What it was to do.
        action: &'static str,
    },
    /// Its answer is not what it should be.
    #[error("{program} {action} wrote something that is no answer to it")]
    Odd {
        /// The program.
        program: String,
        /// What it was to do.
        action: &'static str,
    },
}

impl Helpers {
    /// The keys that a program keeps logins for.
    ///
    /// # Errors
    /// [`HelperError`].
    pub(super) async fn list(&self, program: &Program) -> Result<Vec<String>, HelperError> {
        let answer = self.run(program, "list", "").await?;
        let kept: Option<BTreeMap<String, Value>> = serde_json::from_slice(answer.as_bytes())
            .map_err(|_| HelperError::Odd { program: program.file(), action: "list" })?;
        Ok(kept.unwrap_or_default().into_keys().collect())
    }

    /// The login that a program keeps for a key, if it keeps one.
    ///
    /// # Errors
    /// [`HelperError`].
    pub(super) async fn get(&self, program: &Program, key: &str) -> Result<Option<Login>, HelperError> {
        let answer = match self.run(program, "get", key).await {
            Err(HelperError::Failed { said, .. }) if said.contains(NOT_KEPT) => return Ok(None),
            answer => answer?,
        };
        let odd = || HelperError::Odd { program: program.file(), action: "get" };
        let answer: Value = serde_json::from_slice(answer.as_bytes()).map_err(|_| odd())?;
        let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (user, secret) = (text("Username"), Secret::new(text("Secret")));
        let login = match user.as_str() {
            TOKEN_USER => Login { identity_token: secret, ..Login::default() },
            _ => Login::new(user, secret),
        };
        if !answer.is_object() {
            return Err(odd());
        }
        Ok((!login.is_empty()).then_some(login))
    }

    async fn run(&self, program: &Program, action: &'static str, input: &str) -> Result<String, HelperError> {
        let name = program.file();
        let path = self.find(&name).ok_or_else(|| HelperError::Missing { program: name.clone() })?;
        let broken = |reason| HelperError::Broken { program: name.clone(), reason };
        let mut command = Command::new(path);
        command.arg(action).env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        command.current_dir("/").process_group(0).kill_on_drop(true);
        let mut group = Group(command.spawn().map_err(broken)?);
        let talk = group.talk(input);
        let (output, status) = match tokio::time::timeout(self.patience, talk).await {
            Ok(end) => end.map_err(broken)?,
            Err(_) => return Err(HelperError::Slow { program: name, action, patience: self.patience }),
        };
        if output.len() > LIMIT {
            return Err(HelperError::TooLong { program: name, action });
        }
        // Programs explain a failure where they would write the login.
        let output = String::from_utf8(output);
        if !status.success() {
            let said = said(output.as_deref().unwrap_or_default());
            return Err(HelperError::Failed { program: name, action, status, said });
        }
        output.map_err(|_| HelperError::Odd { program: name, action })
    }

    fn find(&self, name: &str) -> Option<PathBuf> {
        let places = self.search.iter().filter(|folder| folder.is_absolute());
        places.map(|folder| folder.join(name)).find(|path| {
            path.metadata().is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
        })
    }
}

/// What a program wrote when it failed, unless it looks like part of a login.
fn said(output: &str) -> String {
    let line = one_line(output, 200);
    if line.is_empty() || line.contains(['{', '"']) { String::new() } else { format!(": {line}") }
}

/// A program and what it started: killed, unless it was seen to end.
struct Group(Child);

impl Group {
    /// Hands over the input and takes the output until both it and the program have ended.
    async fn talk(&mut self, input: &str) -> std::io::Result<(Vec<u8>, ExitStatus)> {
        let (stdin, stdout) = (self.0.stdin.take(), self.0.stdout.take());
        let hand_over = async {
            if let Some(mut stdin) = stdin {
                // A program that does not read has its reasons; its exit tells.
                let _ = stdin.write_all(input.as_bytes()).await;
            }
        };
        let take = async {
            match stdout {
                Some(stdout) => read(stdout).await,
                None => Ok(Vec::new()),
            }
        };
        let (_, output) = tokio::join!(hand_over, take);
        let output = output?;
        if output.len() > LIMIT {
            // It may go on writing for ever.
            self.kill();
        }
        Ok((output, self.0.wait().await?))
    }

    fn kill(&self) {
        // Without an id it has been waited for, and the number may be another's by now.
        if let Some(id) = self.0.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?)) {
            let _ = kill_process_group(id, Signal::KILL);
        }
    }
}

impl Drop for Group {
    fn drop(&mut self) {
        self.kill();
    }
}

async fn read(stdout: impl AsyncRead + Unpin) -> std::io::Result<Vec<u8>> {
    let mut output = Vec::new();
    stdout.take(LIMIT as u64 + 1).read_to_end(&mut output).await?;
    Ok(output)
}

#[cfg(test)]
mod tests;
