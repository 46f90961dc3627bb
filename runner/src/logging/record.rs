//! One log line before it has a form.

use super::redact;
use crate::config::{GoDuration, LogLevel};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use time::OffsetDateTime;
use tracing::field::{Field, Visit};

/// A line.
#[derive(Clone, Debug)]
pub(super) struct Record {
    pub(super) level: LogLevel,
    pub(super) time: OffsetDateTime,
    pub(super) message: String,
    pub(super) fields: Fields,
}

/// Fields by name, hence in order.
pub(super) type Fields = BTreeMap<&'static str, FieldValue>;

/// A field's value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum FieldValue {
    Text(String),
    Integer(i64),
    Unsigned(u64),
    Float(f64),
    Boolean(bool),
    Duration(GoDuration),
    Signal(i32),
}

impl Record {
    pub(super) fn redact(&mut self, secrets: &[String]) {
        redact::redact(&mut self.message, secrets);
        for value in self.fields.values_mut() {
            if let FieldValue::Text(text) = value {
                redact::redact(text, secrets);
            }
        }
    }
}

impl FieldValue {
    /// For people.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Text(text) => text.clone(),
            Self::Integer(number) => number.to_string(),
            Self::Unsigned(number) => number.to_string(),
            Self::Float(number) => number.to_string(),
            Self::Boolean(on) => on.to_string(),
            Self::Duration(duration) => duration.to_string(),
            Self::Signal(number) => signal_name(*number),
        }
    }

    /// For programs.
    pub(super) fn json(&self) -> Json {
        match self {
            Self::Text(text) => Json::from(text.as_str()),
            Self::Integer(number) => Json::from(*number),
            Self::Unsigned(number) => Json::from(*number),
            Self::Float(number) => Json::from(*number),
            Self::Boolean(on) => Json::from(*on),
            Self::Duration(duration) => Json::from(duration.0),
            Self::Signal(number) => Json::from(*number),
        }
    }
}

/// As Go names signals.
fn signal_name(number: i32) -> String {
    match number {
        1 => "hangup".to_owned(),
        2 => "interrupt".to_owned(),
        3 => "quit".to_owned(),
        9 => "killed".to_owned(),
        10 => "user defined signal 1".to_owned(),
        12 => "user defined signal 2".to_owned(),
        15 => "terminated".to_owned(),
        other => format!("signal {other}"),
    }
}

/// Takes the message and the fields of an event or a span.
#[derive(Default)]
pub(super) struct Collector {
    pub(super) message: String,
    pub(super) fields: Fields,
}

impl Collector {
    fn put(&mut self, field: &Field, value: FieldValue) {
        if field.name() == "message" {
            self.message = value.text();
        } else {
            self.fields.insert(field.name(), value);
        }
    }
}

impl Visit for Collector {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.put(field, FieldValue::Text(format!("{value:?}")));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, FieldValue::Text(value.to_owned()));
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, FieldValue::Integer(value));
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, FieldValue::Unsigned(value));
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.put(field, FieldValue::Float(value));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, FieldValue::Boolean(value));
    }

    /// A duration, as `Duration::as_nanos` gives it.
    fn record_u128(&mut self, field: &Field, value: u128) {
        let nanos = i64::try_from(value).unwrap_or(i64::MAX);
        self.put(field, FieldValue::Duration(GoDuration(nanos)));
    }

    /// See [`super::signal`].
    fn record_i128(&mut self, field: &Field, value: i128) {
        self.put(field, FieldValue::Signal(i32::try_from(value).unwrap_or(0)));
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let mut text = value.to_string();
        let mut next = value.source();
        while let Some(error) = next {
            text = format!("{text}: {error}");
            next = error.source();
        }
        self.put(field, FieldValue::Text(text));
    }
}
