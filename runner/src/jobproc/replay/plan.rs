//! How a job is replayed: on which executor, with which settings.

use super::material::Material;
use crate::cli::{ReplayArgs, ReplayExecutor};
use crate::error::CliError;
use crate::jobproc::{Assignment, DockerOrder, ShellSettings};
use job::Order;
use std::path::{Path, PathBuf};

/// The runner that replayed jobs are of, in names of containers and volumes: they do not touch those of the runner
/// that ran the job first.
const RUNNER: &str = "replaying";

/// A job, ready to run.
pub(super) struct Plan {
    pub(super) order: Order,
    /// What the docker executor is told, if that is the executor.
    pub(super) docker: Option<DockerOrder>,
    pub(super) shell: ShellSettings,
}

/// Decides it; what the job needs of folders and is not given is made in `own`.
///
/// # Errors
/// The docker executor is wanted and has no image, or this machine is in no state to run jobs.
pub(super) fn plan(material: Material, args: &ReplayArgs, own: &Path) -> Result<Plan, CliError> {
    let here = std::env::current_dir()
        .map_err(|error| CliError::operation("the current folder cannot be found").caused_by(&error))?;
    let recorded_docker = material.assignment.as_ref().is_some_and(|assignment| assignment.docker.is_some());
    let in_docker = match args.executor {
        ReplayExecutor::Auto => recorded_docker,
        ReplayExecutor::Shell => false,
        ReplayExecutor::Docker => true,
    };
    let same_executor = in_docker == recorded_docker && material.assignment.is_some();
    let (mut order, docker, shell) = match material.assignment {
        Some(assignment) => recorded(*assignment)?,
        None => (unrecorded(in_docker)?, None, ShellSettings { login: false, ..default_shell() }),
    };
    order.payload = material.payload;
    if order.url.is_empty() {
        order.url =
            order.payload.variable("CI_SERVER_URL").map(|found| found.value.clone()).unwrap_or_default();
    }
    let docker = if in_docker { Some(docker_order(docker, &order, args, own)?) } else { None };
    folders(&mut order.settings, args, own, &here, in_docker, same_executor);
    if let Some(shell) = &args.shell {
        order.settings.shell.clone_from(shell);
    }
    // Both are for GitLab's page; people read the log as it is.
    order.settings.plain_log = true;
    order.payload.features.trace_sections = false;
    order.info = crate::info::of_section(&crate::config::RunnerSection {
        executor: if in_docker { "docker" } else { "shell" }.to_owned(),
        shell: Some(order.settings.shell.clone()),
        ..Default::default()
    });
    if let Some(docker) = &docker {
        crate::jobproc::docker::name_network(docker, &mut order);
    }
    Ok(Plan { order, docker, shell: ShellSettings { login: shell.login || args.login_shell, ..shell } })
}

/// As the service ran it.
fn recorded(assignment: Assignment) -> Result<(Order, Option<DockerOrder>, ShellSettings), CliError> {
    let Assignment { mut order, docker, shell, .. } = assignment;
    order.system_id = system_id()?;
    order.settings.cache_folder = None;
    Ok((order, docker, shell))
}

/// As a runner with default settings would.
fn unrecorded(in_docker: bool) -> Result<Order, CliError> {
    let settings = job::Settings {
        // What gitlab-runner's docker executor has for defaults.
        safe_directory_checkout: in_docker,
        clean_git_config: in_docker,
        custom_build_dir: in_docker,
        ..job::Settings::default()
    };
    Ok(Order {
        payload: protocol::Job::default(),
        url: String::new(),
        runner_name: "replay".to_owned(),
        short_token: "replay".to_owned(),
        system_id: system_id()?,
        info: protocol::Info::default(),
        concurrent_id: 0,
        concurrent_project_id: 0,
        correlation_id: String::new(),
        tls: job::TlsFiles::default(),
        settings,
        sources: job::Sources::Repository,
    })
}

fn system_id() -> Result<String, CliError> {
    crate::system_id::generate()
        .map_err(|error| CliError::operation("there is no system id").caused_by(&error))
}

fn default_shell() -> ShellSettings {
    let section = crate::config::RunnerSection::default();
    ShellSettings {
        login: section.login_shell,
        graceful_kill: section.graceful_kill_timeout,
        force_kill: section.force_kill_timeout,
    }
}

fn docker_order(
    recorded: Option<DockerOrder>,
    order: &Order,
    args: &ReplayArgs,
    own: &Path,
) -> Result<DockerOrder, CliError> {
    let shell = default_shell();
    let mut docker = recorded.unwrap_or_else(|| DockerOrder {
        settings: executor_docker::Settings {
            pull_policy: vec!["if-not-present".to_owned()],
            ..executor_docker::Settings::default()
        },
        token: RUNNER.into(),
        keeper: String::new(),
        state_dir: PathBuf::new(),
        graceful_kill: shell.graceful_kill,
        force_kill: shell.force_kill,
    });
    docker.token = RUNNER.into();
    docker.keeper = format!("{RUNNER}-{}", std::process::id());
    docker.state_dir = own.join("state");
    if !args.pull_policy.is_empty() {
        docker.settings.pull_policy.clone_from(&args.pull_policy);
    }
    if let Some(image) = &args.docker_image {
        docker.settings.image.clone_from(image);
    }
    if docker.settings.image.is_empty() && order.payload.image.name.is_empty() {
        return Err(CliError::usage("the job has no image").hint("--docker-image gives it one"));
    }
    Ok(docker)
}

/// Where projects and caches are. In containers they are where they were; here they are where the flags say.
fn folders(
    settings: &mut job::Settings,
    args: &ReplayArgs,
    own: &Path,
    here: &Path,
    in_docker: bool,
    same_executor: bool,
) {
    if in_docker {
        let place = |given: &Option<PathBuf>, before: &Path, default: &str| match given {
            Some(given) => Path::new("/").join(given),
            None if same_executor => before.to_owned(),
            None => PathBuf::from(default),
        };
        settings.builds_dir = place(&args.builds_dir, &settings.builds_dir, "/builds");
        settings.cache_dir = place(&args.cache_dir, &settings.cache_dir, "/cache");
    } else {
        let place = |given: &Option<PathBuf>, name: &str| match given {
            Some(given) => here.join(given),
            None => own.join(name),
        };
        settings.builds_dir = place(&args.builds_dir, "builds");
        settings.cache_dir = place(&args.cache_dir, "cache");
    }
}
