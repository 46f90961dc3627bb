//! From a payload to the order of a job that runs here.

use super::settings::LocalSettings;
use super::slots::Slot;
use crate::config::RunnerSection;
use job::{Order, Sources};
use std::path::{Path, PathBuf};

/// Characters of the runner's short token, as GitLab has them.
const SHORT: usize = 9;

/// What orders of one run have in common.
#[derive(Debug)]
pub(super) struct Orders {
    /// A section for each executor, whole.
    shell: RunnerSection,
    docker: RunnerSection,
    /// Stands for the runner's token in names of things.
    pub(super) short_token: String,
    system_id: String,
    /// Where the caches of the project are on this machine.
    caches: PathBuf,
    /// The folder that relative paths of a section are relative to.
    current: PathBuf,
}

impl Orders {
    pub(super) fn new(
        settings: &LocalSettings,
        project: &str,
        system_id: String,
        caches: PathBuf,
        current: &Path,
    ) -> Self {
        let of = |executor: &str| RunnerSection {
            executor: executor.to_owned(),
            docker: Some(settings.docker.clone()),
            ..settings.section.clone()
        };
        let short = project.len().saturating_sub(SHORT);
        let short_token = project.get(short..).unwrap_or(project).to_owned();
        let current = current.to_owned();
        Self { shell: of("shell"), docker: of("docker"), short_token, system_id, caches, current }
    }

    /// The section that a job's settings are from.
    pub(super) fn section(&self, in_docker: bool) -> &RunnerSection {
        if in_docker { &self.docker } else { &self.shell }
    }

    /// Where the caches of a job with such an order lie on this machine.
    pub(super) fn caches(&self) -> &Path {
        &self.caches
    }

    /// The order of a job at a place. Its sources are to be decided yet.
    pub(super) fn order(&self, payload: protocol::Job, in_docker: bool, slot: &Slot) -> Order {
        let section = self.section(in_docker);
        let mut payload = payload;
        // Displays fold them.
        payload.features.trace_sections = true;
        let mut settings = crate::service::job_settings(section, &self.current);
        // Nobody but this program reads these caches: they are in the format that is restored soonest.
        settings.cache_format = "zipzstd".to_owned();
        if in_docker {
            settings.cache_folder = Some(self.caches.clone());
        } else {
            settings.builds_dir.clone_from(&slot.folder);
            settings.cache_dir.clone_from(&self.caches);
            // The folder is this job's alone.
            settings.shared_builds_dir = Some(false);
            settings.custom_build_dir = section.custom_build_dir.unwrap_or(true);
        }
        let url =
            payload.variable("CI_SERVER_URL").map(|variable| variable.value.clone()).unwrap_or_default();
        Order {
            url,
            runner_name: section.name.clone(),
            short_token: self.short_token.clone(),
            system_id: self.system_id.clone(),
            info: crate::info::of_section(section),
            concurrent_id: slot.number,
            concurrent_project_id: slot.number,
            correlation_id: String::new(),
            tls: job::TlsFiles::default(),
            settings,
            sources: Sources::default(),
            payload,
        }
    }
}
