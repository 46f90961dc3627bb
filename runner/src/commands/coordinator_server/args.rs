//! Flags of `runner coordinator`.

use clap::{Args, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

/// `coordinator`.
#[derive(Clone, Debug, Default, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct CoordinatorArgs {
    #[command(subcommand)]
    pub(crate) command: Option<CoordinatorCommand>,
    #[command(flatten)]
    pub(crate) serve: ServeArgs,
}

/// What else can be done with a coordinator.
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum CoordinatorCommand {
    /// Set the administrator's password, read from stdin; the coordinator must not run
    SetPassword(SetPasswordArgs),
}

/// `--data`.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct DataArg {
    /// Folder for everything that is kept [env: RUNNER_COORDINATOR_DATA] [default: /var/lib/runner-coordinator for
    /// root, else ~/.local/share/runner/coordinator]
    #[arg(long, value_name = "DIR")]
    pub(crate) data: Option<PathBuf>,
}

/// `coordinator set-password`.
#[derive(Clone, Debug, Args)]
pub(crate) struct SetPasswordArgs {
    #[command(flatten)]
    pub(crate) data: DataArg,
}

/// What a coordinator is started with.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct ServeArgs {
    #[command(flatten)]
    pub(crate) data: DataArg,
    /// Where to listen; port 0 is any free one [env: RUNNER_COORDINATOR_LISTEN] [default: 127.0.0.1:8929]
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) listen: Option<SocketAddr>,
    /// How people and runners reach it, if that is another address [env: RUNNER_COORDINATOR_URL]
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
    /// Speak TLS with the certificates of this PEM file [env: RUNNER_COORDINATOR_TLS_CERT]
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// Key of the certificate [env: RUNNER_COORDINATOR_TLS_KEY]
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Let pipelines include files whose addresses begin so (`include: remote`); can be given again. Nothing is
    /// fetched from the web without it, and redirects are not followed [env: RUNNER_COORDINATOR_REMOTE_INCLUDES,
    /// separated by blanks]
    #[arg(long, value_name = "URL")]
    pub(crate) remote_includes: Vec<String>,
    /// Run a runner in the same process
    #[arg(long)]
    pub(crate) with_runner: bool,
    /// What the runner runs jobs on; counts when it is made, later its file does
    #[arg(long, value_enum, default_value_t = EmbeddedExecutor::Auto, value_name = "EXECUTOR")]
    pub(crate) executor: EmbeddedExecutor,
    /// Image of jobs that have none, for the docker executor
    #[arg(long, value_name = "IMAGE", default_value = DOCKER_IMAGE)]
    pub(crate) docker_image: String,
    /// User of this machine that its shell jobs run as; only root can choose another [env: RUNNER_COORDINATOR_RUNNER_USER]
    #[arg(long, value_name = "USER")]
    pub(crate) runner_user: Option<String>,
}

/// The image of jobs that have none.
pub(crate) const DOCKER_IMAGE: &str = "alpine:latest";

/// What the runner in the same process runs jobs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum EmbeddedExecutor {
    /// Containers where a Docker engine answers, else processes of this machine
    #[default]
    Auto,
    /// Processes of this machine
    Shell,
    /// Containers
    Docker,
}

/// What comes behind the flags in the help.
pub(crate) const EXAMPLES: &str = "\
Examples:
  runner coordinator --with-runner                       everything that CI needs, on this machine
  runner coordinator --with-runner --runner-user ci      the same, and jobs cannot read what it keeps
  runner coordinator --listen 0.0.0.0:443 --url https://ci.example.com \\
      --tls-cert c.pem --tls-key k.pem
  echo 'a long password' | runner coordinator set-password

The first start prints the administrator's token, once; RUNNER_COORDINATOR_ADMIN_TOKEN chooses it. Its user is root. \
The file coordinator.toml in the data folder may have listen, url, tls_cert, tls_key, remote_includes (a list), with_runner and runner_user; \
flags come before the environment, and both before the file.

On the shell, jobs of its own runner run as the coordinator's user: whoever may push can read all that the coordinator \
keeps, variables and tokens included. --runner-user (for root), the docker executor, or a runner elsewhere prevents it.

Without --url, jobs are told the address that their runner asks, so that one elsewhere, or in containers, needs nothing \
more than to reach it. Where its own runner has containers, the coordinator listens at their gateway, too.

SIGHUP reads certificate and key again. SIGTERM and SIGINT end it; jobs of its own runner are aborted first, and with \
SIGQUIT waited for.";
