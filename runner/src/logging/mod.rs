//! The program's own log: gitlab-runner's three formats on stderr, and, if asked, the system's log.
//!
//! Level and format can change while the program runs, unless the command line has fixed them. Tokens are
//! hidden whatever writes them.
//!
//! Some values have two forms, one for people and one for JSON. Events mark them by types that nothing else
//! uses: an `u128` is a duration in nanoseconds (`30s` for people), an `i128` a signal (see [`signal`]).

mod formats;
mod layer;
mod record;
mod redact;
mod syslog;

use crate::config::{Config, LogFormat, LogLevel};
use std::io::{self, IsTerminal as _, Write};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError, RwLock};
use std::time::Instant;
use tracing_subscriber::layer::SubscriberExt as _;

use formats::Clock;
use record::Record;

/// The target of events that come right before the program ends; they show as `FATAL`.
pub(crate) const FATAL: &str = "fatal";

/// Logs why the program ends.
macro_rules! fatal {
    ($($event:tt)*) => { tracing::error!(target: $crate::logging::FATAL, $($event)*) };
}
pub(crate) use fatal;

/// A signal's number as the value of a field: `quit` for people, `3` in JSON.
pub(crate) fn signal(number: i32) -> i128 {
    i128::from(number)
}

/// What the command line says about the log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Settings {
    /// Wins over the file.
    pub(crate) level: Option<LogLevel>,
    /// Wins over the file.
    pub(crate) format: Option<LogFormat>,
}

/// The log, to be adjusted.
#[derive(Clone)]
pub(crate) struct Handle {
    shared: Arc<Shared>,
}

struct Shared {
    fixed: Settings,
    level: AtomicU8,
    format: AtomicU8,
    secrets: RwLock<Vec<String>>,
    output: Mutex<Box<dyn Write + Send>>,
    clock: Clock,
    syslog: OnceLock<syslog::Syslog>,
}

impl std::fmt::Debug for Handle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Handle({:?}, {:?})", self.level(), self.format())
    }
}

/// Starts the log of this process on stderr.
pub(crate) fn start(settings: Settings) -> Handle {
    let terminal = io::stderr().is_terminal();
    let handle = Handle::new(settings, Box::new(io::stderr()), terminal);
    // A second start in one process (in tests) keeps the first log.
    let _ = tracing::subscriber::set_global_default(handle.subscriber());
    handle
}

impl Handle {
    /// A log that goes to `output`; `terminal` says whether people read it there.
    pub(crate) fn new(settings: Settings, output: Box<dyn Write + Send>, terminal: bool) -> Self {
        let level = settings.level.unwrap_or(LogLevel::Info);
        let format = settings.format.unwrap_or(LogFormat::Runner);
        let shared = Shared {
            fixed: settings,
            level: AtomicU8::new(level as u8),
            format: AtomicU8::new(format as u8),
            secrets: RwLock::default(),
            output: Mutex::new(output),
            clock: Clock { started: Instant::now(), terminal },
            syslog: OnceLock::new(),
        };
        Self { shared: Arc::new(shared) }
    }

    /// What takes events for this log.
    pub(crate) fn subscriber(&self) -> impl tracing::Subscriber + Send + Sync + use<> {
        tracing_subscriber::registry().with(layer::LogLayer::new(self.clone()))
    }

    /// Takes level and format from the file, where the command line has not fixed them.
    pub(crate) fn configure(&self, config: &Config) {
        let level = self.shared.fixed.level.or(config.log_level).unwrap_or(LogLevel::Info);
        let format = self.shared.fixed.format.or(config.log_format).unwrap_or(LogFormat::Runner);
        self.shared.level.store(level as u8, Ordering::Relaxed);
        self.shared.format.store(format as u8, Ordering::Relaxed);
        tracing::callsite::rebuild_interest_cache();
        self.hide_tokens(config);
    }

    /// Never shows the tokens of these sections.
    pub(crate) fn hide_tokens(&self, config: &Config) {
        for runner in &config.runners {
            self.hide(runner.token.expose());
        }
    }

    /// Never shows this text again. Short texts are left, since they would hide words.
    pub(crate) fn hide(&self, secret: &str) {
        let mut secrets = self.shared.secrets.write().unwrap_or_else(PoisonError::into_inner);
        if secret.len() >= redact::SHORTEST_SECRET && !secrets.iter().any(|known| known == secret) {
            secrets.push(secret.to_owned());
        }
    }

    /// What is logged now.
    pub(crate) fn level(&self) -> LogLevel {
        use LogLevel::{Debug, Error, Fatal, Info, Panic, Trace, Warning};
        let level = self.shared.level.load(Ordering::Relaxed);
        let levels = [Panic, Fatal, Error, Warning, Info, Debug, Trace];
        levels.into_iter().find(|known| *known as u8 == level).unwrap_or(Info)
    }

    /// How it looks now.
    pub(crate) fn format(&self) -> LogFormat {
        let format = self.shared.format.load(Ordering::Relaxed);
        let formats = [LogFormat::Runner, LogFormat::Text, LogFormat::Json];
        formats.into_iter().find(|known| *known as u8 == format).unwrap_or(LogFormat::Runner)
    }

    /// Sends lines of level info and above to the system's log as well, under `name`.
    ///
    /// # Errors
    /// When there is no system log to be reached.
    pub(crate) fn use_syslog(&self, name: &str) -> io::Result<()> {
        let syslog = syslog::Syslog::connect(name)?;
        let _ = self.shared.syslog.set(syslog);
        Ok(())
    }

    fn write(&self, mut record: Record) {
        let secrets = self.shared.secrets.read().unwrap_or_else(PoisonError::into_inner);
        record.redact(&secrets);
        drop(secrets);
        let line = formats::render(&record, self.format(), &self.shared.clock);
        let mut output = self.shared.output.lock().unwrap_or_else(PoisonError::into_inner);
        // Nobody is left to be told that the log cannot be written.
        let _ = output.write_all(line.as_bytes()).and_then(|()| output.flush());
        drop(output);
        if let Some(syslog) = self.shared.syslog.get() {
            syslog.send(&record);
        }
    }
}

#[cfg(test)]
mod tests;
