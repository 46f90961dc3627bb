//! Commands and their own flags. The flags of runner sections come from the schema of config.toml: see
//! [`RunnerFlags`].

use super::RunnerFlags;
use crate::ci::args::CiArgs;
use crate::commands::coordinator_server::args::CoordinatorArgs;
use crate::commands::demo::args::DemoArgs;
use crate::environment::Environment;
use crate::{paths, version};
use clap::{Args, Parser, Subcommand};
use protocol::Secret;
use std::path::PathBuf;

/// Runs GitLab CI: the pipeline of a checkout, and jobs as gitlab-runner does.
#[derive(Debug, Parser)]
#[command(name = version::NAME, disable_version_flag = true, disable_help_subcommand = false, subcommand_required = false)]
pub(crate) struct Cli {
    /// Log everything that helps to find a fault
    #[arg(long, global = true)]
    pub(crate) debug: bool,
    /// How the log looks: runner, text or json
    #[arg(long, global = true, value_name = "FORMAT")]
    pub(crate) log_format: Option<String>,
    /// What is logged: debug, info, warn, error, fatal or panic
    #[arg(short = 'l', long, global = true, value_name = "LEVEL")]
    pub(crate) log_level: Option<String>,
    /// Accepted for gitlab-runner's sake; there is no profiler
    #[arg(long, global = true, value_name = "FILE", hide = true)]
    pub(crate) cpuprofile: Option<PathBuf>,
    /// Print the version
    #[arg(short = 'v', long = "version")]
    pub(crate) show_version: bool,
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Take jobs for all sections of the configuration
    Run(RunArgs),
    /// Take jobs for one runner, given by flags or by its name in the configuration
    #[command(
        after_help = "If this process and that of its job are both killed, nobody reports the job as failed; \
                            `run` does so when it is started again."
    )]
    RunSingle(Box<RunSingleArgs>),
    /// Register a runner and add it to the configuration
    Register(Box<RegisterArgs>),
    /// Remove runners from GitLab and from the configuration
    Unregister(UnregisterArgs),
    /// Check that GitLab still knows the configured runners
    Verify(VerifyArgs),
    /// List the configured runners
    List(ListArgs),
    /// Replace runner tokens by new ones
    ResetToken(ResetTokenArgs),
    /// Check a configuration file
    Lint(LintArgs),
    /// Run the pipeline of a checkout here, or see what GitLab would make of it
    Ci(CiArgs),
    /// Serve projects, pipelines and runners, as GitLab does
    #[command(after_help = crate::commands::coordinator_server::args::EXAMPLES)]
    Coordinator(Box<CoordinatorArgs>),
    /// Show all of it: a coordinator, a runner, and a project that is pushed, in a temporary folder
    #[command(after_help = crate::commands::demo::args::EXAMPLES)]
    Demo(DemoArgs),
    /// Run one job whose payload was recorded as JSON
    Replay(ReplayArgs),
    /// Wait until services answer
    HealthCheck(HealthCheckArgs),
    /// Print a completion script for a shell
    Completions(CompletionsArgs),
    /// The process of one job; started by `run`
    #[command(name = "job-process", hide = true)]
    JobProcess(JobProcessArgs),
    /// The main process of a job's container; started by the engine
    #[command(hide = true)]
    Agent,
    /// One stage of a job, where its files are; started by the job's process
    #[command(hide = true)]
    Stage,
}

/// `--config`.
#[derive(Clone, Debug, Args)]
pub(crate) struct ConfigArg {
    /// Configuration file
    #[arg(short = 'c', long, value_name = "FILE")]
    config: Option<PathBuf>,
}

impl ConfigArg {
    /// The file given, else the default one.
    pub(crate) fn path(&self, environment: &Environment) -> PathBuf {
        self.config.clone().unwrap_or_else(|| paths::default_config(environment))
    }
}

/// `run`.
#[derive(Clone, Debug, Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArg,
    /// Address for metrics (not supported yet)
    #[arg(long, value_name = "HOST:PORT")]
    pub(crate) listen_address: Option<String>,
    /// Name in the system's log
    #[arg(short = 'n', long, value_name = "NAME", default_value = "gitlab-runner")]
    pub(crate) service: String,
    /// Folder to work in
    #[arg(short = 'd', long, value_name = "FOLDER")]
    pub(crate) working_directory: Option<PathBuf>,
    /// User that runs jobs
    #[arg(short = 'u', long, value_name = "USER")]
    pub(crate) user: Option<String>,
    /// Log to the system's log as well
    #[arg(long)]
    pub(crate) syslog: bool,
    #[command(flatten)]
    pub(crate) recording: RecordArgs,
}

