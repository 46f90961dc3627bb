//! What the loop says in the log, in gitlab-runner's words.

use super::ending::Ending;
use super::manager::{Manager, say};
use super::schedule::{Change, SectionId};
use super::section::Section;
use super::stopping::Stage;
use crate::error::exit_code;
use crate::logging::fatal;
use std::process::ExitCode;

impl Manager {
    /// A section is asked for again after its time-out.
    pub(super) fn tell_forced(&self, id: SectionId) {
        let Some(section) = self.sections.get(id) else { return };
        let name = format!("{}{}", section.config.url, section.short());
        tracing::warn!(
            unhealthy_requests = 0,
            unhealthy_requests_limit = section.config.unhealthy_requests_limit,
            "Runner \"{name}\" is not healthy, but check for a new job will be forced!"
        );
    }

    /// What an answer changed about its section.
    pub(super) fn tell_change(&self, section: &Section, change: Change) {
        let (runner, runner_name) = (section.short(), section.config.name.as_str());
        match change {
            Change::None => {}
            Change::Parked { failures } => {
                let name = format!("{}{runner}", section.config.url);
                let pause = job::go_duration::format(section.config.unhealthy_interval);
                tracing::error!(
                    unhealthy_requests = failures,
                    unhealthy_requests_limit = section.config.unhealthy_requests_limit,
                    "Runner \"{name}\" is unhealthy and will be disabled for {pause}!"
                );
            }
            Change::Paused(pause) => {
                tracing::debug!(runner, runner_name, "Checking for jobs again in {pause:.1?}");
            }
            Change::Recovered => tracing::info!(runner, runner_name, "Checking for jobs... works again"),
        }
    }

    /// Says that the service is ready, in the lines that watchers of gitlab-runner wait for.
    pub(super) fn tell_ready(&self) {
        say!(self, info, "listen_address not defined, metrics & debug endpoints disabled");
        say!(self, info, "[session_server].listen_address not defined, session endpoints disabled");
        say!(self, info, "Initializing executor providers");
    }

    /// Says how the service ended.
    pub(super) fn tell_end(&self, ending: Ending) -> ExitCode {
        if self.stage == Stage::Leaving {
            say!(self, info, "Can exit now!");
            return ExitCode::from(exit_code::SUCCESS);
        }
        match ending {
            Ending::Clean => {
                say!(self, info, "All workers stopped.");
                let timeout = self.configuration.shutdown_timeout().as_nanos();
                say!(self, info, "shutdown-timeout" = timeout, "Shutting down executor providers");
                say!(self, info, "All executor providers shut down.");
                say!(self, info, "Can exit now!");
                ExitCode::from(exit_code::SUCCESS)
            }
            Ending::Forced { by } => {
                let error = match by {
                    Some(signal) => format!("forced exit with stop signal: {}", signal.word()),
                    None => "shutdown timed out".to_owned(),
                };
                say!(self, warn, error = error.as_str(), "Forceful shutdown not finished properly");
                fatal!(error = error.as_str(), "Service run failed");
                ExitCode::from(exit_code::FAILURE)
            }
        }
    }
}
