//! The configuration in force, and the next one.

use super::manager::Manager;
use super::settings::{Settings, Source};
use crate::config::{Config, LoadError, Loaded, Reload, Watch, load};
use crate::environment::Environment;
use crate::logging;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::Instant;

/// The pause of `run-single` after a refused request.
const REFUSED_PAUSE: Duration = Duration::from_secs(300);

/// What of the configuration is kept besides the sections. The text and its document are not.
#[derive(Debug)]
pub(super) struct Configuration {
    watch: Option<Watch>,
    environment: Environment,
    working_directory: PathBuf,
    log: logging::Handle,
    concurrent: usize,
    shutdown_timeout: Duration,
}

impl Configuration {
    /// Reads the configuration for the first time.
    pub(super) fn first(settings: &Settings) -> Result<(Self, Loaded), LoadError> {
        let (watch, loaded) = match &settings.source {
            Source::File(path) => {
                let loaded = load(path, &settings.environment)?;
                (Some(Watch::new(path, &loaded)), loaded)
            }
            Source::Fixed(config) => {
                let mut loaded = Loaded::default();
                loaded.config = single(config);
                (None, loaded)
            }
        };
        if let Some(watch) = &watch
            && !loaded.found()
        {
            missing(watch.path());
        }
        let this = Self {
            watch,
            environment: settings.environment.clone(),
            working_directory: settings.working_directory.clone(),
            log: settings.log.clone(),
            concurrent: 0,
            shutdown_timeout: Duration::ZERO,
        };
        Ok((this, loaded))
    }

    /// `concurrent`.
    pub(super) fn concurrent(&self) -> usize {
        self.concurrent
    }

    /// `shutdown_timeout`.
    pub(super) fn shutdown_timeout(&self) -> Duration {
        self.shutdown_timeout
    }

    /// The file, if there is one.
    pub(super) fn file(&self) -> Option<&Path> {
        self.watch.as_ref().map(Watch::path)
    }

    /// The environment that the configuration is read in.
    pub(super) fn environment(&self) -> &Environment {
        &self.environment
    }
}

impl Manager {
    /// Whether no later service will look for this one's state.
    pub(super) fn is_temporary(&self) -> bool {
        self.configuration.watch.is_none()
    }

    /// Takes a configuration.
    pub(super) fn configure(&mut self, loaded: &Loaded) {
        let config = &loaded.config;
        self.configuration.log.configure(config);
        self.configuration.concurrent = config.concurrent;
        self.configuration.shutdown_timeout = config.shutdown_timeout;
        let mut complaints = Vec::new();
        let (environment, directory) =
            (&self.configuration.environment, &self.configuration.working_directory);
        self.sections.configure(config, environment, directory, &mut complaints);
        let plan = self.sections.plan(config);
        self.schedule.configure(config.concurrent, plan, Instant::now().into_std());
        tracing::info!(builds = self.jobs.running(), max_builds = config.concurrent, "Configuration loaded");
        for line in loaded.warning_lines() {
            tracing::warn!("{line}");
        }
        for (name, error) in complaints {
            tracing::error!(runner_name = name.as_str(), %error, "The section's coordinator cannot be reached");
        }
        self.plan_rotation(config);
    }

    /// Looks for a new configuration; `anyway` also where the file seems unchanged.
    pub(super) fn look_at_file(&mut self, anyway: bool) {
        let configuration = &mut self.configuration;
        let Some(watch) = &mut configuration.watch else { return };
        let environment = &configuration.environment;
        match if anyway { watch.reload(environment) } else { watch.poll(environment) } {
            Reload::Unchanged => {}
            Reload::Loaded(loaded) => self.configure(&loaded),
            Reload::Broken(error) => broken(&error),
            Reload::Missing => missing(watch.path()),
        }
    }
}

/// The configuration of `run-single`: a refused request is followed by a pause of five minutes at once.
fn single(config: &Config) -> Config {
    let mut config = config.clone();
    for section in &mut config.runners {
        section.unhealthy_requests_limit = 1;
        section.unhealthy_interval = REFUSED_PAUSE;
    }
    config
}

fn broken(error: &LoadError) {
    match error {
        LoadError::Invalid { text, diagnostics, .. } => {
            for diagnostic in diagnostics.iter().filter(|diagnostic| diagnostic.is_error()) {
                tracing::error!("Failed to load config {}", text.one_line(diagnostic));
            }
        }
        LoadError::Read { source, .. } => tracing::error!("Failed to load config {error}: {source}"),
    }
    tracing::warn!("The configuration in force stays as it is");
}

fn missing(path: &Path) {
    tracing::error!("Failed to load config stat {}: no such file or directory", path.display());
}
