//! Commands and flags of gitlab-runner that this program does not have, and what to do instead.

use crate::error::CliError;

/// What to say to a command that is not there.
pub(super) fn command(name: &str) -> Option<CliError> {
    let service = "write a unit for your init system whose command is `runner run --config FILE`";
    let inner = "jobs need no such helper here: git, cache and artifacts are done by the program itself";
    let hint = match name {
        "install" | "uninstall" | "start" | "stop" | "restart" | "status" => service,
        "artifacts-downloader"
        | "artifacts-uploader"
        | "cache-archiver"
        | "cache-extractor"
        | "cache-init"
        | "proxy-exec"
        | "read-logs"
        | "steps" => inner,
        "wrapper" => "send SIGQUIT to `runner run` for a graceful stop, SIGTERM for a forced one",
        "fleeting" => "executors that make their own machines are not available",
        "exec" => {
            "`runner ci run JOB` runs a job of the checkout with what it needs; `runner replay FILE`, a recorded one"
        }
        _ => return None,
    };
    Some(CliError::usage(format!("gitlab-runner's command `{name}` is not available here")).hint(hint))
}

/// Flags of executors that this build does not have.
const FOREIGN: &[(&str, &str)] = &[
    ("kubernetes-", "kubernetes"),
    ("ssh-", "ssh"),
    ("parallels-", "parallels"),
    ("virtualbox-", "virtualbox"),
    ("machine-", "docker+machine"),
    ("custom-", "custom"),
];

/// What to say to a flag that belongs to another executor.
pub(super) fn flag(arg: &str) -> Option<CliError> {
    let name = arg.trim_start_matches('-').split('=').next().unwrap_or("");
    let (_, executor) = FOREIGN.iter().find(|(prefix, _)| name.starts_with(prefix))?;
    let message = format!("--{name} belongs to the {executor} executor, which is not available here");
    Some(CliError::usage(message).hint("leave it out; the executors are shell and docker"))
}
