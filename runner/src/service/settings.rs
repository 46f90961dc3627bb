//! What the command line tells the service.

use super::signals::Signals;
use super::state::Places;
use crate::config::Config;
use crate::environment::Environment;
use crate::{logging, recording};
use std::path::PathBuf;
use std::time::Duration;

/// What the service is started with.
#[derive(Debug)]
pub(crate) struct Settings {
    /// Where the configuration comes from.
    pub(crate) source: Source,
    /// The environment, for variables in the configuration and for proxies.
    pub(crate) environment: Environment,
    /// What relative paths of the configuration are relative to; absolute.
    pub(crate) working_directory: PathBuf,
    /// `--user`: who runs the jobs.
    pub(crate) user: Option<String>,
    /// Where running jobs are recorded.
    pub(crate) places: Places,
    /// This machine's id.
    pub(crate) system_id: String,
    /// The log, to be adjusted to the configuration.
    pub(crate) log: logging::Handle,
    /// When to end without being told.
    pub(crate) bounds: Bounds,
    /// Where jobs are recorded, if they are.
    pub(crate) recording: Option<recording::Settings>,
    /// Signals, where somebody has listened to them already: none that came meanwhile is missed.
    pub(crate) signals: Option<Signals>,
}

/// Where the configuration comes from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    /// A config.toml, read again when it changes.
    File(PathBuf),
    /// Flags; it never changes.
    Fixed(Box<Config>),
}

/// When to end without being told (`run-single`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bounds {
    /// After so many jobs.
    pub(crate) jobs: Option<usize>,
    /// After so long without a job.
    pub(crate) idle: Option<Duration>,
}
