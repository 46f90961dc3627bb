//! How jobs run here: a section of a configuration file, or what is usual, and flags on top of it.

use crate::ci::run::args::{ExecutorArgs, ExecutorChoice, HowArgs, OnFailure};
use crate::config::{self, GoDuration, RunnerSection};
use crate::environment::Environment;
use crate::error::CliError;
use executor_docker::Settings as Docker;
use executor_docker::host_config::validate;
use std::path::Path;
use std::time::Duration;

/// What caches of jobs may take unless somebody says otherwise: 10 GiB.
const CACHE_BUDGET: u64 = 10 << 30;

/// Complaints of the configuration that only matter to who takes jobs from a coordinator.
const OF_NO_CONCERN: &[&str] = &["the section has no url", "the section has no token"];

/// Shells that scripts are written for.
const SHELLS: &[&str] = &["bash", "sh"];

/// How jobs run.
#[derive(Clone, Debug)]
pub(crate) struct LocalSettings {
    /// Where scripts run.
    pub(super) choice: ExecutorChoice,
    /// What a file's section says, else what is usual; its docker settings are complete.
    pub(super) section: RunnerSection,
    /// Those docker settings.
    pub(super) docker: Docker,
    /// Most bytes that caches may take.
    pub(super) cache_budget: u64,
    /// What is done about a failure.
    pub(super) on_failure: OnFailureDo,
}

/// What is done when a job has failed, before it is cleaned up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct OnFailureDo {
    /// A shell is opened, where there is a terminal.
    pub(super) shell: bool,
    /// How long the job is held, or a shell may live.
    pub(super) hold: Option<Duration>,
}

impl LocalSettings {
    /// Reads flags, and the file that they name. What is odd and stops nothing is added to `warnings`.
    ///
    /// # Errors
    /// A flag's value cannot be used, or the file, or there is no such section.
    pub(crate) fn of(
        executor: &ExecutorArgs,
        how: &HowArgs,
        environment: &Environment,
        current: &Path,
        warnings: &mut Vec<String>,
    ) -> Result<Self, CliError> {
        let file = executor.config.as_ref().map(|file| current.join(file));
        let mut section = match &file {
            Some(file) => section_of(file, executor.runner.as_deref(), environment, warnings)?,
            None => RunnerSection { name: "ci-run".to_owned(), login_shell: false, ..usual_section() },
        };
        let choice = choice(executor.executor, &section, file.is_some())?;
        if let Some(shell) = &executor.shell {
            if !SHELLS.contains(&shell.as_str()) {
                return Err(CliError::usage(format!("--shell wants bash or sh, not `{shell}`")));
            }
            section.shell = Some(shell.clone());
        }
        if let Some(shell) = section.shell.as_ref().filter(|shell| !SHELLS.contains(&shell.as_str())) {
            return Err(CliError::usage(format!("the shell {shell} is not available in this build")));
        }
        let mut docker = section.docker.take().unwrap_or_default();
        overlay(&mut docker, executor, environment);
        check(&docker, warnings)?;
        // For people the log is read as it is written, not as GitLab's page shows it.
        section.feature_flags.entry("FF_TIMESTAMPS".to_owned()).or_insert(false);
        // Jobs that run at once, with services that have the same name, must not see each other's.
        section.feature_flags.entry("FF_NETWORK_PER_BUILD".to_owned()).or_insert(true);
        let cache_budget = executor.cache_budget.as_deref().map(budget).transpose()?.unwrap_or(CACHE_BUDGET);
        let hold = how.hold.as_deref().map(duration).transpose()?;
        let on_failure = OnFailureDo { shell: how.on_failure == Some(OnFailure::Shell), hold };
        Ok(Self { choice, section, docker, cache_budget, on_failure })
    }
}

/// A section as it is without a word.
fn usual_section() -> RunnerSection {
    config::Draft::default().section()
}

