//! What a job's variables ask of the runner.

mod read;

use super::Variables;
use crate::Order;
use read::Reader;
use std::time::Duration;

/// How the work tree comes about: `GIT_STRATEGY`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum GitStrategy {
    /// A fresh repository.
    Clone,
    /// The repository of the job before, brought up to date.
    Fetch,
    /// Whatever is there.
    None,
    /// An empty directory.
    Empty,
}

impl GitStrategy {
    /// Whether git is used at all.
    pub fn uses_git(self) -> bool {
        matches!(self, Self::Clone | Self::Fetch)
    }

    fn name(self) -> &'static str {
        match self {
            Self::Clone => "clone",
            Self::Fetch => "fetch",
            Self::None => "none",
            Self::Empty => "empty",
        }
    }
}

/// How submodules come about: `GIT_SUBMODULE_STRATEGY`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SubmoduleStrategy {
    /// Not at all.
    None,
    /// Those of the work tree.
    Normal,
    /// Those of submodules, too.
    Recursive,
    /// A word that is no strategy; getting sources fails.
    Invalid,
}

/// Settings for git.
#[derive(Clone, Debug)]
pub struct GitOptions {
    /// `GIT_STRATEGY`.
    pub strategy: GitStrategy,
    /// `GIT_CHECKOUT`; never where git is not used.
    pub checkout: bool,
    /// `GIT_CLONE_PATH`; empty for the usual place.
    pub clone_path: String,
    /// `GIT_CLEAN_FLAGS`; empty for no cleaning.
    pub clean_flags: Vec<String>,
    /// `GIT_FETCH_EXTRA_FLAGS`.
    pub fetch_flags: Vec<String>,
    /// `GIT_CLONE_EXTRA_FLAGS`, for `git clone`.
    pub clone_flags: Vec<String>,
    /// `GIT_SUBMODULE_STRATEGY`; none where git is not used.
    pub submodules: SubmoduleStrategy,
    /// `GIT_SUBMODULE_PATHS`.
    pub submodule_paths: Vec<String>,
    /// `GIT_SUBMODULE_DEPTH`; zero and below mean all.
    pub submodule_depth: i64,
    /// `GIT_SUBMODULE_UPDATE_FLAGS`.
    pub submodule_update_flags: Vec<String>,
    /// `GIT_SUBMODULE_FORCE_HTTPS`.
    pub submodule_force_https: bool,
    /// `GIT_LFS_SKIP_SMUDGE`: no large files at all.
    pub lfs_skip_smudge: bool,
}

/// How often stages are tried, 1 to 10 times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attempts {
    /// `GET_SOURCES_ATTEMPTS`.
    pub get_sources: u32,
    /// `ARTIFACT_DOWNLOAD_ATTEMPTS`.
    pub artifact_download: u32,
    /// `RESTORE_CACHE_ATTEMPTS`.
    pub restore_cache: u32,
    /// `EXECUTOR_JOB_SECTION_ATTEMPTS`, for executors whose place can vanish.
    pub executor_section: u32,
}

/// Settings for caches. Words are as the job wrote them; the cache decides what it makes of unknown ones.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CacheOptions {
    /// `CACHE_FALLBACK_KEY`, tried last.
    pub fallback_key: String,
    /// `CACHE_COMPRESSION_FORMAT`.
    pub compression_format: String,
    /// `CACHE_COMPRESSION_LEVEL`.
    pub compression_level: String,
    /// `CACHE_REQUEST_TIMEOUT`.
    pub request_timeout: Duration,
}

/// Settings for artifacts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArtifactOptions {
    /// `ARTIFACT_COMPRESSION_LEVEL`, as the job wrote it.
    pub compression_level: String,
    /// `RUNNER_GENERATE_ARTIFACTS_METADATA`.
    pub generate_metadata: bool,
}

/// All settings.
#[derive(Clone, Debug)]
pub struct Options {
    /// `CI_DEBUG_TRACE`, unless the runner forbids it.
    pub debug_trace: bool,
    /// `CI_DEBUG_SERVICES`, unless the runner forbids it.
    pub debug_services: bool,
    /// Settings for git.
    pub git: GitOptions,
    /// How often stages are tried.
    pub attempts: Attempts,
    /// `AFTER_SCRIPT_IGNORE_ERRORS`.
    pub after_script_ignore_errors: bool,
    /// Settings for caches.
    pub cache: CacheOptions,
    /// Settings for artifacts.
    pub artifacts: ArtifactOptions,
    /// `TRANSFER_METER_FREQUENCY`: how often a transfer shows its progress; zero for never.
    pub transfer_meter: Duration,
    errors: Vec<String>,
}

