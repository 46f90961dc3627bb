//! What is known of a job before its first stage.

use super::narrator::Narrator;
use crate::Order;
use crate::variables::{Flags, Options, Variables};
use std::time::Duration;
use trace::mask::{BASIC_TOKEN_PREFIXES, DEFAULT_TOKEN_PREFIXES, MaskSet};
use trace::{Logger, Settings, Spool, system_clock};

/// The pause before a stage is tried again for the first time; it doubles.
const FIRST_RETRY: Duration = Duration::from_millis(500);
/// The longest pause between two tries.
const LONGEST_RETRY: Duration = Duration::from_secs(300);
/// The longest pause without `FF_USE_EXPONENTIAL_BACKOFF_STAGE_RETRY`.
const LONGEST_RETRY_FLAT: Duration = Duration::from_secs(5);

/// Flags, variables and settings of a job, and the logger that hides its secrets.
pub(super) struct Start {
    pub(super) flags: Flags,
    pub(super) variables: Variables,
    pub(super) options: Options,
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
        let variables = Variables::build(order, &flags, None);
        let options = Options::read(order, &variables);
        let masks = masks(order, &flags, &variables)?;
        let timestamps = flags.is_on("FF_TIMESTAMPS");
        let logger = Logger::new(spool, Settings { masks, timestamps, clock: system_clock() });
        Ok(Self { flags, variables, options, logger, sections: order.payload.features.trace_sections })
    }

    /// A new voice in the trace.
    pub(super) fn narrator(&self) -> Narrator {
        Narrator::new(self.logger.clone(), self.sections)
    }

    /// The pause after a failed attempt of a stage. Shorter at first than gitlab-runner's 5 s.
    pub(super) fn retry_pause(&self, attempt: u32) -> Duration {
        let exponential = self.flags.is_on("FF_USE_EXPONENTIAL_BACKOFF_STAGE_RETRY");
        let longest = if exponential { LONGEST_RETRY } else { LONGEST_RETRY_FLAT };
        (FIRST_RETRY * (1 << attempt.saturating_sub(1).min(10))).min(longest)
    }

    /// What is wrong with variables and settings, in the order of gitlab-runner's report.
    pub(super) fn settings_errors(&self) -> Vec<String> {
        let flags = self.flags.warnings().iter().cloned();
        self.options.errors().iter().cloned().chain(flags).chain(self.variables.left_out()).collect()
    }
}

fn masks(order: &Order, flags: &Flags, variables: &Variables) -> Result<MaskSet, String> {
    let mut values = variables.masked_values();
    values.push(order.payload.token.expose().to_owned());
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
