//! The shells that scripts are written for.

use super::quote;
use crate::{Order, StageError};

/// A shell's language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// GNU bash.
    Bash,
    /// Any POSIX shell, dash and busybox among them.
    Sh,
}

/// Executors that take whichever shell the job's image has, so that scripts have to suit every one.
const ANY_SHELL: [&str; 1] = ["docker"];

impl Dialect {
    /// What a job's scripts are written in.
    ///
    /// # Errors
    /// The configured shell is none that scripts can be written for.
    pub(crate) fn of(order: &Order) -> Result<Self, StageError> {
        let configured = Self::for_shell(&order.settings.shell)?;
        Ok(if ANY_SHELL.contains(&order.info.executor.as_str()) { Self::Sh } else { configured })
    }

    /// The dialect for a `shell` of the configuration.
    ///
    /// # Errors
    /// The shell is none that scripts can be written for.
    pub fn for_shell(shell: &str) -> Result<Self, StageError> {
        match shell {
            "bash" | "" => Ok(Self::Bash),
            "sh" => Ok(Self::Sh),
            other => Err(StageError::configuration(format!(
                "shell \"{}\" is not supported by this runner: `shell` has to be bash or sh",
                other.escape_debug()
            ))),
        }
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Sh => "sh",
        }
    }

    /// One word of the shell that stands for exactly these bytes, of which none may be NUL.
    pub(super) fn quote(self, posix: bool, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Bash if !posix => quote::ansi_c(bytes),
            Self::Bash | Self::Sh => quote::single(bytes),
        }
    }

    /// Turns `pipefail` on: a pipeline fails when any part does. bash always has it, others may.
    pub(super) fn pipefail(self) -> &'static str {
        match self {
            Self::Bash => "set -o pipefail",
            Self::Sh => "case \"$(set -o)\" in *pipefail*) set -o pipefail;; esac",
        }
    }

    /// A command that prints its one argument and a newline, whatever is in it. The `echo` of many shells
    /// would act on backslashes.
    pub(super) fn echo(self) -> &'static str {
        match self {
            Self::Bash => "echo ",
            Self::Sh => "printf '%s\\n' ",
        }
    }

    /// Exports the lines of the file that `GITLAB_ENV` names. A POSIX shell would end with a status of its own
    /// at a bad name, since `export` is a special command there.
    pub(super) fn export_lines(self) -> &'static str {
        match self {
            Self::Bash => {
                "while read -r gitlab_env_line; do export \"$gitlab_env_line\"; done < \"$GITLAB_ENV\"\n\
                 unset gitlab_env_line\n"
            }
            Self::Sh => {
                "while read -r gitlab_env_line; do command export \"$gitlab_env_line\" || exit 1; done < \"$GITLAB_ENV\"\n\
                 unset gitlab_env_line\n"
            }
        }
    }
}
