//! Takes events and spans from `tracing`.

use super::record::{Collector, Fields, Record};
use super::{FATAL, Handle};
use crate::config::LogLevel;
use time::OffsetDateTime;
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id};
use tracing::subscriber::Interest;
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::{LookupSpan, Scope};

/// Crates whose events are ours; what libraries say shows only at level trace.
const OWN: &[&str] = &[
    "runner",
    "client",
    "coordinator",
    "job",
    "executor",
    "executor_shell",
    "archive",
    "trace",
    "protocol",
    FATAL,
];

/// Writes events that are severe enough, with the fields of the spans around them.
pub(super) struct LogLayer {
    handle: Handle,
}

impl LogLayer {
    pub(super) fn new(handle: Handle) -> Self {
        Self { handle }
    }
}

fn level_of(metadata: &Metadata<'_>) -> LogLevel {
    match *metadata.level() {
        _ if metadata.target() == FATAL => LogLevel::Fatal,
        Level::ERROR => LogLevel::Error,
        Level::WARN => LogLevel::Warning,
        Level::INFO => LogLevel::Info,
        Level::DEBUG => LogLevel::Debug,
        Level::TRACE => LogLevel::Trace,
    }
}

fn is_own(target: &str) -> bool {
    let root = target.split("::").next().unwrap_or(target);
    OWN.contains(&root)
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for LogLayer {
    fn register_callsite(&self, _: &'static Metadata<'static>) -> Interest {
        // The level may change.
        Interest::sometimes()
    }

    fn max_level_hint(&self) -> Option<LevelFilter> {
        Some(match self.handle.level() {
            LogLevel::Panic | LogLevel::Fatal | LogLevel::Error => LevelFilter::ERROR,
            LogLevel::Warning => LevelFilter::WARN,
            LogLevel::Info => LevelFilter::INFO,
            LogLevel::Debug => LevelFilter::DEBUG,
            LogLevel::Trace => LevelFilter::TRACE,
        })
    }

    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        let level = self.handle.level();
        // Spans carry the fields of whatever happens in them.
        let severe = metadata.is_span() || level_of(metadata) <= level;
        severe && (is_own(metadata.target()) || level == LogLevel::Trace)
    }

    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut collector = Collector::default();
        attributes.record(&mut collector);
        span.extensions_mut().insert(collector.fields);
    }

    fn on_record(&self, id: &Id, values: &tracing::span::Record<'_>, context: Context<'_, S>) {
        let Some(span) = context.span(id) else { return };
        let mut collector = Collector::default();
        values.record(&mut collector);
        if let Some(fields) = span.extensions_mut().get_mut::<Fields>() {
            fields.append(&mut collector.fields);
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let mut fields = Fields::new();
        for span in context.event_scope(event).into_iter().flat_map(Scope::from_root) {
            if let Some(own) = span.extensions().get::<Fields>() {
                fields.extend(own.iter().map(|(name, value)| (*name, value.clone())));
            }
        }
        let mut collector = Collector::default();
        event.record(&mut collector);
        fields.append(&mut collector.fields);
        let level = level_of(event.metadata());
        self.handle.write(Record {
            level,
            time: OffsetDateTime::now_utc(),
            message: collector.message,
            fields,
        });
    }
}
