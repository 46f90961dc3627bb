//! What is known of a job before its first stage.

use super::narrator::Narrator;
use crate::Order;
use crate::facts::Facts;
use crate::variables::Variables;
use std::fs::File;
use std::time::Duration;
use trace::mask::{BASIC_TOKEN_PREFIXES, DEFAULT_TOKEN_PREFIXES, MaskSet, Masker};
use trace::{Aside, Logger, Settings, Spool, system_clock};

/// The longest pause between two tries.
const LONGEST_RETRY: Duration = Duration::from_secs(300);
/// The longest pause without `FF_USE_EXPONENTIAL_BACKOFF_STAGE_RETRY`.
const LONGEST_RETRY_FLAT: Duration = Duration::from_secs(5);

/// What follows from the order, and the logger that hides its secrets.
pub(super) struct Start {
    pub(super) facts: Facts,
    first_retry: Duration,
    logger: Logger,
    masks: MaskSet,
    sections: bool,
}

impl Start {
    /// Reads the order.
    ///
    /// # Errors
    /// There is more to mask than can be; the text says so without showing any of it.
    pub(super) fn new(order: &Order, spool: Spool) -> Result<Self, String> {
        let facts = Facts::of(order);
        let masks = masks(order, &facts)?;
        let timestamps = facts.flags.is_on("FF_TIMESTAMPS") && !order.settings.plain_log;
        let logger = Logger::new(spool, Settings { masks: masks.clone(), timestamps, clock: system_clock() });
        let sections = order.payload.features.trace_sections;
        let first_retry = order.settings.retry_pause;
        Ok(Self { facts, first_retry, logger, masks, sections })
    }

    /// Where the trace goes.
    pub(super) fn spool(&self) -> &Spool {
        self.logger.spool()
    }

    /// A text without what the trace must not show.
    pub(super) fn masked(&self, text: &str) -> String {
        let (mut masker, mut bytes) = (Masker::new(self.masks.clone()), Vec::with_capacity(text.len()));
        masker.write(text.as_bytes(), |piece| bytes.extend_from_slice(piece));
        masker.close(|piece| bytes.extend_from_slice(piece));
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// A new voice in the trace.
    pub(super) fn narrator(&self) -> Narrator {
        Narrator::new(self.logger.clone(), self.sections)
    }

    /// A voice that is ahead of its turn: what it says is kept in `file` until the part is released. What comes
    /// before it in the trace ends with a section.
    pub(super) fn narrator_aside(&self, file: File) -> (Narrator, Aside) {
        let (logger, aside) = self.logger.aside(file);
        (Narrator::behind_section(logger, self.sections), aside)
    }

    /// The pause after a failed attempt of a stage, at first shorter than gitlab-runner's 5 s.
    pub(super) fn retry_pause(&self, attempt: u32) -> Duration {
        let exponential = self.facts.flags.is_on("FF_USE_EXPONENTIAL_BACKOFF_STAGE_RETRY");
        let longest = if exponential { LONGEST_RETRY } else { LONGEST_RETRY_FLAT };
        self.first_retry.saturating_mul(1 << attempt.saturating_sub(1).min(10)).min(longest)
    }

    /// What is wrong with variables and settings, in the order of gitlab-runner's report.
    pub(super) fn settings_errors(&self) -> Vec<String> {
        let Facts { flags, options, variables, .. } = &self.facts;
        let flags = flags.warnings().iter().cloned();
        options.errors().iter().cloned().chain(flags).chain(variables.left_out()).collect()
    }
}

/// Everything that the trace must not show. Values are hidden as they are with directories and without.
fn masks(order: &Order, facts: &Facts) -> Result<MaskSet, String> {
    let lists = [&facts.rootless, &facts.variables];
    let mut values: Vec<String> = lists.into_iter().flat_map(Variables::masked_values).collect();
    values.push(order.payload.token.expose().to_owned());
    values.extend(order.payload.dependencies.iter().map(|d| d.token.expose().to_owned()));
    values.extend(order.payload.credentials.iter().map(|c| c.password.expose().to_owned()));
    let defaults: &[&str] = if facts.flags.is_on("FF_MASK_ALL_DEFAULT_TOKENS") {
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
        let project = start.facts.workspace.as_ref().unwrap().project_dir.clone();
        let narrator = start.narrator();
        narrator.say(Line::Plain, &format!("<{}/the.key> token-of-another", project.display()));
        narrator.finish();
        let trace = spool.read_at(0, 4096).unwrap();
        let trace = String::from_utf8_lossy(&trace);
        assert!(trace.contains("<[MASKED]> [MASKED]"), "{trace}");
    }
}