/// Whether jobs are recorded.
#[derive(Clone, Debug, Args)]
pub(crate) struct RecordArgs {
    /// Keep every job's payload in this folder, for `replay`; what is secret in it is encrypted
    #[arg(long, value_name = "FOLDER")]
    pub(crate) record: Option<PathBuf>,
    /// Key of the recordings; made if it is not there [default: FOLDER.key, beside the folder]
    #[arg(long, value_name = "FILE", requires = "record")]
    pub(crate) record_key: Option<PathBuf>,
    /// How many recordings are kept; older ones go
    #[arg(long, value_name = "N", default_value_t = 100, requires = "record", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) record_keep: u32,
}

/// `run-single`.
#[derive(Clone, Debug, Args)]
pub(crate) struct RunSingleArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArg,
    /// Name of the section to use, instead of all other flags
    #[arg(short = 'r', long, value_name = "NAME")]
    pub(crate) runner: Option<String>,
    /// End after so many seconds without a job; 0 is never
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub(crate) wait_timeout: u64,
    /// End after so many jobs; 0 is never
    #[arg(long, value_name = "JOBS", default_value_t = 0)]
    pub(crate) max_builds: u64,
    /// Seconds that a forced stop waits for the job to end
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    pub(crate) shutdown_timeout: u64,
    #[command(flatten)]
    pub(crate) recording: RecordArgs,
    #[command(flatten)]
    pub(crate) flags: RunnerFlags,
}

/// `register`.
#[derive(Clone, Debug, Args)]
pub(crate) struct RegisterArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArg,
    /// File with one section that fills in what flags do not say
    #[arg(long, value_name = "FILE")]
    pub(crate) template_config: Option<PathBuf>,
    /// Ask nothing
    #[arg(short = 'n', long)]
    pub(crate) non_interactive: bool,
    /// Do not remove the runner from GitLab when a later step fails
    #[arg(long)]
    pub(crate) leave_runner: bool,
    /// Registration token (deprecated; better `--token glrt-…`)
    #[arg(short = 'r', long, value_name = "TOKEN")]
    pub(crate) registration_token: Option<Secret>,
    /// Tags, separated by commas
    #[arg(long, value_name = "TAGS", default_value = "", hide_default_value = true)]
    pub(crate) tag_list: String,
    /// Take jobs without tags, too; always so if there are no tags
    #[arg(long)]
    pub(crate) run_untagged: bool,
    /// Keep the runner with its project
    #[arg(
        long,
        action = clap::ArgAction::Set,
        num_args = 0..=1,
        require_equals = true,
        default_value_t = true,
        default_missing_value = "true",
        value_name = "BOOL",
        value_parser = super::go_flags::boolean
    )]
    pub(crate) locked: bool,
    /// not_protected or ref_protected
    #[arg(long, value_name = "LEVEL", default_value = "", hide_default_value = true)]
    pub(crate) access_level: String,
    /// Longest job in seconds; 0 is no bound
    #[arg(long, value_name = "SECONDS", default_value_t = 0)]
    pub(crate) maximum_timeout: i64,
    /// Take no jobs until somebody lets it
    #[arg(long)]
    pub(crate) paused: bool,
    /// Note for other maintainers
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub(crate) maintenance_note: String,
    #[command(flatten)]
    pub(crate) flags: RunnerFlags,
}

/// `unregister`.
#[derive(Clone, Debug, Args)]
pub(crate) struct UnregisterArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArg,
    /// Name of the runner
    #[arg(short = 'n', long)]
    pub(crate) name: Option<String>,
    /// Accepted for gitlab-runner's sake; the section's own address counts
    #[arg(short = 'u', long)]
    pub(crate) url: Option<String>,
    /// Token of the runner
    #[arg(short = 't', long)]
    pub(crate) token: Option<Secret>,
    /// Accepted for gitlab-runner's sake; the section's own file counts
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_ca_file: Option<PathBuf>,
    /// Accepted for gitlab-runner's sake; the section's own file counts
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_cert_file: Option<PathBuf>,
    /// Accepted for gitlab-runner's sake; the section's own file counts
    #[arg(long, value_name = "FILE")]
    pub(crate) tls_key_file: Option<PathBuf>,
    /// All runners
    #[arg(long)]
    pub(crate) all_runners: bool,
}

