//! Flags of `ci run`.

use crate::ci::args::{ContextArgs, PlaceArgs, SourceArgs, ValueArgs};
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// `ci run`.
#[derive(Clone, Debug, Default, Args)]
pub(crate) struct RunArgs {
    /// Jobs to run, with what they need [default: the whole pipeline]
    #[arg(value_name = "JOB")]
    pub(crate) jobs: Vec<String>,
    #[command(flatten)]
    pub(crate) choice: ChoiceArgs,
    #[command(flatten)]
    pub(crate) how: HowArgs,
    #[command(flatten)]
    pub(crate) output: OutputArgs,
    #[command(flatten)]
    pub(crate) values: ValueArgs,
    #[command(flatten)]
    pub(crate) executor: ExecutorArgs,
    #[command(flatten)]
    pub(crate) place: PlaceArgs,
    #[command(flatten)]
    pub(crate) sources: SourceArgs,
    #[command(flatten)]
    pub(crate) context: ContextArgs,
}

/// Which jobs.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Which jobs")]
pub(crate) struct ChoiceArgs {
    /// Run named jobs with what they need: the default
    #[arg(long, overrides_with = "no_needs")]
    pub(crate) needs: bool,
    /// Run named jobs alone
    #[arg(long)]
    pub(crate) no_needs: bool,
    /// Start this manual job as soon as it may; can be repeated
    #[arg(long, value_name = "JOB")]
    pub(crate) manual: Vec<String>,
    /// Run this job and all that come after it, with artifacts of the last run
    #[arg(long, value_name = "JOB", conflicts_with_all = ["jobs", "failed"])]
    pub(crate) from: Option<String>,
    /// Run only what failed last time, or was not reached, with artifacts of the last run
    #[arg(long, conflicts_with = "jobs")]
    pub(crate) failed: bool,
    /// List the jobs of the pipeline and run none
    #[arg(long, conflicts_with = "dry_run")]
    pub(crate) list: bool,
    /// Show what would run, in which order and on what, and run nothing
    #[arg(long)]
    pub(crate) dry_run: bool,
}

/// How they run.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "How they run")]
pub(crate) struct HowArgs {
    /// Jobs at once [default: number of processors]
    #[arg(short = 'j', long, value_name = "N")]
    pub(crate) concurrent: Option<u32>,
    /// After a failure, go on with what does not depend on it: the default of GitLab, and ours
    #[arg(long, overrides_with = "fail_fast")]
    pub(crate) keep_going: bool,
    /// After a failure that is not allowed, cancel the rest
    #[arg(long)]
    pub(crate) fail_fast: bool,
    /// Run again whenever a file changes
    #[arg(long, conflicts_with_all = ["json", "list", "dry_run", "on_failure", "write_back"])]
    pub(crate) watch: bool,
    /// When a job fails, open a shell in its container or folder, before it is cleaned up
    #[arg(long, value_name = "WHAT", value_enum)]
    pub(crate) on_failure: Option<OnFailure>,
    /// How long such a shell, or a failed job without a terminal, is held, as `15m`
    #[arg(long, value_name = "DURATION")]
    pub(crate) hold: Option<String>,
    /// Copy artifacts of successful jobs into the work tree
    #[arg(long)]
    pub(crate) write_back: bool,
}

/// What is done when a job fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnFailure {
    /// A shell with the job's variables
    Shell,
}

/// What is shown.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Output")]
pub(crate) struct OutputArgs {
    /// Print one JSON object a line: events of jobs and of the pipeline
    #[arg(long)]
    pub(crate) json: bool,
    /// Print whole logs, each line with the name of its job, even on a terminal
    #[arg(long, conflicts_with = "json")]
    pub(crate) logs: bool,
    /// Write a JUnit report of the jobs
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
}

/// What jobs run on.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Executor")]
pub(crate) struct ExecutorArgs {
    /// Where scripts run; auto: in docker if the job has an image and an engine answers, else on the shell
    #[arg(long, value_enum, default_value_t = ExecutorChoice::Auto)]
    pub(crate) executor: ExecutorChoice,
    /// A config.toml whose `[[runners]]` says how jobs run
    #[arg(short = 'c', long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Name of the `[[runners]]` section [default: the first]
    #[arg(long, value_name = "NAME", requires = "config")]
    pub(crate) runner: Option<String>,
    /// Shell of scripts on the shell executor: bash or sh
    #[arg(long, value_name = "SHELL")]
    pub(crate) shell: Option<String>,
    /// Image of jobs that have none
    #[arg(long, value_name = "IMAGE")]
    pub(crate) docker_image: Option<String>,
    /// Address of the Docker engine
    #[arg(long, value_name = "URL")]
    pub(crate) docker_host: Option<String>,
    /// Run containers privileged, as docker-in-docker needs it
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true", value_name = "BOOL")]
    pub(crate) docker_privileged: Option<bool>,
    /// Volume for containers, as /var/run/docker.sock:/var/run/docker.sock; can be repeated
    #[arg(long, value_name = "VOLUME")]
    pub(crate) docker_volumes: Vec<String>,
    /// Network of containers
    #[arg(long, value_name = "MODE")]
    pub(crate) docker_network_mode: Option<String>,
    /// Host name and address for containers, as `name:ip`; can be repeated
    #[arg(long, value_name = "HOST:IP")]
    pub(crate) docker_extra_hosts: Vec<String>,
    /// When images are pulled: always, if-not-present or never; several are tried in order
    #[arg(
        long = "pull-policy",
        visible_alias = "docker-pull-policy",
        value_name = "POLICY",
        value_delimiter = ','
    )]
    pub(crate) pull_policy: Vec<String>,
    /// Memory limit of containers, as `512m`
    #[arg(long, value_name = "SIZE")]
    pub(crate) docker_memory: Option<String>,
    /// Processors for containers, as `1.5`
    #[arg(long, value_name = "NUMBER")]
    pub(crate) docker_cpus: Option<String>,
    /// Most of the user's cache folder that caches of jobs may take, as `5g` [default: 10g]
    #[arg(long, value_name = "SIZE")]
    pub(crate) cache_budget: Option<String>,
}

/// Where scripts run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExecutorChoice {
    /// In docker if the job has an image and an engine answers, else on the shell
    #[default]
    Auto,
    /// Processes of this machine
    Shell,
    /// Containers
    Docker,
}
