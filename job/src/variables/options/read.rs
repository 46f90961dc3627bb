//! Reading single settings, with what gitlab-runner says of bad ones.

use super::{GitStrategy, SubmoduleStrategy};
use crate::variables::Variables;
use crate::variables::go::{GoDuration, parse_bool, parse_duration, quote};
use std::time::Duration;

/// Reads settings and collects what is wrong with them. An empty value counts as none.
pub(super) struct Reader<'a> {
    variables: &'a Variables,
    errors: Vec<String>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(variables: &'a Variables) -> Self {
        Self { variables, errors: Vec::new() }
    }

    pub(super) fn into_errors(self) -> Vec<String> {
        self.errors
    }

    fn warn(&mut self, key: &str, what: &str) {
        self.errors.push(format!("{key}: {what}"));
    }

    pub(super) fn text(&self, key: &str) -> String {
        self.variables.value(key).to_owned()
    }

    pub(super) fn bool(&mut self, key: &str, default: bool) -> bool {
        let raw = self.variables.value(key);
        if raw.is_empty() {
            return default;
        }
        parse_bool(raw).unwrap_or_else(|| {
            self.warn(key, &format!("expected bool got {}, using default value: {default}", quote(raw)));
            default
        })
    }

    pub(super) fn int(&mut self, key: &str, default: i64) -> i64 {
        let raw = self.variables.value(key);
        if raw.is_empty() {
            return default;
        }
        raw.parse().unwrap_or_else(|_| {
            self.warn(key, &format!("expected int got {}, using default value: {default}", quote(raw)));
            default
        })
    }

    pub(super) fn words(&self, key: &str) -> Vec<String> {
        self.variables.value(key).split_whitespace().map(str::to_owned).collect()
    }

    /// Words, of which a lone `none` means none at all.
    pub(super) fn flags(&self, key: &str, default: &[&str]) -> Vec<String> {
        match self.variables.value(key) {
            "" => default.iter().map(|&flag| flag.to_owned()).collect(),
            "none" => Vec::new(),
            _ => self.words(key),
        }
    }

    pub(super) fn strategy(&mut self, default: GitStrategy) -> GitStrategy {
        match self.variables.value("GIT_STRATEGY") {
            "" => default,
            "clone" => GitStrategy::Clone,
            "fetch" => GitStrategy::Fetch,
            "none" => GitStrategy::None,
            "empty" => GitStrategy::Empty,
            raw => {
                let what = format!(
                    "expected either 'clone', 'fetch', 'none' or 'empty' got {}, using default value '{}'",
                    quote(raw),
                    default.name()
                );
                self.warn("GIT_STRATEGY", &what);
                default
            }
        }
    }

    pub(super) fn submodule_strategy(&mut self) -> SubmoduleStrategy {
        let key = "GIT_SUBMODULE_STRATEGY";
        match self.variables.value(key) {
            "" | "none" => SubmoduleStrategy::None,
            "normal" => SubmoduleStrategy::Normal,
            "recursive" => SubmoduleStrategy::Recursive,
            raw => {
                let what = format!("expected either 'normal', 'recursive' or 'none' got {}", quote(raw));
                self.warn(key, &what);
                SubmoduleStrategy::Invalid
            }
        }
    }

    /// Turns a setting off that the runner's configuration does not allow.
    pub(super) fn forbid(&mut self, key: &str, value: &mut bool) {
        if std::mem::take(value) {
            self.warn(key, "usage is disabled on this Runner");
        }
    }

    pub(super) fn clamp_attempts(&mut self, key: &str, number: i64) -> u32 {
        let clamped = number.clamp(1, 10);
        if clamped != number {
            let what = format!("number of attempts out of the range [1, 10], clamping to: {clamped}");
            self.warn(key, &what);
        }
        u32::try_from(clamped).unwrap_or(1)
    }
}

/// At least a second, or never.
pub(super) fn meter_frequency(raw: &str) -> Duration {
    match parse_duration(raw) {
        Some(GoDuration::Positive(duration)) if !duration.is_zero() => duration.max(Duration::from_secs(1)),
        Some(GoDuration::Positive(_) | GoDuration::Negative) | None => Duration::ZERO,
    }
}
