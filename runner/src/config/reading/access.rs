//! Values of a table as the types that settings have.

use super::{Node, Value};
use crate::config::GoDuration;
use protocol::Secret;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;
use time::OffsetDateTime;

/// Typed access; the reader has made sure of the types.
impl Node {
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        match self.get(name)? {
            Value::Text(text) if !text.is_empty() => Some(text.clone()),
            _ => None,
        }
    }

    pub(crate) fn path(&self, name: &str) -> Option<PathBuf> {
        self.text(name).map(PathBuf::from)
    }

    pub(crate) fn integer(&self, name: &str) -> Option<i64> {
        match self.get(name)? {
            Value::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// A number above zero; zero and below mean "not given".
    pub(crate) fn count(&self, name: &str) -> Option<usize> {
        self.integer(name).and_then(|number| usize::try_from(number).ok()).filter(|number| *number > 0)
    }

    pub(crate) fn small_count(&self, name: &str) -> Option<u32> {
        self.count(name).map(|number| u32::try_from(number).unwrap_or(u32::MAX))
    }

    pub(crate) fn seconds(&self, name: &str) -> Option<Duration> {
        self.count(name).map(|seconds| Duration::from_secs(seconds as u64))
    }

    pub(crate) fn boolean(&self, name: &str) -> Option<bool> {
        match self.get(name)? {
            Value::Boolean(on) => Some(*on),
            _ => None,
        }
    }

    pub(crate) fn duration(&self, name: &str) -> Option<GoDuration> {
        match self.get(name)? {
            Value::Duration(duration) => Some(*duration),
            _ => None,
        }
    }

    /// Ten seconds unless given; zero is "at once".
    pub(crate) fn kill_timeout(&self, name: &str) -> Duration {
        self.duration(name).map_or(Duration::from_secs(10), GoDuration::clamped)
    }

    /// The first pause before something of a job is tried again; a quarter of a second unless given.
    pub(crate) fn retry_pause(&self) -> Duration {
        self.duration("retry_pause").map_or(Duration::from_millis(250), GoDuration::clamped)
    }

    /// Kibibytes in the file, bytes here; 4 MiB unless given.
    pub(crate) fn output_limit(&self) -> u64 {
        let kibibytes = self.count("output_limit").map_or(4096, |number| number as u64);
        kibibytes.saturating_mul(1024)
    }

    pub(crate) fn texts(&self, name: &str) -> Vec<String> {
        match self.get(name) {
            Some(Value::Texts(texts)) => texts.clone(),
            _ => Vec::new(),
        }
    }

    pub(crate) fn text_map(&self, name: &str) -> BTreeMap<String, String> {
        match self.get(name) {
            Some(Value::TextMap(map)) => map.clone(),
            _ => BTreeMap::new(),
        }
    }

    pub(crate) fn assignments(&self, name: &str) -> Vec<(String, Secret)> {
        let Some(Value::Texts(items)) = self.get(name) else { return Vec::new() };
        let pairs = items.iter().filter_map(|item| item.split_once('='));
        pairs.map(|(key, value)| (key.to_owned(), Secret::new(value))).collect()
    }

    pub(crate) fn date_time(&self, name: &str) -> Option<OffsetDateTime> {
        match self.get(name)? {
            Value::DateTime(time) => *time,
            _ => None,
        }
    }
}
