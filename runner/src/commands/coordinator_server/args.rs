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
    /// Run a runner in the same process
    #[arg(long)]
    pub(crate) with_runner: bool,
    /// What the runner runs jobs on; counts when it is made, later its file does
    #[arg(long, value_enum, default_value_t = EmbeddedExecutor::Auto, value_name = "EXECUTOR")]
    pub(crate) executor: EmbeddedExecutor,
    /// Image of jobs that have none, for the docker executor
    #[arg(long, value_name = "IMAGE", default_value = "alpine:latest")]
    pub(crate) docker_image: String,
}

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
  runner coordinator --listen 0.0.0.0:443 --url https://ci.example.com --tls-cert c.pem --tls-key k.pem
  echo 'a long password' | runner coordinator set-password

The first start prints the administrator's token, once; RUNNER_COORDINATOR_ADMIN_TOKEN chooses it. Its user is root. \
The file coordinator.toml in the data folder may have listen, url, tls_cert, tls_key and with_runner; flags come \
before the environment, and both before the file.

SIGHUP reads certificate and key again. SIGTERM and SIGINT end it; jobs of its own runner are aborted first, and with \
SIGQUIT waited for.";