fn section_of(
    file: &Path,
    name: Option<&str>,
    environment: &Environment,
    warnings: &mut Vec<String>,
) -> Result<RunnerSection, CliError> {
    let shown = file.display();
    let loaded = config::load(file, environment)?;
    if !loaded.found() {
        return Err(CliError::usage(format!("there is no {shown}")).hint("--config names a config.toml"));
    }
    let concerns = |line: &String| OF_NO_CONCERN.iter().all(|phrase| !line.contains(phrase));
    warnings.extend(loaded.warning_lines().filter(concerns));
    let sections = loaded.config.runners;
    let names: Vec<String> = sections.iter().map(|section| section.name.clone()).collect();
    let found = match name {
        None => sections.into_iter().next(),
        Some(name) => sections.into_iter().find(|section| section.name == name),
    };
    found.ok_or_else(|| match name {
        None => CliError::usage(format!("{shown} has no [[runners]]")),
        Some(name) => {
            let error = CliError::usage(format!("{shown} has no [[runners]] with the name `{name}`"));
            match config::nearest(name, names.iter().map(String::as_str)) {
                Some(near) => error.hint(near),
                None => error,
            }
        }
    })
}

/// Where scripts run: what a flag says, then what the file says.
fn choice(
    flag: ExecutorChoice,
    section: &RunnerSection,
    is_from_file: bool,
) -> Result<ExecutorChoice, CliError> {
    match (flag, section.executor.as_str()) {
        (ExecutorChoice::Auto, _) if !is_from_file => Ok(ExecutorChoice::Auto),
        (ExecutorChoice::Auto, "docker") => Ok(ExecutorChoice::Docker),
        (ExecutorChoice::Auto, "shell") => Ok(ExecutorChoice::Shell),
        (ExecutorChoice::Auto, "") => Ok(ExecutorChoice::Auto),
        (ExecutorChoice::Auto, other) => {
            Err(CliError::usage(format!("the {other} executor is not available in this build"))
                .hint("--executor shell or --executor docker replaces it"))
        }
        (given, _) => Ok(given),
    }
}

/// What flags say wins, as over a template of `register`.
fn overlay(docker: &mut Docker, flags: &ExecutorArgs, environment: &Environment) {
    let text = |flag: &Option<String>, key: &mut String| {
        if let Some(value) = flag {
            key.clone_from(value);
        }
    };
    let list = |flag: &[String], key: &mut Vec<String>| {
        if !flag.is_empty() {
            *key = flag.to_vec();
        }
    };
    if let Some(host) = &flags.docker_host {
        docker.host.clone_from(host);
        // The flag stands for DOCKER_HOST, whose companions go on to count.
        let engine = crate::jobproc::engine_environment(environment);
        docker.tls_verify = engine.tls_verify;
        // There is always a usual folder of certificates, which says nothing where none are wanted.
        let certificates = engine.cert_path.filter(|_| engine.tls_verify);
        docker.tls_cert_path =
            certificates.map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
    }
    text(&flags.docker_image, &mut docker.image);
    text(&flags.docker_network_mode, &mut docker.network_mode);
    text(&flags.docker_memory, &mut docker.limits.memory);
    text(&flags.docker_cpus, &mut docker.limits.cpus);
    list(&flags.docker_volumes, &mut docker.volumes);
    list(&flags.docker_extra_hosts, &mut docker.extra_hosts);
    list(&flags.pull_policy, &mut docker.pull_policy);
    docker.privileged = flags.docker_privileged.unwrap_or(docker.privileged);
    if docker.pull_policy.is_empty() {
        // Who runs a pipeline again and again does not want to ask a registry each time.
        docker.pull_policy = vec!["if-not-present".to_owned()];
        let allowed = &docker.allowed_pull_policies;
        if !allowed.is_empty() && !allowed.contains(&docker.pull_policy[0]) {
            docker.pull_policy.clone_from(allowed);
        }
    }
}

fn check(docker: &Docker, warnings: &mut Vec<String>) -> Result<(), CliError> {
    for complaint in validate(docker) {
        let text = format!("{} (`{}`)", complaint.message, complaint.key);
        if complaint.fatal {
            return Err(CliError::usage(format!("docker settings cannot be used: {text}"))
                .hint(format!("expected {}", complaint.expected)));
        }
        warnings.push(format!("docker settings: {text}: expected {}", complaint.expected));
    }
    Ok(())
}

fn budget(text: &str) -> Result<u64, CliError> {
    let wrong = || {
        CliError::usage(format!("--cache-budget wants a size, not `{text}`"))
            .hint("such as 500m, 5g or a number of bytes; 0 keeps no caches")
    };
    executor_docker::sizes::bytes(text).ok().and_then(|bytes| u64::try_from(bytes).ok()).ok_or_else(wrong)
}

