//! `run` and `run-single`: from arguments to what the service is started with.

use super::{notices, selection};
use crate::cli::{RecordArgs, RunArgs, RunSingleArgs};
use crate::config::{Config, RunnerSection, Unusable};
use crate::context::Context;
use crate::error::CliError;
use crate::service::{self, Bounds, Places, Settings, Source};
use crate::{paths, recording, system_id};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// Takes jobs for all sections of the file.
pub(super) fn run(args: &RunArgs, context: &Context) -> Result<ExitCode, CliError> {
    let path = args.config.path(&context.environment);
    let recording = recording(&args.recording)?;
    tracing::info!(builds = 0, max_builds = 0, "Starting multi-runner from {}...", path.display());
    notices::user_mode(false);
    if args.syslog
        && let Err(error) = context.log.use_syslog(&args.service)
    {
        tracing::warn!(error = &error as &dyn std::error::Error, "The system's log cannot be reached");
    }
    if args.listen_address.as_deref().is_some_and(|address| !address.is_empty()) {
        tracing::warn!("--listen-address has no effect: no metrics are served in this version");
    }
    if let Some(folder) = &args.working_directory {
        std::env::set_current_dir(folder).map_err(|error| {
            CliError::usage(format!("cannot work in {}", folder.display())).caused_by(&error)
        })?;
    }
    let system_id = system_id::load_or_create(&paths::folder_of_file(&path)).map_err(no_system_id)?;
    let settings = settings(Source::File(path.clone()), &path, system_id, context)?;
    let user = args.user.clone().filter(|user| !user.is_empty());
    service::run(Settings { user, recording, ..settings })
}

/// Takes jobs for one section.
pub(super) fn run_single(args: &RunSingleArgs, context: &Context) -> Result<ExitCode, CliError> {
    let path = args.config.path(&context.environment);
    let recording = recording(&args.recording)?;
    let (section, labels, system_id) = match args.runner.as_deref().filter(|name| !name.is_empty()) {
        Some(name) => {
            let loaded = selection::loaded(&path, context)?;
            let section = loaded.config.runners.iter().find(|section| section.name == name);
            let section =
                section.ok_or_else(|| selection::nothing_named(name, &loaded.config.runners))?.clone();
            (section, loaded.config.labels, system_id::load_or_create(&paths::folder_of_file(&path)))
        }
        None => {
            let (draft, warnings) = args.flags.draft()?;
            super::refuse_docker_faults(&draft)?;
            for warning in warnings {
                tracing::warn!("{warning}");
            }
            (draft.section(), Default::default(), system_id::generate())
        }
    };
    usable(&section)?;
    context.log.hide(section.token.expose());
    tracing::info!("Starting runner for {} with token {} ...", section.url, section.token.short());
    let config = Config {
        shutdown_timeout: seconds(args.shutdown_timeout).unwrap_or(Config::default().shutdown_timeout),
        labels,
        runners: vec![section],
        ..Config::default()
    };
    let bounds = Bounds {
        jobs: usize::try_from(args.max_builds).ok().filter(|jobs| *jobs > 0),
        idle: seconds(args.wait_timeout),
    };
    let settings =
        settings(Source::Fixed(Box::new(config)), &path, system_id.map_err(no_system_id)?, context)?;
    service::run(Settings { bounds, recording, ..settings })
}

/// Where jobs are recorded; paths are relative to where the command was given.
fn recording(args: &RecordArgs) -> Result<Option<recording::Settings>, CliError> {
    let Some(folder) = &args.record else { return Ok(None) };
    let absolute = |path: &PathBuf| {
        std::path::absolute(path).map_err(|error| {
            CliError::usage(format!("--record: cannot use {}", path.display())).caused_by(&error)
        })
    };
    let folder: PathBuf = absolute(folder)?.components().collect();
    if folder.file_name().is_none() {
        return Err(CliError::usage(format!("--record wants a folder, not {}", folder.display())));
    }
    let key = args.record_key.as_ref().map(absolute).transpose()?;
    if key.as_ref().is_some_and(|key| key.starts_with(&folder)) {
        return Err(CliError::usage("--record-key names a file in the folder of the recordings")
            .hint("keep the key elsewhere: who copies the folder shall not have it"));
    }
    Ok(Some(recording::Settings {
        folder,
        key,
        keep: usize::try_from(args.record_keep).unwrap_or(usize::MAX),
    }))
}

fn no_system_id(error: system_id::SystemIdError) -> CliError {
    CliError::operation("there is no system id").caused_by(&error)
}

fn seconds(number: u64) -> Option<Duration> {
    (number > 0).then(|| Duration::from_secs(number))
}

fn settings(
    source: Source,
    config: &Path,
    system_id: String,
    context: &Context,
) -> Result<Settings, CliError> {
    let working_directory = std::env::current_dir()
        .map_err(|error| CliError::operation("the current folder cannot be found").caused_by(&error))?;
    let places = Places {
        chosen: None,
        config_dir: working_directory.join(paths::folder_of_file(config)),
        fallback: Some(runtime_folder(context)),
    };
    Ok(Settings {
        source,
        environment: context.environment.clone(),
        working_directory,
        user: None,
        places,
        system_id,
        log: context.log.clone(),
        bounds: Bounds::default(),
        recording: None,
        signals: None,
    })
}

/// Where a program of this user may keep what need not survive a reboot.
fn runtime_folder(context: &Context) -> PathBuf {
    let given = ["RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR"];
    match given.iter().find_map(|name| context.environment.non_empty(name)) {
        Some(folder) => Path::new(folder.split(':').next().unwrap_or(folder)).join("runner"),
        None if nix::unistd::geteuid().is_root() => PathBuf::from("/run/runner"),
        None => std::env::temp_dir().join(format!("runner-{}", nix::unistd::geteuid())),
    }
}

fn usable(section: &RunnerSection) -> Result<(), CliError> {
    let missing = |what: &str, flag: &str| {
        CliError::usage(format!("Missing {what}")).hint(format!("give it by {flag}"))
    };
    Err(match &section.unusable {
        None => return Ok(()),
        Some(Unusable::NoUrl) => missing("URL", "--url or CI_SERVER_URL"),
        Some(Unusable::NoToken) => missing("Token", "--token or CI_SERVER_TOKEN"),
        Some(Unusable::NoExecutor) => missing("Executor", "--executor or RUNNER_EXECUTOR"),
        Some(reason @ Unusable::NoDocker) => {
            CliError::usage(reason.to_string()).hint("give an image by --docker-image or DOCKER_IMAGE")
        }
        Some(reason @ (Unusable::Executor(_) | Unusable::Shell(_))) => CliError::usage(reason.to_string()),
    })
}