/// `verify`.
#[derive(Clone, Debug, Args)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArg,
    /// Name of the runner
    #[arg(short = 'n', long)]
    pub(crate) name: Option<String>,
    /// Address of the runner whose token is given
    #[arg(short = 'u', long)]
    pub(crate) url: Option<String>,
    /// Token of the runner
    #[arg(short = 't', long)]
    pub(crate) token: Option<Secret>,
    /// Remove runners that GitLab does not know from the configuration
    #[arg(long)]
    pub(crate) delete: bool,
}

/// `list`.
#[derive(Clone, Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArg,
}

/// `reset-token`.
#[derive(Clone, Debug, Args)]
pub(crate) struct ResetTokenArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArg,
    /// Name of the runner
    #[arg(short = 'n', long)]
    pub(crate) name: Option<String>,
    /// Address of the runner whose number is given
    #[arg(short = 'u', long)]
    pub(crate) url: Option<String>,
    /// Number of the runner
    #[arg(short = 'i', long, default_value_t = 0, hide_default_value = true)]
    pub(crate) id: i64,
    /// All runners
    #[arg(long)]
    pub(crate) all_runners: bool,
    /// Personal access token to use instead of the runner's own
    #[arg(long, value_name = "TOKEN")]
    pub(crate) pat: Option<Secret>,
}

/// `lint`.
#[derive(Clone, Debug, Args)]
pub(crate) struct LintArgs {
    #[command(flatten)]
    pub(crate) config: ConfigArg,
    /// Print findings as JSON
    #[arg(long)]
    pub(crate) json: bool,
}

/// `replay`.
#[derive(Clone, Debug, Args)]
pub(crate) struct ReplayArgs {
    /// The payload, as `POST /jobs/request` answers it, or a recording of `run --record`
    #[arg(value_name = "FILE")]
    pub(crate) payload: PathBuf,
    /// Key of the recording [default: FOLDER.key, beside the folder that the recording is in]
    #[arg(long, value_name = "FILE")]
    pub(crate) record_key: Option<PathBuf>,
    /// What it runs on; auto: what the recorded job ran on, and the shell for a payload
    #[arg(long, value_enum, default_value_t = ReplayExecutor::Auto)]
    pub(crate) executor: ReplayExecutor,
    /// Image of a job that has none
    #[arg(long, value_name = "IMAGE")]
    pub(crate) docker_image: Option<String>,
    /// When images are pulled [default: as recorded; if-not-present for a payload]
    #[arg(long, value_name = "POLICY", value_delimiter = ',')]
    pub(crate) pull_policy: Vec<String>,
    /// Check out this repository (a folder or an address) at its HEAD, in place of the payload's
    #[arg(long, value_name = "REPOSITORY")]
    pub(crate) repo: Option<String>,
    /// Folder that artifacts are left in
    #[arg(long, value_name = "FOLDER", default_value = "artifacts")]
    pub(crate) artifacts: PathBuf,
    /// Folder that projects are checked out in [default: one that is removed afterwards]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) builds_dir: Option<PathBuf>,
    /// Folder that caches are kept in [default: one that is removed afterwards]
    #[arg(long, value_name = "FOLDER")]
    pub(crate) cache_dir: Option<PathBuf>,
    /// bash or sh
    #[arg(long)]
    pub(crate) shell: Option<String>,
    /// Run scripts in a login shell
    #[arg(long)]
    pub(crate) login_shell: bool,
}

/// What a replayed job runs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum ReplayExecutor {
    /// What the recorded job ran on; the shell for a payload
    #[default]
    Auto,
    /// Processes of this machine
    Shell,
    /// Containers
    Docker,
}

/// `health-check`.
#[derive(Clone, Debug, Args)]
pub(crate) struct HealthCheckArgs {
    /// Port of this machine that must answer; can be repeated
    #[arg(short = 'p', long = "port")]
    pub(crate) ports: Vec<String>,
}

/// `completions`.
#[derive(Clone, Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    pub(crate) shell: clap_complete::Shell,
}

/// `job-process`.
#[derive(Clone, Debug, Args)]
pub(crate) struct JobProcessArgs {
    /// The job's folder
    pub(crate) folder: PathBuf,
}
