//! What a runner says of itself on registration, verification, requests and updates.

use crate::config::RunnerSection;
use crate::version;
use protocol::{ConfigInfo, FOLLOWED_VERSION, Features, Info};

/// The info of a section.
pub(crate) fn of_section(section: &RunnerSection) -> Info {
    let gpus = section.docker.as_ref().map(|docker| docker.limits.gpus.clone()).unwrap_or_default();
    let docker = section.executor.starts_with("docker");
    Info {
        executor: section.executor.clone(),
        shell: section.shell.clone().unwrap_or_else(|| default_shell(&section.executor).to_owned()),
        features: features(section),
        config: ConfigInfo { gpus: if docker { gpus } else { String::new() } },
        labels: section.labels.clone(),
        ..of_program()
    }
}

/// The info of a runner that has no section yet.
pub(crate) fn of_program() -> Info {
    Info {
        name: version::NAME.to_owned(),
        version: FOLLOWED_VERSION.to_owned(),
        revision: version::REVISION.to_owned(),
        platform: std::env::consts::OS.to_owned(),
        architecture: version::architecture().to_owned(),
        features: Features::of_client(),
        ..Info::default()
    }
}

/// Only what is true of this build: a feature that is claimed and missing fails jobs.
fn features(section: &RunnerSection) -> Features {
    match section.executor.as_str() {
        "shell" => Features::of_client().with_shell().with_shell_executor(),
        "docker" => Features::of_client().with_shell().with_docker_executor(),
        _ => Features::of_client(),
    }
}

fn default_shell(executor: &str) -> &'static str {
    if executor.is_empty() { "" } else { "bash" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shell_section_claims_what_it_can_do() {
        let section = RunnerSection { executor: "shell".into(), ..RunnerSection::default() };
        let info = of_section(&section);
        assert_eq!((info.version.as_str(), info.name.as_str()), ("19.4.0", "runner"));
        assert_eq!((info.executor.as_str(), info.shell.as_str()), ("shell", "bash"));
        assert!(info.features.artifacts && info.features.shared && info.features.variables);
        assert!(!info.features.image && !info.features.terminal && !info.features.vault_secrets);
    }

    #[test]
    fn a_docker_section_claims_what_it_can_do() {
        let limits = executor_docker::Limits { gpus: "all".into(), ..Default::default() };
        let docker = Some(executor_docker::Settings { limits, ..Default::default() });
        let section = RunnerSection { executor: "docker".into(), docker, ..RunnerSection::default() };
        let info = of_section(&section);
        assert_eq!((info.shell.as_str(), info.config.gpus.as_str()), ("bash", "all"));
        let features = info.features;
        assert!(features.image && features.services && features.variables && features.artifacts);
        assert!(features.service_variables && features.service_multiple_aliases);
        assert!(features.image_executor_opts && features.service_executor_opts);
        assert!(!features.shared && !features.session && !features.terminal && !features.proxy);
        assert!(!features.native_steps_integration);
        // To others, the table means nothing.
        let shell = RunnerSection { executor: "shell".into(), ..section };
        assert_eq!(of_section(&shell).config.gpus, "");
    }

    #[test]
    fn executors_that_this_build_lacks_claim_nothing() {
        let section = RunnerSection { executor: "kubernetes".into(), ..RunnerSection::default() };
        assert_eq!(of_section(&section).features, Features::of_client());
        assert_eq!(of_program().executor, "");
    }
}