fn duration(text: &str) -> Result<Duration, CliError> {
    let parsed = GoDuration::parse(text).ok().and_then(GoDuration::positive);
    parsed.ok_or_else(|| {
        CliError::usage(format!("--hold wants a duration, not `{text}`")).hint("such as 90s, 15m or 1h30m")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(flags: &ExecutorArgs) -> Result<(LocalSettings, Vec<String>), String> {
        let mut warnings = Vec::new();
        let here = std::env::temp_dir();
        LocalSettings::of(flags, &HowArgs::default(), &Environment::default(), &here, &mut warnings)
            .map(|settings| (settings, warnings))
            .map_err(|error| error.render())
    }

    fn file(text: &str) -> (tempfile::NamedTempFile, ExecutorArgs) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        let config = Some(file.path().to_owned());
        (file, ExecutorArgs { config, ..ExecutorArgs::default() })
    }

    #[test]
    fn what_is_usual() {
        let (settings, warnings) = settings(&ExecutorArgs::default()).unwrap();
        assert_eq!(settings.choice, ExecutorChoice::Auto);
        assert_eq!(settings.docker.pull_policy, ["if-not-present"]);
        assert_eq!(settings.cache_budget, 10 << 30);
        assert!(
            !settings.section.feature_flags["FF_TIMESTAMPS"]
                && settings.section.feature_flags["FF_NETWORK_PER_BUILD"]
        );
        assert!(warnings.is_empty() && !settings.section.login_shell && !settings.on_failure.shell);
    }

    #[test]
    fn flags_win_over_the_file() {
        let (_file, flags) = file(
            "[[runners]]\nname = 'other'\nexecutor = 'shell'\n[[runners]]\nname = 'mine'\nexecutor = 'docker'\n\
             [runners.docker]\nimage = 'alpine'\nmemory = '1g'\nvolumes = ['/a', '/b']\npull_policy = 'never'\n",
        );
        let first = settings(&flags).unwrap();
        assert_eq!(first.0.choice, ExecutorChoice::Shell);
        assert_eq!(first.1, [""; 0], "what a coordinator needs is not missed");
        let flags = ExecutorArgs {
            runner: Some("mine".to_owned()),
            docker_memory: Some("2g".to_owned()),
            docker_volumes: vec!["/c".to_owned()],
            docker_privileged: Some(true),
            ..flags
        };
        let (settings, _) = settings(&flags).unwrap();
        let docker = settings.docker;
        assert_eq!(settings.choice, ExecutorChoice::Docker);
        assert_eq!((docker.image.as_str(), docker.limits.memory.as_str()), ("alpine", "2g"));
        assert_eq!((docker.volumes, docker.pull_policy), (vec!["/c".to_owned()], vec!["never".to_owned()]));
        assert!(docker.privileged);
    }

    #[test]
    fn wrong_flags_and_files_are_named() {
        let (_file, there) =
            file("[[runners]]\nname = 'linux'\nexecutor = 'docker'\n[runners.docker]\nimage = 'a'\n");
        let (_other, other) = file("[[runners]]\nname = 'k'\nexecutor = 'kubernetes'\n");
        let with = |change: &dyn Fn(&mut ExecutorArgs), flags: &ExecutorArgs| {
            let mut flags = flags.clone();
            change(&mut flags);
            let config = flags.config.as_ref().map(|path| path.display().to_string()).unwrap_or_default();
            let text = settings(&flags).map(|_| ()).unwrap_err();
            if config.is_empty() { text } else { text.replace(&config, "FILE") }
        };
        let usual = ExecutorArgs::default();
        let said = [
            with(&|flags| flags.shell = Some("fish".into()), &usual),
            with(&|flags| flags.docker_memory = Some("lots".into()), &usual),
            with(&|flags| flags.pull_policy = vec!["sometimes".into()], &usual),
            with(&|flags| flags.cache_budget = Some("-5g".into()), &usual),
            with(&|flags| flags.config = Some("/nonexistent/c.toml".into()), &usual),
            with(&|flags| flags.runner = Some("linus".into()), &there),
            with(&|_| (), &other),
        ];
        insta::assert_snapshot!(said.join(""));
    }

    #[test]
    fn how_long_a_failure_is_held() {
        assert_eq!(duration("15m").unwrap(), Duration::from_secs(900));
        for wrong in ["", "0s", "-1m", "soon"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
        assert_eq!(budget("5g").unwrap(), 5 << 30);
        assert_eq!(budget("0").unwrap(), 0);
    }
}