impl Options {
    /// Reads all settings from the variables of a job.
    pub fn read(order: &Order, variables: &Variables) -> Self {
        let mut reader = Reader::new(variables);
        let mut debug_services = reader.bool("CI_DEBUG_SERVICES", false);
        let mut debug_trace = reader.bool("CI_DEBUG_TRACE", false);
        let git = git_options(&mut reader, order);
        let attempts = [
            "GET_SOURCES_ATTEMPTS",
            "ARTIFACT_DOWNLOAD_ATTEMPTS",
            "RESTORE_CACHE_ATTEMPTS",
            "EXECUTOR_JOB_SECTION_ATTEMPTS",
        ]
        .map(|key| (key, reader.int(key, 1)));
        let after_script_ignore_errors = reader.bool("AFTER_SCRIPT_IGNORE_ERRORS", true);
        let request_minutes = reader.int("CACHE_REQUEST_TIMEOUT", 10);
        if order.settings.debug_trace_disabled {
            reader.forbid("CI_DEBUG_TRACE", &mut debug_trace);
            reader.forbid("CI_DEBUG_SERVICES", &mut debug_services);
        }
        let [get_sources, artifact_download, restore_cache, executor_section] =
            attempts.map(|(key, number)| reader.clamp_attempts(key, number));
        Self {
            debug_trace,
            debug_services,
            git,
            attempts: Attempts { get_sources, artifact_download, restore_cache, executor_section },
            after_script_ignore_errors,
            cache: cache_options(variables, request_minutes),
            artifacts: ArtifactOptions {
                compression_level: variables.get("ARTIFACT_COMPRESSION_LEVEL").into_owned(),
                generate_metadata: variables.get_bool("RUNNER_GENERATE_ARTIFACTS_METADATA"),
            },
            transfer_meter: read::meter_frequency(&variables.get("TRANSFER_METER_FREQUENCY")),
            errors: reader.into_errors(),
        }
    }

    /// What is wrong with settings, in the order in which the trace shows it: as lines of one warning, followed
    /// by those of [`super::Flags::warnings`] and [`Variables::left_out`].
    pub fn errors(&self) -> &[String] {
        &self.errors
    }
}

fn git_options(reader: &mut Reader<'_>, order: &Order) -> GitOptions {
    let default = if order.payload.allow_git_fetch { GitStrategy::Fetch } else { GitStrategy::Clone };
    let clone_path = reader.text("GIT_CLONE_PATH");
    let strategy = reader.strategy(default);
    let checkout = reader.bool("GIT_CHECKOUT", true);
    let submodules = reader.submodule_strategy();
    GitOptions {
        strategy,
        checkout: checkout && strategy.uses_git(),
        clone_path,
        submodules: if strategy.uses_git() { submodules } else { SubmoduleStrategy::None },
        submodule_paths: reader.words("GIT_SUBMODULE_PATHS"),
        submodule_depth: reader.int("GIT_SUBMODULE_DEPTH", order.payload.git_info.depth),
        clean_flags: reader.flags("GIT_CLEAN_FLAGS", &["-ffdx"]),
        clone_flags: reader.flags("GIT_CLONE_EXTRA_FLAGS", &[]),
        fetch_flags: reader.flags("GIT_FETCH_EXTRA_FLAGS", &["--prune", "--quiet"]),
        submodule_update_flags: reader.flags("GIT_SUBMODULE_UPDATE_FLAGS", &[]),
        lfs_skip_smudge: reader.bool("GIT_LFS_SKIP_SMUDGE", false),
        submodule_force_https: reader.bool("GIT_SUBMODULE_FORCE_HTTPS", false),
    }
}

fn cache_options(variables: &Variables, request_minutes: i64) -> CacheOptions {
    let minutes = u64::try_from(request_minutes).ok().filter(|m| *m > 0).unwrap_or(10);
    CacheOptions {
        fallback_key: variables.get("CACHE_FALLBACK_KEY").into_owned(),
        compression_format: variables.get("CACHE_COMPRESSION_FORMAT").into_owned(),
        compression_level: variables.get("CACHE_COMPRESSION_LEVEL").into_owned(),
        request_timeout: Duration::from_secs(minutes.saturating_mul(60)),
    }
}

#[cfg(test)]
mod tests;
