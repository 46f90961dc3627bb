//! What is known of a job before its first stage.

use super::narrator::Narrator;
use crate::variables::{Flags, Options, Variables};
use crate::{Order, StageError, git};
use executor::Workspace;
use std::time::Duration;
use trace::mask::{BASIC_TOKEN_PREFIXES, DEFAULT_TOKEN_PREFIXES, MaskSet};
use trace::{Logger, Settings, Spool, system_clock};

/// The longest pause between two tries.
const LONGEST_RETRY: Duration = Duration::from_secs(300);
/// The longest pause without `FF_USE_EXPONENTIAL_BACKOFF_STAGE_RETRY`.
const LONGEST_RETRY_FLAT: Duration = Duration::from_secs(5);

/// Flags, variables and settings of a job, and the logger that hides its secrets.
pub(super) struct Start {
    pub(super) flags: Flags,
    pub(super) variables: Variables,
    pub(super) options: Options,
    /// Where the job works; an error is for the stage that prepares the executor to show.
    pub(super) workspace: Result<Workspace, StageError>,
    first_retry: Duration,
    logger: Logger,
    sections: bool,
}

impl Start {
    /// Reads the order.
    ///
    /// # Errors
    /// There is more to mask than can be; the text says so without showing any of it.
    pub(super) fn new(order: &Order, spool: Spool) -> Result<Self, String> {
        let flags = Flags::resolve(order);
        // Directories depend on settings, and other variables on directories.
        let rootless = Variables::build(order, &flags, None);
        let workspace = git::plan_workspace(order, &Options::read(order, &rootless));
        let variables = Variables::build(order, &flags, workspace.as_ref().ok());
        let options = Options::read(order, &variables);
        let masks = masks(order, &flags, &[&rootless, &variables])?;
        let timestamps = flags.is_on("FF_TIMESTAMPS");
        let logger = Logger::new(spool, Settings { masks, timestamps, clock: system_clock() });
        let sections = order.payload.features.trace_sections;
        let first_retry = order.settings.retry_pause;
        Ok(Self { flags, variables, options, workspace, first_retry, logger, sections })
    }

    /// A new voice in the trace.
    pub(super) fn narrator(&self) -> Narrator {
        Narrator::new(self.logger.clone(), self.sections)
    }

    /// The pause after a failed attempt of a stage, at first shorter than gitlab-runner's 5 s.
    pub(super) fn retry_pause(&self, attempt: u32) -> Duration {
        let exponential = self.flags.is_on("FF_USE_EXPONENTIAL_BACKOFF_STAGE_RETRY");
        let longest = if exponential { LONGEST_RETRY } else { LONGEST_RETRY_FLAT };
        self.first_retry.saturating_mul(1 << attempt.saturating_sub(1).min(10)).min(longest)
    }

    /// What is wrong with variables and settings, in the order of gitlab-runner's report.
    pub(super) fn settings_errors(&self) -> Vec<String> {
        let flags = self.flags.warnings().iter().cloned();
        self.options.errors().iter().cloned().chain(flags).chain(self.variables.left_out()).collect()
    }
}

/// Everything that the trace must not show. Values are hidden as they are with directories and without.
fn masks(order: &Order, flags: &Flags, lists: &[&Variables]) -> Result<MaskSet, String> {
    let mut values: Vec<String> = lists.iter().flat_map(|list| list.masked_values()).collect();
    values.push(order.payload.token.expose().to_owned());
    values.extend(order.payload.dependencies.iter().map(|d| d.token.expose().to_owned()));
    values.extend(order.payload.credentials.iter().map(|c| c.password.expose().to_owned()));
    let defaults: &[&str] = if flags.is_on("FF_MASK_ALL_DEFAULT_TOKENS") {
        &DEFAULT_TOKEN_PREFIXES
    } else {
        &BASIC_TOKEN_PREFIXES
    };
    let prefixes =
        defaults.iter().copied().chain(order.payload.features.token_mask_prefixes.iter().map(String::as_str));
    MaskSet::new(&values, prefixes).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variables::testing::order;
    use protocol::Variable;
    use trace::Line;

    #[test]
    fn what_directories_become_part_of_is_masked_whole() {
        let mut order = order(&[]);
        order.payload.git_info.repo_url = "https://h/g/p.git".into();
        let masked = |key: &str, value: &str| Variable { masked: true, ..Variable::public(key, value) };
        order.payload.variables =
            vec![masked("KEY", "$CI_PROJECT_DIR/the.key"), Variable::public("FF_TIMESTAMPS", "false")];
        order.payload.dependencies = vec![protocol::Dependency {
            token: "token-of-another".into(),
            ..protocol::Dependency::default()
        }];
        let spool = Spool::new(tempfile::tempfile().unwrap(), 4096);
        let start = Start::new(&order, spool.clone()).unwrap();
        let project = start.workspace.as_ref().unwrap().project_dir.clone();
        let narrator = start.narrator();
        narrator.say(Line::Plain, &format!("<{}/the.key> token-of-another", project.display()));
        narrator.finish();
        let trace = spool.read_at(0, 4096).unwrap();
        let trace = String::from_utf8_lossy(&trace);
        assert!(trace.contains("<[MASKED]> [MASKED]"), "{trace}");
    }
}
