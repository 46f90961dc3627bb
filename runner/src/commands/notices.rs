//! Lines that commands begin with.

use crate::version;
use protocol::FOLLOWED_VERSION;

/// The first line of the log: what really runs.
pub(super) fn platform() {
    tracing::info!(
        arch = version::architecture(),
        follows = format!("gitlab-runner {FOLLOWED_VERSION}"),
        name = version::NAME,
        os = std::env::consts::OS,
        pid = std::process::id(),
        revision = version::REVISION,
        version = version::VERSION,
        "Runtime platform"
    );
}

/// Which configuration is used without `--config`. `starts_jobs` is for commands after which somebody has
/// to start the service.
pub(crate) fn user_mode(starts_jobs: bool) {
    if nix::unistd::geteuid().is_root() {
        tracing::info!("Running in system-mode.");
    } else {
        tracing::warn!("Running in user-mode.");
        if starts_jobs {
            tracing::warn!("The user-mode requires you to manually start builds processing:");
            tracing::warn!("$ {} run", version::NAME);
        }
        tracing::warn!("Use sudo for system-mode:");
        tracing::warn!("$ sudo {}...", version::NAME);
    }
    tracing::info!("");
}
